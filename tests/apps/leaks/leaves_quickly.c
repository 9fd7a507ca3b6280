/* Leaves by quick_exit, after its own handler has freed. */
#include "zoo.h"

static void *kept;

static void at_the_end(void)
{
	OK(cudaFree(kept));
}

int main(void)
{
	kept = take(1);
	OK(at_quick_exit(at_the_end));
	quick_exit(0);
}
