/*
 * Leaves by a function of the exec family, and says what it returned if it did; then the status is 9.
 * Usage: life_exec [none|cuda|fork|vfork|threads|thread|signal|race] FUNCTION FILE [ARGUMENT…]    up to four arguments
 *
 *	none	no CUDA		cuda	keeps 1 MiB of device memory	fork, vfork	so does the parent, the child leaves
 *	threads	as fork, again and again, while other threads allocate and open libraries
 *	thread	as cuda, in a thread, while others do that
 *	signal	as cuda, in a handler of SIGSEGV on a stack of 8 KiB
 *	race	as cuda, again and again in a thread, while the first one ends the program with status 9
 *
 * FUNCTION is one of the family, or spawn, spawnp, system, popen, which are not meant by it. Functions that
 * take an environment hand on this one with MARK=handed.
 */
#include "check.h"

#include <cuda.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 100
#define THREADS  3

static const char *function;
static char **command; /* FILE ARGUMENT… */
static char *handed[512];
static CUcontext context;
static _Atomic int stop, returned;

static void use_cuda(void)
{
	CUdeviceptr memory;

	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&context, 0));
	OK(cuCtxSetCurrent(context));
	OK(cuMemAlloc(&memory, 1 << 20));
}

static void prepare_environment(void)
{
	static char mark[] = "MARK=handed";
	int count = 0;

	for (char **entry = environ; *entry && count < 510; entry++)
		handed[count++] = *entry;
	handed[count] = mark;
}

static int run_elsewhere(const char *file)
{
	pid_t child = -1;
	int status = 0;

	if (strcmp(function, "system") == 0)
		return system(file);
	if (strcmp(function, "popen") == 0) {
		FILE *pipe = popen(file, "w");

		return pipe ? pclose(pipe) : -1;
	}
	if (strcmp(function, "spawn") == 0)
		errno = posix_spawn(&child, file, NULL, NULL, command, handed);
	else
		errno = posix_spawnp(&child, file, NULL, NULL, command, handed);
	EXPECT(errno || waitpid(child, &status, 0) == child);
	return status;
}

/* execle takes the environment behind the last argument: there are always five. */
static const char *padded(int index)
{
	for (int i = 0; i < index; i++)
		if (!command[i])
			return "";
	return command[index] ? command[index] : "";
}

/* glibc has it since 2.34. */
static int execute_at(int folder, const char *file)
{
	int (*function_at)(int, const char *, char *const *, char *const *, int);

	*(void **)&function_at = dlsym(RTLD_DEFAULT, "execveat");
	return function_at ? function_at(folder, file, command, handed, 0)
			   : (int)syscall(SYS_execveat, folder, file, command, handed, 0);
}

/* What follows runs in handlers and in children of vfork, too. */
static int leave(void)
{
	const char *file = command[0];
	char **a = command;

	errno = 0;
	if (strcmp(function, "execve") == 0)
		return execve(file, a, handed);
	if (strcmp(function, "execv") == 0)
		return execv(file, a);
	if (strcmp(function, "execvp") == 0)
		return execvp(file, a);
	if (strcmp(function, "execvpe") == 0)
		return execvpe(file, a, handed);
	if (strcmp(function, "execl") == 0)
		return execl(file, a[0], a[1], a[2], a[3], a[4], (char *)NULL);
	if (strcmp(function, "execlp") == 0)
		return execlp(file, a[0], a[1], a[2], a[3], a[4], (char *)NULL);
	if (strcmp(function, "execle") == 0)
		return execle(file, padded(0), padded(1), padded(2), padded(3), padded(4),
			(char *)NULL, handed);
	if (strcmp(function, "fexecve") == 0)
		return fexecve(open(file, O_RDONLY | O_CLOEXEC), a, handed);
	if (strcmp(function, "execveat") == 0)
		return execute_at(open("/", O_PATH | O_CLOEXEC), file + 1);
	return run_elsewhere(file);
}

static void on_segv(int number)
{
	(void)number;
	leave();
	_exit(8);
}

static void leave_in_handler(void)
{
	stack_t stack = {.ss_sp = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		.ss_size = 8192};
	struct sigaction action = {.sa_handler = on_segv, .sa_flags = SA_ONSTACK};

	OK(sigaltstack(&stack, NULL));
	OK(sigaction(SIGSEGV, &action, NULL));
	raise(SIGSEGV);
}

static int reap(pid_t child)
{
	int status;

	EXPECT(child > 0 && waitpid(child, &status, 0) == child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void *disturb(void *unused)
{
	OK(cuCtxSetCurrent(context));
	while (!atomic_load(&stop)) {
		CUdeviceptr memory;
		void *library = dlopen("libdl.so.2", RTLD_NOW | RTLD_LOCAL);

		OK(cuMemAlloc(&memory, 4096));
		OK(cuMemFree(memory));
		dlclose(library);
	}
	return unused;
}

static void start_threads(pthread_t *threads)
{
	for (size_t i = 0; i < THREADS; i++)
		EXPECT(pthread_create(&threads[i], NULL, disturb, NULL) == 0);
}

static void *leave_in_thread(void *unused)
{
	leave();
	return unused;
}

static void *leave_again_and_again(void *unused)
{
	for (;;) {
		leave();
		atomic_fetch_add(&returned, 1);
	}
	return unused;
}

static int end_meanwhile(void)
{
	pthread_t thread;

	EXPECT(pthread_create(&thread, NULL, leave_again_and_again, NULL) == 0);
	while (atomic_load(&returned) < 3)
		;
	return 9;
}

static int leave_among_threads(void)
{
	pthread_t threads[THREADS];
	int status = 0;

	start_threads(threads);
	for (int i = 0; i < CHILDREN && status == 0; i++) {
		pid_t child = fork();

		if (child == 0) {
			/* One that waits for ever ends by this. */
			alarm(10);
			leave();
			_exit(8);
		}
		status = reap(child);
	}
	atomic_store(&stop, 1);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return status;
}

int main(int argc, char **argv)
{
	const char *place = argc > 3 ? argv[1] : "none";
	pid_t child;

	EXPECT(argc > 3 && argc < 9);
	function = argv[2];
	command = argv + 3;
	prepare_environment();
	if (strcmp(place, "none") != 0)
		use_cuda();
	if (strcmp(place, "threads") == 0)
		return leave_among_threads();
	if (strcmp(place, "signal") == 0)
		leave_in_handler();
	if (strcmp(place, "race") == 0)
		return end_meanwhile();
	if (strcmp(place, "thread") == 0) {
		pthread_t threads[THREADS], thread;

		start_threads(threads);
		EXPECT(pthread_create(&thread, NULL, leave_in_thread, NULL) == 0);
		pthread_join(thread, NULL);
		_exit(8);
	}
	if (strcmp(place, "fork") == 0 || strcmp(place, "vfork") == 0) {
		/* NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork,clang-analyzer-unix.Vfork) */
		child = strcmp(place, "fork") == 0 ? fork() : vfork();
		if (child == 0) {
			leave(); /* NOLINT(clang-analyzer-unix.Vfork) */
			_exit(8);
		}
		return reap(child);
	}
	int result = leave();

	printf("%s returned %d, errno %d\n", function, result, errno);
	const char *report = getenv("LOOK");

	if (report)
		printf("report %s\n", access(report, F_OK) == 0 ? "there" : "not there");
	return 9;
}
