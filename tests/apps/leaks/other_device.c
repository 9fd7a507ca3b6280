/* Freed while another device is current. */
#include "zoo.h"

int main(void)
{
	void *memory;

	OK(cudaSetDevice(1));
	memory = take(1);
	OK(cudaSetDevice(0));
	OK(cudaFree(take(1)));
	return cudaFree(memory) != cudaSuccess;
}
