/*
 * A library that uses CUDA before its program does and after it: its constructor takes 1 MiB that it keeps
 * and 2 MiB that its destructor frees. With LIFE_EXIT=N the constructor ends the program with status N.
 */
#include "check.h"

#include <cuda.h>

static CUdeviceptr mine;
static CUcontext context;

static __attribute__((constructor)) void begin(void)
{
	const char *status = getenv("LIFE_EXIT");
	CUdeviceptr kept;

	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&context, 0));
	OK(cuCtxSetCurrent(context));
	OK(cuMemAlloc(&kept, 1 << 20));
	OK(cuMemAlloc(&mine, 2 << 20));
	if (status)
		exit(atoi(status));
}

static __attribute__((destructor)) void end(void)
{
	OK(cuCtxSetCurrent(context));
	OK(cuMemFree(mine));
	printf("freed in the library\n");
}
