/* Freed by a destructor, after main. */
#include "zoo.h"

static void *kept;

static __attribute__((destructor)) void at_the_end(void)
{
	OK(cudaFree(kept));
}

int main(void)
{
	kept = take(1);
	return 0;
}
