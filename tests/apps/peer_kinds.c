/*
 * Takes memory of one kind again and again, as programs do that other limiters lost sight of, and prints what
 * was granted and what refused; a refusal with another code than "out of memory" ends the program.
 * What is left at the end stays. Usage: peer_kinds WHAT, see `cases` below
 */
#include "check.h"

#include "../sim/simcuda.h"

#include <cuda.h>
#include <cuda_runtime.h>
#include <stdint.h>
#include <string.h>

#define MIB      ((size_t)1 << 20)
#define MARK     ((CUdeviceptr)4711)
#define ATTEMPTS 40

static CUcontext contexts[2];
static unsigned int granted, refused;

static int got(CUresult result)
{
	if (result == CUDA_SUCCESS) {
		granted++;
		return 1;
	}
	RETURNS(CUDA_ERROR_OUT_OF_MEMORY, result);
	refused++;
	return 0;
}

static void show(void)
{
	printf("granted %u, refused %u\n", granted, refused);
	granted = refused = 0;
}

static void linear(void)
{
	CUdeviceptr memory;

	for (int i = 0; i < ATTEMPTS; i++)
		got(cuMemAlloc(&memory, 100 * MIB));
	show();
}

static CUmemoryPool new_pool(cuuint64_t threshold)
{
	CUmemPoolProps props = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};
	CUmemoryPool pool;

	OK(cuMemPoolCreate(&pool, &props));
	OK(cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &threshold));
	return pool;
}

static void pool_round(CUmemoryPool pool)
{
	CUdeviceptr kept[ATTEMPTS];
	unsigned int count = 0;

	for (int i = 0; i < 30; i++) {
		kept[count] = MARK;
		if (got(cuMemAllocFromPoolAsync(&kept[count], 200 * MIB, pool, NULL)))
			count++;
		else
			EXPECT(kept[count] == MARK);
	}
	printf("the device holds %zu MiB, ", (size_t)simcuda_live_bytes(0) / MIB);
	show();
	while (count > 0)
		OK(cuMemFreeAsync(kept[--count], NULL));
	OK(cuStreamSynchronize(NULL));
	EXPECT(simcuda_live_bytes(0) == 0);
}

static void pool(void)
{
	CUmemoryPool handle = new_pool(0);

	pool_round(handle);
	pool_round(handle);
	OK(cuMemPoolDestroy(handle));
}

/* Freed memory stays with the pool, and the next allocation comes out of it. */
static void cached(void)
{
	CUmemoryPool handle = new_pool(UINT64_MAX);
	CUdeviceptr memory;

	for (int i = 0; i < 10; i++) {
		if (!got(cuMemAllocFromPoolAsync(&memory, 600 * MIB, handle, NULL)))
			continue;
		OK(cuMemFreeAsync(memory, NULL));
		OK(cuCtxSynchronize());
		EXPECT(simcuda_live_bytes(0) >= 600 * MIB);
	}
	show();
}

static void async(void)
{
	CUdeviceptr memory[10];

	for (int i = 0; i < 10; i++)
		OK(cuMemAllocAsync(&memory[i], MIB, NULL));
	for (int i = 0; i < 10; i++)
		OK(cuMemFreeAsync(memory[i], NULL));
}

static void async_codes(void)
{
	CUdeviceptr memory = MARK;
	void *pointer = &memory;

	RETURNS(CUDA_ERROR_OUT_OF_MEMORY, cuMemAllocAsync(&memory, 1025 * MIB, NULL));
	EXPECT(memory == MARK);
	RETURNS(cudaErrorMemoryAllocation, cudaMallocAsync(&pointer, 1025 * MIB, NULL));
	EXPECT(pointer == &memory);
	RETURNS(cudaErrorMemoryAllocation, cudaGetLastError());
	OK(cudaGetLastError());
	/* No error sticks, so that who asks for less gets it. */
	OK(cudaMallocAsync(&pointer, 1000 * MIB, NULL));
	OK(cudaFreeAsync(pointer, NULL));
	OK(cudaStreamSynchronize(NULL));
	OK(cuMemAllocAsync(&memory, 1000 * MIB, NULL));
	OK(cuMemFree(memory));
}

static CUresult create(CUmemGenericAllocationHandle *handle, size_t bytes, int device)
{
	CUmemAllocationProp prop = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = device}};

	return cuMemCreate(handle, bytes, &prop, 0);
}

/* The handle is given back as soon as it is mapped: the mapping keeps the memory. */
static void vmm_round(void)
{
	CUdeviceptr mapped[10], where;
	CUmemGenericAllocationHandle handle;
	unsigned int count = 0;

	for (int i = 0; i < 10; i++) {
		if (!got(create(&handle, 500 * MIB, 0)))
			continue;
		OK(cuMemAddressReserve(&where, 500 * MIB, 0, 0, 0));
		OK(cuMemMap(where, 500 * MIB, 0, handle, 0));
		OK(cuMemRelease(handle));
		mapped[count++] = where;
	}
	printf("the device holds %zu MiB, ", (size_t)simcuda_live_bytes(0) / MIB);
	show();
	while (count > 0) {
		OK(cuMemUnmap(mapped[--count], 500 * MIB));
		OK(cuMemAddressFree(mapped[count], 500 * MIB));
	}
	EXPECT(simcuda_live_bytes(0) == 0);
}

static void vmm(void)
{
	vmm_round();
	vmm_round();
}

/* The device is the one of the properties, whatever is current, and also if nothing is. */
static void vmm_device(void)
{
	CUmemGenericAllocationHandle handle;

	for (int i = -1; i < 2; i++) {
		OK(cuCtxSetCurrent(i < 0 ? NULL : contexts[i]));
		for (int device = 0; device < 2; device++)
			got(create(&handle, 60 * MIB, device));
	}
	show();
	RETURNS(CUDA_ERROR_INVALID_DEVICE, create(&handle, 2 * MIB, 99));
	RETURNS(CUDA_ERROR_INVALID_DEVICE, create(&handle, 2 * MIB, -1));
}

/* Narrow rows take as much as the device's own row does; and what is no element says so. */
static void pitched(void)
{
	CUdeviceptr memory = MARK;
	size_t pitch;

	RETURNS(CUDA_ERROR_INVALID_VALUE, cuMemAllocPitch(&memory, &pitch, 4, 4, 0));
	EXPECT(memory == MARK);
	for (int i = 0; i < 4; i++)
		got(cuMemAllocPitch(&memory, &pitch, 4, 512 * MIB / 512, 4));
	show();
}

static void pitched_runtime(void)
{
	void *memory = NULL;
	size_t pitch = 0;

	OK(cudaMallocPitch(&memory, &pitch, 100, 10));
	EXPECT(memory && pitch >= 100 && pitch % 4 == 0);
	EXPECT(simcuda_live_bytes(0) == pitch * 10);
	RETURNS(cudaErrorMemoryAllocation, cudaMallocPitch(&memory, &pitch, SIZE_MAX / 2, 4));
	RETURNS(cudaErrorMemoryAllocation, cudaMallocPitch(&memory, &pitch, SIZE_MAX - 1, 2));
	RETURNS(cudaErrorInvalidValue, cudaMallocManaged(NULL, 4096, cudaMemAttachGlobal));
	OK(cudaFree(memory));
}

/* Charged once and in full, however it is attached and wherever it resides; and it says what it is. */
static void managed(void)
{
	const unsigned int ways[] = {CU_MEM_ATTACH_GLOBAL, CU_MEM_ATTACH_HOST};
	CUmemLocation here = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0};
	CUdeviceptr memory;
	unsigned int is_managed;

	for (int i = 0; i < 12; i++) {
		if (!got(cuMemAllocManaged(&memory, 100 * MIB, ways[i % 2])))
			continue;
		if (ways[i % 2] == CU_MEM_ATTACH_GLOBAL)
			OK(cuMemPrefetchAsync(memory, 100 * MIB, here, 0, NULL));
		is_managed = 0;
		OK(cuPointerGetAttribute(&is_managed, CU_POINTER_ATTRIBUTE_IS_MANAGED, memory));
		EXPECT(is_managed == 1);
	}
	show();
}

/* Each allocation is freed while the other device is current. */
static void other_device(void)
{
	CUdeviceptr memory[2][4];
	CUstream streams[2];

	for (int device = 0; device < 2; device++) {
		OK(cuCtxSetCurrent(contexts[device]));
		OK(cuStreamCreate(&streams[device], CU_STREAM_NON_BLOCKING));
		for (int i = 0; i < 4; i++)
			OK(cuMemAllocAsync(&memory[device][i], (size_t)(1 + device) * 64 * MIB,
				streams[device]));
	}
	for (int device = 0; device < 2; device++) {
		OK(cuCtxSetCurrent(contexts[1 - device]));
		for (int i = 0; i < 3; i++)
			OK(cuMemFreeAsync(memory[device][i], streams[device]));
		OK(cuStreamSynchronize(streams[device]));
	}
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{"linear", linear},
	{"pool", pool},
	{"cached", cached},
	{"async", async},
	{"async-codes", async_codes},
	{"vmm", vmm},
	{"vmm-device", vmm_device},
	{"pitched", pitched},
	{"pitched-runtime", pitched_runtime},
	{"managed", managed},
	{"other-device", other_device},
};

int main(int argc, char **argv)
{
	int devices;

	EXPECT(argc > 1);
	OK(cuInit(0));
	OK(cuDeviceGetCount(&devices));
	for (int i = 0; i < devices && i < 2; i++)
		OK(cuDevicePrimaryCtxRetain(&contexts[i], i));
	OK(cuCtxSetCurrent(contexts[0]));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (strcmp(cases[i].name, argv[1]) == 0) {
			cases[i].run();
			return 0;
		}
	}
	FAIL("no such case: %s", argv[1]);
}
