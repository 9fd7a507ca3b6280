/* A worker leaks; its parent does not look at how it ended. */
#include "zoo.h"

#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	if (fork() == 0) {
		take(1);
		exit(0);
	}
	return wait(NULL) < 0;
}
