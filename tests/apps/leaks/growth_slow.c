/* A little more after each third epoch, beside buffers whose size changes. */
#include "zoo.h"

#include <rac.h>

int main(void)
{
	void *batch = take(1);

	for (unsigned epoch = 0; epoch < 20; epoch++) {
		OK(cudaFree(batch));
		batch = take(1 + epoch * 7 % 5);
		if (epoch % 3 == 2)
			take(1);
		rac_checkpoint("epoch");
	}
	return cudaFree(batch) != cudaSuccess;
}
