/*
 * ledger_refs.c - counted entries of the ledger: memory that lives while a handle or a mapping refers
 * to it. Plain entries are ledger.c's.
 *
 * `extra` is one word: a set top bit, 23 bits of identity, 16 bits of handles, 24 bits of mappings.
 * Both counts change by one compare-and-swap, so exactly one thread sees them both reach 0, and it
 * is the one that takes the slot. The identity keeps a thread that was suspended between reading
 * the key and changing the counts from changing those of the slot's next owner.
 */
#include "ledger_parts.h"

#define IDENTITY_BITS 23
#define MAP_BITS      24
#define HANDLE_SHIFT  MAP_BITS

static uint64_t handles_of(uint64_t extra)
{
	return extra >> HANDLE_SHIFT & RAC_LEDGER_HANDLES_MAX;
}

static uint64_t maps_of(uint64_t extra)
{
	return extra & RAC_LEDGER_MAPS_MAX;
}

static bool is_dead(uint64_t extra)
{
	return handles_of(extra) == 0 && maps_of(extra) == 0;
}

uint64_t rac_ledger_refs(struct rac_ledger *l, unsigned handles)
{
	/* Relaxed: only that the numbers differ matters. */
	uint64_t identity = rac_fetch_add_relaxed(&l->identities, 1);

	identity &= (UINT64_C(1) << IDENTITY_BITS) - 1;
	return COUNTED_BIT | identity << IDENTITY_SHIFT | (uint64_t)handles << HANDLE_SHIFT;
}

uint32_t rac_ledger_refs_identity(const struct rac_entry *entry)
{
	return (uint32_t)(entry->extra >> IDENTITY_SHIFT) & ((1u << IDENTITY_BITS) - 1);
}

static bool add(uint64_t extra, int handles, int maps, uint64_t *out)
{
	int64_t h = (int64_t)handles_of(extra) + handles;
	int64_t m = (int64_t)maps_of(extra) + maps;

	if (h < 0 || m < 0 || h > (int64_t)RAC_LEDGER_HANDLES_MAX ||
		m > (int64_t)RAC_LEDGER_MAPS_MAX)
		return false;
	*out = (extra & ~((UINT64_C(1) << IDENTITY_SHIFT) - 1)) | (uint64_t)h << HANDLE_SHIFT |
		(uint64_t)m;
	return true;
}

/* Changes the counts of the entry in a slot that held the key. RAC_UNKNOWN: it does no longer. */
static enum rac_status change_slot(struct place at, struct rac_ledger_bucket *bucket, unsigned slot,
	uint64_t key, int handles, int maps, struct rac_ledger_taken *out)
{
	struct payload *p = &bucket->payloads[slot];
	uint64_t seen = rac_load_acquire(&p->extra);
	uint64_t changed;

	do {
		/* The key after the word: a word read from the slot's next owner is seen as such. */
		if (rac_load_acquire(&bucket->keys[slot]) != key || (seen & COUNTED_BIT) == 0 ||
			is_dead(seen))
			return RAC_UNKNOWN;
		if (!add(seen, handles, maps, &changed))
			return RAC_INVALID;
	} while (!atomic_compare_exchange_weak_explicit(
		&p->extra, &seen, changed, memory_order_acq_rel, memory_order_acquire));
	*out = (struct rac_ledger_taken){.bucket = bucket, .home = at.home, .slot = slot};
	unpack(p, key, &out->entry);
	out->entry.extra = changed;
	if (!is_dead(changed))
		return RAC_OK;
	/* Ours alone: nobody else changes counts of 0, and a plain take is not used on these. */
	rac_store_release(&bucket->keys[slot], KEY_HELD(key & RAC_LEDGER_VALUE_MAX));
	return RAC_FULL;
}

enum rac_status rac_ledger_refs_change(struct rac_ledger *l, enum rac_space space, uint64_t value,
	int handles, int maps, struct rac_ledger_taken *out)
{
	if (value == 0 || value > RAC_LEDGER_VALUE_MAX)
		return RAC_UNKNOWN;
	uint64_t key = key_of(space, value);

	for (unsigned level = level_count(l); level-- > 0;) {
		struct place place = find_place(l, level, spread(key));
		struct rac_ledger_bucket *buckets[] = {place.home, place.second};

		for (unsigned i = 0; i < 2 * SLOTS; i++) {
			struct rac_ledger_bucket *bucket = buckets[i / SLOTS];
			enum rac_status status = RAC_UNKNOWN;

			if (rac_load_acquire(&bucket->keys[i % SLOTS]) == key)
				status = change_slot(
					place, bucket, i % SLOTS, key, handles, maps, out);
			if (status != RAC_UNKNOWN)
				return status;
		}
	}
	return RAC_UNKNOWN;
}

enum rac_status rac_ledger_refs_taken(struct rac_ledger *l, enum rac_space space, uint64_t value,
	uint32_t identity, struct rac_ledger_taken *out)
{
	uint64_t key = key_of(space, value);

	for (unsigned level = level_count(l); level-- > 0;) {
		struct place place = find_place(l, level, spread(key));
		struct rac_ledger_bucket *buckets[] = {place.home, place.second};

		for (unsigned i = 0; i < 2 * SLOTS; i++) {
			struct rac_ledger_bucket *bucket = buckets[i / SLOTS];

			if (rac_load_acquire(&bucket->keys[i % SLOTS]) !=
				KEY_HELD(value & RAC_LEDGER_VALUE_MAX))
				continue;
			unpack(&bucket->payloads[i % SLOTS], key, &out->entry);
			if (out->entry.space != space || (out->entry.extra & COUNTED_BIT) == 0 ||
				rac_ledger_refs_identity(&out->entry) != identity)
				continue;
			out->bucket = bucket;
			out->home = place.home;
			out->slot = i % SLOTS;
			return RAC_OK;
		}
	}
	return RAC_UNKNOWN;
}

void rac_ledger_refs_revive(
	struct rac_ledger *l, const struct rac_ledger_taken *taken, int handles, int maps)
{
	struct payload *p = &taken->bucket->payloads[taken->slot];
	uint64_t extra = rac_load_relaxed(&p->extra);

	/* The slot is ours until its key is stored back, so plain stores do. */
	if (add(extra, handles, maps, &extra))
		rac_store_relaxed(&p->extra, extra);
	rac_ledger_restore(l, taken);
}
