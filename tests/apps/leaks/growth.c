/* A little more after each epoch. */
#include "zoo.h"

#include <rac.h>

static __attribute__((noinline)) void remember(void)
{
	take(1);
}

int main(void)
{
	for (int epoch = 0; epoch < 6; epoch++) {
		OK(cudaFree(take(8)));
		remember();
		rac_checkpoint("epoch");
	}
	return 0;
}
