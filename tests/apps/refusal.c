/*
 * What a program sees when memory runs out: code 2 from both APIs, untouched outputs, the runtime's last
 * error, and success of a smaller request. Usage: refusal too-much fits
 */
#include "check.h"

#include <cuda.h>
#include <cuda_runtime.h>

#define UNTOUCHED 0x1234567812345678ULL

static void driver_side(size_t much, size_t little)
{
	CUdeviceptr memory = UNTOUCHED;
	size_t pitch = 4711;

	RETURNS(CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc(&memory, much));
	EXPECT(memory == UNTOUCHED);
	RETURNS(CUDA_ERROR_OUT_OF_MEMORY, cuMemAllocPitch(&memory, &pitch, 1 << 20, much >> 20, 4));
	EXPECT(memory == UNTOUCHED && pitch == 4711);
	RETURNS(CUDA_ERROR_OUT_OF_MEMORY, cuMemAllocManaged(&memory, much, CU_MEM_ATTACH_GLOBAL));
	EXPECT(memory == UNTOUCHED);
	OK(cuMemAlloc(&memory, little));
	OK(cuMemFree(memory));
}

static void runtime_side(size_t much, size_t little)
{
	void *memory = (void *)UNTOUCHED;
	size_t pitch = 4711;

	RETURNS(cudaErrorMemoryAllocation, cudaMalloc(&memory, much));
	EXPECT(memory == (void *)UNTOUCHED);
	RETURNS(cudaErrorMemoryAllocation, cudaPeekAtLastError());
	RETURNS(cudaErrorMemoryAllocation, cudaGetLastError());
	OK(cudaGetLastError());
	RETURNS(cudaErrorMemoryAllocation, cudaMallocPitch(&memory, &pitch, 1 << 20, much >> 20));
	EXPECT(memory == (void *)UNTOUCHED && pitch == 4711);
	RETURNS(cudaErrorMemoryAllocation, cudaMallocManaged(&memory, much, cudaMemAttachGlobal));
	EXPECT(memory == (void *)UNTOUCHED);
	RETURNS(cudaErrorMemoryAllocation, cudaGetLastError());
	OK(cudaMalloc(&memory, little));
	OK(cudaFree(memory));
	OK(cudaGetLastError());
}

/* Fills up in pieces, then makes room and uses it. */
static void boundary(size_t little)
{
	void *pieces[64], *again;
	int count = 0;

	while (count < 64 && cudaMalloc(&pieces[count], little) == cudaSuccess)
		count++;
	EXPECT(count > 0);
	if (count < 64) {
		OK(cudaFree(pieces[count - 1]));
		(void)cudaGetLastError();
		OK(cudaMalloc(&again, little));
		pieces[count - 1] = again;
	}
	while (count)
		OK(cudaFree(pieces[--count]));
}

int main(int argc, char **argv)
{
	size_t much = argument(argc, argv, 1, "1024G"), little = argument(argc, argv, 2, "64M");

	OK(cudaFree(NULL));
	driver_side(much, little);
	runtime_side(much, little);
	boundary(little);
	printf("refusal: fine\n");
	return 0;
}
