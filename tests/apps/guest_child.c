/*
 * Uses CUDA and forks, in the order that its argument names, and ends with the status that it is given.
 * Usage: guest_child none|before|after|both|threads STATUS [WAY]
 *
 *	none	no CUDA, no child		before	forks, then the child uses CUDA
 *	after	uses CUDA, forks, the child only ends		both	forks, then both use CUDA
 *	threads	eight threads use CUDA, one of them ends the process
 *
 * The child is made by fork, or in this WAY: _Fork, clone (the system call), double (a child of a child),
 * daemon (the parent ends at once, with 0), inner (by clone, as the first process of a PID namespace).
 */
#include "check.h"

#include <cuda.h>
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
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

/* The child of a child; the one between waits for it. */
static pid_t fork_twice(void)
{
	pid_t between = fork(), child;
	int result;

	if (between != 0)
		return between;
	child = fork();
	if (child == 0)
		return 0;
	EXPECT(child == waitpid(child, &result, 0));
	_exit(WEXITSTATUS(result));
}

static pid_t make_child(const char *way)
{
	pid_t (*fork_)(void);

	if (strcmp(way, "_Fork") == 0) {
		*(void **)&fork_ = dlsym(RTLD_DEFAULT, way);
		/* glibc has it since 2.34. */
		return fork_ ? fork_() : fork();
	}
	if (strcmp(way, "clone") == 0)
		return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (strcmp(way, "inner") == 0)
		return (pid_t)syscall(SYS_clone, SIGCHLD | CLONE_NEWPID, NULL, NULL, NULL, NULL);
	if (strcmp(way, "double") == 0)
		return fork_twice();
	if (strcmp(way, "daemon") == 0) {
		EXPECT(daemon(1, 1) == 0);
		return 0;
	}
	return fork();
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
	child = make_child(argc > 3 ? argv[3] : "fork");
	if (child == 0) {
		if (strcmp(order, "after") != 0)
			use(2 << 20);
		exit(status);
	}
	EXPECT(child > 0 && child == waitpid(child, NULL, 0));
	if (strcmp(order, "both") == 0)
		use(1 << 20);
	return status;
}
