/*
 * Uses CUDA in a process that has signals, a umask, an environment and children of its own, and looks whether
 * all of that is as it was. Usage: peer_host signals|files|environment|nvml-first|fork|chain [FOLDER]
 */
#include "check.h"

#include <cuda.h>
#include <dlfcn.h>
#include <nvml.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB     ((size_t)1 << 20)
#define THREADS 4

static volatile sig_atomic_t seen_usr1, seen_usr2;
static CUcontext context;

static void start(void)
{
	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&context, 0));
	OK(cuCtxSetCurrent(context));
}

static void use(void)
{
	CUdeviceptr memory;

	OK(cuMemAlloc(&memory, MIB));
	OK(cuMemFree(memory));
}

static void on_signal(int number)
{
	if (number == SIGUSR1)
		seen_usr1++;
	else
		seen_usr2++;
}

/* Handlers that were there before, and one that was set after the first use; then one use more. */
static void signals(void)
{
	signal(SIGUSR1, on_signal);
	signal(SIGHUP, SIG_IGN);
	start();
	use();
	signal(SIGUSR2, on_signal);
	raise(SIGUSR1);
	raise(SIGUSR2);
	raise(SIGHUP);
	use();
	EXPECT(seen_usr1 == 1 && seen_usr2 == 1);
}

static void files(const char *folder)
{
	struct stat status;
	char path[4096];
	FILE *file;

	umask(027);
	start();
	use();
	snprintf(path, sizeof(path), "%s/made", folder);
	file = fopen(path, "w");
	EXPECT(file);
	fclose(file);
	OK(stat(path, &status));
	EXPECT((status.st_mode & 0777) == 0640);
	EXPECT(umask(0) == 027);
}

/* Settings are read once. */
static void environment(void)
{
	CUdeviceptr memory;

	start();
	use();
	setenv("RAC_LIMIT", "1K", 1);
	setenv("CUDA_DEVICE_MEMORY_LIMIT", "1K", 1);
	OK(cuMemAlloc(&memory, 1000 * MIB));
	unsetenv("RAC_LIMIT");
	RETURNS(CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc(&memory, 25 * MIB));
	EXPECT(strcmp(getenv("CUDA_DEVICE_MEMORY_LIMIT"), "1K") == 0);
}

/* As monitors do that are in the same process. */
static void nvml_first(void)
{
	void *library = dlopen("libnvidia-ml.so.1", RTLD_NOW);
	nvmlReturn_t (*init)(void), (*count)(unsigned int *),
		(*handle)(unsigned int, nvmlDevice_t *), (*info)(nvmlDevice_t, nvmlMemory_t *);
	unsigned int devices, granted = 0;
	nvmlDevice_t device;
	nvmlMemory_t memory;
	CUdeviceptr taken;

	if (!library)
		FAIL("%s", dlerror());
	*(void **)&init = dlsym(library, "nvmlInit_v2");
	*(void **)&count = dlsym(library, "nvmlDeviceGetCount_v2");
	*(void **)&handle = dlsym(library, "nvmlDeviceGetHandleByIndex_v2");
	*(void **)&info = dlsym(library, "nvmlDeviceGetMemoryInfo");
	OK(init());
	OK(count(&devices));
	start();
	for (int i = 0; i < 40; i++)
		granted += cuMemAlloc(&taken, 100 * MIB) == CUDA_SUCCESS;
	printf("granted %u\n", granted);
	for (unsigned int i = 0; i < devices; i++) {
		OK(handle(i, &device));
		OK(info(device, &memory));
		EXPECT(memory.free <= memory.total && memory.used <= memory.total);
	}
}

static _Atomic int stop;

static void *allocate(void *unused)
{
	OK(cuCtxSetCurrent(context));
	while (!atomic_load(&stop))
		use();
	return unused;
}

/* All of what a child may do that does not need CUDA; and CUDA itself says what it says after a fork. */
static _Noreturn void child(int number)
{
	CUdeviceptr memory = 4711;
	void *block;

	/* A child that waits for a lock ends by this. */
	alarm(10);
	block = malloc(100000);
	EXPECT(block && getenv("PATH"));
	free(block);
	EXPECT(dlsym(RTLD_DEFAULT, "cuMemAlloc_v2") && dlopen(NULL, RTLD_NOW));
	RETURNS(CUDA_ERROR_NOT_INITIALIZED, cuInit(0));
	RETURNS(CUDA_ERROR_NOT_INITIALIZED, cuMemAlloc(&memory, MIB));
	RETURNS(CUDA_ERROR_NOT_INITIALIZED, cuMemFree(memory));
	EXPECT(memory == 4711);
	if (number % 3 == 0)
		exit(7);
	if (number % 3 == 1)
		_exit(7);
	execl("/bin/sh", "sh", "-c", "exit 7", (char *)NULL);
	abort();
}

static void forked(void)
{
	pthread_t threads[THREADS];
	int status;

	start();
	for (int i = 0; i < THREADS; i++)
		EXPECT(pthread_create(&threads[i], NULL, allocate, NULL) == 0);
	for (int i = 0; i < 150; i++) {
		pid_t pid = fork();

		if (pid == 0)
			child(i);
		EXPECT(waitpid(pid, &status, 0) == pid);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 7)
			FAIL("child %d ended with status %x", i, (unsigned int)status);
	}
	atomic_store(&stop, 1);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* Each child has a child; the last one is the first to use CUDA. */
static void chain(void)
{
	CUdeviceptr memory;
	int status;

	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();

		if (pid > 0) {
			EXPECT(waitpid(pid, &status, 0) == pid);
			exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
		}
	}
	start();
	OK(cuMemAlloc(&memory, 1024 * MIB));
	RETURNS(CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc(&memory, 1));
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "signals") == 0)
		signals();
	else if (strcmp(what, "files") == 0)
		files(argc > 2 ? argv[2] : ".");
	else if (strcmp(what, "environment") == 0)
		environment();
	else if (strcmp(what, "nvml-first") == 0)
		nvml_first();
	else if (strcmp(what, "fork") == 0)
		forked();
	else if (strcmp(what, "chain") == 0)
		chain();
	else
		FAIL("no such case: %s", what);
	return 0;
}
