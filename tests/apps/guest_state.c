/*
 * Uses CUDA and prints what the process looks like from outside before and after: the output must be the
 * same with and without anything preloaded. Usage: guest_state
 */
#include "check.h"

#include <cuda.h>
#include <cuda_runtime.h>
#include <dirent.h>
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

static void show_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int numbers[64], count = 0;

	for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL && count < 64;)
		if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(folder))
			numbers[count++] = atoi(entry->d_name);
	closedir(folder);
	for (int i = 0; i < count; i++)
		printf("descriptor %d\n", numbers[i]);
	printf("next descriptor %d\n", dup(0));
}

static void show_signals(void)
{
	sigset_t blocked, pending;

	sigprocmask(SIG_BLOCK, NULL, &blocked);
	sigpending(&pending);
	for (int i = 1; i < 64; i++) {
		struct sigaction action;

		if (sigaction(i, NULL, &action) != 0)
			continue;
		if (action.sa_handler != SIG_DFL || sigismember(&blocked, i) ||
			sigismember(&pending, i))
			printf("signal %d: %s%s%s\n", i,
				action.sa_handler != SIG_DFL ? "handled " : "",
				sigismember(&blocked, i) ? "blocked " : "",
				sigismember(&pending, i) ? "pending" : "");
	}
}

static void show_rest(void)
{
	mode_t mask = umask(0);
	char folder[4096];

	umask(mask);
	printf("umask %o, errno %d, locale %s, folder %s\n", mask, errno, setlocale(LC_ALL, NULL),
		getcwd(folder, sizeof(folder)));
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit limit;

		if (getrlimit((__rlimit_resource_t)i, &limit) == 0)
			printf("limit %d: %llu %llu\n", i, (unsigned long long)limit.rlim_cur,
				(unsigned long long)limit.rlim_max);
	}
	for (char **entry = environ; *entry; entry++) {
		if (strncmp(*entry, "LD_PRELOAD=", 11) != 0 && strncmp(*entry, "RAC_", 4) != 0 &&
			strncmp(*entry, "_=", 2) != 0)
			printf("%s\n", *entry);
	}
}

static void show_threads(void)
{
	DIR *folder = opendir("/proc/self/task");
	int count = 0;

	for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(folder);
	printf("%d threads\n", count);
}

static void show(const char *when)
{
	printf("%s\n", when);
	show_rest();
	show_descriptors();
	show_signals();
	show_threads();
}

int main(void)
{
	void *memory;
	CUdeviceptr raw;

	show("before");
	/* Calls that succeed leave errno alone, refused ones too. */
	errno = 77;
	OK(cudaMalloc(&memory, 1 << 20));
	printf("errno %d\n", errno);
	OK(cuMemAlloc(&raw, 1 << 20));
	EXPECT(cuMemAlloc(&raw, (size_t)1 << 40) != 0);
	printf("errno %d\n", errno);
	OK(cudaFree(memory));
	printf("errno %d\n", errno);
	errno = 0;
	show("after");
	return 0;
}
