/*
 * Leaks what its arguments say and frees as much beside it, so that a report can be compared with what is
 * known. Usage: leak [-r] size... ; -r uses the runtime API
 */
#include "check.h"

#include <cuda.h>
#include <cuda_runtime.h>
#include <string.h>

static __attribute__((noinline)) void leak_driver(size_t bytes)
{
	CUdeviceptr kept, freed;

	OK(cuMemAlloc(&kept, bytes));
	OK(cuMemAlloc(&freed, bytes));
	OK(cuMemFree(freed));
}

static __attribute__((noinline)) void leak_runtime(size_t bytes)
{
	void *kept, *freed;

	OK(cudaMalloc(&kept, bytes));
	OK(cudaMalloc(&freed, bytes));
	OK(cudaFree(freed));
}

int main(int argc, char **argv)
{
	int first = 1;

	OK(cudaFree(NULL));
	if (argc > 1 && strcmp(argv[1], "-r") == 0)
		first = 2;
	for (int i = first; i < argc; i++) {
		if (first == 2)
			leak_runtime(parse_size(argv[i]));
		else
			leak_driver(parse_size(argv[i]));
	}
	return 0;
}
