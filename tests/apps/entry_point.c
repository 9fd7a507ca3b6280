/*
 * Finds driver functions through the runtime, as NCCL and PyTorch do. Usage: entry_point [bytes]
 */
#include "check.h"

#include <cuda.h>
#include <cuda_runtime.h>

static void *find(const char *name, int version)
{
	enum cudaDriverEntryPointQueryResult status;
	void *function = NULL;

	if (version)
		OK(cudaGetDriverEntryPointByVersion(
			name, &function, (unsigned int)version, cudaEnableDefault, &status));
	else
		OK(cudaGetDriverEntryPointByVersion(
			name, &function, 13000, cudaEnableDefault, &status));
	EXPECT(status == cudaDriverEntryPointSuccess && function);
	return function;
}

int main(int argc, char **argv)
{
	size_t bytes = argument(argc, argv, 1, "1M");
	CUresult (*alloc)(CUdeviceptr *, size_t), (*release)(CUdeviceptr),
		(*old)(CUdeviceptr_v1 *, unsigned int);
	enum cudaDriverEntryPointQueryResult status;
	CUdeviceptr memory;
	CUdeviceptr_v1 low;
	void *missing;

	*(void **)&alloc = find("cuMemAlloc", 0);
	*(void **)&release = find("cuMemFree", 12050);
	OK(cudaGetDriverEntryPointByVersion(
		"cuNothing", &missing, 13000, cudaEnableDefault, &status));
	EXPECT(status == cudaDriverEntryPointSymbolNotFound);
	OK(cudaFree(NULL));
	OK(alloc(&memory, bytes));
	OK(release(memory));
	/* The first ABI, with 32-bit addresses; a real 64-bit driver has nothing to give there. */
	*(void **)&old = find("cuMemAlloc", 2000);
	if (old(&low, 4096) == CUDA_SUCCESS)
		OK(release(low));
	printf("entry_point: fine\n");
	return 0;
}
