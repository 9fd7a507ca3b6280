/*
 * ledger.c - the lock-free table behind ledger.h.
 *
 * A level is an array of buckets; a bucket is four cache lines: one with a counter and seven keys,
 * two with what the keys stand for, and one for what few entries have. A key lives in one of two buckets of a level, its home and another
 * one of the same page, so a search touches at most two lines of keys per level, and one where the home's
 * `strays` says that nothing of it lies elsewhere. Slots are used again at once: nothing is left
 * behind by a removal, and no table fills up with tombstones.
 *
 * New entries go to the newest level that is not full, where full is less than all slots: a search would
 * find crowded buckets, and few keys find both theirs taken. One entry in 64 is counted to know it.
 * When all levels are full the ledger grows. A search starts at the newest level, which holds more than
 * all older ones together, so it looks at about two levels whatever their number; its lines there are
 * fetched ahead together.
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
			    memory_order_acquire))
			l->memory.unmap(l->memory.context, fresh, level_bytes(seen), slot);
	}
	uint32_t expected = seen;

	/* The loser's CAS fails because the count is already higher, which is just as good. Who publishes
	 * the memory of another has acquired it above, also by the failed CAS. */
	atomic_compare_exchange_strong_explicit(
		&l->level_count, &expected, seen + 1, memory_order_release, memory_order_relaxed);
	return true;
}

/* Makes the newest level that is not full the one for new entries; a new one, if `may_grow`. */
static void choose_target(struct rac_ledger *l, bool may_grow)
{
	unsigned count = level_count(l), level = count;

	while (level > 0 && is_level_full(l, level - 1))
		level--;
	if (level == 0 && may_grow && grow(l, count))
		level = level_count(l);
	if (level > 0 && rac_load_relaxed(&l->target) != level - 1)
		rac_store_relaxed(&l->target, level - 1);
}

void rac_ledger_forget_rare(struct rac_ledger *l, unsigned level, struct rac_ledger_bucket *bucket,
	struct rac_ledger_bucket *home, uint64_t hash)
{
	/* After the key is gone: until then a search must not stop at the home. */
	if (bucket != home)
		rac_fetch_sub_relaxed(&home->strays, 1);
	if (is_sampled(hash)) {
		rac_fetch_sub_relaxed(&l->sampled[level], 1);
		choose_target(l, false);
	}
}

static uint64_t pack_tags(const struct rac_entry *e)
{
	return (uint64_t)e->site << 32 | (uint64_t)e->context << 16 | (uint64_t)e->device << 8 |
		(uint64_t)e->space << 4 | (e->kind & 15u) | (e->extra != 0 ? EXTRA_TAG : 0);
}

/* Asks for the keys of a bucket and what they stand for, so that the misses overlap. */
static inline void fetch_bucket(const struct rac_ledger_bucket *bucket)
{
	const char *lines = (const char *)bucket;

	__builtin_prefetch(lines, 1);
	__builtin_prefetch(lines + RAC_CACHE_LINE, 1);
	__builtin_prefetch(lines + 2 * RAC_CACHE_LINE, 1);
}

/* Makes a free slot of the bucket the caller's; SLOTS: none is free. */
static inline unsigned claim(struct rac_ledger_bucket *bucket)
{
	for (unsigned free = match(bucket, KEY_EMPTY); free != 0; free &= free - 1) {
		unsigned slot = first_slot(free);
		uint64_t seen = KEY_EMPTY;

		if (__builtin_expect(
			    rac_cas_strong_acquire(&bucket->keys[slot], &seen, KEY_CLAIMED), 1))
			return slot;
	}
	return SLOTS;
}

static inline __attribute__((always_inline)) bool insert_into(
	struct rac_ledger_bucket *bucket, uint64_t key, const struct rac_entry *entry)
{
	unsigned slot = claim(bucket);
	struct payload *p = &bucket->payloads[slot];

	if (slot == SLOTS)
		return false;
	/* Release: a reader that does not own the slot looks at the key after these. */
	if (__builtin_expect(entry->extra != 0, 0))
		rac_store_release(&bucket->extras[slot], entry->extra);
	rac_store_release(&p->bytes, entry->bytes);
	rac_store_release(&p->tags, pack_tags(entry));
	rac_store_release(&bucket->keys[slot], key);
	return true;
}

/* Its home is full. */
static __attribute__((noinline)) bool insert_stray(
	struct rac_ledger_bucket *home, uint64_t hash, uint64_t key, const struct rac_entry *entry)
{
	struct rac_ledger_bucket *second = neighbour(home, hash);

	if (match(second, KEY_EMPTY) == 0)
		return false;
	/* Counted before the key can be seen, so that no search of it stops at its home. Relaxed is
	 * enough: the store of the key is a release, and who looks for the address got it from us. */
	rac_fetch_add_relaxed(&home->strays, 1);
	if (insert_into(second, key, entry))
		return true;
	rac_fetch_sub_relaxed(&home->strays, 1);
	return false;
}

static inline __attribute__((always_inline)) bool insert_into_level(struct rac_ledger *l,
	unsigned level, uint64_t hash, uint64_t key, const struct rac_entry *entry)
{
	struct rac_ledger_bucket *home = home_in(l, level, hash);

	fetch_bucket(home);
	if (__builtin_expect(!insert_into(home, key, entry), 0) &&
		!insert_stray(home, hash, key, entry))
		return false;
	if (__builtin_expect(is_sampled(hash), 0)) {
		rac_fetch_add_relaxed(&l->sampled[level], 1);
		choose_target(l, true);
	}
	return true;
}

/* Any free slot will do, where one of those two in the target level was not to be had. */
static __attribute__((noinline)) enum rac_status insert_anywhere(
	struct rac_ledger *l, uint64_t hash, uint64_t key, const struct rac_entry *entry)
{
	for (;;) {
		unsigned count = level_count(l);

		for (unsigned level = count; level-- > 0;)
			if (insert_into_level(l, level, hash, key, entry))
				return RAC_OK;
		if (!grow(l, count))
			return RAC_FULL;
	}
}

enum rac_status rac_ledger_insert(struct rac_ledger *l, const struct rac_entry *entry)
{
	if (entry->value == 0 || entry->value > RAC_LEDGER_VALUE_MAX)
		return RAC_INVALID;
	uint64_t key = key_of(entry->space, entry->value), hash = spread(key);
	unsigned target = rac_load_relaxed(&l->target);

	if (__builtin_expect(
		    target < level_count(l) && insert_into_level(l, target, hash, key, entry), 1))
		return RAC_OK;
	return insert_anywhere(l, hash, key, entry);
}

/* What is looked for. */
struct search {
	uint64_t key, hash;
	enum rac_space space;
};

/* Takes the entry out of a slot, if it is there. */
static inline __attribute__((always_inline)) bool take_slot(struct rac_ledger_bucket *bucket,
	unsigned slot, const struct search *s, struct rac_ledger_taken *out)
{
	uint64_t seen = s->key;

	if (!rac_cas_strong_acquire(
		    &bucket->keys[slot], &seen, KEY_HELD(s->key & RAC_LEDGER_VALUE_MAX)))
		return false;
	unpack(bucket, slot, s->key, &out->entry);
	if (__builtin_expect(out->entry.space != s->space, 0)) {
		rac_store_release(&bucket->keys[slot], s->key);
		return false;
	}
	out->bucket = bucket;
	out->hash = s->hash;
	out->slot = slot;
	return true;
}

/* Equal keys may stand side by side; who loses one to another thread tries the next. */
static inline __attribute__((always_inline)) bool take_from(
	struct rac_ledger_bucket *bucket, const struct search *s, struct rac_ledger_taken *out)
{
	for (unsigned found = match(bucket, s->key); found != 0; found &= found - 1)
		if (take_slot(bucket, first_slot(found), s, out))
			return true;
	return false;
}

/* Everywhere but at the home in the newest of the levels, where the caller has looked. */
static __attribute__((noinline)) bool take_elsewhere(
	struct rac_ledger *l, const struct search *s, struct rac_ledger_taken *out)
{
	while (rac_load_relaxed(&out->home->strays) == 0 ||
		!take_from(neighbour(out->home, s->hash), s, out)) {
		if (out->level == 0)
			return false;
		out->home = home_in(l, --out->level, s->hash);
		if (take_from(out->home, s, out))
			return true;
	}
	return true;
}

static inline __attribute__((always_inline)) bool take_anywhere(
	struct rac_ledger *l, unsigned count, const struct search *s, struct rac_ledger_taken *out)
{
	out->level = count - 1;
	out->home = home_in(l, out->level, s->hash);
	return __builtin_expect(take_from(out->home, s, out), 1) || take_elsewhere(l, s, out);
}

/* Where levels are larger than caches, and an entry may be in an older one, misses are to overlap. */
static inline void fetch_homes(const struct rac_ledger *l, unsigned count, uint64_t hash)
{
	fetch_bucket(home_in(l, count - 1, hash));
	if (count <= CACHED_LEVELS)
		return;
	__builtin_prefetch(home_in(l, count - 2, hash), 1);
	__builtin_prefetch(home_in(l, count - 3, hash), 1);
}

enum rac_status rac_ledger_take(
	struct rac_ledger *l, enum rac_space space, uint64_t value, struct rac_ledger_taken *out)
{
	unsigned count = level_count(l);

	if (value == 0 || value > RAC_LEDGER_VALUE_MAX || count == 0)
		return RAC_UNKNOWN;
	uint64_t key = key_of(space, value);
	struct search s = {key, spread(key), space};

	fetch_homes(l, count, s.hash);
	if (take_anywhere(l, count, &s, out))
		return RAC_OK;
	/* Its context may be about to end; freed before that, it is its owner's to take. */
	s.key = KEY_DOOMED(value);
	return take_anywhere(l, count, &s, out) ? RAC_OK : RAC_UNKNOWN;
}

void rac_ledger_drop(struct rac_ledger *l, const struct rac_ledger_taken *taken)
{
	rac_store_release(&taken->bucket->keys[taken->slot], KEY_EMPTY);
	forget(l, taken->level, taken->bucket, taken->home, taken->hash);
}

void rac_ledger_restore(struct rac_ledger *l, const struct rac_ledger_taken *taken)
{
	(void)l;
	rac_store_release(
		&taken->bucket->keys[taken->slot], key_of(taken->entry.space, taken->entry.value));
}

static bool find_copy(const struct rac_ledger_bucket *bucket, uint64_t key, struct rac_entry *out)
{
	unsigned found = match(bucket, key);

	return found != 0 && read_slot(bucket, first_slot(found), out) &&
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
