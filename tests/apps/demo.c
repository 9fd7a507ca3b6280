/*
 * A little "training run": allocates the layers of a network until memory is refused, goes on with what it
 * got, and forgets one buffer at the end. Usage: demo [layers [bytes per layer]]
 */
#include <cuda_runtime.h>
#include <stdio.h>
#include <stdlib.h>

#define LAYERS 64

static void *layers[LAYERS];

static int build(int count, size_t bytes)
{
	int built = 0;

	while (built < count && built < LAYERS) {
		cudaError_t status = cudaMalloc(&layers[built], bytes);

		if (status == cudaErrorMemoryAllocation) {
			printf("demo: layer %d does not fit (%s), going on with %d\n", built,
				cudaGetErrorString(status), built);
			(void)cudaGetLastError();
			break;
		}
		if (status != cudaSuccess) {
			fprintf(stderr, "demo: %s\n", cudaGetErrorString(status));
			exit(1);
		}
		built++;
	}
	return built;
}

static void train(int count, size_t bytes)
{
	void *gradients;

	for (int step = 0; step < 3; step++) {
		if (cudaMalloc(&gradients, bytes / 4) != cudaSuccess) {
			(void)cudaGetLastError();
			printf("demo: step %d without gradients\n", step);
			continue;
		}
		for (int i = 0; i < count; i++)
			cudaMemset(layers[i], step, bytes < 4096 ? bytes : 4096);
		cudaFree(gradients);
	}
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 12;
	size_t bytes = argc > 2 ? strtoull(argv[2], NULL, 10) : 100u << 20;
	void *forgotten = NULL;
	int built = build(count, bytes);

	train(built, bytes);
	/* The first layer is freed to make room for what is then forgotten. */
	for (int i = 0; i < built; i++)
		cudaFree(layers[i]);
	if (cudaMalloc(&forgotten, 48u << 20) == cudaSuccess)
		printf("demo: done; a buffer of 48 MiB was never freed\n");
	return 0;
}
