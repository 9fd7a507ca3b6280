// An exception passes by the free.
#include <cuda_runtime.h>
#include <stdexcept>

static void use(void *memory)
{
	if (memory != nullptr)
		throw std::runtime_error("no");
}

static __attribute__((noinline)) void step()
{
	void *memory = nullptr;

	cudaMalloc(&memory, 1 << 20);
	use(memory);
	cudaFree(memory);
}

int main()
{
	try {
		step();
	} catch (const std::exception &) {
		return 0;
	}
	return 1;
}
