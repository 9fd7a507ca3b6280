/* Leaks, and fails by itself. */
#include "zoo.h"

int main(void)
{
	take(1);
	return 3;
}
