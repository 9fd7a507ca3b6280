/* Leaves by _exit, past every handler. */
#include "zoo.h"

#include <unistd.h>

int main(void)
{
	take(1);
	_exit(0);
}
