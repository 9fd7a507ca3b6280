/*
 * Finds the driver as programs do that must start without it: dlopen, then dlsym of each function by its
 * full ABI name. Usage: dlopen_dlsym [library [bytes]]
 */
#include "check.h"

#include <cuda.h>
#include <dlfcn.h>

#define FIND(handle, function)                              \
	__typeof__(function) *p_##function;                 \
	*(void **)&p_##function = dlsym(handle, #function); \
	EXPECT(p_##function)

int main(int argc, char **argv)
{
	void *driver = dlopen(argc > 1 ? argv[1] : "libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
	size_t bytes = argument(argc, argv, 2, "1M");
	CUdeviceptr memory;
	CUcontext ctx;
	char back = 0;

	if (!driver)
		FAIL("%s", dlerror());
	FIND(driver, cuInit);
	FIND(driver, cuDevicePrimaryCtxRetain);
	FIND(driver, cuCtxSetCurrent);
	FIND(driver, cuMemAlloc_v2);
	FIND(driver, cuMemsetD8_v2);
	FIND(driver, cuMemcpyDtoH_v2);
	FIND(driver, cuMemFree_v2);
	EXPECT(!dlsym(driver, "cuNoSuchFunction"));
	OK(p_cuInit(0));
	OK(p_cuDevicePrimaryCtxRetain(&ctx, 0));
	OK(p_cuCtxSetCurrent(ctx));
	OK(p_cuMemAlloc_v2(&memory, bytes));
	OK(p_cuMemsetD8_v2(memory, 42, bytes));
	OK(p_cuMemcpyDtoH_v2(&back, memory + bytes - 1, 1));
	EXPECT(back == 42);
	OK(p_cuMemFree_v2(memory));
	printf("dlopen_dlsym: fine\n");
	return 0;
}
