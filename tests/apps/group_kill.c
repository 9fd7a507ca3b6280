/*
 * Members of a group at its cap, of which one after the other is killed and replaced. Each keeps to a share
 * of its own, so that whatever it asks for fits, and all shares together are the cap. The simulated device,
 * which frees a dead process's memory only after a moment, must never hold more; nobody may be refused; and
 * in the end one process can have all. Usage: group_kill SHIM CAP PROCESSES KILLS
 * Run it without the shim; the members run under it, with RAC_GROUP, and share the device.
 */
#include "check.h"

#include "../sim/simcuda.h"
#include <cuda.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PIECES  4
#define MEMBERS 256
#define THREADS 2

/* A file that the members inherit. */
struct told {
	_Atomic uint64_t refused, granted, operations, ready;
};

static struct told *told;
static uint64_t cap, share;
static int shared_file;
static CUcontext context;
static unsigned seed = 1;

static struct told *map_told(void)
{
	struct told *memory =
		mmap(NULL, sizeof(*memory), PROT_READ | PROT_WRITE, MAP_SHARED, shared_file, 0);

	EXPECT(memory != MAP_FAILED);
	return memory;
}

static void nap(long nanoseconds)
{
	nanosleep(&(struct timespec){.tv_nsec = nanoseconds}, NULL);
}

/* ---- a member ---- */

struct worker {
	pthread_t thread;
	unsigned seed;
	uint64_t share, live, bytes[PIECES];
	CUdeviceptr address[PIECES];
};

static int ask(struct worker *w, CUdeviceptr *address, uint64_t bytes)
{
	int status = rand_r(&w->seed) % 4 == 0
		? (int)cuMemAllocManaged(address, bytes, CU_MEM_ATTACH_GLOBAL)
		: (int)cuMemAlloc(address, bytes);

	if (status != CUDA_SUCCESS && status != CUDA_ERROR_OUT_OF_MEMORY)
		FAIL("a request of %llu bytes returned %d", (unsigned long long)bytes, status);
	return status == CUDA_SUCCESS;
}

static void one_operation(struct worker *w)
{
	int which = rand_r(&w->seed) % PIECES;
	uint64_t room = w->share - w->live;
	CUdeviceptr address;

	told->operations++;
	if (rand_r(&w->seed) % 32 == 0) {
		/* With what this process holds it is more than the cap. */
		if (ask(w, &address, cap + 1 - w->live))
			told->granted++;
	} else if (w->bytes[which] != 0) {
		OK(cuMemFree(w->address[which]));
		w->live -= w->bytes[which];
		w->bytes[which] = 0;
	} else if (room > 0) {
		uint64_t bytes =
			rand_r(&w->seed) % 2 ? room : 1 + (uint64_t)rand_r(&w->seed) % room;

		if (ask(w, &w->address[which], bytes)) {
			w->bytes[which] = bytes;
			w->live += bytes;
		} else {
			told->refused++;
		}
	}
}

static void *work(void *argument)
{
	struct worker *w = argument;

	OK(cuCtxSetCurrent(context));
	told->ready++;
	for (;;) {
		for (int i = 0; i < 16; i++)
			one_operation(w);
		nap(rand_r(&w->seed) % 2000000);
	}
	return NULL;
}

static _Noreturn void be_member(void)
{
	struct worker workers[THREADS] = {0};

	/* Also where the test itself is ended. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&context, 0));
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i].seed = (unsigned)getpid() * THREADS + i;
		workers[i].share = share / THREADS;
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	for (;;)
		pause();
}

/* All that the group has is to be had, at the first request and by all figures. */
static int have_all(void)
{
	size_t left, total;
	CUdeviceptr address;

	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&context, 0));
	OK(cuCtxSetCurrent(context));
	OK(cuMemAlloc(&address, cap));
	OK(cuMemFree(address));
	OK(cuMemGetInfo(&left, &total));
	EXPECT(left == cap && total == cap);
	return 0;
}

/* ---- the one that kills ---- */

static pid_t start(char **argv, const char *part)
{
	pid_t pid = fork();
	char number[16];

	EXPECT(pid >= 0);
	if (pid != 0)
		return pid;
	snprintf(number, sizeof(number), "%d", shared_file);
	setenv("LD_PRELOAD", argv[1], 1);
	execl(argv[0], argv[0], argv[1], argv[2], argv[3], argv[4], part, number, (char *)NULL);
	_exit(127);
}

static void stop(pid_t pid)
{
	OK(kill(pid, SIGKILL));
	EXPECT(waitpid(pid, NULL, 0) == pid);
}

/* For some time; keeps the driver looking at who is alive. */
static void watch(long nanoseconds)
{
	for (long past = 0; past < nanoseconds; past += 1000000) {
		EXPECT(simcuda_device_bytes(0) <= cap);
		nap(nanoseconds - past < 1000000 ? nanoseconds - past : 1000000);
	}
}

static void wait_for_ready(uint64_t threads)
{
	for (int i = 0; told->ready < threads; i++) {
		EXPECT(i < 60000);
		watch(1000000);
	}
}

static void kill_and_replace(char **argv, int processes, int kills)
{
	pid_t pids[MEMBERS];

	EXPECT(processes <= MEMBERS);
	for (int i = 0; i < processes; i++)
		pids[i] = start(argv, "member");
	wait_for_ready((uint64_t)processes * THREADS);
	for (int k = 0; k < kills; k++) {
		int victim = rand_r(&seed) % processes;

		watch(rand_r(&seed) % 4000000);
		stop(pids[victim]);
		pids[victim] = start(argv, "member");
	}
	for (int i = 0; i < processes; i++)
		stop(pids[i]);
}

int main(int argc, char **argv)
{
	int processes, kills, status;

	if (argc < 5)
		FAIL("usage: group_kill SHIM CAP PROCESSES KILLS");
	cap = argument(argc, argv, 2, "64M");
	processes = atoi(argv[3]);
	kills = atoi(argv[4]);
	share = cap / (uint64_t)processes;
	if (argc > 6) {
		shared_file = atoi(argv[6]);
		told = map_told();
		if (strcmp(argv[5], "member") == 0)
			be_member();
		return have_all();
	}
	shared_file = memfd_create("told", 0);
	EXPECT(shared_file >= 0 && ftruncate(shared_file, sizeof(*told)) == 0);
	told = map_told();
	OK(cuInit(0));
	kill_and_replace(argv, processes, kills);
	pid_t last = start(argv, "last");

	EXPECT(waitpid(last, &status, 0) == last);
	fprintf(stderr, "group_kill: %llu operations\n", (unsigned long long)told->operations);
	printf("refused although they fit: %llu, granted although they do not: %llu\n",
		(unsigned long long)told->refused, (unsigned long long)told->granted);
	printf("the device held at most the cap: %s, most of it: %s\n",
		simcuda_device_peak(0) <= cap ? "yes" : "no",
		simcuda_device_peak(0) > cap / 10 * 8 ? "yes" : "no");
	printf("after all: %s\n", status == 0 ? "all is to be had" : "something is missing");
	return 0;
}
