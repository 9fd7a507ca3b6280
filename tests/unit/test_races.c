/*
 * test_races.c - tracker and ledger under threads: the cap is never passed, no request that fits is
 * refused, no entry is lost or found twice. Each test fails on the algorithm that it names.
 */
#include "ledger.h"
#include "rac_track.h"

#include "ledger_memory.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4

static struct rac_tracker *t;
static atomic_bool passed_the_cap;
static atomic_ullong refused_though_it_fits;
static atomic_int ready;

static void start(void)
{
	size_t bytes = (rac_tracker_bytes() + 63) / 64 * 64;
	void *memory = aligned_alloc(rac_tracker_alignment(), bytes);

	memset(memory, 0, bytes);
	t = rac_tracker_init(memory, bytes);
}

TestSuite(races, .init = start, .timeout = 120);

static void run_threads(void *(*body)(void *))
{
	pthread_t threads[THREADS];

	atomic_store(&ready, 0);
	for (long i = 0; i < THREADS; i++)
		cr_assert(eq(int, pthread_create(&threads[i], NULL, body, (void *)i), 0));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void wait_for_all(void)
{
	atomic_fetch_add(&ready, 1);
	while (atomic_load(&ready) < THREADS)
		;
}

static void *take_600_of_1000(void *unused)
{
	struct rac_reservation r;

	(void)unused;
	wait_for_all();
	for (int i = 0; i < 200000; i++) {
		if (rac_tracker_reserve(t, 0, 600, &r) != RAC_OK)
			continue;
		if (r.charged_after > 1000 || rac_tracker_charged(t, 0) > 1000)
			atomic_store(&passed_the_cap, true);
		rac_tracker_commit(t, &r, RAC_KIND_DEVICE);
		rac_tracker_release(t, 0, RAC_KIND_DEVICE, 600);
	}
	return NULL;
}

/* D1, D2: check, then add, lets two threads in */
Test(races, two_threads_never_both_take_the_last_bytes)
{
	struct rac_device_snapshot s;

	rac_tracker_set_limit(t, 0, 1000);
	run_threads(take_600_of_1000);
	rac_tracker_snapshot(t, 0, &s);
	cr_assert(not(atomic_load(&passed_the_cap)));
	cr_assert(eq(u64, s.charged_bytes, 0));
	cr_assert(eq(u64, s.live_bytes, 0));
	cr_assert(eq(u64, s.peak_bytes, 600));
	cr_assert(eq(u64, s.allocations, s.frees));
	cr_assert(eq(u64, s.allocations + s.refused, THREADS * 200000));
}

static void *small_or_hopeless(void *index)
{
	struct rac_reservation r;

	wait_for_all();
	for (int i = 0; i < 300000; i++) {
		if ((long)index == 0) {
			/* Always above the cap, so never granted, whatever the others do. */
			cr_assert(eq(int, rac_tracker_reserve(t, 0, 1001, &r), RAC_OOM));
			continue;
		}
		/* The small ones together are below the cap: each fits at every instant. */
		if (rac_tracker_reserve(t, 0, 300, &r) != RAC_OK) {
			atomic_fetch_add(&refused_though_it_fits, 1);
			continue;
		}
		rac_tracker_cancel(t, &r);
	}
	return NULL;
}

/* D1: add, then roll back, refuses what fits while another's doomed request is counted */
Test(races, a_request_that_fits_is_not_refused_because_of_one_that_does_not)
{
	rac_tracker_set_limit(t, 0, 1000);
	run_threads(small_or_hopeless);
	cr_assert(eq(u64, atomic_load(&refused_though_it_fits), 0));
	cr_assert(eq(u64, rac_tracker_charged(t, 0), 0));
}

static void *count_in_a_lane(void *unused)
{
	struct rac_lane *lane = rac_tracker_lane(t, 0);

	(void)unused;
	wait_for_all();
	for (int i = 0; i < 100000; i++) {
		rac_tracker_note_allocation(t, lane, 0, RAC_KIND_DEVICE, 1);
		rac_tracker_note_free(t, i % 2 == 0 ? lane : NULL, 0, RAC_KIND_DEVICE);
	}
	return NULL;
}

Test(races, no_call_is_lost_in_lanes_or_beside_them)
{
	struct rac_device_snapshot s;

	run_threads(count_in_a_lane);
	rac_tracker_snapshot(t, 0, &s);
	cr_assert(eq(u64, s.allocations, THREADS * 100000));
	cr_assert(eq(u64, s.frees, THREADS * 100000));
}

static atomic_bool stop_reading;

static void *read_snapshots(void *unused)
{
	struct rac_device_snapshot s;

	(void)unused;
	while (!atomic_load(&stop_reading)) {
		rac_tracker_snapshot(t, 0, &s);
		if (s.peak_bytes < s.live_bytes || s.frees > s.allocations)
			atomic_store(&passed_the_cap, true);
	}
	return NULL;
}

static void *allocate_and_mark(void *index)
{
	struct rac_reservation r;

	wait_for_all();
	for (int i = 0; i < 100000; i++) {
		rac_tracker_reserve(t, 0, 64 + (uint64_t)(long)index, &r);
		rac_tracker_commit(t, &r, RAC_KIND_DEVICE);
		if (i % 64 == 0)
			rac_tracker_mark(t, 0);
		rac_tracker_release(t, 0, RAC_KIND_DEVICE, r.bytes);
	}
	return NULL;
}

/* D6, D8 */
Test(races, a_reader_never_sees_a_peak_below_live_bytes)
{
	pthread_t reader;

	pthread_create(&reader, NULL, read_snapshots, NULL);
	run_threads(allocate_and_mark);
	atomic_store(&stop_reading, true);
	pthread_join(reader, NULL);
	cr_assert(not(atomic_load(&passed_the_cap)));
}

/* Addresses as a driver gives them out: one owner at a time, the last freed first. */
static struct {
	pthread_mutex_t lock;
	uint64_t stack[4096];
	int used;
	uint64_t next;
} driver = {.lock = PTHREAD_MUTEX_INITIALIZER, .next = 512};

static uint64_t driver_alloc(void)
{
	pthread_mutex_lock(&driver.lock);
	uint64_t address = driver.used > 0 ? driver.stack[--driver.used] : driver.next;

	if (address == driver.next)
		driver.next += 512;
	pthread_mutex_unlock(&driver.lock);
	return address;
}

static void driver_free(uint64_t address)
{
	pthread_mutex_lock(&driver.lock);
	driver.stack[driver.used++] = address;
	pthread_mutex_unlock(&driver.lock);
}

static struct test_memory memory;
static struct rac_ledger l;
static atomic_ullong wrong;

static void *churn(void *index)
{
	uint64_t mine[256] = {0};
	uint64_t seed = (uint64_t)(long)index + 1;

	wait_for_all();
	for (int i = 0; i < 200000; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		uint64_t *slot = &mine[(seed >> 40) % 256];
		struct rac_ledger_taken taken;

		if (*slot == 0) {
			*slot = driver_alloc();
			struct rac_entry e = {.space = RAC_SPACE_DEVICE,
				.value = *slot,
				.bytes = (uint64_t)(long)index * 1000 + 1,
				.extra = (uint64_t)i};

			if (rac_ledger_insert(&l, &e) != RAC_OK)
				atomic_fetch_add(&wrong, 1);
			continue;
		}
		if (rac_ledger_take(&l, RAC_SPACE_DEVICE, *slot, &taken) != RAC_OK ||
			taken.entry.bytes != (uint64_t)(long)index * 1000 + 1) {
			atomic_fetch_add(&wrong, 1);
			continue;
		}
		if ((seed >> 61) == 0) {
			rac_ledger_restore(&l, &taken); /* the driver refused */
			continue;
		}
		driver_free(*slot);
		rac_ledger_drop(&l, &taken);
		*slot = 0;
	}
	for (int i = 0; i < 256; i++) {
		struct rac_ledger_taken taken;

		if (mine[i] == 0)
			continue;
		if (rac_ledger_take(&l, RAC_SPACE_DEVICE, mine[i], &taken) != RAC_OK)
			atomic_fetch_add(&wrong, 1);
		else
			rac_ledger_drop(&l, &taken);
	}
	return NULL;
}

static bool count_one(void *context, const struct rac_entry *entry)
{
	(void)entry;
	++*(uint64_t *)context;
	return true;
}

/* D25, D30: free, then erase, removes the entry of the thread that got the address next */
Test(races, addresses_that_change_hands_keep_their_own_entries)
{
	const struct rac_memory m = {test_map, test_unmap, &memory};
	uint64_t left = 0;

	atomic_store(&memory.grants, -1);
	rac_ledger_init(&l, &m);
	run_threads(churn);
	rac_ledger_each(&l, count_one, &left);
	cr_assert(eq(u64, atomic_load(&wrong), 0));
	cr_assert(eq(u64, left, 0));
}

static void *insert_many(void *index)
{
	wait_for_all();
	for (uint64_t i = 0; i < 100000; i++) {
		struct rac_entry e = {.space = RAC_SPACE_DEVICE,
			.value = 512 * (1 + i * THREADS + (uint64_t)(long)index),
			.bytes = i};

		if (rac_ledger_insert(&l, &e) != RAC_OK)
			atomic_fetch_add(&wrong, 1);
	}
	return NULL;
}

Test(races, threads_that_grow_the_ledger_together_lose_no_entry_and_no_memory)
{
	const struct rac_memory m = {test_map, test_unmap, &memory};
	uint64_t n = 0;

	atomic_store(&memory.grants, -1);
	rac_ledger_init(&l, &m);
	run_threads(insert_many);
	rac_ledger_each(&l, count_one, &n);
	cr_assert(eq(u64, atomic_load(&wrong), 0));
	cr_assert(eq(u64, n, THREADS * 100000));
	cr_assert(eq(u64, atomic_load(&memory.mapped), rac_ledger_memory_bytes(&l)));
}

static void *free_the_same(void *unused)
{
	struct rac_ledger_taken taken;

	(void)unused;
	wait_for_all();
	for (uint64_t i = 1; i <= 50000; i++)
		if (rac_ledger_take(&l, RAC_SPACE_DEVICE, i * 512, &taken) == RAC_OK) {
			atomic_fetch_add(&wrong, 1); /* counts successes here */
			rac_ledger_drop(&l, &taken);
		}
	return NULL;
}

Test(races, of_several_frees_of_one_address_exactly_one_succeeds)
{
	const struct rac_memory m = {test_map, test_unmap, &memory};

	atomic_store(&memory.grants, -1);
	rac_ledger_init(&l, &m);
	for (uint64_t i = 1; i <= 50000; i++) {
		struct rac_entry e = {.space = RAC_SPACE_DEVICE, .value = i * 512};

		rac_ledger_insert(&l, &e);
	}
	run_threads(free_the_same);
	cr_assert(eq(u64, atomic_load(&wrong), 50000));
}
