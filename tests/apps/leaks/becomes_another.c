/* Leaks, and then becomes another program, which ends well. */
#include "zoo.h"

#include <unistd.h>

int main(void)
{
	take(1);
	return execlp("true", "true", (char *)NULL);
}
