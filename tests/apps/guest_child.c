/*
 * Uses CUDA and forks, in the order that its argument names, and ends with the status that it is given.
 * Usage: guest_child none|before|after|both|threads|exit STATUS
 *
 *	none	no CUDA, no child		before	forks, then the child uses CUDA
 *	after	uses CUDA, forks, the child only ends		both	forks, then both use CUDA
 *	threads	eight threads use CUDA, one of them ends the process
 */
#include "check.h"

#include <cuda.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int status;
static pthread_barrier_t all_used;

static void use(size_t kept)
{
	CUdeviceptr memory;
	CUcontext ctx;

	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&ctx, 0));
	OK(cuCtxSetCurrent(ctx));
	OK(cuMemAlloc(&memory, kept));
}

static void *work(void *which)
{
	use(4096);
	/* A thread that comes to CUDA after another began to end the process finds it gone. */
	pthread_barrier_wait(&all_used);
	if (which)
		exit(status);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	const char *order = argc > 1 ? argv[1] : "none";
	pthread_t threads[8];
	pid_t child;

	status = argc > 2 ? atoi(argv[2]) : 0;
	if (strcmp(order, "none") == 0)
		return status;
	if (strcmp(order, "threads") == 0) {
		pthread_barrier_init(&all_used, NULL, 8);
		for (size_t i = 0; i < 8; i++)
			pthread_create(&threads[i], NULL, work, i == 7 ? &status : NULL);
		pause();
	}
	if (strcmp(order, "after") == 0)
		use(1 << 20);
	/* Longer than a tick of the clock that files are dated by. */
	usleep(20000);
	child = fork();
	if (child == 0) {
		if (strcmp(order, "after") != 0)
			use(2 << 20);
		exit(status);
	}
	EXPECT(child == waitpid(child, NULL, 0));
	if (strcmp(order, "both") == 0)
		use(1 << 20);
	return status;
}
