/* Freed twice, which is an error of the program's and no leak. */
#include "zoo.h"

int main(void)
{
	void *memory = take(1);

	OK(cudaFree(memory));
	return cudaFree(memory) == cudaSuccess;
}
