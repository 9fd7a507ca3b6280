/*
 * test_stack.c - frames and names come out of the arena as they went in; foreign words are refused.
 */
#include "stack.h"

#include "ledger_memory.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static struct test_memory memory;
static struct rac_arena a;

static void start(void)
{
	const struct rac_memory m = {test_map, test_unmap, &memory};

	atomic_store(&memory.grants, -1);
	rac_arena_init(&a, &m);
}

TestSuite(stack, .init = start);

Test(stack, frames_come_out_as_they_went_in)
{
	const struct rac_frame in[] = {
		{.language = RAC_LANGUAGE_NATIVE, .module = 65535, .offset = UINT64_MAX},
		{.language = RAC_LANGUAGE_NATIVE, .module = 0, .offset = 0x7f0000001000},
		{.language = RAC_LANGUAGE_PYTHON,
			.line = UINT32_MAX,
			.function = UINT32_MAX - 1,
			.file = 3},
	};
	uint64_t place = rac_stack_put(&a, in, 3);
	const uint64_t *words;

	cr_assert(eq(sz, rac_stack_frames(&a, place, &words), 3));
	for (size_t i = 0; i < 3; i++) {
		struct rac_frame out;

		rac_stack_frame(words, i, &out);
		cr_assert(eq(int, (int)out.language, (int)in[i].language));
		cr_assert(eq(u32, out.module, in[i].module));
		cr_assert(eq(u64, out.offset, in[i].offset));
		cr_assert(eq(u32, out.line, in[i].line));
		cr_assert(eq(u32, out.function, in[i].function));
		cr_assert(eq(u32, out.file, in[i].file));
	}
}

Test(stack, names_come_out_as_they_went_in_and_long_ones_are_cut)
{
	char name[2000];
	uint64_t place = rac_stack_put_text(&a, "train.<locals>.step", 19);

	cr_assert(eq(int, strcmp(rac_stack_text(&a, place), "train.<locals>.step"), 0));
	place = rac_stack_put_text(&a, "8 bytes.", 8);
	cr_assert(eq(int, strcmp(rac_stack_text(&a, place), "8 bytes."), 0));
	memset(name, 'x', sizeof(name));
	place = rac_stack_put_text(&a, name, sizeof(name));
	cr_assert(eq(sz, strlen(rac_stack_text(&a, place)), RAC_TEXT_BYTES_MAX));
}

Test(stack, foreign_words_are_no_stack_and_no_name)
{
	static const uint64_t counts[] = {0, RAC_STACK_FRAMES_MAX + 1, UINT64_MAX};
	const uint64_t *read;
	uint64_t *words;
	uint64_t place = rac_arena_reserve(&a, 2, &words);

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		words[0] = counts[i];
		cr_assert(eq(sz, rac_stack_frames(&a, place, &read), 0));
	}
	words[0] = UINT64_MAX;
	cr_assert(rac_stack_text(&a, place) == NULL);
	words[0] = 7;
	words[1] = UINT64_MAX;
	cr_assert(rac_stack_text(&a, place) == NULL, "no end");
	cr_assert(rac_stack_text(&a, 0) == NULL);
	/* The last word of a level: what it announces lies beyond. */
	place = rac_arena_reserve(&a, RAC_ARENA_WORDS_MAX, &words);
	for (; place < RAC_ARENA_FIRST; place++)
		rac_arena_reserve(&a, 1, &words);
	cr_assert(rac_arena_at(&a, RAC_ARENA_FIRST, 1) != NULL);
	*(uint64_t *)(uintptr_t)rac_arena_at(&a, RAC_ARENA_FIRST, 1) = 1;
	cr_assert(eq(sz, rac_stack_frames(&a, RAC_ARENA_FIRST, &read), 0));
	cr_assert(rac_stack_text(&a, RAC_ARENA_FIRST) == NULL);
}

Test(stack, none_and_too_many_frames_are_no_stack)
{
	static struct rac_frame frames[RAC_STACK_FRAMES_MAX + 1];

	cr_assert(eq(u64, rac_stack_put(&a, frames, 0), 0));
	cr_assert(ne(u64, rac_stack_put(&a, frames, RAC_STACK_FRAMES_MAX), 0));
	cr_assert(eq(u64, rac_stack_put(&a, frames, RAC_STACK_FRAMES_MAX + 1), 0));
	atomic_store(&memory.grants, 0);
	start();
	atomic_store(&memory.grants, 0);
	cr_assert(eq(u64, rac_stack_put(&a, frames, 1), 0));
}
