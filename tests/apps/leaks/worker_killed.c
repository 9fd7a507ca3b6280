/* A worker is killed while it holds memory, as pools of workers do it: that is no leak. */
#include "zoo.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	int ready[2];
	char byte = 0;

	OK(pipe(ready));
	pid_t child = fork();

	if (child == 0) {
		take(1);
		EXPECT(write(ready[1], &byte, 1) == 1);
		for (;;)
			pause();
	}
	EXPECT(read(ready[0], &byte, 1) == 1);
	OK(kill(child, SIGKILL));
	return wait(NULL) < 0;
}
