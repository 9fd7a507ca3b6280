/* Taken from the driver's pool, and not given back. */
#include "zoo.h"

int main(void)
{
	void *memory;

	OK(cudaMallocAsync(&memory, MIB, NULL));
	OK(cudaStreamSynchronize(NULL));
	return 0;
}
