/*
 * sites.c - the lock-free table behind sites.h.
 *
 * A key is looked for in a few neighbouring places of each level, the oldest first. Since a site goes
 * into the first free place in that order and none is ever freed, a free place on the way proves that
 * the key is nowhere further.
 *
 * Orders. A site's figures are counters and publish nothing: relaxed, but for the units. Its
 * description is stored with release after what it refers to (frames), and loaded with acquire. A level
 * is published by a release of its pointer and then of the count.
 */
#include "sites.h"

#include "arena.h"
#include "checked.h"
#include <string.h>

#define FIRST_SITES  256 /* 32 KiB */
#define PROBES       8
#define NO_KEY       UINT64_C(0x6a3b2f90404f9) /* stands for the key 0, which means free */
#define KIND_SHIFT   60                        /* in a key */
#define DEVICE_SHIFT 52
#define DESCRIBED    (UINT64_C(1) << 63)
#define IGNORED      (UINT64_C(1) << 62)
#define SCOPE_SHIFT  32
#define SCOPE_MASK   UINT64_C(0x3fffffff) /* an arena has no more words */

_Static_assert(sizeof(struct rac_site) == 128, "two cache lines");
_Static_assert(
	RAC_ARENA_FIRST << RAC_ARENA_LEVELS <= UINT32_MAX, "a stack's place is 32 bits long");

static uint64_t level_sites(unsigned level)
{
	return (uint64_t)FIRST_SITES << level;
}

uint64_t rac_sites_level_bytes(unsigned level)
{
	return level_sites(level) * sizeof(struct rac_site);
}

uint32_t rac_sites_level_first(unsigned level)
{
	return (uint32_t)(level_sites(level) - FIRST_SITES) + 1;
}

void rac_sites_init(struct rac_sites *s, const struct rac_memory *memory)
{
	memset(s, 0, sizeof(*s));
	s->memory = *memory;
}

/* Adds the level after the first `seen`. As in the ledger: who loses the race hands his memory back. */
static bool grow(struct rac_sites *s, unsigned seen)
{
	struct rac_site *none = NULL;
	uint64_t bytes;
	uint32_t slot = 0;

	if (seen >= RAC_SITE_LEVELS)
		return false;
	bytes = rac_sites_level_bytes(seen);
	if (atomic_load_explicit(&s->levels[seen], memory_order_acquire) == NULL) {
		struct rac_site *fresh =
			s->memory.map(s->memory.context, RAC_SEGMENT_SITES, seen, bytes, &slot);

		if (fresh == NULL)
			return rac_load_acquire(&s->level_count) > seen;
		if (!atomic_compare_exchange_strong_explicit(&s->levels[seen], &none, fresh,
			    memory_order_release, memory_order_acquire))
			s->memory.unmap(s->memory.context, fresh, bytes, slot);
	}
	uint32_t expected = seen;

	atomic_compare_exchange_strong_explicit(
		&s->level_count, &expected, seen + 1, memory_order_release, memory_order_relaxed);
	return true;
}

/* The place of the key in a level: where it is, or where it may go. NULL: its places are taken. */
static struct rac_site *find_place(
	struct rac_site *level_base, unsigned level, uint64_t key, bool *made)
{
	uint64_t mask = level_sites(level) - 1;

	for (unsigned probe = 0; probe < PROBES; probe++) {
		struct rac_site *site = &level_base[(key + probe) & mask];
		uint64_t seen = rac_load_relaxed(&site->key);

		*made = seen == 0 && rac_cas_strong_acquire(&site->key, &seen, key);
		/* A failed exchange says whose it is now: perhaps ours. */
		if (*made || seen == key)
			return site;
	}
	return NULL;
}

uint32_t rac_sites_intern(struct rac_sites *s, uint64_t key, struct rac_site **site, bool *made)
{
	if (key == 0)
		key = NO_KEY;
	for (unsigned level = 0;; level++) {
		/* Acquire pairs with the release in grow: the level's pointer is there. */
		if (level >= rac_load_acquire(&s->level_count) && !grow(s, level))
			return 0;
		struct rac_site *base =
			atomic_load_explicit(&s->levels[level], memory_order_acquire);
		struct rac_site *found = find_place(base, level, key, made);

		if (found != NULL) {
			*site = found;
			return rac_sites_level_first(level) + (uint32_t)(found - base);
		}
	}
}

struct rac_site *rac_sites_at(struct rac_sites *s, uint32_t id)
{
	unsigned count = rac_load_acquire(&s->level_count);

	if (id == 0)
		return NULL;
	/* The level is the highest bit of the number, counted in first levels. */
	unsigned level = 31 - (unsigned)__builtin_clz((id - 1) / FIRST_SITES + 1);

	if (level >= count)
		return NULL;
	return atomic_load_explicit(&s->levels[level], memory_order_relaxed) +
		(id - rac_sites_level_first(level));
}

void rac_site_describe(struct rac_site *site, const struct rac_site_about *about)
{
	rac_store_relaxed(&site->stack, (uint32_t)about->stack);
	rac_store_relaxed(&site->first, about->first);
	/* Release, as of those who count units of it: who reads how many were counted reads of what. */
	if (about->unit <= UINT32_MAX)
		rac_store_release(&site->unit, (uint32_t)about->unit);
	rac_store_release(&site->about,
		DESCRIBED | (about->is_ignored ? IGNORED : 0) |
			((uint64_t)about->scope & SCOPE_MASK) << SCOPE_SHIFT | about->api);
}

struct totals {
	uint64_t bytes, count;
};

static struct totals taken(const struct rac_site *site)
{
	/* Acquire: see rac_site_describe. */
	uint64_t units = rac_load_acquire(&site->taken_units);

	return (struct totals){
		units * rac_load_relaxed(&site->unit) + rac_load_relaxed(&site->taken_bytes),
		units + rac_load_relaxed(&site->taken_count),
	};
}

static struct totals given(const struct rac_site *site)
{
	uint64_t units = rac_load_acquire(&site->given_units);

	return (struct totals){
		units * rac_load_relaxed(&site->unit) + rac_load_relaxed(&site->given_bytes),
		units + rac_load_relaxed(&site->given_count),
	};
}

uint64_t rac_site_held(const struct rac_site *site)
{
	uint64_t given_bytes = given(site).bytes;

	/* Given first: what is given later was taken before. */
	return rac_saturating_sub(taken(site).bytes, given_bytes);
}

/* Who finds no unit yet counts as of another size; that comes to the same. */
static bool is_unit(const struct rac_site *site, uint64_t bytes)
{
	return bytes != 0 && bytes == rac_load_acquire(&site->unit);
}

/* Two threads that come here at once after a peak both note; the later one may count what the earlier
 * has just taken, which was under way. */
static void note(struct rac_site *site, uint64_t peak_number)
{
	if (rac_load_relaxed(&site->noted_for) == peak_number)
		return;
	rac_store_relaxed(&site->noted, rac_site_held(site));
	rac_store_relaxed(&site->noted_for, peak_number);
}

void rac_site_take(struct rac_site *site, uint64_t bytes, uint64_t peak_number)
{
	note(site, peak_number);
	if (is_unit(site, bytes)) {
		rac_fetch_add_release(&site->taken_units, 1);
		return;
	}
	rac_fetch_add_relaxed(&site->taken_bytes, bytes);
	rac_fetch_add_relaxed(&site->taken_count, 1);
}

void rac_site_give(struct rac_site *site, uint64_t bytes, uint64_t peak_number, bool temporary)
{
	note(site, peak_number);
	if (temporary)
		rac_fetch_add_relaxed(&site->temporary, 1);
	if (is_unit(site, bytes)) {
		rac_fetch_add_release(&site->given_units, 1);
		return;
	}
	rac_fetch_add_relaxed(&site->given_bytes, bytes);
	rac_fetch_add_relaxed(&site->given_count, 1);
}

void rac_site_undo(struct rac_site *site, uint64_t bytes, uint64_t peak_number)
{
	note(site, peak_number);
	rac_fetch_sub_relaxed(&site->taken_bytes, bytes);
	rac_fetch_sub_relaxed(&site->taken_count, 1);
}

bool rac_site_about(const struct rac_site *site, struct rac_site_about *out)
{
	/* Acquire: pairs with the release in rac_site_describe. */
	uint64_t about = rac_load_acquire(&site->about), key = rac_load_relaxed(&site->key);

	*out = (struct rac_site_about){
		.api = (uint32_t)about,
		.scope = (uint32_t)(about >> SCOPE_SHIFT & SCOPE_MASK),
		.is_ignored = (about & IGNORED) != 0,
		.kind = (uint8_t)(key >> KIND_SHIFT),
		.device = (uint8_t)(key >> DEVICE_SHIFT),
		.stack = rac_load_relaxed(&site->stack),
		.first = rac_load_relaxed(&site->first),
		.unit = rac_load_relaxed(&site->unit),
	};
	return (about & DESCRIBED) != 0;
}

bool rac_site_read(const struct rac_site *site, uint64_t peak_number, struct rac_site_snapshot *out)
{
	if (rac_load_acquire(&site->key) == 0)
		return false;
	struct totals back = given(site), all = taken(site);

	memset(out, 0, sizeof(*out));
	out->described = rac_site_about(site, &out->about);
	out->total_bytes = all.bytes;
	out->total_count = all.count;
	out->live_bytes = rac_saturating_sub(all.bytes, back.bytes);
	out->live_count = rac_saturating_sub(all.count, back.count);
	out->peak_bytes = rac_load_relaxed(&site->noted_for) == peak_number
		? rac_load_relaxed(&site->noted)
		: out->live_bytes;
	out->temporary_count = rac_load_relaxed(&site->temporary);
	out->last = rac_load_relaxed(&site->last);
	out->marks.first = rac_load_relaxed(&site->mark_first);
	out->marks.most = rac_load_relaxed(&site->mark_most);
	out->marks.rises = rac_load_relaxed(&site->mark_rises);
	return true;
}

uint32_t rac_sites_bound(const struct rac_sites *s)
{
	return rac_sites_level_first(rac_load_acquire(&s->level_count));
}

void rac_sites_each(struct rac_sites *s,
	bool (*visit)(void *context, uint32_t id, const struct rac_site *site), void *context)
{
	unsigned count = rac_load_acquire(&s->level_count);

	for (unsigned level = 0; level < count; level++) {
		const struct rac_site *base =
			atomic_load_explicit(&s->levels[level], memory_order_relaxed);

		for (uint64_t i = 0; i < level_sites(level); i++)
			if (rac_load_relaxed(&base[i].key) != 0 &&
				!visit(context, rac_sites_level_first(level) + (uint32_t)i,
					&base[i]))
				return;
	}
}
