/*
 * bench_core.c - what the core's hot paths cost, each beside a floor measured in the same run: the
 * seed's three micro-benchmarks (reserve and release, would-fit, an estimate) and the ledger's pair.
 *
 * Rounds of the candidates alternate and the median round counts, since the machine is shared. Read the
 * ratios, not the nanoseconds.
 */
#include "ledger.h"
#include "rac_estimate.h"
#include "rac_track.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define ROUNDS     31
#define OPERATIONS 200000

static struct rac_tracker *tracker;
static struct rac_ledger ledger;
static rac_atomic_u64 word;

static void *map(
	void *context, enum rac_segment kind, uint32_t index, uint64_t bytes, uint32_t *slot)
{
	(void)context;
	(void)kind;
	(void)index;
	*slot = 0;
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED ? p : NULL;
}

static void unmap(void *context, void *memory, uint64_t bytes, uint32_t slot)
{
	(void)context;
	(void)slot;
	munmap(memory, bytes);
}

/* The least that a cap can cost: one compare-and-swap up, one subtraction down. */
static void floor_pair(void)
{
	uint64_t seen = rac_load_relaxed(&word);

	while (!rac_cas_weak_acquire(&word, &seen, seen + 64))
		;
	rac_fetch_sub_release(&word, 64);
}

static void tracker_pair(void)
{
	struct rac_reservation r;

	if (rac_tracker_reserve(tracker, 0, 64, &r) == RAC_OK)
		rac_tracker_commit(tracker, &r, RAC_KIND_DEVICE);
	rac_tracker_release(tracker, 0, RAC_KIND_DEVICE, 64);
}

static void ledger_pair(void)
{
	static uint64_t next = 512;
	struct rac_entry entry = {.space = RAC_SPACE_DEVICE, .value = next, .bytes = 64};
	struct rac_ledger_taken taken;

	next = next % 51200000 + 512;
	rac_ledger_insert(&ledger, &entry);
	if (rac_ledger_take(&ledger, RAC_SPACE_DEVICE, entry.value, &taken) == RAC_OK)
		rac_ledger_drop(&ledger, &taken);
}

static void would_fit(void)
{
	static volatile bool sink;

	sink = rac_tracker_would_fit(tracker, 0, 4096);
	(void)sink;
}

static void estimate(void)
{
	static const uint64_t shape[] = {1, 32, 4096, 128};
	static volatile uint64_t sink;
	uint64_t bytes = 0;

	rac_estimate_tensor(shape, 4, RAC_DTYPE_BF16, &bytes);
	sink = bytes;
	(void)sink;
}

static struct candidate {
	const char *name;
	void (*run)(void);
	double rounds[ROUNDS];
} candidates[] = {
	{.name = "floor: bare CAS pair", .run = floor_pair},
	{.name = "tracker: reserve, commit, release", .run = tracker_pair},
	{.name = "ledger: insert, take, drop", .run = ledger_pair},
	{.name = "tracker: would fit", .run = would_fit},
	{.name = "estimate: tensor", .run = estimate},
};

#define COUNT (sizeof(candidates) / sizeof(candidates[0]))

static double time_round(void (*run)(void))
{
	struct timespec begin, end;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (int i = 0; i < OPERATIONS; i++)
		run();
	clock_gettime(CLOCK_MONOTONIC, &end);
	return ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) /
		OPERATIONS;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(void)
{
	const struct rac_memory memory = {map, unmap, NULL};
	size_t bytes = (rac_tracker_bytes() + 63) / 64 * 64;
	void *room = aligned_alloc(rac_tracker_alignment(), bytes);

	memset(room, 0, bytes);
	tracker = rac_tracker_init(room, bytes);
	rac_tracker_set_limit(tracker, 0, UINT64_C(1) << 40);
	rac_ledger_init(&ledger, &memory);
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < COUNT; i++)
			candidates[i].rounds[round] = time_round(candidates[i].run);
	printf("%-36s %8s %8s %8s %8s\n", "ns per operation", "median", "least", "most", "x floor");
	for (size_t i = 0; i < COUNT; i++) {
		double *r = candidates[i].rounds;

		qsort(r, ROUNDS, sizeof(r[0]), by_value);
		printf("%-36s %8.1f %8.1f %8.1f %8.2f\n", candidates[i].name, r[ROUNDS / 2], r[0],
			r[ROUNDS - 1], r[ROUNDS / 2] / candidates[0].rounds[ROUNDS / 2]);
	}
	free(room);
	return 0;
}
