/* What was left went with the context. */
#include "zoo.h"

int main(void)
{
	take(1);
	return cudaDeviceReset() != cudaSuccess;
}
