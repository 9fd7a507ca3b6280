/* Pinned memory of the host that stays. */
#include "zoo.h"

int main(void)
{
	void *memory;

	return cudaMallocHost(&memory, MIB) != cudaSuccess;
}
