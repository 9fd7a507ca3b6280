/*
 * Refers to CUDA and to the dynamic linker weakly, as programs do that run with and without them, and
 * says what that leads to.
 */
#include <stdio.h>

extern int cuInit(unsigned int flags) __attribute__((weak));
extern int cudaMalloc(void **pointer, unsigned long bytes) __attribute__((weak));
/* Not by <dlfcn.h>: before glibc 2.34 a program has them only with libdl.so.2. */
extern void *dlsym(void *handle, const char *name) __attribute__((weak));
extern void *dlopen(const char *file, int mode) __attribute__((weak));

int main(void)
{
	void *memory;

	if (cuInit && cuInit(0) == 0)
		printf("CUDA\n");
	else if (cudaMalloc && cudaMalloc(&memory, 4096) == 0)
		printf("CUDA by the runtime\n");
	else if (dlsym && dlsym(NULL, "cuInit") != NULL)
		printf("CUDA by dlsym\n");
	else if (dlopen && dlopen("libcuda.so.1", 1) != NULL)
		printf("CUDA by dlopen\n");
	else
		printf("no CUDA\n");
	return 0;
}
