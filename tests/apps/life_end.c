/*
 * Ends in the way that its arguments say, and frees device memory on the way where they say.
 * Usage: life_end WAY STATUS [PLACE…]
 *
 * Ways: return, exit, _exit, _Exit, quick_exit, abort, term, and
 *	thread		exit in a thread		pthread_exit	by the last thread; the status is 0
 *	busy, _busy	exit and _exit while eight threads allocate
 *	runtime		exit, after a libcudart was opened, used and closed, twice
 *	small		exit, after a thread with the smallest stack was the first to use CUDA
 *	alarm		exit, 20 ms before a signal comes whose handler calls _exit
 *	handler		_exit in a handler on a signal stack, which allocates and frees before
 *
 * Each place frees 1 MiB of its own: atexit, on_exit, at_quick_exit, destructor, key (of a thread). 1 MiB more
 * is never freed. What is printed lies in a buffer when the program ends.
 */
#include "check.h"

#include <cuda.h>
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#define MIB     ((size_t)1 << 20)
#define THREADS 8

enum place { ATEXIT, ON_EXIT, AT_QUICK_EXIT, DESTRUCTOR, KEY, PLACES };

static const char *const places[] = {"atexit", "on_exit", "at_quick_exit", "destructor", "key"};
static CUdeviceptr held[PLACES];
static CUcontext context;
static pthread_key_t key;
static pthread_barrier_t all_used;
static int status;

static CUdeviceptr take(size_t bytes)
{
	CUdeviceptr memory;

	OK(cuMemAlloc(&memory, bytes));
	return memory;
}

static void use_cuda(void)
{
	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&context, 0));
	OK(cuCtxSetCurrent(context));
	take(MIB);
}

static void give(enum place place)
{
	if (!held[place])
		return;
	OK(cuCtxSetCurrent(context));
	OK(cuMemFree(held[place]));
	printf("freed in %s\n", places[place]);
}

static void in_atexit(void)
{
	give(ATEXIT);
}

static void in_quick_exit(void)
{
	give(AT_QUICK_EXIT);
	fflush(stdout);
}

static void in_on_exit(int number, void *argument)
{
	EXPECT((number & 0xff) == (status & 0xff) && argument == &status);
	give(ON_EXIT);
}

static void in_key(void *unused)
{
	(void)unused;
	give(KEY);
}

static __attribute__((destructor)) void in_destructor(void)
{
	give(DESTRUCTOR);
}

static void prepare(int count, char **names)
{
	for (int i = 0; i < count; i++)
		for (int place = 0; place < PLACES; place++)
			if (strcmp(names[i], places[place]) == 0)
				held[place] = take(MIB);
	atexit(in_atexit);
	on_exit(in_on_exit, &status);
	at_quick_exit(in_quick_exit);
	OK(pthread_key_create(&key, in_key));
}

static void *end_in_thread(void *how)
{
	OK(cuCtxSetCurrent(context));
	OK(pthread_setspecific(key, &key));
	if (how)
		exit(status);
	return NULL;
}

static void *allocate(void *unused)
{
	CUdeviceptr memory;

	OK(cuCtxSetCurrent(context));
	pthread_barrier_wait(&all_used);
	/* The driver ends before the threads do. */
	while (cuMemAlloc(&memory, 4096) == CUDA_SUCCESS)
		cuMemFree(memory);
	for (;;)
		pause();
	return unused;
}

static void start_threads(void)
{
	pthread_t thread;

	OK(pthread_barrier_init(&all_used, NULL, THREADS + 1));
	for (int i = 0; i < THREADS; i++)
		OK(pthread_create(&thread, NULL, allocate, NULL));
	pthread_barrier_wait(&all_used);
}

static void use_runtime(void)
{
	void *runtime = dlopen("libcudart.so.13", RTLD_NOW | RTLD_LOCAL), *kept, *freed;
	int (*allocate_it)(void **, size_t), (*free_it)(void *);

	if (!runtime)
		FAIL("%s", dlerror());
	*(void **)&allocate_it = dlsym(runtime, "cudaMalloc");
	*(void **)&free_it = dlsym(runtime, "cudaFree");
	OK(allocate_it(&kept, MIB));
	OK(allocate_it(&freed, 2 * MIB));
	OK(free_it(freed));
	OK(dlclose(runtime));
}

static void *use_first(void *unused)
{
	use_cuda();
	OK(cuMemFree(take(MIB)));
	/* Too much for any device: a refusal, or the driver's own. */
	EXPECT(cuMemAlloc(&held[KEY], (size_t)1 << 50) == CUDA_ERROR_OUT_OF_MEMORY);
	return unused;
}

static void start_small_thread(void)
{
	pthread_attr_t attributes;
	pthread_t thread;

	OK(pthread_attr_init(&attributes));
	OK(pthread_attr_setstacksize(&attributes, (size_t)sysconf(_SC_THREAD_STACK_MIN)));
	OK(pthread_create(&thread, &attributes, use_first, NULL));
	OK(pthread_join(thread, NULL));
}

static void on_usr1(int number)
{
	(void)number;
	OK(cuMemFree(take(MIB)));
	_exit(status);
}

static void end_in_handler(void)
{
	stack_t stack = {.ss_sp = mmap(NULL, 16384, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		.ss_size = 16384};
	struct sigaction action = {.sa_handler = on_usr1, .sa_flags = SA_ONSTACK};

	OK(sigaltstack(&stack, NULL));
	OK(sigaction(SIGUSR1, &action, NULL));
	raise(SIGUSR1);
}

static void on_alarm(int number)
{
	(void)number;
	_exit(status);
}

static void set_alarm(void)
{
	const struct itimerval soon = {{0, 0}, {0, 20000}};

	signal(SIGALRM, on_alarm);
	OK(setitimer(ITIMER_REAL, &soon, NULL));
}

static void end(const char *way)
{
	pthread_t thread;

	if (strcmp(way, "alarm") == 0)
		set_alarm();
	if (strcmp(way, "exit") == 0 || strcmp(way, "alarm") == 0 || strcmp(way, "busy") == 0 ||
		strcmp(way, "runtime") == 0 || strcmp(way, "small") == 0)
		exit(status);
	if (strcmp(way, "_exit") == 0 || strcmp(way, "_busy") == 0)
		_exit(status);
	if (strcmp(way, "_Exit") == 0)
		_Exit(status);
	if (strcmp(way, "quick_exit") == 0)
		quick_exit(status);
	if (strcmp(way, "abort") == 0)
		abort();
	if (strcmp(way, "term") == 0)
		raise(SIGTERM);
	if (strcmp(way, "handler") == 0)
		end_in_handler();
	OK(pthread_create(
		&thread, NULL, end_in_thread, strcmp(way, "thread") == 0 ? &status : NULL));
	if (strcmp(way, "pthread_exit") == 0)
		pthread_exit(NULL);
	pause();
}

int main(int argc, char **argv)
{
	const char *way = argc > 2 ? argv[1] : "return";

	status = argc > 2 ? atoi(argv[2]) : 0;
	if (strcmp(way, "pthread_exit") == 0)
		status = 0;
	if (strcmp(way, "small") == 0)
		start_small_thread();
	else
		use_cuda();
	OK(cuCtxSetCurrent(context));
	prepare(argc - 3, argv + 3);
	if (strcmp(way, "busy") == 0 || strcmp(way, "_busy") == 0)
		start_threads();
	for (int i = 0; i < 2 && strcmp(way, "runtime") == 0; i++)
		use_runtime();
	printf("last words");
	if (strcmp(way, "return") == 0)
		return status;
	end(way);
	return 99;
}
