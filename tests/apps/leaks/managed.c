/* Managed memory that stays. */
#include "zoo.h"

int main(void)
{
	void *memory;

	return cudaMallocManaged(&memory, MIB, cudaMemAttachGlobal) != cudaSuccess;
}
