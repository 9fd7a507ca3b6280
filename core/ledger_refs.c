/*
 * ledger_refs.c - counted entries of the ledger: memory that lives while a handle or a mapping refers
 * to it. Plain entries are ledger.c's.
 *
 * `extra` is one word: a set top bit, 13 bits of identity, 12 bits of calls that are giving back, 16
 * bits of handles, 22 bits of mappings. All counts change by one compare-and-swap, so exactly one
 * thread sees them all reach 0, and the entry is its to drop. Until then the slot stays, so that it can
 * be changed without a search. The identity keeps a thread that was suspended between reading the
 * key and changing the counts from changing those of the slot's next owner.
 */
#include "ledger_parts.h"

#define IDENTITY_MASK UINT64_C(0x1fff)
#define MAP_BITS      22
#define HANDLE_BITS   16
#define HANDLE_SHIFT  MAP_BITS
#define LEAVING_SHIFT (MAP_BITS + HANDLE_BITS)
#define LEAVING_MAX   UINT64_C(0xfff)

struct counts {
	uint64_t leaving, handles, maps;
};

static struct counts counts_of(uint64_t extra)
{
	return (struct counts){
		.leaving = extra >> LEAVING_SHIFT & LEAVING_MAX,
		.handles = extra >> HANDLE_SHIFT & RAC_LEDGER_HANDLES_MAX,
		.maps = extra & RAC_LEDGER_MAPS_MAX,
	};
}

static bool fits(const struct counts *c)
{
	/* A count below 0 wrapped around and is too large as well. */
	return c->leaving <= LEAVING_MAX && c->handles <= RAC_LEDGER_HANDLES_MAX &&
		c->maps <= RAC_LEDGER_MAPS_MAX;
}

static uint64_t with_counts(uint64_t extra, const struct counts *c)
{
	return (extra & ~((UINT64_C(1) << IDENTITY_SHIFT) - 1)) | c->leaving << LEAVING_SHIFT |
		c->handles << HANDLE_SHIFT | c->maps;
}

uint64_t rac_ledger_refs(struct rac_ledger *l, unsigned handles)
{
	/* Relaxed: only that the numbers differ matters. */
	uint64_t identity = rac_fetch_add_relaxed(&l->identities, 1) & IDENTITY_MASK;

	return COUNTED_BIT | identity << IDENTITY_SHIFT | (uint64_t)handles << HANDLE_SHIFT;
}

static uint32_t identity_of(uint64_t extra)
{
	return (uint32_t)(extra >> IDENTITY_SHIFT & IDENTITY_MASK);
}

uint32_t rac_ledger_refs_identity(const struct rac_entry *entry)
{
	return identity_of(entry->extra);
}

/* Two changes of the counts of an entry that is alive. */
static void add(struct counts *c, unsigned handles, unsigned maps)
{
	c->handles += handles;
	c->maps += maps;
}

static void leave(struct counts *c, unsigned handles, unsigned maps)
{
	c->handles -= handles;
	c->maps -= maps;
	c->leaving++;
}

/* Changes the entry in a slot that held the key. RAC_UNKNOWN: it holds no such living entry. */
static enum rac_status change_slot(struct rac_ledger_bucket *bucket, unsigned slot, uint64_t key,
	void (*change)(struct counts *c, unsigned handles, unsigned maps), unsigned handles,
	unsigned maps, struct rac_ledger_taken *out)
{
	rac_atomic_u64 *extra = &bucket->extras[slot];
	uint64_t seen = rac_load_acquire(extra);
	struct counts c;

	do {
		c = counts_of(seen);
		/* The key after the word: a word read from the slot's next owner is seen as such. */
		if (rac_load_acquire(&bucket->keys[slot]) != key || (seen & COUNTED_BIT) == 0 ||
			(c.handles == 0 && c.maps == 0))
			return RAC_UNKNOWN;
		change(&c, handles, maps);
		if (!fits(&c))
			return RAC_INVALID;
	} while (!atomic_compare_exchange_weak_explicit(
		extra, &seen, with_counts(seen, &c), memory_order_acq_rel, memory_order_acquire));
	unpack(bucket, slot, key, &out->entry);
	out->entry.extra = with_counts(seen, &c);
	out->bucket = bucket;
	out->slot = slot;
	return RAC_OK;
}

static enum rac_status change_entry(struct rac_ledger *l, uint64_t key,
	void (*change)(struct counts *c, unsigned handles, unsigned maps), unsigned handles,
	unsigned maps, struct rac_ledger_taken *out)
{
	uint64_t hash = spread(key);

	for (unsigned level = level_count(l); level-- > 0;) {
		struct place place = find_place(l, level, hash);
		struct rac_ledger_bucket *buckets[] = {place.home, place.second};

		for (unsigned i = 0; i < 2 * SLOTS; i++) {
			struct rac_ledger_bucket *bucket = buckets[i / SLOTS];
			enum rac_status status;

			if (rac_load_acquire(&bucket->keys[i % SLOTS]) != key)
				continue;
			out->home = place.home;
			out->level = level;
			out->hash = hash;
			status = change_slot(bucket, i % SLOTS, key, change, handles, maps, out);
			if (status != RAC_UNKNOWN)
				return status;
		}
	}
	return RAC_UNKNOWN;
}

static bool is_recordable(uint64_t value)
{
	return value != 0 && value <= RAC_LEDGER_VALUE_MAX;
}

enum rac_status rac_ledger_refs_add(struct rac_ledger *l, enum rac_space space, uint64_t value,
	unsigned handles, unsigned maps, struct rac_ledger_taken *out)
{
	if (!is_recordable(value))
		return RAC_UNKNOWN;
	return change_entry(l, key_of(space, value), add, handles, maps, out);
}

enum rac_status rac_ledger_refs_leave(struct rac_ledger *l, enum rac_space space, uint64_t value,
	unsigned handles, unsigned maps, struct rac_ledger_taken *out)
{
	if (!is_recordable(value))
		return RAC_UNKNOWN;
	return change_entry(l, key_of(space, value), leave, handles, maps, out);
}

/* Ends one call that was giving back. True: it was the last thing that kept the entry. */
static bool end_leaving(const struct rac_ledger_taken *taken, unsigned handles, unsigned maps)
{
	rac_atomic_u64 *extra = &taken->bucket->extras[taken->slot];
	uint64_t seen = rac_load_acquire(extra);
	struct counts c;

	do {
		c = counts_of(seen);
		/* A context that ended meanwhile may have swept the entry away. */
		if ((seen & COUNTED_BIT) == 0 || c.leaving == 0 ||
			identity_of(seen) != rac_ledger_refs_identity(&taken->entry))
			return false;
		c.leaving--;
		add(&c, handles, maps);
	} while (!atomic_compare_exchange_weak_explicit(
		extra, &seen, with_counts(seen, &c), memory_order_acq_rel, memory_order_acquire));
	return c.leaving == 0 && c.handles == 0 && c.maps == 0;
}

bool rac_ledger_refs_left(struct rac_ledger *l, const struct rac_ledger_taken *taken)
{
	(void)l;
	return end_leaving(taken, 0, 0);
}

void rac_ledger_refs_back(
	struct rac_ledger *l, const struct rac_ledger_taken *taken, unsigned handles, unsigned maps)
{
	(void)l;
	end_leaving(taken, handles, maps);
}

enum rac_status rac_ledger_refs_locate(struct rac_ledger *l, enum rac_space space, uint64_t value,
	uint32_t identity, struct rac_ledger_taken *out)
{
	uint64_t key = key_of(space, value), hash = spread(key);

	for (unsigned level = level_count(l); level-- > 0;) {
		struct place place = find_place(l, level, hash);
		struct rac_ledger_bucket *buckets[] = {place.home, place.second};

		for (unsigned i = 0; i < 2 * SLOTS; i++) {
			struct rac_ledger_bucket *bucket = buckets[i / SLOTS];

			if (rac_load_acquire(&bucket->keys[i % SLOTS]) != key)
				continue;
			unpack(bucket, i % SLOTS, key, &out->entry);
			if ((out->entry.extra & COUNTED_BIT) == 0 ||
				identity_of(out->entry.extra) != identity)
				continue;
			out->bucket = bucket;
			out->home = place.home;
			out->level = level;
			out->hash = hash;
			out->slot = i % SLOTS;
			return RAC_OK;
		}
	}
	return RAC_UNKNOWN;
}
