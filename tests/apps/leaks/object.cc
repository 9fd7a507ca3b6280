// Freed by the destructor of a static object.
#include <cuda_runtime.h>

struct buffer {
	void *memory = nullptr;
	buffer()
	{
		cudaMalloc(&memory, 1 << 20);
	}
	~buffer()
	{
		cudaFree(memory);
	}
};

static buffer kept;

int main()
{
	return kept.memory == nullptr;
}
