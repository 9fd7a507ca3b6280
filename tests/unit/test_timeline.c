/*
 * test_timeline.c - a timeline of bounded size ends at what each site and each place holds, keeps the
 * highest level of each place exactly however much was folded, and accounts for every event.
 */
#include "timeline.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BYTES   RAC_TIMELINE_BYTES_MIN
#define SITES   40
#define EVENTS  200000
#define THREADS 4

static struct rac_timeline t;
static void *memory, *scratch;
static struct rac_timeline_point *points;
static struct rac_timeline_about about;
static size_t count;

/* Long enough for a thread that was suspended while it folds: nothing may be missed here. */
static void yield(void)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	nanosleep(&pause, NULL);
}

static void start(void)
{
	memory = aligned_alloc(4096, BYTES);
	scratch = calloc(1, rac_timeline_scratch_bytes(BYTES));
	points = calloc(rac_timeline_points_max(BYTES), sizeof(*points));
	memset(memory, 0, BYTES);
	cr_assert(rac_timeline_init(&t, memory, BYTES, scratch, yield));
	cr_assert(rac_timeline_is_kept(&t));
}

static void stop(void)
{
	free(memory);
	free(scratch);
	free(points);
}

TestSuite(timeline, .init = start, .fini = stop);

static uint64_t draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Sites 1 to SITES; of two places and pinned memory. */
static uint8_t place_of(uint32_t site)
{
	return site % 5 == 0 ? RAC_TIMELINE_PINNED : (uint8_t)(site % 2);
}

static void look(void)
{
	count = rac_timeline_read(memory, BYTES, points, &about);
}

static uint64_t sum_of(uint32_t site)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		if (rac_timeline_site(&points[i]) == site)
			sum += points[i].bytes;
	return sum;
}

static uint64_t events_told(void)
{
	uint64_t sum = about.missed;

	for (size_t i = 0; i < count; i++)
		sum += points[i].count;
	return sum;
}

/* The highest level of a place that the points tell: at them, and by their `most`. */
static uint64_t highest(uint32_t place, uint64_t *at_points)
{
	uint64_t level = 0, most = 0;

	*at_points = 0;
	for (size_t i = 0; i < count; i++) {
		if (rac_timeline_place(&points[i]) != place)
			continue;
		if (!rac_timeline_is_inside(&points[i]))
			level += points[i].bytes;
		if (level > *at_points)
			*at_points = level;
		if (points[i].most > most)
			most = points[i].most;
	}
	return *at_points > most ? *at_points : most;
}

Test(timeline, events_that_fit_are_told_as_they_were)
{
	const struct rac_timeline_event events[] = {
		{10, 100, 100, 1, 0, false},
		{20, 50, 0, 2, RAC_TIMELINE_PINNED, false},
		{30, 7, 0, 3, 0, true},
		{40, (uint64_t)-100, 0, 1, 0, false},
	};

	for (size_t i = 0; i < 4; i++)
		rac_timeline_note(&t, &events[i]);
	look();
	cr_assert(eq(sz, count, 4));
	cr_assert(eq(u64, about.folded, 0));
	cr_assert(eq(u64, about.missed, 0));
	for (size_t i = 0; i < 4; i++) {
		cr_assert(eq(u64, points[i].at_ns, events[i].at_ns));
		cr_assert(eq(u64, points[i].bytes, events[i].bytes));
		cr_assert(eq(u64, points[i].most, events[i].most));
		cr_assert(eq(u32, rac_timeline_site(&points[i]), events[i].site));
		cr_assert(eq(u32, rac_timeline_place(&points[i]), events[i].place));
		cr_assert(eq(int, rac_timeline_is_inside(&points[i]), events[i].is_inside));
		cr_assert(eq(u32, points[i].count, 1));
	}
}

struct model {
	uint64_t sites[SITES + 1];
	uint64_t places[RAC_TIMELINE_PLACES], peaks[RAC_TIMELINE_PLACES];
};

/* One event of a random walk around a level that moves with time. */
static void step(struct model *m, uint64_t i, uint64_t *state)
{
	uint32_t site = 1 + (uint32_t)(draw(state) % SITES);
	uint8_t place = place_of(site);
	uint64_t bytes = 1 + draw(state) % 1000;
	bool takes = draw(state) % 100 < (i / 20000 % 2 == 0 ? 60u : 40u);

	if (!takes)
		bytes = m->sites[site] > 0 ? -(1 + draw(state) % m->sites[site]) : bytes;
	m->sites[site] += bytes;
	m->places[place] += bytes;
	if (m->places[place] > m->peaks[place])
		m->peaks[place] = m->places[place];
	rac_timeline_note(&t,
		&(struct rac_timeline_event){.at_ns = i * 1000 + draw(state) % 1500,
			.bytes = bytes,
			.site = site,
			.place = place});
}

Test(timeline, folding_keeps_ends_peaks_order_and_the_number_of_events)
{
	struct model m = {{0}, {0}, {0}};
	uint64_t state = 7, at_points;

	for (uint64_t i = 1; i <= EVENTS; i++) {
		step(&m, i, &state);
		if (i % 9973 != 0 && i != EVENTS)
			continue;
		look();
		cr_assert(eq(u64, about.missed, 0));
		cr_assert(eq(u64, events_told(), i));
		for (uint32_t site = 1; site <= SITES; site++)
			cr_assert(eq(u64, sum_of(site), m.sites[site]), "site %u at %llu", site,
				(unsigned long long)i);
		for (uint32_t place = 0; place < RAC_TIMELINE_PLACES; place++) {
			cr_assert(eq(u64, highest(place, &at_points), m.peaks[place]),
				"place %u at %llu", place, (unsigned long long)i);
			cr_assert(eq(u64, at_points, m.peaks[place]));
		}
		for (size_t k = 1; k < count; k++)
			cr_assert(ge(u64, points[k].at_ns, points[k - 1].at_ns));
	}
	cr_assert(gt(u64, about.folded, 0));
	/* The whole time is covered, and the latest in full. */
	cr_assert(lt(u64, points[0].at_ns, EVENTS * 1000 / 5));
	cr_assert(eq(u32, points[count - 1].count, 1));
	cr_assert(gt(sz, count, rac_timeline_points_max(BYTES) / 4));
}

/* What each site held when a place was fullest is what a replay says. */
Test(timeline, the_fullest_moment_keeps_what_each_site_held)
{
	uint64_t state = 3, level = 0, peak = 0, sites[SITES + 1] = {0}, then[SITES + 1] = {0};
	uint64_t told[SITES + 1] = {0}, told_level = 0, told_peak = 0, told_then[SITES + 1] = {0};

	for (uint64_t i = 0; i < EVENTS; i++) {
		uint32_t site = 1 + (uint32_t)(draw(&state) % SITES);
		uint64_t bytes = draw(&state) % 2 == 0 && sites[site] > 0 ? -sites[site]
									  : draw(&state) % 5000;

		sites[site] += bytes;
		level += bytes;
		rac_timeline_note(&t,
			&(struct rac_timeline_event){
				.at_ns = i * 100, .bytes = bytes, .site = site});
		if (level > peak) {
			peak = level;
			memcpy(then, sites, sizeof(then));
		}
	}
	look();
	for (size_t i = 0; i < count; i++) {
		told[rac_timeline_site(&points[i])] += points[i].bytes;
		told_level += points[i].bytes;
		if (told_level > told_peak) {
			told_peak = told_level;
			memcpy(told_then, told, sizeof(told_then));
		}
	}
	cr_assert(eq(u64, told_peak, peak));
	for (uint32_t site = 1; site <= SITES; site++)
		cr_assert(eq(u64, told_then[site], then[site]), "site %u", site);
}

Test(timeline, a_peak_of_calls_under_way_survives_folding)
{
	for (uint64_t i = 0; i < EVENTS; i++)
		rac_timeline_note(&t,
			&(struct rac_timeline_event){.at_ns = i,
				.bytes = i % 2 == 0 ? 8 : (uint64_t)-8,
				.most = i == 777 ? 500 : 0,
				.site = 1});
	uint64_t at_points;

	look();
	cr_assert(eq(u64, highest(0, &at_points), 500));
	cr_assert(eq(u64, events_told(), EVENTS));
}

Test(timeline, what_is_in_a_place_already_raises_its_site_alone)
{
	uint64_t at_points;

	for (uint64_t i = 0; i < EVENTS; i++)
		rac_timeline_note(&t,
			&(struct rac_timeline_event){
				.at_ns = i, .bytes = 1, .site = 9, .is_inside = true});
	look();
	cr_assert(eq(u64, sum_of(9), EVENTS));
	cr_assert(eq(u64, highest(0, &at_points), 0));
}

Test(timeline, events_for_which_there_is_no_room_are_counted)
{
	for (uint32_t i = 1; i <= 20000; i++)
		rac_timeline_note(&t,
			&(struct rac_timeline_event){
				.at_ns = i, .bytes = 1, .site = i, .place = 1});
	look();
	cr_assert(gt(u64, about.missed, 0));
	cr_assert(eq(u64, events_told(), 20000));
	cr_assert(eq(u64, about.missed_at_ns, 20000));
}

static uint64_t held[THREADS][SITES + 1];
static rac_atomic_u64 charged, peak;

/* As the shim does: what is taken is noted after the charge, what is given back before it. */
static void *run(void *argument)
{
	uint64_t *mine = held[(uintptr_t)argument], state = (uintptr_t)argument * 77 + 5;

	for (uint64_t i = 0; i < EVENTS; i++) {
		uint32_t site = 1 + (uint32_t)(draw(&state) % SITES);
		struct rac_timeline_event e = {.at_ns = i, .site = site, .place = 2};

		if (mine[site] > 0) {
			e.bytes = -mine[site];
			rac_timeline_note(&t, &e);
			rac_fetch_sub_relaxed(&charged, mine[site]);
			mine[site] = 0;
		} else {
			mine[site] = e.bytes = 1 + draw(&state) % 4096;
			e.most = rac_fetch_add_relaxed(&charged, e.bytes) + e.bytes;
			rac_max_relaxed(&peak, e.most);
			rac_timeline_note(&t, &e);
		}
	}
	return NULL;
}

Test(timeline, threads_lose_nothing_and_the_highest_level_is_exact)
{
	pthread_t threads[THREADS];
	uint64_t at_points;

	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, run, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	look();
	cr_assert(eq(u64, events_told(), THREADS * (uint64_t)EVENTS));
	cr_assert(eq(u64, about.missed, 0));
	for (uint32_t site = 1; site <= SITES; site++) {
		uint64_t sum = 0;

		for (int i = 0; i < THREADS; i++)
			sum += held[i][site];
		cr_assert(eq(u64, sum_of(site), sum), "site %u", site);
	}
	cr_assert(eq(u64, highest(2, &at_points), rac_load_relaxed(&peak)));
	cr_assert(le(u64, at_points, rac_load_relaxed(&peak)));
}

Test(timeline, sizes_that_are_none_are_refused)
{
	struct rac_timeline other;

	cr_assert(
		not(rac_timeline_init(&other, memory, RAC_TIMELINE_BYTES_MIN - 1, scratch, yield)));
	cr_assert(
		not(rac_timeline_init(&other, memory, RAC_TIMELINE_BYTES_MAX + 1, scratch, yield)));
	cr_assert(not(rac_timeline_is_kept(&other)));
	cr_assert(eq(u64, rac_timeline_points_max(0), 0));
}
