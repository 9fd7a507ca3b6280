/* A buffer for each request, and none is freed. */
#include "zoo.h"

static __attribute__((noinline)) void serve(void)
{
	take(1);
}

int main(void)
{
	for (int request = 0; request < 8; request++)
		serve();
	return 0;
}
