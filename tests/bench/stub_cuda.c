/*
 * stub_cuda.c - a driver that costs nearly nothing: libcuda.so.1 for benchmarks, where what stands before
 * the driver is to be seen. It holds no memory and checks nothing; for tests there is tests/sim.
 *
 * Addresses rise by 512 bytes in a range of each thread's own, so that a thread never gets one that is
 * live, and wrap around after 2^26 allocations.
 */
#include "stub_cuda.h"

#include <string.h>

#define RANGE_SHIFT 36
#define RANGE_MASK  ((UINT64_C(1) << RANGE_SHIFT) - 1)

#define EXPORT __attribute__((visibility("default")))

static __thread CUdeviceptr next_address __attribute__((tls_model("initial-exec")));
static __thread int current_device __attribute__((tls_model("initial-exec")));
static unsigned long threads_seen;

static CUdeviceptr first_of_thread(void)
{
	unsigned long number = __atomic_add_fetch(&threads_seen, 1, __ATOMIC_RELAXED);

	return (CUdeviceptr)number << RANGE_SHIFT;
}

EXPORT CUresult cuInit(unsigned int Flags)
{
	(void)Flags;
	return CUDA_SUCCESS;
}

EXPORT CUresult cuMemAlloc_v2(CUdeviceptr *dptr, size_t bytesize)
{
	(void)bytesize;
	if (next_address == 0)
		next_address = first_of_thread();
	next_address = (next_address & ~RANGE_MASK) | ((next_address + 512) & RANGE_MASK);
	*dptr = next_address;
	return CUDA_SUCCESS;
}

EXPORT CUresult cuMemFree_v2(CUdeviceptr dptr)
{
	(void)dptr;
	return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxGetDevice(CUdevice *device)
{
	*device = current_device;
	return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxGetCurrent(CUcontext *pctx)
{
	*pctx = (CUcontext)(uintptr_t)(0x10000 + 0x1000 * current_device);
	return CUDA_SUCCESS;
}

EXPORT void stub_use_device(int ordinal)
{
	current_device = ordinal;
}

EXPORT CUresult cuDeviceGetCount(int *count)
{
	*count = 4;
	return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetName(char *name, int len, CUdevice dev)
{
	(void)dev;
	strncpy(name, "stub", (size_t)len);
	return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice dev)
{
	(void)dev;
	*bytes = (size_t)1 << 46;
	return CUDA_SUCCESS;
}
