/*
 * arena.h - room for what is written once and read for as long as the record is: frames of stacks, names.
 * What is in it is the caller's business.
 *
 * Any number of threads may put at once; none waits. What was put never moves and is never freed. A
 * place is a number, counted in words of 8 bytes from the start of the arena, so that it means the same
 * in every process; 0 is no place.
 */
#ifndef RAC_ARENA_H
#define RAC_ARENA_H

#include "atomics.h"
#include "memory.h"
#include <stddef.h>

/* 64 KiB, then each level twice the size of the one before: 4 GiB in all. */
#define RAC_ARENA_LEVELS    16
#define RAC_ARENA_FIRST     UINT64_C(8192) /* words */
#define RAC_ARENA_WORDS_MAX 1024           /* in one put */

struct rac_arena {
	struct rac_memory memory;
	_Atomic(uint64_t *) levels[RAC_ARENA_LEVELS];
	rac_atomic_u64 used; /* words, counted from 1 */
};

void rac_arena_init(struct rac_arena *a, const struct rac_memory *memory);

/*
 * Room for `words` words, zeroed, which the caller fills before he tells anybody the place, with a
 * release. 0: no memory, or more than RAC_ARENA_WORDS_MAX. The words are at *out.
 */
uint64_t rac_arena_reserve(struct rac_arena *a, size_t words, uint64_t **out);

/* The words at a place; NULL when they were never put. */
const uint64_t *rac_arena_at(const struct rac_arena *a, uint64_t place, size_t words);

/* For who lays levels out in a record and who reads them there: in which level a place is and how many
 * words after its start, and how long a level is in words. False: beyond the last level, or across the
 * end of one. */
bool rac_arena_locate(uint64_t place, size_t words, unsigned *level, uint64_t *word);
uint64_t rac_arena_level_words(unsigned level);

#endif
