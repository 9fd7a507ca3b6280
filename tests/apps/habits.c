/*
 * How frameworks size themselves by what they are shown, so that a test can see whether each settles inside a
 * cap without an error of its own. Usage: habits vllm|xla|torch
 *
 *	vllm	loads weights, measures the peak of a trial run, and takes 90 % of the total less what is used
 *		for its cache, by CUDA's figures and then by NVML's; then captures graphs in what is left
 *	xla	takes 75 % of what is free in one piece at its start, or else less and less
 *	torch	caches what is freed, fills the device, and on out of memory frees its cache and tries again;
 *		then once more with segments that grow
 */
#include "check.h"

#include <cuda.h>
#include <cuda_runtime.h>
#include <nvml.h>
#include <stdint.h>
#include <string.h>

#define MIB  ((size_t)1 << 20)
#define MOST 4096

static size_t shown_total(size_t *left)
{
	struct cudaDeviceProp properties;
	size_t total, of_driver;

	OK(cudaMemGetInfo(left, &total));
	OK(cudaGetDeviceProperties(&properties, 0));
	OK(cuDeviceTotalMem(&of_driver, 0));
	EXPECT(properties.totalGlobalMem == total && of_driver == total && *left <= total);
	return total;
}

/* Its own figures and NVML's must lead to the same cache. */
static size_t vllm_cache(size_t left, size_t total)
{
	size_t wanted = total / 10 * 9, used = total - left;
	nvmlMemory_t memory;
	nvmlDevice_t device;

	OK(nvmlDeviceGetHandleByIndex_v2(0, &device));
	OK(nvmlDeviceGetMemoryInfo(device, &memory));
	EXPECT(memory.total == total && memory.free == left && memory.used == used);
	EXPECT(wanted > used);
	return wanted - used;
}

static void vllm(void)
{
	void *weights[15], *trial[6], *cache[28];
	size_t left, total, piece;

	OK(nvmlInit_v2());
	total = shown_total(&left);
	for (int i = 0; i < 15; i++)
		OK(cudaMalloc(&weights[i], total / 30));
	for (int i = 0; i < 6; i++)
		OK(cudaMalloc(&trial[i], total / 60));
	for (int i = 0; i < 6; i++)
		OK(cudaFree(trial[i]));
	EXPECT(shown_total(&left) == total);
	piece = vllm_cache(left, total) / 28;
	for (int i = 0; i < 28; i++)
		OK(cudaMalloc(&cache[i], piece));
	shown_total(&left);
	EXPECT(left >= total / 11 && left <= total / 9);
	/* Graphs. */
	for (int i = 0; i < 6; i++)
		OK(cudaMallocAsync(&trial[i], total / 64, NULL));
	printf("cache %zu of %zu MiB\n", 28 * piece / MIB, total / MIB);
}

static void xla(void)
{
	CUcontext context;
	CUdeviceptr all = 0;
	size_t left, total, bytes;
	int attempts = 0;

	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&context, 0));
	OK(cuCtxSetCurrent(context));
	OK(cuMemGetInfo(&left, &total));
	for (bytes = left / 4 * 3; cuMemAlloc(&all, bytes) != CUDA_SUCCESS; bytes -= bytes / 10)
		attempts++;
	EXPECT(attempts == 0);
	OK(cuMemGetInfo(&left, &total));
	printf("took %zu of %zu MiB\n", bytes / MIB, total / MIB);
	/* What it did not take is for the libraries beneath: handles and workspaces. */
	EXPECT(left >= bytes / 3 - MIB);
	OK(cuMemAlloc(&all, left));
	RETURNS(CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc(&all, MIB));
}

static struct {
	void *address;
	size_t bytes;
	int busy;
} blocks[MOST];
static int block_count, freed_caches;

static void torch_free_cache(void)
{
	int kept = 0;

	OK(cudaDeviceSynchronize());
	for (int i = 0; i < block_count; i++) {
		if (blocks[i].busy)
			blocks[kept++] = blocks[i];
		else
			OK(cudaFree(blocks[i].address));
	}
	block_count = kept;
	freed_caches++;
}

/* Returns the block's place, or -1 when there is no memory for it even without the cache. */
static int torch_take(size_t bytes)
{
	for (int i = 0; i < block_count; i++) {
		if (!blocks[i].busy && blocks[i].bytes >= bytes && blocks[i].bytes < 2 * bytes) {
			blocks[i].busy = 1;
			return i;
		}
	}
	for (int again = 0; again < 2; again++) {
		void *address = NULL;
		cudaError_t result = cudaMalloc(&address, bytes);

		if (result == cudaSuccess) {
			EXPECT(block_count < MOST);
			blocks[block_count].address = address;
			blocks[block_count].bytes = bytes;
			blocks[block_count].busy = 1;
			return block_count++;
		}
		/* Anything else would be an error to it. */
		RETURNS(cudaErrorMemoryAllocation, result);
		RETURNS(cudaErrorMemoryAllocation, cudaGetLastError());
		if (!again)
			torch_free_cache();
	}
	return -1;
}

static size_t torch_reserved(void)
{
	size_t sum = 0;

	for (int i = 0; i < block_count; i++)
		sum += blocks[i].bytes;
	return sum;
}

static void torch_fill(size_t total)
{
	size_t left, sizes[] = {20 * MIB, 34 * MIB, 66 * MIB, 130 * MIB};

	for (int round = 0; round < 40; round++) {
		int count = 0;

		while (torch_take(sizes[round % 4]) >= 0)
			count++;
		EXPECT(count > 0 && torch_reserved() <= total);
		OK(cudaMemGetInfo(&left, &total));
		EXPECT(left + torch_reserved() <= total);
		for (int i = 0; i < block_count; i++)
			blocks[i].busy = 0;
	}
	/* One tensor of nearly all there is: not a block of the cache is large enough. */
	EXPECT(torch_take(total / 4 * 3) >= 0);
	torch_free_cache();
}

/* Segments that grow by 2 MiB handles, mapped one behind the other. */
static void torch_expandable(size_t total)
{
	CUmemAllocationProp prop = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};
	size_t page = 20 * MIB, mapped = 0;
	CUmemGenericAllocationHandle handle;
	CUdeviceptr segment;
	CUresult result;

	OK(cuMemAddressReserve(&segment, total / 8 * 9 / page * page, 0, 0, 0));
	while ((result = cuMemCreate(&handle, page, &prop, 0)) == CUDA_SUCCESS) {
		OK(cuMemMap(segment + mapped, page, 0, handle, 0));
		OK(cuMemRelease(handle));
		mapped += page;
	}
	RETURNS(CUDA_ERROR_OUT_OF_MEMORY, result);
	EXPECT(mapped > total / 2 && mapped <= total);
	OK(cuMemUnmap(segment, mapped));
	for (size_t i = 0; i < 10; i++)
		OK(cuMemCreate(&handle, page, &prop, 0));
}

static void torch(void)
{
	size_t left, total;

	OK(cudaFree(NULL));
	total = shown_total(&left);
	torch_fill(total);
	for (int i = 0; i < block_count; i++)
		blocks[i].busy = 0;
	torch_free_cache();
	torch_expandable(total);
	printf("filled %zu MiB, freed its cache %d times\n", total / MIB, freed_caches);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "vllm") == 0)
		vllm();
	else if (strcmp(what, "xla") == 0)
		xla();
	else if (strcmp(what, "torch") == 0)
		torch();
	else
		FAIL("no such habit: %s", what);
	return 0;
}
