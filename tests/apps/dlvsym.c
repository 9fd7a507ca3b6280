/*
 * Finds functions with dlvsym: the runtime's symbols carry a version, the driver's carry none and are not
 * found by one.
 */
#include "check.h"

#include <cuda.h>
#include <cuda_runtime.h>
#include <dlfcn.h>

int main(void)
{
	void *runtime = dlopen("libcudart.so.13", RTLD_NOW),
	     *driver = dlopen("libcuda.so.1", RTLD_NOW);
	__typeof__(cudaMalloc) *p_malloc;
	__typeof__(cudaFree) *p_free;
	__typeof__(cuMemAlloc_v2) *p_alloc;
	CUdeviceptr raw;
	void *memory;

	EXPECT(runtime && driver);
	*(void **)&p_malloc = dlvsym(runtime, "cudaMalloc", "libcudart.so.13");
	*(void **)&p_free = dlvsym(runtime, "cudaFree", "libcudart.so.13");
	*(void **)&p_alloc = dlsym(driver, "cuMemAlloc_v2");
	EXPECT(p_malloc && p_free && p_alloc);
	EXPECT(!dlvsym(driver, "cuMemAlloc_v2", "libcuda.so.1"));
	EXPECT(!dlvsym(runtime, "cudaMalloc", "libcudart.so.99"));
	OK(p_malloc(&memory, 1 << 20));
	OK(p_alloc(&raw, 2 << 20));
	OK(p_free((void *)(size_t)raw));
	OK(p_free(memory));
	printf("dlvsym: fine\n");
	return 0;
}
