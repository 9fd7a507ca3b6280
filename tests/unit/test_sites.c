/*
 * test_sites.c - sites keep their figures apart, and what each held at the peak equals a replay that
 * looks at all of them after every event.
 */
#include "sites.h"

#include "ledger_memory.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SITES   64
#define EVENTS  20000
#define THREADS 4

static struct test_memory memory;
static struct rac_sites s;

static void start(void)
{
	const struct rac_memory m = {test_map, test_unmap, &memory};

	atomic_store(&memory.grants, -1);
	rac_sites_init(&s, &m);
}

TestSuite(sites, .init = start);

static struct rac_site *site_of(uint64_t key)
{
	struct rac_site *site = NULL;
	bool made;

	cr_assert(ne(u32, rac_sites_intern(&s, key, &site, &made), 0));
	return site;
}

static struct rac_site_snapshot look(uint64_t key, uint64_t peak_number)
{
	struct rac_site_snapshot snapshot;

	cr_assert(rac_site_read(site_of(key), peak_number, &snapshot));
	return snapshot;
}

Test(sites, one_key_is_one_site_and_only_its_maker_describes_it)
{
	struct rac_site *first, *again, *other;
	bool made;
	uint32_t id = rac_sites_intern(&s, 7, &first, &made);

	cr_assert(made);
	cr_assert(eq(u32, rac_sites_intern(&s, 7, &again, &made), id));
	cr_assert(not(made));
	cr_assert(eq(ptr, first, again));
	cr_assert(ne(u32, rac_sites_intern(&s, 8, &other, &made), id));
	cr_assert(made);
	cr_assert(eq(ptr, rac_sites_at(&s, id), first));
}

Test(sites, the_key_0_is_a_key_like_others)
{
	struct rac_site *site, *again;
	bool made;
	uint32_t id = rac_sites_intern(&s, 0, &site, &made);

	cr_assert(made);
	cr_assert(eq(u32, rac_sites_intern(&s, 0, &again, &made), id));
	cr_assert(not(made));
}

Test(sites, a_hundred_thousand_stay_apart_and_are_found_by_their_number)
{
	uint32_t *ids = calloc(100000, sizeof(*ids));

	for (uint64_t i = 0; i < 100000; i++) {
		struct rac_site *site;
		bool made;

		/* Neighbouring keys, so that the places near them fill up. */
		ids[i] = rac_sites_intern(&s, i / 3 * 5 + i % 3 + 1, &site, &made);
		cr_assert(made, "key %lu", (unsigned long)i);
		rac_site_take(site, i, 0);
	}
	for (uint64_t i = 0; i < 100000; i++) {
		struct rac_site_snapshot snapshot;

		cr_assert(rac_site_read(rac_sites_at(&s, ids[i]), 0, &snapshot));
		cr_assert(eq(u64, snapshot.live_bytes, i));
		cr_assert(eq(u64, snapshot.total_count, 1));
	}
	free(ids);
}

Test(sites, numbers_that_were_never_given_out_are_no_site)
{
	site_of(1);
	cr_assert(eq(ptr, rac_sites_at(&s, 0), NULL));
	cr_assert(eq(ptr, rac_sites_at(&s, 257), NULL));
	cr_assert(eq(ptr, rac_sites_at(&s, UINT32_MAX), NULL));
}

Test(sites, without_memory_there_is_no_site)
{
	struct rac_site *site;
	bool made;

	atomic_store(&memory.grants, 0);
	cr_assert(eq(u32, rac_sites_intern(&s, 7, &site, &made), 0));
}

Test(sites, what_is_said_of_a_site_is_read_back)
{
	const struct rac_site_about in = {.api = UINT32_MAX,
		.kind = 15,
		.device = 255,
		.stack = UINT32_MAX,
		.first = 12,
		.unit = UINT32_MAX};
	struct rac_site *site = site_of(rac_site_key(UINT64_MAX, 15, 255));
	struct rac_site_about out;

	cr_assert(not(rac_site_about(site, &out)));
	rac_site_describe(site, &in);
	cr_assert(rac_site_about(site, &out));
	cr_assert(eq(u32, out.api, in.api));
	cr_assert(eq(u8, out.kind, in.kind));
	cr_assert(eq(u8, out.device, in.device));
	cr_assert(eq(u64, out.stack, in.stack));
	cr_assert(eq(u32, out.first, in.first));
	cr_assert(eq(u64, out.unit, in.unit));
}

Test(sites, the_last_moment_is_the_latest_that_was_told)
{
	struct rac_site *site = site_of(5);

	rac_site_take(site, 1, 0);
	cr_assert(eq(u32, look(5, 0).last, 0), "nobody said when");
	rac_site_take_at(site, rac_site_moment(UINT64_C(3) << RAC_SITE_TICK_SHIFT));
	rac_site_take_at(site, rac_site_moment(UINT64_C(2) << RAC_SITE_TICK_SHIFT));
	cr_assert(eq(u32, look(5, 0).last, 4));
	rac_site_take_at(site, rac_site_moment(UINT64_MAX));
	cr_assert(eq(u32, look(5, 0).last, RAC_SITE_MOMENT_LATER));
	cr_assert(eq(u32, rac_site_moment(0), 1), "the start is a moment");
}

Test(sites, requests_of_4_gib_and_more_add_up)
{
	const uint64_t bytes = UINT64_C(6) << 30;
	struct rac_site *site = site_of(5);

	rac_site_describe(site, &(struct rac_site_about){.unit = bytes});
	rac_site_take(site, bytes, 0);
	rac_site_take(site, bytes, 0);
	rac_site_take(site, (uint32_t)bytes, 0);
	rac_site_give(site, bytes, 0, false);
	cr_assert(eq(u64, look(5, 0).live_bytes, bytes + (uint32_t)bytes));
	cr_assert(eq(u64, look(5, 0).live_count, 2));
}

Test(sites, what_nobody_described_has_its_kind_device_and_figures)
{
	struct rac_site *site = site_of(rac_site_key(77, 3, 5));
	struct rac_site_snapshot snapshot;

	rac_site_take(site, 100, 0);
	cr_assert(rac_site_read(site, 0, &snapshot));
	cr_assert(not(snapshot.described));
	cr_assert(eq(u8, snapshot.about.kind, 3));
	cr_assert(eq(u8, snapshot.about.device, 5));
	cr_assert(eq(u64, snapshot.live_bytes, 100));
}

Test(sites, keys_differ_by_hash_kind_and_device)
{
	cr_assert(ne(u64, rac_site_key(1 << 12, 1, 1), rac_site_key(2 << 12, 1, 1)));
	cr_assert(ne(u64, rac_site_key(1 << 12, 1, 1), rac_site_key(1 << 12, 2, 1)));
	cr_assert(ne(u64, rac_site_key(1 << 12, 1, 1), rac_site_key(1 << 12, 1, 2)));
}

Test(sites, takes_and_gives_add_up)
{
	rac_site_take(site_of(5), 100, 0);
	rac_site_take(site_of(5), 50, 0);
	rac_site_give(site_of(5), 100, 0, true);
	struct rac_site_snapshot snapshot = look(5, 0);

	cr_assert(eq(u64, snapshot.live_bytes, 50));
	cr_assert(eq(u64, snapshot.live_count, 1));
	cr_assert(eq(u64, snapshot.total_bytes, 150));
	cr_assert(eq(u64, snapshot.total_count, 2));
	cr_assert(eq(u64, snapshot.temporary_count, 1));
}

Test(sites, requests_of_the_first_size_and_of_others_add_up)
{
	struct rac_site *site = site_of(5);

	rac_site_take(site, 100, 0); /* before anybody said that this is the size */
	rac_site_describe(site, &(struct rac_site_about){.unit = 100});
	rac_site_take(site, 100, 0);
	rac_site_take(site, 100, 0);
	rac_site_take(site, 30, 0);
	rac_site_take(site, 0, 0);
	rac_site_give(site, 100, 0, true);
	rac_site_give(site, 100, 0, false);
	rac_site_give(site, 30, 1, true);
	struct rac_site_snapshot snapshot = look(5, 1);

	cr_assert(eq(u64, snapshot.live_bytes, 100));
	cr_assert(eq(u64, snapshot.live_count, 2));
	cr_assert(eq(u64, snapshot.total_bytes, 330));
	cr_assert(eq(u64, snapshot.total_count, 5));
	cr_assert(eq(u64, snapshot.temporary_count, 2));
	cr_assert(eq(u64, snapshot.peak_bytes, 130), "before the 30 were given back");
}

Test(sites, what_is_undone_was_never_there)
{
	rac_site_take(site_of(5), 100, 0);
	rac_site_take(site_of(5), 50, 0);
	rac_site_undo(site_of(5), 50, 0);
	struct rac_site_snapshot snapshot = look(5, 0);

	cr_assert(eq(u64, snapshot.live_bytes, 100));
	cr_assert(eq(u64, snapshot.total_bytes, 100));
	cr_assert(eq(u64, snapshot.total_count, 1));
}

/* A device as the tracker keeps it, and beside it the plain way: all sites copied at each new peak. */
struct replay {
	uint64_t total, peak, peak_number;
	uint64_t held[SITES], at_peak[SITES];
};

static void take(struct replay *r, uint64_t site, uint64_t bytes)
{
	rac_site_take(site_of(site + 1), bytes, r->peak_number);
	r->held[site] += bytes;
	r->total += bytes;
	if (r->total <= r->peak)
		return;
	r->peak = r->total;
	r->peak_number++;
	memcpy(r->at_peak, r->held, sizeof(r->held));
}

static void give(struct replay *r, uint64_t site, uint64_t bytes)
{
	rac_site_give(site_of(site + 1), bytes, r->peak_number, false);
	r->held[site] -= bytes;
	r->total -= bytes;
}

Test(sites, what_was_held_at_the_peak_equals_a_replay)
{
	for (unsigned seed = 1; seed <= 50; seed++) {
		struct replay r = {0};

		start();
		srand(seed);
		for (uint64_t i = 0; i < SITES; i++)
			rac_site_describe(
				site_of(i + 1), &(struct rac_site_about){.unit = 7 * (i % 2)});
		for (int event = 0; event < EVENTS; event++) {
			uint64_t site = (uint64_t)rand() % SITES;
			uint64_t bytes = rand() % 2 == 0 ? 7 : (uint64_t)rand() % 1000 + 1;

			if (rand() % 2 == 0)
				take(&r, site, bytes);
			else if (r.held[site] >= bytes)
				give(&r, site, bytes);
			if (event % 1000 != 0)
				continue;
			for (uint64_t i = 0; i < SITES; i++)
				cr_assert(eq(
					u64, look(i + 1, r.peak_number).peak_bytes, r.at_peak[i]));
		}
	}
}

static void *hammer(void *unused)
{
	(void)unused;
	for (uint64_t i = 0; i < 100000; i++) {
		struct rac_site *site;
		bool made;

		rac_sites_intern(&s, i % 1000 + 1, &site, &made);
		if (made)
			rac_site_describe(site, &(struct rac_site_about){.api = 1, .unit = 8});
		rac_site_take(site, 8, i);
		rac_site_give(site, 8, i, false);
	}
	return NULL;
}

static bool check_one(void *context, uint32_t id, const struct rac_site *site)
{
	struct rac_site_snapshot snapshot;

	cr_assert(rac_site_read(site, 0, &snapshot));
	cr_assert(snapshot.described, "site %u", id);
	cr_assert(eq(u64, snapshot.live_bytes, 0));
	cr_assert(eq(u64, snapshot.total_count, THREADS * 100));
	++*(unsigned *)context;
	return true;
}

Test(sites, threads_lose_no_event_and_make_no_site_twice)
{
	pthread_t threads[THREADS];
	unsigned sites = 0;

	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, hammer, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	rac_sites_each(&s, check_one, &sites);
	cr_assert(eq(u32, sites, 1000));
}
