/* A static that is filled again without being freed. */
#include "zoo.h"

static void *table;

int main(void)
{
	table = take(1);
	table = take(2);
	return cudaFree(table) != cudaSuccess;
}
