/*
 * arena.c - the append-only room behind arena.h.
 *
 * Orders. `used` gives out places and publishes nothing: relaxed. A level's pointer is stored with
 * release and loaded with acquire, so its memory is there for who finds it.
 */
#include "arena.h"

#include <string.h>

#define PLACES ((RAC_ARENA_FIRST << RAC_ARENA_LEVELS) - RAC_ARENA_FIRST)

uint64_t rac_arena_level_words(unsigned level)
{
	return RAC_ARENA_FIRST << level;
}

bool rac_arena_locate(uint64_t place, size_t words, unsigned *level, uint64_t *word)
{
	if (place == 0 || place > PLACES || words == 0)
		return false;
	/* The level is the highest bit of the place, counted in first levels. */
	uint64_t firsts = (place - 1) / RAC_ARENA_FIRST + 1;

	*level = 63 - (unsigned)__builtin_clzll(firsts);
	*word = place - 1 - (rac_arena_level_words(*level) - RAC_ARENA_FIRST);
	return words <= rac_arena_level_words(*level) - *word;
}

void rac_arena_init(struct rac_arena *a, const struct rac_memory *memory)
{
	memset(a, 0, sizeof(*a));
	a->memory = *memory;
}

/* The memory of a level, mapped if it is not there. Who loses the race hands his back. */
static uint64_t *level_memory(struct rac_arena *a, unsigned level)
{
	uint64_t bytes = rac_arena_level_words(level) * sizeof(uint64_t);
	uint32_t slot = 0;
	uint64_t *seen = atomic_load_explicit(&a->levels[level], memory_order_acquire);

	if (seen != NULL)
		return seen;
	uint64_t *fresh = a->memory.map(a->memory.context, RAC_SEGMENT_ARENA, level, bytes, &slot);

	if (fresh == NULL)
		return atomic_load_explicit(&a->levels[level], memory_order_acquire);
	if (atomic_compare_exchange_strong_explicit(
		    &a->levels[level], &seen, fresh, memory_order_acq_rel, memory_order_acquire))
		return fresh;
	a->memory.unmap(a->memory.context, fresh, bytes, slot);
	return seen;
}

uint64_t rac_arena_reserve(struct rac_arena *a, size_t words, uint64_t **out)
{
	unsigned level;
	uint64_t word;

	if (words == 0 || words > RAC_ARENA_WORDS_MAX)
		return 0;
	for (;;) {
		uint64_t place = rac_fetch_add_relaxed(&a->used, words) + 1;

		if (place > PLACES)
			return 0;
		/* Across the end of a level: what is left of it stays unused. */
		if (!rac_arena_locate(place, words, &level, &word))
			continue;
		uint64_t *base = level_memory(a, level);

		if (base == NULL)
			return 0;
		*out = base + word;
		return place;
	}
}

const uint64_t *rac_arena_at(const struct rac_arena *a, uint64_t place, size_t words)
{
	unsigned level;
	uint64_t word;

	if (!rac_arena_locate(place, words, &level, &word))
		return NULL;
	const uint64_t *base = atomic_load_explicit(&a->levels[level], memory_order_acquire);

	return base != NULL ? base + word : NULL;
}
