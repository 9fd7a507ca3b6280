// Adds two vectors on the GPU and checks the sum: the smallest real CUDA program. Usage: vector_add [elements]
#include <cstdio>
#include <cstdlib>
#include <vector>

__global__ void add(const float *a, const float *b, float *sum, size_t count)
{
	size_t i = blockIdx.x * static_cast<size_t>(blockDim.x) + threadIdx.x;

	if (i < count)
		sum[i] = a[i] + b[i];
}

static void check(cudaError_t status, const char *what)
{
	if (status == cudaSuccess)
		return;
	std::fprintf(stderr, "vector_add: %s: %s\n", what, cudaGetErrorString(status));
	std::exit(1);
}

int main(int argc, char **argv)
{
	size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1u << 20, bytes = count * sizeof(float);
	std::vector<float> a(count, 1.5f), b(count, 2.25f), sum(count);
	float *da, *db, *dsum;

	check(cudaMalloc(&da, bytes), "cudaMalloc");
	check(cudaMalloc(&db, bytes), "cudaMalloc");
	check(cudaMalloc(&dsum, bytes), "cudaMalloc");
	check(cudaMemcpy(da, a.data(), bytes, cudaMemcpyHostToDevice), "cudaMemcpy");
	check(cudaMemcpy(db, b.data(), bytes, cudaMemcpyHostToDevice), "cudaMemcpy");
	add<<<static_cast<unsigned>((count + 255) / 256), 256>>>(da, db, dsum, count);
	check(cudaGetLastError(), "launch");
	check(cudaMemcpy(sum.data(), dsum, bytes, cudaMemcpyDeviceToHost), "cudaMemcpy");
	for (size_t i = 0; i < count; i++) {
		if (sum[i] != 3.75f) {
			std::fprintf(stderr, "vector_add: wrong sum at %zu\n", i);
			return 1;
		}
	}
	check(cudaFree(da), "cudaFree");
	check(cudaFree(db), "cudaFree");
	check(cudaFree(dsum), "cudaFree");
	std::printf("vector_add: fine\n");
	return 0;
}
