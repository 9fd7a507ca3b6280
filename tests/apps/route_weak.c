/*
 * Refers to CUDA weakly, as programs do that run with and without it, and says what that leads to.
 */
#include <stdio.h>

extern int cuInit(unsigned int flags) __attribute__((weak));
extern int cudaMalloc(void **pointer, unsigned long bytes) __attribute__((weak));

int main(void)
{
	void *memory;

	if (cuInit && cuInit(0) == 0)
		printf("CUDA\n");
	else if (cudaMalloc && cudaMalloc(&memory, 4096) == 0)
		printf("CUDA by the runtime\n");
	else
		printf("no CUDA\n");
	return 0;
}
