/*
 * Refers weakly to CUDA and to the dynamic linker, as programs do that run with and without them, and says
 * what that leads to: at load (the address in a table), at the start of its library (a constructor), and when it
 * is asked for. Built as a program, bound at load and lazily, and as a library (WEAK_LIBRARY). Memory is
 * allocated and kept where there is any.
 */
#include "check.h"

#define WEAK __attribute__((weak))

extern WEAK int cuInit(unsigned int flags);
extern WEAK int cuDevicePrimaryCtxRetain(void **context, int device);
extern WEAK int cuCtxSetCurrent(void *context);
extern WEAK int cuMemAlloc_v2(unsigned long long *pointer, size_t bytes);
extern WEAK int cudaMalloc(void **pointer, size_t bytes);
extern WEAK int cudaFree(void *pointer);
extern WEAK int cuNothing(void);
extern WEAK int nvmlDeviceGetMemoryInfo(void *device, void *memory);
/* Not by <dlfcn.h>: before glibc 2.34 a program has them only with libdl.so.2. */
extern WEAK void *dlsym(void *handle, const char *name);
extern WEAK void *dlopen(const char *file, int mode);

int weak_look(const char *who);

typedef void function(void);
#define ENTRY(name)                       \
	{                                 \
#name, (function *)(name) \
	}
static const struct {
	const char *name;
	function *found;
} table[] = {ENTRY(cuInit), ENTRY(cuMemAlloc_v2), ENTRY(cudaMalloc), ENTRY(cudaFree),
	ENTRY(cuNothing), ENTRY(nvmlDeviceGetMemoryInfo), ENTRY(dlsym), ENTRY(dlopen)};

static int seen_at_start = -1;

static __attribute__((constructor)) void start(void)
{
	seen_at_start = (cuInit != NULL) * 2 + (cudaMalloc != NULL);
}

static void use_driver(void)
{
	unsigned long long memory;
	void *context;

	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&context, 0));
	OK(cuCtxSetCurrent(context));
	printf(" (%d)", cuMemAlloc_v2(&memory, 1 << 20));
}

static void use_runtime(void)
{
	void *memory;

	printf(" (%d)", cudaMalloc(&memory, 1 << 20));
}

int weak_look(const char *who)
{
	printf("%s: at start %d;", who, seen_at_start);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		printf(" %s %s", table[i].name, table[i].found ? "there" : "-");
	printf("; cuInit %s", cuInit ? "there" : "-");
	if (cuInit)
		use_driver();
	printf("; cudaMalloc %s", cudaMalloc ? "there" : "-");
	if (cudaMalloc)
		use_runtime();
	printf("\n");
	return 0;
}

#ifndef WEAK_LIBRARY
int main(void)
{
	printf("dlsym finds %s, ", dlsym && dlsym(NULL, "cuInit") ? "cuInit" : "-");
	printf("dlopen %s\n", dlopen && dlopen("libcuda-none.so.1", 1) ? "opens" : "-");
	return weak_look("program");
}
#endif
