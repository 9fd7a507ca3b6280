/*
 * Makes its process an unusual one, uses CUDA, and prints all that can be seen of the process before and after:
 * the output must be the same with and without anything preloaded. Usage: guest_state
 */
#include "check.h"

#include <cuda.h>
#include <cuda_runtime.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

static char stack_room[65536];
static char **first_environment;

static void show_file(const char *name)
{
	char path[64], line[4096];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		printf("%s: %s\n", name, line);
	if (file)
		fclose(file);
}

/* What counts time and memory changes by itself; and the queue of signals is the user's. */
static void show_status(void)
{
	static const char *const changing[] = {"Pid", "PPid", "Tgid", "NSpid", "NStgid", "NSpgid",
		"NSsid", "State", "SigQ", "VmPeak", "VmSize", "VmHWM", "VmRSS", "RssAnon",
		"RssFile", "RssShmem", "VmData", "VmStk", "VmLib", "VmPTE", "VmExe", "VmSwap",
		"voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"};
	FILE *file = fopen("/proc/self/status", "r");
	char line[4096];

	while (file && fgets(line, sizeof(line), file)) {
		size_t i = 0, count = sizeof(changing) / sizeof(changing[0]);

		while (i < count &&
			(strncmp(line, changing[i], strlen(changing[i])) != 0 ||
				line[strlen(changing[i])] != ':'))
			i++;
		if (i == count)
			printf("status: %s", line);
	}
	if (file)
		fclose(file);
}

static void show_descriptor(int number)
{
	char path[64], target[4096] = "";
	struct stat status;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", number);
	/* Where the first three lead is the caller's choice. */
	if (number > 2 && readlink(path, target, sizeof(target) - 1) < 0)
		FAIL("%s cannot be read", path);
	OK(fstat(number, &status));
	printf("descriptor %d: type %o, flags %o %o, %s", number,
		(unsigned int)(status.st_mode & S_IFMT), (unsigned int)fcntl(number, F_GETFL),
		(unsigned int)fcntl(number, F_GETFD), target);
	if (number > 2)
		printf(", at %ld", (long)lseek(number, 0, SEEK_CUR));
	printf("\n");
}

static void show_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;

	EXPECT(folder);
	while ((entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(folder))
			show_descriptor(atoi(entry->d_name));
	closedir(folder);
	int next = dup(0);

	printf("next descriptor %d\n", next);
	close(next);
}

static void show_signals(void)
{
	sigset_t blocked, pending;
	stack_t stack;

	sigprocmask(SIG_BLOCK, NULL, &blocked);
	sigpending(&pending);
	for (int i = 1; i < NSIG; i++) {
		struct sigaction action;

		if (sigaction(i, NULL, &action) != 0)
			continue;
		printf("signal %d: %s %x%s%s\n", i,
			action.sa_handler == SIG_DFL           ? "default"
				: action.sa_handler == SIG_IGN ? "ignored"
							       : "handled",
			(unsigned int)action.sa_flags, sigismember(&blocked, i) ? " blocked" : "",
			sigismember(&pending, i) ? " pending" : "");
	}
	OK(sigaltstack(NULL, &stack));
	printf("alternate stack: %s, %zu bytes, flags %d\n",
		stack.ss_sp == stack_room ? "mine" : "not mine", stack.ss_size, stack.ss_flags);
}

static void show_timers(void)
{
	for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++) {
		struct itimerval timer;

		OK(getitimer((__itimer_which_t)which, &timer));
		printf("timer %d: every %ld s, %s\n", which, (long)timer.it_interval.tv_sec,
			timer.it_value.tv_sec > 900 ? "runs" : "does not run");
	}
}

static void show_limits(void)
{
	static const int priorities[] = {PRIO_PROCESS, PRIO_PGRP};
	cpu_set_t processors;

	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit limit;

		if (getrlimit((__rlimit_resource_t)i, &limit) == 0)
			printf("limit %d: %llu %llu\n", i, (unsigned long long)limit.rlim_cur,
				(unsigned long long)limit.rlim_max);
	}
	for (size_t i = 0; i < sizeof(priorities) / sizeof(priorities[0]); i++)
		printf("priority %d\n", getpriority((__priority_which_t)priorities[i], 0));
	OK(sched_getaffinity(0, sizeof(processors), &processors));
	printf("%d processors, policy %d\n", CPU_COUNT(&processors), sched_getscheduler(0));
}

static void show_environment(void)
{
	printf("the environment is %s place\n",
		environ == first_environment ? "at its" : "at another");
	for (char **entry = environ; *entry; entry++)
		if (strncmp(*entry, "LD_PRELOAD=", 11) != 0 && strncmp(*entry, "RAC_", 4) != 0 &&
			strncmp(*entry, "_=", 2) != 0)
			printf("%s\n", *entry);
}

static void show_threads(void)
{
	DIR *folder = opendir("/proc/self/task");
	int count = 0, state, type;

	EXPECT(folder);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(folder);
	OK(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state));
	OK(pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &type));
	printf("%d threads, cancel state %d, type %d\n", count, state, type);
}

/* What the C library keeps for the program. */
static void show_library(void)
{
	const char *error = dlerror();
	char folder[4096];
	mode_t mask = umask(0);

	umask(mask);
	printf("umask %o, folder %s\n", mask, getcwd(folder, sizeof(folder)));
	printf("locale %s, decimal point %s\n", setlocale(LC_ALL, NULL),
		localeconv()->decimal_point);
	printf("rounding %x, exceptions %x\n", (unsigned int)fegetround(),
		(unsigned int)fetestexcept(FE_ALL_EXCEPT));
	printf("random %d %ld\n", rand(), random());
	printf("getopt %d %d, error %s\n", optind, opterr, error ? error : "none");
	printf("streams %d %d %d\n", feof(stdin), ferror(stdout), ferror(stderr));
	printf("dumpable %d, death signal %d, subreaper %d, name %s\n", prctl(PR_GET_DUMPABLE),
		prctl(PR_GET_PDEATHSIG, &(int){0}), prctl(PR_GET_CHILD_SUBREAPER, &(int){0}),
		program_invocation_short_name);
}

static void show(const char *when)
{
	static const char *const files[] = {"limits", "personality", "oom_score_adj", "oom_adj",
		"coredump_filter", "loginuid", "sessionid", "timerslack_ns", "timers", "comm",
		"cgroup", "uid_map", "attr/current", "autogroup"};

	printf("%s\n", when);
	show_library();
	show_environment();
	show_descriptors();
	show_signals();
	show_timers();
	show_limits();
	show_threads();
	show_status();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		show_file(files[i]);
}

static int oom_score(void)
{
	FILE *file = fopen("/proc/self/oom_score", "r");
	int score = 0;

	if (!file || fscanf(file, "%d", &score) != 1)
		score = 0;
	if (file)
		fclose(file);
	return score;
}

static void on_signal(int number)
{
	(void)number;
}

static void become_unusual(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_ONSTACK};
	struct itimerval timer = {{1000, 0}, {1000, 0}};
	stack_t stack = {.ss_sp = stack_room, .ss_size = sizeof(stack_room)};
	sigset_t blocked;
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	first_environment = environ;
	setlocale(LC_ALL, "C.UTF-8");
	umask(027);
	EXPECT(dup2(file, 7) == 7 && lseek(7, 3, SEEK_SET) == 3);
	OK(sigaltstack(&stack, NULL));
	OK(sigaction(SIGUSR1, &action, NULL));
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR2);
	sigaddset(&blocked, SIGPIPE);
	OK(sigprocmask(SIG_BLOCK, &blocked, NULL));
	raise(SIGUSR2);
	OK(setitimer(ITIMER_REAL, &timer, NULL));
	EXPECT(mlock(stack_room, 4096) == 0 || errno == ENOMEM || errno == EPERM);
	EXPECT(chdir("tests") == 0);
	srand(4711);
	srandom(4711);
	optind = 3;
	fesetround(FE_UPWARD);
	feclearexcept(FE_ALL_EXCEPT);
}

static size_t heap_in_use(void)
{
#if __GLIBC_PREREQ(2, 33)
	return mallinfo2().uordblks;
#else
	return (size_t)mallinfo().uordblks;
#endif
}

static void use_cuda(bool first)
{
	size_t used = heap_in_use();
	void *memory;
	CUdeviceptr raw;

	/* Calls that succeed leave errno alone, refused ones too. */
	errno = 77;
	OK(cudaMalloc(&memory, 1 << 20));
	printf("errno %d\n", errno);
	OK(cuMemAlloc(&raw, 1 << 20));
	EXPECT(cuMemAlloc(&raw, (size_t)1 << 40) != 0);
	printf("errno %d\n", errno);
	OK(cudaFree(memory));
	printf("errno %d\n", errno);
	/* At the first use the loader itself takes some. */
	if (!first)
		printf("%zu bytes of heap\n", heap_in_use() - used);
	errno = 0;
}

int main(void)
{
	int score = oom_score();

	become_unusual();
	show("before");
	use_cuda(true);
	use_cuda(false);
	show("after");
	printf("the score of the OOM killer %s\n",
		abs(oom_score() - score) <= 2 ? "stays" : "moves");
	return 0;
}
