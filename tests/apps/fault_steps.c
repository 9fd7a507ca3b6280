/*
 * Allocates, is refused, frees and asks, and goes on whatever fails: for runs in which a system call
 * fails. Says at the end what it was given, and fails itself where that is more than CAP bytes at any time, or where
 * what it was given cannot be freed. Usage: fault_steps CAP
 */
#include "check.h"

#include <cuda.h>

#define MOST 64

static CUdeviceptr held[MOST];
static size_t sizes[MOST], live, cap;
static unsigned allocations, frees, refused;

static void allocate(unsigned place, size_t bytes)
{
	if (cuMemAlloc(&held[place], bytes) != CUDA_SUCCESS) {
		refused++;
		held[place] = 0;
		return;
	}
	sizes[place] = bytes;
	live += bytes;
	allocations++;
	EXPECT(live <= cap);
}

static void give_back(unsigned place)
{
	if (held[place] == 0)
		return;
	OK(cuMemFree(held[place]));
	held[place] = 0;
	live -= sizes[place];
	frees++;
}

int main(int argc, char **argv)
{
	size_t free_bytes, total;
	CUcontext context;
	CUdevice device;

	cap = argument(argc, argv, 1, "8M");
	if (cuInit(0) != CUDA_SUCCESS || cuDeviceGet(&device, 0) != CUDA_SUCCESS ||
		cuCtxCreate_v2(&context, 0, device) != CUDA_SUCCESS) {
		printf("0 0 0 0\n");
		return 0;
	}
	for (unsigned i = 0; i < MOST; i++)
		allocate(i, (size_t)1 << 18);
	for (unsigned i = 0; i < MOST; i += 2)
		give_back(i);
	for (unsigned i = 0; i < MOST; i += 4)
		allocate(i, (size_t)1 << 17);
	(void)cuMemGetInfo(&free_bytes, &total);
	printf("%u %u %zu %u\n", allocations, frees, live, refused);
	return 0;
}
