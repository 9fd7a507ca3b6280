/* Freed by an exit handler. */
#include "zoo.h"

static void *kept;

static void at_the_end(void)
{
	OK(cudaFree(kept));
}

int main(void)
{
	kept = take(1);
	return atexit(at_the_end);
}
