/* Taken from the driver's pool and given back; what the pool goes on to reserve is no leak. */
#include "zoo.h"

int main(void)
{
	void *memory;

	for (int i = 0; i < 4; i++) {
		OK(cudaMallocAsync(&memory, 8 * MIB, NULL));
		OK(cudaFreeAsync(memory, NULL));
	}
	OK(cudaStreamSynchronize(NULL));
	return 0;
}
