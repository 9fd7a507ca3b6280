/* Deep in a recursion, deeper than stacks are kept. */
#include "zoo.h"

static __attribute__((noinline)) int descend(int depth)
{
	if (depth == 0)
		take(1);
	return depth > 0 ? descend(depth - 1) + 1 : 0;
}

int main(void)
{
	return descend(200) != 200;
}
