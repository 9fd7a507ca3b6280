// runtime_work.cu - the steps of work.c through the runtime API, with a kernel where nvcc compiles it. Plain C
// but for that, so that it also builds against the simulated runtime. Usage: runtime_work linear|pool BYTES [leak]
#include "../apps/check.h"

#include <cuda_runtime.h>
#include <string.h>

#define PARTS 8

static void *memory[PARTS];
static size_t held;
static int ordered;

static void mark(const char *name)
{
	if (getenv("GPU_CHECK_MARKS") == NULL)
		return;
	printf("mark %s\n", name);
	fflush(stdout);
	if (getchar() != '\n')
		FAIL("nobody watches any more");
}

#ifdef __CUDACC__
__global__ static void fill(unsigned int *words, size_t count, unsigned int value)
{
	for (size_t i = blockIdx.x * (size_t)blockDim.x + threadIdx.x; i < count;
		i += (size_t)gridDim.x * blockDim.x)
		words[i] = value;
}
#endif

static unsigned int content(size_t part)
{
	unsigned int word = 0;

#ifdef __CUDACC__
	fill<<<64, 256>>>((unsigned int *)memory[held - 1], part / 4, 0x07070707u);
	OK(cudaGetLastError());
#else
	OK(cudaMemset(memory[held - 1], 7, part));
#endif
	OK(cudaMemcpy(&word, (char *)memory[held - 1] + part - 4, 4, cudaMemcpyDeviceToHost));
	return word;
}

static void give(void)
{
	while (held > 0) {
		if (ordered)
			OK(cudaFreeAsync(memory[--held], NULL));
		else
			OK(cudaFree(memory[--held]));
	}
	OK(cudaDeviceSynchronize());
}

static cudaError_t take(size_t part)
{
	for (held = 0; held < PARTS; held++) {
		cudaError_t result = ordered ? cudaMallocAsync(&memory[held], part, NULL)
					     : cudaMalloc(&memory[held], part);

		if (result != cudaSuccess) {
			EXPECT(cudaGetLastError() == result);
			give();
			return result;
		}
	}
	return cudaDeviceSynchronize();
}

int main(int argc, char **argv)
{
	if (argc < 3)
		FAIL("usage: runtime_work linear|pool BYTES [leak]");
	size_t part = argument(argc, argv, 2, "") / PARTS;
	cudaError_t result;
	void *left;

	ordered = strcmp(argv[1], "pool") == 0;
	OK(cudaFree(NULL));
	mark("context");
	OK(take(part / 4));
	content(part / 4);
	give();
	mark("first use");
	mark("before");
	result = take(part);
	printf(result == cudaErrorMemoryAllocation ? "refused\n" : "took\n");
	if (result == cudaErrorMemoryAllocation) {
		part /= 2;
		result = take(part);
		printf("recovered\n");
	}
	OK(result);
	mark("after");
	printf("result %08x\n", content(part));
	give();
	mark("freed");
	if (argc > 3)
		OK(cudaMalloc(&left, (size_t)3 << 20));
	return 0;
}
