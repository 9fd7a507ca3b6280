/*
 * ledger.c - the lock-free table behind ledger.h.
 *
 * A level is an array of buckets; a bucket is four cache lines: one with a counter and seven keys,
 * three with what the keys stand for. A key lives in one of two buckets of a level (its home and
 * its second), so a search touches at most two lines of keys per level, and one where the home's
 * `strays` says that nothing of it lies elsewhere. Slots are used again at once: nothing is left
 * behind by a removal, and no table fills up with tombstones.
 *
 * New entries go to the newest level, which holds more than all older ones together; two older ones
 * are tried before the ledger grows. A search starts at the newest, so it looks at about two levels
 * whatever their number; the lines it may need are fetched ahead together.
 *
 * A slot's key goes
 *
 *	EMPTY --insert: CAS--> CLAIMED --store--> key --take: CAS--> HELD|value
 *	EMPTY <-------------- drop: store ------------------------------'  |
 *	                                          key <-- restore: store --'
 *
 * and in the same way to DOOMED|value and back when a whole context ends.
 *
 * Acquire on the CAS from EMPTY: our payload is written after the last owner has read his. Release
 * on the store of the key: who sees the key sees the payload. Acquire on the CAS that takes: the
 * same from the other side. Release on the store of EMPTY: our reads of the payload come before
 * the next owner's writes.
 */
#include "ledger_parts.h"

#include <string.h>

#define INSERT_LEVELS 3 /* newest levels that an insert tries before the ledger grows */

void rac_ledger_init(struct rac_ledger *l, const struct rac_memory *memory)
{
	memset(l, 0, sizeof(*l));
	l->memory = *memory;
}

/*
 * Adds the level after the first `seen`. Several threads may try; each maps memory of its own, one
 * publishes it and the others hand theirs back, so nobody waits for a thread that was suspended in
 * the middle. False: no memory, and nobody else had any.
 */
static bool grow(struct rac_ledger *l, unsigned seen)
{
	if (seen >= RAC_LEDGER_LEVELS)
		return false;
	struct rac_ledger_bucket *none = NULL;
	uint32_t slot = 0;

	if (atomic_load_explicit(&l->levels[seen], memory_order_acquire) == NULL) {
		void *fresh = l->memory.map(
			l->memory.context, RAC_SEGMENT_LEDGER, seen, level_bytes(seen), &slot);

		if (fresh == NULL)
			return level_count(l) > seen;
		if (!atomic_compare_exchange_strong_explicit(&l->levels[seen], &none,
			    (struct rac_ledger_bucket *)fresh, memory_order_release,
			    memory_order_relaxed))
			l->memory.unmap(l->memory.context, fresh, level_bytes(seen), slot);
	}
	uint32_t expected = seen;

	/* The loser's CAS fails because the count is already higher, which is just as good. */
	atomic_compare_exchange_strong_explicit(
		&l->level_count, &expected, seen + 1, memory_order_release, memory_order_relaxed);
	return true;
}

static uint64_t pack_tags(const struct rac_entry *e)
{
	return (uint64_t)e->site << 32 | (uint64_t)e->context << 16 | (uint64_t)e->device << 8 |
		(uint64_t)e->space << 4 | (e->kind & 15u);
}

static bool insert_into(
	struct rac_ledger_bucket *bucket, uint64_t key, const struct rac_entry *entry)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		uint64_t seen = rac_load_relaxed(&bucket->keys[i]);

		if (seen != KEY_EMPTY ||
			!rac_cas_strong_acquire(&bucket->keys[i], &seen, KEY_CLAIMED))
			continue;
		struct payload *p = &bucket->payloads[i];

		/* Release: a reader that does not own the slot looks at the key after these. */
		rac_store_release(&p->bytes, entry->bytes);
		rac_store_release(&p->tags, pack_tags(entry));
		rac_store_release(&p->extra, entry->extra);
		rac_store_release(&bucket->keys[i], key);
		return true;
	}
	return false;
}

static bool insert_into_level(
	struct rac_ledger *l, unsigned level, uint64_t key, const struct rac_entry *entry)
{
	struct place place = find_place(l, level, spread(key));

	if (insert_into(place.home, key, entry))
		return true;
	/* Counted before the key can be seen, so that no search of it stops at its home. Relaxed is
	 * enough: the store of the key is a release, and who looks for the address got it from us. */
	rac_fetch_add_relaxed(&place.home->strays, 1);
	if (insert_into(place.second, key, entry))
		return true;
	rac_fetch_sub_relaxed(&place.home->strays, 1);
	return false;
}

enum rac_status rac_ledger_insert(struct rac_ledger *l, const struct rac_entry *entry)
{
	if (entry->value == 0 || entry->value > RAC_LEDGER_VALUE_MAX)
		return RAC_INVALID;
	uint64_t key = key_of(entry->space, entry->value);

	for (;;) {
		unsigned count = level_count(l);
		unsigned oldest = count > INSERT_LEVELS ? count - INSERT_LEVELS : 0;

		for (unsigned level = count; level-- > oldest;)
			if (insert_into_level(l, level, key, entry))
				return RAC_OK;
		if (grow(l, count))
			continue;
		/* No memory for more: any free slot will do. */
		for (unsigned level = oldest; level-- > 0;)
			if (insert_into_level(l, level, key, entry))
				return RAC_OK;
		return RAC_FULL;
	}
}

static int find_in(const struct rac_ledger_bucket *bucket, uint64_t key)
{
	for (int i = 0; i < SLOTS; i++)
		if (rac_load_relaxed(&bucket->keys[i]) == key)
			return i;
	return -1;
}

/* Equal keys may stand side by side; who loses one to another thread tries the next. */
static bool take_from(struct rac_ledger_bucket *bucket, struct rac_ledger_bucket *home,
	uint64_t key, enum rac_space space, struct rac_ledger_taken *out)
{
	for (unsigned slot = 0; slot < SLOTS; slot++) {
		uint64_t seen = rac_load_relaxed(&bucket->keys[slot]);

		if (seen != key ||
			!rac_cas_strong_acquire(
				&bucket->keys[slot], &seen, KEY_HELD(key & RAC_LEDGER_VALUE_MAX)))
			continue;
		unpack(&bucket->payloads[slot], key, &out->entry);
		if (out->entry.space != space) {
			rac_store_release(&bucket->keys[slot], key);
			continue;
		}
		out->bucket = bucket;
		out->home = home;
		out->slot = slot;
		return true;
	}
	return false;
}

/* Asks for the lines of keys that a search may touch, so that their misses overlap. */
static void fetch_ahead(struct rac_ledger *l, unsigned count, uint64_t hash)
{
	unsigned oldest = count > INSERT_LEVELS ? count - INSERT_LEVELS : 0;

	for (unsigned level = count; level-- > oldest;)
		__builtin_prefetch(find_place(l, level, hash).home, 1);
}

static enum rac_status take_key(struct rac_ledger *l, uint64_t key, uint64_t hash,
	enum rac_space space, struct rac_ledger_taken *out)
{
	unsigned count = level_count(l);

	fetch_ahead(l, count, hash);
	for (unsigned level = count; level-- > 0;) {
		struct place place = find_place(l, level, hash);

		if (take_from(place.home, place.home, key, space, out))
			return RAC_OK;
		if (rac_load_relaxed(&place.home->strays) != 0 &&
			take_from(place.second, place.home, key, space, out))
			return RAC_OK;
	}
	return RAC_UNKNOWN;
}

enum rac_status rac_ledger_take(
	struct rac_ledger *l, enum rac_space space, uint64_t value, struct rac_ledger_taken *out)
{
	if (value == 0 || value > RAC_LEDGER_VALUE_MAX)
		return RAC_UNKNOWN;
	uint64_t key = key_of(space, value);
	uint64_t hash = spread(key);

	if (take_key(l, key, hash, space, out) == RAC_OK)
		return RAC_OK;
	/* Its context may be about to end; freed before that, it is its owner's to take. */
	return take_key(l, KEY_DOOMED(value), hash, space, out);
}

void rac_ledger_drop(struct rac_ledger *l, const struct rac_ledger_taken *taken)
{
	(void)l;
	rac_store_release(&taken->bucket->keys[taken->slot], KEY_EMPTY);
	/* After the key is gone: until then a search must not stop at the home. */
	if (taken->bucket != taken->home)
		rac_fetch_sub_relaxed(&taken->home->strays, 1);
}

void rac_ledger_restore(struct rac_ledger *l, const struct rac_ledger_taken *taken)
{
	(void)l;
	rac_store_release(
		&taken->bucket->keys[taken->slot], key_of(taken->entry.space, taken->entry.value));
}

static bool find_copy(const struct rac_ledger_bucket *bucket, uint64_t key, struct rac_entry *out)
{
	int slot = find_in(bucket, key);

	return slot >= 0 && read_slot(bucket, (unsigned)slot, out) &&
		out->value == (key & RAC_LEDGER_VALUE_MAX) && key_of(out->space, out->value) == key;
}

enum rac_status rac_ledger_find(
	struct rac_ledger *l, enum rac_space space, uint64_t value, struct rac_entry *out)
{
	if (value == 0 || value > RAC_LEDGER_VALUE_MAX)
		return RAC_UNKNOWN;
	uint64_t key = key_of(space, value);
	uint64_t hash = spread(key);
	unsigned count = level_count(l);

	fetch_ahead(l, count, hash);
	for (unsigned level = count; level-- > 0;) {
		struct place place = find_place(l, level, hash);

		if (find_copy(place.home, key, out))
			return RAC_OK;
		if (rac_load_relaxed(&place.home->strays) != 0 && find_copy(place.second, key, out))
			return RAC_OK;
	}
	return RAC_UNKNOWN;
}

void rac_ledger_each(struct rac_ledger *l,
	bool (*visit)(void *context, const struct rac_entry *entry), void *context)
{
	unsigned count = level_count(l);

	for (unsigned level = 0; level < count; level++) {
		const struct rac_ledger_bucket *buckets =
			atomic_load_explicit(&l->levels[level], memory_order_relaxed);

		for (uint64_t b = 0; b < level_buckets(level); b++)
			for (unsigned slot = 0; slot < SLOTS; slot++) {
				struct rac_entry entry;

				if (read_slot(&buckets[b], slot, &entry) && !visit(context, &entry))
					return;
			}
	}
}

uint64_t rac_ledger_memory_bytes(const struct rac_ledger *l)
{
	uint64_t sum = 0;

	for (unsigned level = 0; level < level_count(l); level++)
		sum += level_bytes(level);
	return sum;
}

uint64_t rac_ledger_capacity(const struct rac_ledger *l)
{
	return rac_ledger_memory_bytes(l) / sizeof(struct rac_ledger_bucket) * SLOTS;
}
