/*
 * What a program sees through the runtime, in MiB: total and free memory of the device, and the size in its
 * properties. Usage: query_runtime [DEVICE [bytes taken first]]
 */
#include "check.h"

#include <cuda_runtime.h>

int main(int argc, char **argv)
{
	int device = argc > 1 ? atoi(argv[1]) : 0;
	size_t bytes = argument(argc, argv, 2, "0"), left, total;
	struct cudaDeviceProp properties;
	void *memory;

	OK(cudaGetDeviceProperties(&properties, device));
	OK(cudaSetDevice(device));
	if (bytes > 0)
		OK(cudaMalloc(&memory, bytes));
	OK(cudaMemGetInfo(&left, &total));
	printf("total %zu, free %zu, properties %zu\n", total >> 20, left >> 20,
		properties.totalGlobalMem >> 20);
	return 0;
}
