/*
 * sites.c - scenarios for core/sites.c and core/arena.c: one site for a key, no byte of a site lost, what
 * it held at the peak, and room in the arena that has one owner.
 */
#include "model.h"

#include "arena.h"
#include "rac_track.h"
#include "sites.h"
#include <string.h>

#define UNIT 16
#define KEY  rac_site_key(UINT64_C(0x1234000), 1, 2)

static struct rac_sites *sites;
static struct rac_arena *arena;
static struct rac_tracker *tracker;
static uint32_t ids[MODEL_THREADS];
static bool makers[MODEL_THREADS];
static uint64_t places[MODEL_THREADS];
static rac_atomic_u64 told;

static void begin(void)
{
	sites = model_allocate(sizeof(*sites));
	rac_sites_init(sites, model_memory());
	arena = model_allocate(sizeof(*arena));
	rac_arena_init(arena, model_memory());
	tracker = rac_tracker_init(model_allocate(rac_tracker_bytes()), rac_tracker_bytes());
	rac_store_relaxed(&told, 0);
	memset(ids, 0, sizeof(ids));
	memset(makers, 0, sizeof(makers));
	memset(places, 0, sizeof(places));
}

/* All come from one place of the program at once. */
static void intern(unsigned thread)
{
	const struct rac_site_about about = {
		.api = 7, .kind = 1, .device = 2, .stack = 99, .unit = UNIT};
	struct rac_site_about seen;
	struct rac_site *site;

	ids[thread] = rac_sites_intern(sites, KEY, &site, &makers[thread]);
	model_claim(ids[thread] != 0, "no room for a site");
	if (makers[thread])
		rac_site_describe(site, &about);
	else if (rac_site_about(site, &seen))
		model_claim(seen.api == 7 && seen.kind == 1 && seen.device == 2 && seen.stack == 99,
			"a site half described: stack %d", (int)seen.stack);
	rac_site_take(site, UNIT, 0);
	if (thread == 1)
		rac_site_give(site, UNIT, 0, thread == 1);
}

static void finish_intern(void)
{
	struct rac_site_snapshot s;

	model_claim(ids[0] == ids[1], "one key, two sites: %d and %d", (int)ids[0], (int)ids[1]);
	model_claim(makers[0] != makers[1], "%d threads made the site", makers[0] + makers[1]);
	model_claim(rac_site_read(rac_sites_at(sites, ids[0]), 0, &s), "the site is gone");
	model_claim(s.total_count == 2 && s.total_bytes == UINT64_C(2) * UNIT &&
			s.live_bytes == UNIT && s.live_count == 1,
		"a site of %d calls with %d bytes live", (int)s.total_count, (int)s.live_bytes);
	model_claim(rac_sites_level_bytes(0) == model_memory_mapped(), "memory is lost");
}

/*
 * What a site held at the peak: its own thread takes and gives while another raises the peak. At the
 * peak the site held nothing or all, for its calls may be under way; never anything else.
 */
static void setup_peak(void)
{
	struct rac_site *site;
	bool made;

	begin();
	rac_sites_intern(sites, KEY, &site, &made);
	rac_site_describe(site, &(struct rac_site_about){.unit = 2 * UNIT});
	rac_site_take(site, UNIT, 0);
}

static void peak(unsigned thread)
{
	struct rac_reservation r;

	if (thread == 1) {
		rac_tracker_reserve(tracker, 0, UNIT, &r);
		rac_tracker_commit(tracker, &r, RAC_KIND_DEVICE);
		return;
	}
	struct rac_site *site = rac_sites_at(sites, rac_sites_level_first(0) + (KEY & 255));

	rac_site_take(site, 2 * UNIT, rac_tracker_peak_number(tracker, 0));
	rac_site_give(site, 3 * UNIT, rac_tracker_peak_number(tracker, 0), thread == 1);
}

static void finish_peak(void)
{
	struct rac_site_snapshot s;

	rac_site_read(rac_sites_at(sites, rac_sites_level_first(0) + (KEY & 255)),
		rac_tracker_peak_number(tracker, 0), &s);
	model_claim(s.live_bytes == 0, "%d bytes live at the end", (int)s.live_bytes);
	model_claim(s.peak_bytes == UNIT || s.peak_bytes == 3 * UNIT || s.peak_bytes == 0,
		"%d bytes at the peak, which the site never held", (int)s.peak_bytes);
}

/* Room in the arena: each place has one owner, and who is told of it finds what he wrote. */
static void reserve(unsigned thread)
{
	uint64_t *words;

	if (thread == 2) {
		uint64_t place = rac_load_acquire(&told);

		if (place == 0)
			return;
		const uint64_t *found = rac_arena_at(arena, place, 2);

		model_claim(found != NULL, "the arena does not know a place that was told");
		model_touch(found);
		return;
	}
	places[thread] = rac_arena_reserve(arena, 2, &words);
	model_claim(places[thread] != 0, "no room in the arena");
	model_touch(words);
	words[0] = thread + 1;
	words[1] = thread + 1;
	rac_store_release(&told, places[thread]);
}

static void finish_reserve(void)
{
	for (unsigned t = 0; t < 2; t++) {
		const uint64_t *words = rac_arena_at(arena, places[t], 2);

		model_claim(words != NULL && words[0] == t + 1 && words[1] == t + 1,
			"what was written to the arena is gone");
	}
	model_claim(rac_arena_level_words(0) * sizeof(uint64_t) == model_memory_mapped(),
		"memory is lost");
}

const struct model_scenario model_sites[] = {
	{.name = "sites, one key",
		.claim = "one site, made once, whole, no byte lost",
		.threads = 2,
		.setup = begin,
		.thread = intern,
		.finish = finish_intern},
	{.name = "sites, at the peak",
		.claim = "a site is said to have held at the peak what it held some time",
		.threads = 2,
		.setup = setup_peak,
		.thread = peak,
		.finish = finish_peak},
	{.name = "arena, places",
		.claim = "each has one owner, and who is told of one finds it",
		.threads = 3,
		.setup = begin,
		.thread = reserve,
		.finish = finish_reserve},
	{0},
};
