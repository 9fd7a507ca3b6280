/* Left on the second device only. */
#include "zoo.h"

int main(void)
{
	for (int device = 0; device < 2; device++) {
		OK(cudaSetDevice(device));
		void *memory = take(1);

		if (device == 0)
			OK(cudaFree(memory));
	}
	return 0;
}
