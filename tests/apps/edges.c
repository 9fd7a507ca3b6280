/*
 * Calls with arguments at the edge, and prints what each returns: the output must be the same with and without
 * anything between program and driver. Usage: edges
 */
#include "check.h"

#include <cuda.h>
#include <stdint.h>

#define SHOW(call) printf("%-66s %d\n", #call, (int)(call))

static int local;

static void before_context(void)
{
	CUdeviceptr memory = 1;
	size_t left = 1, total = 2;
	void *pinned = &local;

	SHOW(cuMemAlloc(&memory, 4096));
	SHOW(cuInit(1));
	SHOW(cuInit(0));
	SHOW(cuMemAlloc(&memory, 4096));
	SHOW(cuMemFree(memory));
	SHOW(cuMemGetInfo(&left, &total));
	SHOW(cuMemHostAlloc(&pinned, 4096, 0));
	printf("untouched: %d %d %d\n", memory == 1, left == 1 && total == 2, pinned == &local);
}

static void allocations(void)
{
	CUdeviceptr memory = 7;
	size_t pitch = 9;

	SHOW(cuMemAlloc(&memory, 0));
	SHOW(cuMemAlloc(NULL, 4096));
	SHOW(cuMemAlloc(NULL, 0));
	SHOW(cuMemAlloc(&memory, SIZE_MAX));
	SHOW(cuMemAlloc(&memory, SIZE_MAX / 2));
	SHOW(cuMemAlloc(&memory, (size_t)1 << 46));
	SHOW(cuMemAllocPitch(&memory, &pitch, 0, 10, 4));
	SHOW(cuMemAllocPitch(&memory, &pitch, 10, 0, 4));
	SHOW(cuMemAllocPitch(&memory, &pitch, 10, 10, 3));
	SHOW(cuMemAllocPitch(&memory, NULL, 10, 10, 4));
	SHOW(cuMemAllocPitch(NULL, &pitch, 10, 10, 4));
	SHOW(cuMemAllocPitch(&memory, &pitch, SIZE_MAX, 2, 4));
	SHOW(cuMemAllocPitch(&memory, &pitch, SIZE_MAX / 4, SIZE_MAX / 4, 4));
	SHOW(cuMemAllocManaged(&memory, 0, CU_MEM_ATTACH_GLOBAL));
	SHOW(cuMemAllocManaged(&memory, 4096, 0));
	SHOW(cuMemAllocManaged(&memory, 4096, 64));
	SHOW(cuMemAllocManaged(NULL, 4096, CU_MEM_ATTACH_GLOBAL));
	printf("untouched: %d %d\n", memory == 7, pitch == 9);
}

static void frees(void)
{
	CUdeviceptr memory;

	SHOW(cuMemFree(0));
	SHOW(cuMemFree(1));
	SHOW(cuMemFree(0x7f0000000000));
	SHOW(cuMemAlloc(&memory, 4096));
	SHOW(cuMemFree(memory + 16));
	SHOW(cuMemFree(memory));
	SHOW(cuMemFree(memory));
	SHOW(cuMemFree((CUdeviceptr)(uintptr_t)&local));
}

static void host_memory(void)
{
	void *pinned = NULL;

	SHOW(cuMemHostAlloc(NULL, 4096, 0));
	SHOW(cuMemHostAlloc(&pinned, 0, 0));
	SHOW(cuMemHostAlloc(&pinned, SIZE_MAX, 0));
	SHOW(cuMemHostAlloc(&pinned, 4096, 0x80));
	SHOW(cuMemFreeHost(NULL));
	SHOW(cuMemFreeHost(&local));
	SHOW(cuMemHostRegister(NULL, 4096, 0));
	SHOW(cuMemHostRegister(&local, 0, 0));
	SHOW(cuMemHostUnregister(&local));
	SHOW(cuMemHostRegister(&local, sizeof(local), 0));
	SHOW(cuMemHostRegister(&local, sizeof(local), 0));
	SHOW(cuMemHostUnregister(&local));
}

static void questions(CUcontext ctx)
{
	size_t value;

	SHOW(cuMemGetInfo(NULL, &value));
	SHOW(cuMemGetInfo(&value, NULL));
	SHOW(cuMemGetInfo(NULL, NULL));
	SHOW(cuDeviceTotalMem(NULL, 0));
	SHOW(cuDeviceTotalMem(&value, -1));
	SHOW(cuDeviceTotalMem(&value, 1000));
	SHOW(cuMemGetAddressRange(NULL, NULL, 4096));
	SHOW(cuCtxSetCurrent((CUcontext)(uintptr_t)&local));
	SHOW(cuCtxDestroy(NULL));
	SHOW(cuCtxDestroy(ctx));
	SHOW(cuCtxDestroy(ctx));
	SHOW(cuCtxPopCurrent(NULL));
	SHOW(cuMemFree(0));
}

int main(void)
{
	CUcontext ctx = NULL;

	before_context();
	SHOW(cuCtxCreate(&ctx, NULL, 0, 1000));
	SHOW(cuCtxCreate(NULL, NULL, 0, 0));
	SHOW(cuCtxCreate(&ctx, NULL, 0, 0));
	allocations();
	frees();
	host_memory();
	questions(ctx);
	return 0;
}
