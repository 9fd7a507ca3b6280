/*
 * array_cache.c - see array_cache.h.
 *
 * Each slot is a sequence lock: a writer makes its sequence odd, writes the words, makes it even.
 * A reader believes the words if the sequence was even before them and is the same after. The words
 * are stored with release and loaded with acquire: who reads a word of a later writer also sees
 * that writer's odd sequence. That needs no fence, and ThreadSanitizer can follow it.
 */
#include "array_cache.h"

#define KEY_WORDS (RAC_ARRAY_CACHE_WORDS - 1)

_Static_assert(sizeof(struct rac_array_cache_slot) == RAC_CACHE_LINE, "one line a slot");

static void make_key(uint64_t key[KEY_WORDS], uint32_t device, const struct rac_array_shape *s)
{
	key[0] = s->width;
	key[1] = s->height;
	key[2] = s->depth;
	key[3] = (uint64_t)s->format << 32 | s->channels;
	key[4] = (uint64_t)s->flags << 32 | s->levels;
	key[5] = device;
}

static unsigned slot_of(const uint64_t key[KEY_WORDS])
{
	uint64_t hash = 0;

	for (unsigned i = 0; i < KEY_WORDS; i++)
		hash = (hash ^ key[i] ^ hash >> 32) * UINT64_C(0x9e3779b97f4a7c15);
	return (unsigned)(hash >> 32) % RAC_ARRAY_CACHE_SLOTS;
}

bool rac_array_cache_find(const struct rac_array_cache *c, uint32_t device,
	const struct rac_array_shape *shape, uint64_t *bytes)
{
	uint64_t key[KEY_WORDS], found;

	make_key(key, device, shape);
	const struct rac_array_cache_slot *slot = &c->slots[slot_of(key)];
	/* Acquire: the words are those of this sequence or of a later one. */
	uint64_t sequence = rac_load_acquire(&slot->sequence);

	if (sequence == 0 || sequence % 2 != 0)
		return false;
	for (unsigned i = 0; i < KEY_WORDS; i++) {
		if (rac_load_acquire(&slot->words[i]) != key[i])
			return false;
	}
	found = rac_load_acquire(&slot->words[KEY_WORDS]);
	/* Relaxed: the acquire loads keep it after them. */
	if (rac_load_relaxed(&slot->sequence) != sequence)
		return false;
	*bytes = found;
	return true;
}

void rac_array_cache_store(struct rac_array_cache *c, uint32_t device,
	const struct rac_array_shape *shape, uint64_t bytes)
{
	uint64_t key[KEY_WORDS];

	make_key(key, device, shape);
	struct rac_array_cache_slot *slot = &c->slots[slot_of(key)];
	uint64_t sequence = rac_load_relaxed(&slot->sequence);

	/* Acquire: our words come after those of the writer before us. */
	if (sequence % 2 != 0 || !rac_cas_strong_acquire(&slot->sequence, &sequence, sequence + 1))
		return;
	/* Release, each: see above. */
	for (unsigned i = 0; i < KEY_WORDS; i++)
		rac_store_release(&slot->words[i], key[i]);
	rac_store_release(&slot->words[KEY_WORDS], bytes);
	/* Release: who sees it sees the words. */
	rac_store_release(&slot->sequence, sequence + 2);
}
