/*
 * Does what its arguments say, one after the other, for tests of the record: what is in it, and where.
 * Usage: record_steps STEP…
 *
 *	alloc COUNT SIZE	allocates			free COUNT	frees the last ones
 *	kill			sends itself SIGKILL		_exit, exit N	leaves
 *	fork			the parent waits, the child goes on; then the parent does
 *	exec, noexec		goes on in another image; tries to, where there is none
 *	cd DIR, chroot DIR, unlink PATH, fsize BYTES, drop UID	changes its surroundings
 *	wait PATH		until it is there		make PATH	an empty file
 *	threads COUNT		of them use CUDA first, all at once, and allocate 1 MiB each
 */
#include "check.h"

#include <cuda.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 2000000

static CUdeviceptr *held;
static size_t count;
static int is_started;
static pthread_barrier_t barrier;

static void start(void)
{
	CUcontext context;

	if (is_started++)
		return;
	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&context, 0));
	OK(cuCtxSetCurrent(context));
	held = calloc(MOST, sizeof(*held));
}

static void allocate(size_t number, size_t bytes)
{
	start();
	EXPECT(count + number <= MOST);
	while (number-- > 0)
		OK(cuMemAlloc(&held[count++], bytes));
}

static void release(size_t number)
{
	EXPECT(number <= count);
	while (number-- > 0)
		OK(cuMemFree(held[--count]));
}

static void *use_cuda_first(void *argument)
{
	CUcontext context;
	CUdeviceptr memory;

	(void)argument;
	pthread_barrier_wait(&barrier);
	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&context, 0));
	OK(cuCtxSetCurrent(context));
	OK(cuMemAlloc(&memory, 1 << 20));
	return NULL;
}

static void use_threads(unsigned number)
{
	pthread_t threads[64];

	EXPECT(number <= 64);
	pthread_barrier_init(&barrier, NULL, number);
	for (unsigned i = 0; i < number; i++)
		EXPECT(pthread_create(&threads[i], NULL, use_cuda_first, NULL) == 0);
	for (unsigned i = 0; i < number; i++)
		pthread_join(threads[i], NULL);
}

static void go_on_in_child(void)
{
	pid_t child = fork();
	int status;

	EXPECT(child >= 0);
	if (child == 0) {
		/* What the parent holds is not its own. */
		count = 0;
		is_started = 0;
		return;
	}
	EXPECT(waitpid(child, &status, 0) == child);
}

static void leave_image(const char *path, char **rest)
{
	char *self = strdup("record_steps");
	char *argv[64] = {self};

	for (int i = 0; rest[i] != NULL && i < 62; i++)
		argv[i + 1] = rest[i];
	execv(path, argv);
}

/* Steps with an argument. */
static void change(const char *step, const char *value)
{
	if (strcmp(step, "free") == 0) {
		release(parse_size(value));
	} else if (strcmp(step, "exit") == 0) {
		exit(atoi(value));
	} else if (strcmp(step, "_exit") == 0) {
		_exit(atoi(value));
	} else if (strcmp(step, "cd") == 0) {
		EXPECT(chdir(value) == 0);
	} else if (strcmp(step, "chroot") == 0) {
		EXPECT(chroot(value) == 0);
	} else if (strcmp(step, "unlink") == 0) {
		EXPECT(unlink(value) == 0);
	} else if (strcmp(step, "drop") == 0) {
		EXPECT(setuid((uid_t)atoi(value)) == 0);
	} else if (strcmp(step, "threads") == 0) {
		use_threads((unsigned)atoi(value));
	} else if (strcmp(step, "make") == 0) {
		EXPECT(close(open(value, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) == 0);
	} else if (strcmp(step, "wait") == 0) {
		for (int i = 0; access(value, F_OK) != 0; i++, usleep(1000))
			EXPECT(i < 20000);
	} else if (strcmp(step, "fsize") == 0) {
		struct rlimit limit = {parse_size(value), RLIM_INFINITY};

		EXPECT(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	} else {
		FAIL("%s is no step", step);
	}
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "alloc") == 0 && i + 2 < argc) {
			allocate(parse_size(argv[i + 1]), parse_size(argv[i + 2]));
			i += 2;
		} else if (strcmp(argv[i], "kill") == 0) {
			raise(SIGKILL);
		} else if (strcmp(argv[i], "fork") == 0) {
			go_on_in_child();
		} else if (strcmp(argv[i], "exec") == 0) {
			leave_image("/proc/self/exe", argv + i + 1);
			FAIL("exec failed");
		} else if (strcmp(argv[i], "noexec") == 0 && i + 1 < argc) {
			/* A script without an interpreter can be run, to look at. */
			leave_image(argv[i + 1], argv + i + 1);
			i++;
		} else {
			EXPECT(i + 1 < argc);
			change(argv[i], argv[i + 1]);
			i++;
		}
	}
	return 0;
}
