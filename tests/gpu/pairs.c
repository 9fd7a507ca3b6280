/*
 * pairs.c - one round of timing: prints the nanoseconds of an allocation and its release, the median of
 * batches. Usage: pairs cuMemAlloc|cudaMalloc|cudaMallocAsync BYTES PAIRS
 */
#include "../apps/check.h"

#include <cuda.h>
#include <cuda_runtime.h>
#include <string.h>
#include <time.h>

#define BATCHES 25

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void driver_pair(size_t bytes)
{
	CUdeviceptr memory;

	OK(cuMemAlloc(&memory, bytes));
	OK(cuMemFree(memory));
}

static void runtime_pair(size_t bytes)
{
	void *memory;

	OK(cudaMalloc(&memory, bytes));
	OK(cudaFree(memory));
}

static void ordered_pair(size_t bytes)
{
	void *memory;

	OK(cudaMallocAsync(&memory, bytes, NULL));
	OK(cudaFreeAsync(memory, NULL));
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		FAIL("usage: pairs cuMemAlloc|cudaMalloc|cudaMallocAsync BYTES PAIRS");
	size_t bytes = argument(argc, argv, 2, ""), pairs = argument(argc, argv, 3, "");
	void (*pair)(size_t) = strcmp(argv[1], "cuMemAlloc") == 0 ? driver_pair
		: strcmp(argv[1], "cudaMalloc") == 0              ? runtime_pair
								  : ordered_pair;
	double batches[BATCHES];
	size_t each = pairs / BATCHES + 1;

	OK(cudaFree(NULL)); /* the context */
	for (size_t i = 0; i < each; i++)
		pair(bytes);
	OK(cudaDeviceSynchronize());
	for (int b = 0; b < BATCHES; b++) {
		double begin = now();

		for (size_t i = 0; i < each; i++)
			pair(bytes);
		OK(cudaDeviceSynchronize());
		batches[b] = (now() - begin) / (double)each;
	}
	qsort(batches, BATCHES, sizeof(batches[0]), by_value);
	printf("ns %.1f\n", batches[BATCHES / 2]);
	return 0;
}
