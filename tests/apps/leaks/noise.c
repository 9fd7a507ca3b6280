/* Buffers whose size changes from epoch to epoch, and a cache that fills in the first ones: nothing grows. */
#include "zoo.h"

#include <rac.h>

int main(void)
{
	void *batch = take(1), *cache[4] = {NULL};

	for (unsigned epoch = 0; epoch < 24; epoch++) {
		OK(cudaFree(batch));
		batch = take(1 + epoch * 7 % 11);
		if (epoch < 4)
			cache[epoch] = take(2);
		rac_checkpoint("epoch");
	}
	for (int i = 0; i < 4; i++)
		OK(cudaFree(cache[i]));
	return cudaFree(batch) != cudaSuccess;
}
