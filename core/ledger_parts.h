/*
 * ledger_parts.h - the layout of the ledger and the steps that its files share; private to them.
 */
#ifndef RAC_LEDGER_PARTS_H
#define RAC_LEDGER_PARTS_H

#include "ledger.h"

#define SLOTS         7
#define FIRST_BUCKETS 256 /* 64 KiB */
#define SPACE_SHIFT   60
#define KEY_EMPTY     UINT64_C(0)
#define KEY_DOOMED(v) ((UINT64_C(13) << SPACE_SHIFT) | (v))
#define KEY_CLAIMED   (UINT64_C(14) << SPACE_SHIFT)
#define KEY_HELD(v)   ((UINT64_C(15) << SPACE_SHIFT) | (v))

/* `extra` of a counted entry, see ledger_refs.c. */
#define COUNTED_BIT    (UINT64_C(1) << 63)
#define IDENTITY_SHIFT 50

struct payload {
	rac_atomic_u64 bytes;
	rac_atomic_u64 tags; /* site:32 context:16 device:8 space:4 kind:4 */
	rac_atomic_u64 extra;
};

struct rac_ledger_bucket {
	_Alignas(
		RAC_CACHE_LINE) rac_atomic_u64 strays; /* entries at home here that lie elsewhere */
	rac_atomic_u64 keys[SLOTS];
	struct payload payloads[SLOTS];
	uint64_t unused[3];
};

_Static_assert(sizeof(struct rac_ledger_bucket) == 256, "four cache lines");

struct place {
	struct rac_ledger_bucket *home, *second;
};

static inline uint64_t key_of(enum rac_space space, uint64_t value)
{
	return ((uint64_t)space << SPACE_SHIFT) | value;
}

/* Addresses differ in few, middle bits. Two rounds of multiply and fold spread them over all. */
static inline uint64_t spread(uint64_t key)
{
	key ^= key >> 32;
	key *= UINT64_C(0xd6e8feb86659fd93);
	key ^= key >> 32;
	key *= UINT64_C(0xd6e8feb86659fd93);
	return key ^ (key >> 32);
}

static inline uint64_t level_buckets(unsigned level)
{
	return (uint64_t)FIRST_BUCKETS << level;
}

static inline uint64_t level_bytes(unsigned level)
{
	return level_buckets(level) * sizeof(struct rac_ledger_bucket);
}

static inline struct place find_place(struct rac_ledger *l, unsigned level, uint64_t hash)
{
	/* Relaxed: reached through level_count or through a successful CAS, both of which order. */
	struct rac_ledger_bucket *base =
		atomic_load_explicit(&l->levels[level], memory_order_relaxed);
	uint64_t mask = level_buckets(level) - 1;
	uint64_t home = hash & mask;
	/* Never the home itself: an odd step. */
	uint64_t second = (home + ((hash >> 40) | 1)) & mask;

	return (struct place){&base[home], &base[second]};
}

static inline unsigned level_count(const struct rac_ledger *l)
{
	/* Acquire pairs with the release in grow: the level's pointer is there. */
	return rac_load_acquire(&l->level_count);
}

static inline void unpack(const struct payload *p, uint64_t key, struct rac_entry *out)
{
	/* Acquire: a reader that does not own the slot looks at its key once more, after these. */
	uint64_t tags = rac_load_acquire(&p->tags);

	/* From the tags: the key of a doomed slot no longer says. */
	out->space = (enum rac_space)(tags >> 4 & 15);
	out->value = key & RAC_LEDGER_VALUE_MAX;
	out->bytes = rac_load_acquire(&p->bytes);
	out->site = (uint32_t)(tags >> 32);
	out->context = (uint16_t)(tags >> 16);
	out->device = (uint8_t)(tags >> 8);
	out->kind = (uint8_t)(tags & 15);
	out->extra = rac_load_acquire(&p->extra);
}

/* Copies a slot if it holds one and the same entry before and after the copy. */
static inline bool read_slot(
	const struct rac_ledger_bucket *bucket, unsigned slot, struct rac_entry *out)
{
	/* Acquire: the payload is the one that this key was stored with, or a later one. */
	uint64_t key = rac_load_acquire(&bucket->keys[slot]);

	if (key == KEY_EMPTY || key >= KEY_DOOMED(0))
		return false;
	unpack(&bucket->payloads[slot], key, out);
	uint64_t changed = rac_load_relaxed(&bucket->payloads[slot].extra) ^ out->extra;

	/* The counts of a counted entry may change meanwhile; the rest of it does not. */
	if ((out->extra & COUNTED_BIT) != 0)
		changed >>= IDENTITY_SHIFT;
	return rac_load_relaxed(&bucket->keys[slot]) == key && changed == 0;
}

#endif
