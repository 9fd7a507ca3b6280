/*
 * ledger_parts.h - the layout of the ledger and the steps that its files share; private to them.
 */
#ifndef RAC_LEDGER_PARTS_H
#define RAC_LEDGER_PARTS_H

#include "ledger.h"

/* Keys are compared as vectors, except where a checker is to see each access to a word. */
#if defined(__SSE2__) && !defined(__SANITIZE_THREAD__) && !defined(MODEL_CHECK)
#define MATCH_BY_VECTOR
#include <emmintrin.h>
#endif

#define SLOTS 7
#ifndef FIRST_BUCKETS     /* the model check grows it with a few entries */
#define FIRST_BUCKETS 256 /* 64 KiB */
#define PAGE_BUCKETS  16  /* 4 KiB */
#endif
#define CACHED_LEVELS 8  /* more hold 32 MiB and up */
#define SAMPLE_BITS   6  /* one entry in 64 is counted, to know how full a level is */
#define FULL_PERCENT  80 /* with 10,000,000 live all levels are 68 % full: 54 bytes for each */
#define SPACE_SHIFT   60
#define KEY_EMPTY     UINT64_C(0)
#define KEY_DOOMED(v) ((UINT64_C(13) << SPACE_SHIFT) | (v))
#define KEY_CLAIMED   (UINT64_C(14) << SPACE_SHIFT)
#define KEY_HELD(v)   ((UINT64_C(15) << SPACE_SHIFT) | (v))

/* `extra` of a counted entry, see ledger_refs.c. */
#define COUNTED_BIT    (UINT64_C(1) << 63)
#define IDENTITY_SHIFT 50

/* Set in the tags of an entry that has an `extra`. Devices are fewer than it takes for one. */
#define EXTRA_TAG (UINT64_C(1) << 15)

struct payload {
	rac_atomic_u64 bytes;
	rac_atomic_u64 tags; /* site:32 context:16 EXTRA_TAG:1 device:7 space:4 kind:4 */
};

/* Most entries have no `extra`: those touch the line of keys and one more. */
struct rac_ledger_bucket {
	_Alignas(
		RAC_CACHE_LINE) rac_atomic_u64 strays; /* entries at home here that lie elsewhere */
	rac_atomic_u64 keys[SLOTS];
	struct payload payloads[SLOTS];
	uint64_t unused[2];
	rac_atomic_u64 extras[SLOTS];
	uint64_t unused_too;
};

_Static_assert(sizeof(struct rac_ledger_bucket) == 256, "four cache lines");
_Static_assert(RAC_MAX_DEVICES <= 128, "a device fits beside the tag");

/* Two buckets in which a key may lie, in one page of memory. */
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
	key *= UINT64_C(0xd6e8feb86659fd93);
	key ^= key >> 32;
	key *= UINT64_C(0xd6e8feb86659fd93);
	return key ^ key >> 32;
}

static inline uint64_t level_buckets(unsigned level)
{
	return (uint64_t)FIRST_BUCKETS << level;
}

static inline uint64_t level_bytes(unsigned level)
{
	return level_buckets(level) * sizeof(struct rac_ledger_bucket);
}

static inline struct rac_ledger_bucket *home_in(
	const struct rac_ledger *l, unsigned level, uint64_t hash)
{
	/* Relaxed: reached through level_count or through a successful CAS, both of which order. */
	return &atomic_load_explicit(
		&l->levels[level], memory_order_relaxed)[hash & (level_buckets(level) - 1)];
}

/* From the home to the second and back; it keeps to the page. */
static inline struct rac_ledger_bucket *neighbour(struct rac_ledger_bucket *bucket, uint64_t hash)
{
	uintptr_t step = ((hash >> 48 & (PAGE_BUCKETS - 1)) | 1) * sizeof(*bucket);

	return (struct rac_ledger_bucket *)((uintptr_t)bucket ^ step);
}

static inline struct place find_place(const struct rac_ledger *l, unsigned level, uint64_t hash)
{
	struct rac_ledger_bucket *home = home_in(l, level, hash);

	return (struct place){home, neighbour(home, hash)};
}

/*
 * The slots whose key is this one, as first_slot reads them: without a branch for each, which none could
 * foretell. It is a hint, and who acts on it looks at the key once more.
 */
static inline unsigned match(const struct rac_ledger_bucket *bucket, uint64_t key)
{
#ifdef MATCH_BY_VECTOR
	/* Halves of keys: a lane of 32 bits each, then of 8, so that two bits that are both set are a key. */
	const __m128i *pairs = (const void *)bucket, wanted = _mm_set1_epi64x((long long)key);
	__m128i low = _mm_packs_epi32(
		_mm_cmpeq_epi32(pairs[0], wanted), _mm_cmpeq_epi32(pairs[1], wanted));
	__m128i high = _mm_packs_epi32(
		_mm_cmpeq_epi32(pairs[2], wanted), _mm_cmpeq_epi32(pairs[3], wanted));
	unsigned halves = (unsigned)_mm_movemask_epi8(_mm_packs_epi16(low, high));

	/* The first is no key. */
	return halves & halves >> 1 & 0x5554;
#else
	unsigned found = 0;

#pragma GCC unroll 7
	for (unsigned slot = 0; slot < SLOTS; slot++)
		found |= (unsigned)(rac_load_relaxed(&bucket->keys[slot]) == key) << 2 * (slot + 1);
	return found;
#endif
}

/* The first of the slots that match found; found & found - 1 are the others. */
static inline unsigned first_slot(unsigned found)
{
	return (unsigned)__builtin_ctz(found) / 2 - 1;
}

static inline bool is_sampled(uint64_t hash)
{
	return hash >> (64 - SAMPLE_BITS) == 0;
}

/* Whether a level has as many entries as it is to have. */
static inline bool is_level_full(const struct rac_ledger *l, unsigned level)
{
	/* Relaxed, as all that is counted here: it only says where to look first. */
	return rac_load_relaxed(&l->sampled[level]) << SAMPLE_BITS >=
		level_buckets(level) * SLOTS * FULL_PERCENT / 100;
}

/* What is to be done when an entry has left a slot of a level for good. */
void rac_ledger_forget_rare(struct rac_ledger *l, unsigned level, struct rac_ledger_bucket *bucket,
	struct rac_ledger_bucket *home, uint64_t hash);

static inline void forget(struct rac_ledger *l, unsigned level, struct rac_ledger_bucket *bucket,
	struct rac_ledger_bucket *home, uint64_t hash)
{
	if (__builtin_expect(bucket != home || is_sampled(hash), 0))
		rac_ledger_forget_rare(l, level, bucket, home, hash);
}

static inline unsigned level_count(const struct rac_ledger *l)
{
	/* Acquire pairs with the release in grow: the level's pointer is there. */
	return rac_load_acquire(&l->level_count);
}

static inline void unpack(
	const struct rac_ledger_bucket *bucket, unsigned slot, uint64_t key, struct rac_entry *out)
{
	/* Acquire: a reader that does not own the slot looks at tags and key once more, after these. */
	uint64_t tags = rac_load_acquire(&bucket->payloads[slot].tags);

	/* From the tags: the key of a doomed slot no longer says. */
	out->space = (enum rac_space)(tags >> 4 & 15);
	out->value = key & RAC_LEDGER_VALUE_MAX;
	out->bytes = rac_load_acquire(&bucket->payloads[slot].bytes);
	out->site = (uint32_t)(tags >> 32);
	out->context = (uint16_t)(tags >> 16);
	out->device = (uint8_t)(tags >> 8 & 127);
	out->kind = (uint8_t)(tags & 15);
	out->extra = (tags & EXTRA_TAG) != 0 ? rac_load_acquire(&bucket->extras[slot]) : 0;
}

/* Copies a slot if it holds one and the same entry before and after the copy. */
static inline bool read_slot(
	const struct rac_ledger_bucket *bucket, unsigned slot, struct rac_entry *out)
{
	/* Acquire: the payload is the one that this key was stored with, or a later one. */
	uint64_t key = rac_load_acquire(&bucket->keys[slot]);

	if (key == KEY_EMPTY || key >= KEY_DOOMED(0))
		return false;
	struct rac_entry again;

	unpack(bucket, slot, key, out);
	unpack(bucket, slot, key, &again);
	uint64_t changed = again.extra ^ out->extra;

	/* The counts of a counted entry may change meanwhile; the rest of it does not. */
	if ((out->extra & COUNTED_BIT) != 0)
		changed >>= IDENTITY_SHIFT;
	return rac_load_relaxed(&bucket->keys[slot]) == key && changed == 0 &&
		again.bytes == out->bytes && again.space == out->space && again.site == out->site &&
		again.context == out->context && again.device == out->device &&
		again.kind == out->kind;
}

#endif
