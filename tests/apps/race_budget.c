/*
 * Threads at the cap, such that it is known of each request whether it fits, whatever the others do. The cap
 * is divided into equal shares. A request that fits the thread's own share has to be granted; one that with
 * the thread's own memory is more than the cap has to be refused. Run it with RAC_LIMIT=CAP, or as
 * many times at once as PROCESSES says in one RAC_GROUP.
 * Usage: race_budget CAP SECONDS [THREADS [PROCESSES]]
 */
#include "check.h"

#include <cuda.h>
#include <cuda_runtime.h>
#include <pthread.h>
#include <stdint.h>
#include <time.h>

#define PIECES 16
#define ROW    512 /* pitched memory of whole rows is as large as it looks */

struct worker {
	pthread_t thread;
	uint64_t seed, done, wrongly_refused, wrongly_granted;
	uint64_t address[PIECES], bytes[PIECES], live;
};

static uint64_t cap, share;
static double end;
static CUcontext context;
static pthread_barrier_t all_full;

static uint64_t next(struct worker *w)
{
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 7;
	w->seed ^= w->seed << 17;
	return w->seed;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* In one of the ways that take linear memory. */
static int ask(struct worker *w, uint64_t *address, uint64_t bytes)
{
	CUdeviceptr memory = 0;
	void *pointer = NULL;
	size_t pitch;
	int status;

	switch (next(w) % 4) {
	case 0:
		status = (int)cudaMalloc(&pointer, bytes);
		memory = (CUdeviceptr)(uintptr_t)pointer;
		break;
	case 1:
		status = (int)cuMemAllocManaged(&memory, bytes, CU_MEM_ATTACH_GLOBAL);
		break;
	case 2:
		if (bytes % ROW == 0 && bytes <= cap) {
			status = (int)cuMemAllocPitch(&memory, &pitch, ROW, bytes / ROW, 4);
			break;
		}
		/* fall through */
	default:
		status = (int)cuMemAlloc(&memory, bytes);
		break;
	}
	if (status != 0 && status != CUDA_ERROR_OUT_OF_MEMORY)
		FAIL("a request of %llu bytes returned %d", (unsigned long long)bytes, status);
	*address = memory;
	return status == 0;
}

static void give_back(struct worker *w, int which)
{
	OK(cuMemFree(w->address[which]));
	w->live -= w->bytes[which];
	w->bytes[which] = 0;
}

static void fits(struct worker *w, int which)
{
	uint64_t room = share - w->live, bytes = room;

	/* Often all that is left, to the byte; else a part of it, in rows now and then. */
	if (next(w) % 4 == 0)
		bytes = 1 + next(w) % room;
	if (bytes > ROW && next(w) % 8 == 0)
		bytes -= bytes % ROW;
	if (!ask(w, &w->address[which], bytes)) {
		w->wrongly_refused++;
		return;
	}
	w->bytes[which] = bytes;
	w->live += bytes;
}

static void is_too_much(struct worker *w)
{
	uint64_t address;

	if (!ask(w, &address, cap - w->live + 1 + next(w) % 100))
		return;
	w->wrongly_granted++;
	OK(cuMemFree(address));
}

static void *work(void *argument)
{
	struct worker *w = argument;

	OK(cuCtxSetCurrent(context));
	/* All at once at first, so that the cap is reached to the byte for certain. */
	if (ask(w, &w->address[0], share))
		w->bytes[0] = w->live = share;
	else
		w->wrongly_refused++;
	pthread_barrier_wait(&all_full);
	for (; w->done % 64 != 0 || now() < end; w->done++) {
		int which = (int)(next(w) % PIECES);

		if (next(w) % 64 == 0)
			is_too_much(w);
		else if (w->bytes[which])
			give_back(w, which);
		else if (w->live < share)
			fits(w, which);
	}
	for (int i = 0; i < PIECES; i++)
		if (w->bytes[i])
			give_back(w, i);
	return NULL;
}

int main(int argc, char **argv)
{
	int threads = argc > 3 ? atoi(argv[3]) : 8;
	struct worker *workers = calloc((size_t)threads, sizeof(*workers));
	uint64_t done = 0, refused = 0, granted = 0;

	cap = argument(argc, argv, 1, "64M");
	share = cap / (uint64_t)threads / (argc > 4 ? (uint64_t)atoi(argv[4]) : 1);
	OK(cudaFree(NULL));
	OK(cuCtxGetCurrent(&context));
	pthread_barrier_init(&all_full, NULL, (unsigned int)threads);
	end = now() + (argc > 2 ? atof(argv[2]) : 1);
	for (int i = 0; i < threads; i++) {
		workers[i].seed = 0x9e3779b97f4a7c15 * (uint64_t)(i + 1);
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(workers[i].thread, NULL);
		done += workers[i].done;
		refused += workers[i].wrongly_refused;
		granted += workers[i].wrongly_granted;
	}
	free(workers);
	fprintf(stderr, "race_budget: %llu operations\n", (unsigned long long)done);
	printf("refused although they fit: %llu, granted although they do not: %llu\n",
		(unsigned long long)refused, (unsigned long long)granted);
	return refused || granted;
}
