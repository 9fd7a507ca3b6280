/*
 * pairs.c - one round of a benchmark: allocates and frees through whatever stands before the driver and
 * prints nanoseconds per pair; what is compared with what is pairs.sh's business.
 *
 *   pairs LIVE PAIRS THREADS DEVICES [grow|deep]
 *
 * LIVE allocations are made first and stay live; each pair then frees a random one of them and makes
 * another in its place. With LIVE 0 a pair allocates and frees. Each thread has its share of LIVE and of
 * DEVICES. `grow` prints the longest single call in nanoseconds while LIVE allocations are made instead.
 * `deep` calls from a stack of 20 frames.
 */
#include "stub_cuda.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS_MAX 16
#define BYTES       512

struct worker {
	pthread_t thread;
	unsigned number;
	uint64_t live, pairs;
	CUdeviceptr *addresses;
	double ns;
	uint64_t longest;
};

static struct worker workers[THREADS_MAX];
static unsigned devices;
static bool is_deep;
static pthread_barrier_t ready;

/* The thread's own time: what other programs of the machine take meanwhile is not the candidate's. */
static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

__attribute__((noinline)) static CUdeviceptr allocate(void)
{
	CUdeviceptr address;

	if (cuMemAlloc_v2(&address, BYTES) != CUDA_SUCCESS) {
		fputs("pairs: an allocation was refused\n", stderr);
		exit(1);
	}
	return address;
}

static void fill(struct worker *w)
{
	for (uint64_t i = 0; i < w->live; i++) {
		uint64_t begin = now();

		w->addresses[i] = allocate();
		uint64_t took = now() - begin;

		if (took > w->longest)
			w->longest = took;
	}
}

__attribute__((noinline)) static void measure(struct worker *w)
{
	uint64_t random = 88172645463325252u + w->number;
	uint64_t begin = now();

	for (uint64_t i = 0; i < w->pairs; i++) {
		if (w->live == 0) {
			cuMemFree_v2(allocate());
			continue;
		}
		CUdeviceptr *victim = &w->addresses[next_random(&random) % w->live];

		cuMemFree_v2(*victim);
		*victim = allocate();
	}
	w->ns = (double)(now() - begin) / (double)w->pairs;
}

/* With allocate, measure, work and the two of the C library that start a thread. */
#define DEEP (20 - 5)

__attribute__((noinline)) static void measure_at(struct worker *w, unsigned depth)
{
	if (depth > 1)
		measure_at(w, depth - 1);
	else
		measure(w);
	__asm__ volatile(""); /* neither is a jump */
}

static void *work(void *context)
{
	struct worker *w = context;

	stub_use_device((int)(w->number % devices));
	w->addresses = calloc(w->live + 1, sizeof(*w->addresses));
	memset(w->addresses, 1, (w->live + 1) * sizeof(*w->addresses));
	fill(w);
	pthread_barrier_wait(&ready);
	measure_at(w, is_deep ? DEEP : 1);
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc < 5) {
		fputs("usage: pairs LIVE PAIRS THREADS DEVICES [grow|deep]\n", stderr);
		return 2;
	}
	uint64_t live = strtoull(argv[1], NULL, 10), pairs = strtoull(argv[2], NULL, 10);
	unsigned threads = (unsigned)atoi(argv[3]);
	double sum = 0;
	uint64_t longest = 0;

	devices = (unsigned)atoi(argv[4]);
	is_deep = argc > 5 && strcmp(argv[5], "deep") == 0;
	if (threads == 0 || threads > THREADS_MAX || devices == 0 || pairs == 0)
		return 2;
	cuInit(0);
	pthread_barrier_init(&ready, NULL, threads);
	for (unsigned i = 0; i < threads; i++) {
		workers[i] = (struct worker){
			.number = i, .live = live / threads, .pairs = pairs / threads};
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	for (unsigned i = 0; i < threads; i++) {
		pthread_join(workers[i].thread, NULL);
		sum += workers[i].ns;
		if (workers[i].longest > longest)
			longest = workers[i].longest;
	}
	if (argc > 5 && !is_deep)
		printf("%llu\n", (unsigned long long)longest);
	else
		printf("%.2f\n", sum / threads);
	fflush(stdout);
	return 0;
}
