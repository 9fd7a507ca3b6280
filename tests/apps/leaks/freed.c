/* The same, and all are freed. */
#include "zoo.h"

int main(void)
{
	for (int request = 0; request < 8; request++)
		OK(cudaFree(take(1)));
	return 0;
}
