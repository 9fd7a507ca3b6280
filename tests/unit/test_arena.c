/*
 * test_arena.c - what is put into an arena stays where it is, apart from all else, for every thread.
 */
#include "arena.h"

#include "ledger_memory.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>

#define THREADS 4
#define PUTS    20000

static struct test_memory memory;
static struct rac_arena a;

static void start(void)
{
	const struct rac_memory m = {test_map, test_unmap, &memory};

	atomic_store(&memory.grants, -1);
	rac_arena_init(&a, &m);
}

TestSuite(arena, .init = start);

Test(arena, nothing_is_mapped_before_the_first_put)
{
	cr_assert(eq(u64, atomic_load(&memory.mapped), 0));
	cr_assert(rac_arena_at(&a, 1, 1) == NULL);
}

Test(arena, words_are_found_at_their_place)
{
	uint64_t *words;
	uint64_t place = rac_arena_reserve(&a, 3, &words);

	cr_assert(ne(u64, place, 0));
	cr_assert(eq(u64, words[0] | words[1] | words[2], 0));
	words[2] = 42;
	cr_assert(eq(u64, rac_arena_at(&a, place, 3)[2], 42));
}

Test(arena, no_put_crosses_the_end_of_a_level)
{
	for (int i = 0; i < 200; i++) {
		uint64_t *words;
		uint64_t place = rac_arena_reserve(&a, 1000, &words);

		words[0] = place;
		words[999] = ~place;
	}
	unsigned level;
	uint64_t word;

	cr_assert(eq(int, rac_arena_locate(RAC_ARENA_FIRST, 1, &level, &word), true));
	cr_assert(eq(u32, level, 0));
	cr_assert(eq(int, rac_arena_locate(RAC_ARENA_FIRST, 2, &level, &word), false));
	cr_assert(eq(int, rac_arena_locate(RAC_ARENA_FIRST + 1, 2, &level, &word), true));
	cr_assert(eq(u32, level, 1));
	cr_assert(eq(u64, word, 0));
}

Test(arena, places_that_were_never_put_are_nowhere)
{
	uint64_t *words;

	rac_arena_reserve(&a, 1, &words);
	cr_assert(rac_arena_at(&a, 0, 1) == NULL);
	cr_assert(rac_arena_at(&a, UINT64_MAX, 1) == NULL);
	cr_assert(rac_arena_at(&a, RAC_ARENA_FIRST << 20, 1) == NULL);
	cr_assert(rac_arena_at(&a, RAC_ARENA_FIRST + 1, 1) == NULL);
}

Test(arena, too_much_or_no_memory_is_no_place)
{
	uint64_t *words;

	cr_assert(eq(u64, rac_arena_reserve(&a, 0, &words), 0));
	cr_assert(eq(u64, rac_arena_reserve(&a, RAC_ARENA_WORDS_MAX + 1, &words), 0));
	atomic_store(&memory.grants, 0);
	cr_assert(eq(u64, rac_arena_reserve(&a, 1, &words), 0));
	atomic_store(&memory.grants, -1);
	cr_assert(ne(u64, rac_arena_reserve(&a, 1, &words), 0));
}

static void *put_many(void *mark)
{
	static _Thread_local uint64_t places[PUTS];
	uint64_t wrong = 0;

	for (uint64_t i = 0; i < PUTS; i++) {
		uint64_t *words;
		size_t n = 1 + i % 7;

		places[i] = rac_arena_reserve(&a, n, &words);
		for (size_t w = 0; w < n; w++)
			words[w] = (uint64_t)(uintptr_t)mark << 32 | i;
	}
	for (uint64_t i = 0; i < PUTS; i++)
		for (size_t w = 0; w < 1 + i % 7; w++)
			wrong += rac_arena_at(&a, places[i], 1 + i % 7)[w] !=
				((uint64_t)(uintptr_t)mark << 32 | i);
	return (void *)(uintptr_t)wrong;
}

Test(arena, threads_never_share_a_word)
{
	pthread_t threads[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, put_many, (void *)(i + 1));
	for (int i = 0; i < THREADS; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		cr_assert(eq(ptr, wrong, NULL));
	}
}
