/*
 * pairs.c - one round of a benchmark: allocates and frees through whatever stands before the driver and
 * prints nanoseconds per pair; what is compared with what is bench_pairs.c's business.
 *
 *   pairs LIVE PAIRS THREADS DEVICES [grow | memory | exit | deep]
 *
 * LIVE allocations are made first and stay live; each pair then frees a random one of them and makes
 * another in its place. With LIVE 0 a pair allocates and frees. Each thread has its share of LIVE and of
 * DEVICES. Instead, while LIVE allocations are made, `grow` prints the longest single call in nanoseconds,
 * and `memory` by how many bytes for each the process grew, touched or not; `exit` prints the time of the
 * monotonic clock when they are made, in nanoseconds, and ends. `deep` calls from a stack of 20 frames.
 */
#include "stub_cuda.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 16
#define BYTES       512

/* What other programs of the machine take meanwhile is not the candidate's. */
#define OWN_TIME CLOCK_THREAD_CPUTIME_ID

struct worker {
	pthread_t thread;
	unsigned number;
	uint64_t live, pairs;
	CUdeviceptr *addresses;
	double ns;
	uint64_t longest, grown;
};

static struct worker workers[THREADS_MAX];
static unsigned devices;
static bool is_deep;
static pthread_barrier_t ready;

static uint64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
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
	/* Whoever is first starts everything: that is no growth. */
	cuMemFree_v2(allocate());
	for (uint64_t i = 0; i < w->live; i++) {
		uint64_t begin = now(OWN_TIME);

		w->addresses[i] = allocate();
		uint64_t took = now(OWN_TIME) - begin;

		if (took > w->longest)
			w->longest = took;
	}
}

__attribute__((noinline)) static void measure(struct worker *w)
{
	uint64_t random = 88172645463325252u + w->number;
	uint64_t begin = now(OWN_TIME);

	for (uint64_t i = 0; i < w->pairs; i++) {
		if (w->live == 0) {
			cuMemFree_v2(allocate());
			continue;
		}
		CUdeviceptr *victim = &w->addresses[next_random(&random) % w->live];

		cuMemFree_v2(*victim);
		*victim = allocate();
	}
	w->ns = (double)(now(OWN_TIME) - begin) / (double)w->pairs;
}

/* What is mapped, in bytes. */
static uint64_t mapped(void)
{
	unsigned long long pages = 0;
	FILE *statm = fopen("/proc/self/statm", "r");

	if (statm == NULL || fscanf(statm, "%llu", &pages) != 1)
		exit(1);
	fclose(statm);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
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
	uint64_t before = mapped();

	fill(w);
	w->grown = mapped() - before;
	pthread_barrier_wait(&ready);
	measure_at(w, is_deep ? DEEP : 1);
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc < 5) {
		fputs("usage: pairs LIVE PAIRS THREADS DEVICES [grow | memory | exit | deep]\n",
			stderr);
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
	const char *mode = argc > 5 ? argv[5] : "";

	if (strcmp(mode, "grow") == 0)
		printf("%llu\n", (unsigned long long)longest);
	else if (strcmp(mode, "memory") == 0)
		printf("%.2f\n", (double)workers[0].grown / (double)live);
	else if (strcmp(mode, "exit") == 0)
		printf("%llu\n", (unsigned long long)now(CLOCK_MONOTONIC));
	else
		printf("%.2f\n", sum / threads);
	fflush(stdout);
	return 0;
}
