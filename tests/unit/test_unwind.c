/*
 * test_unwind.c - call stacks are those that libgcc's unwinder finds, frame by frame, in functions of all
 * shapes, also when libraries come and go; and end cleanly where no tables lead on.
 */
#include "unwind_stack.h"

#include "../stacks/frames.h"
#include "code_fixture.h"
#include "unwind_fixture.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

TestSuite(unwind, .init = unwind_fixture_start, .timeout = 300);

/* Random walks through a library of functions. */
static void walk_randomly(const char *name, int walks, unsigned depth_most)
{
	uint8_t shapes[64];
	void (*go)(struct frames_walk *) = frames_function(name);
	struct comparison c = {0};
	struct frames_walk walk = {.shapes = shapes, .arrived = compare_stacks, .context = &c};

	for (int i = 0; i < walks; i++) {
		walk.count = random_below(depth_most);
		for (size_t j = 0; j < walk.count; j++)
			shapes[j] = (uint8_t)random_below(11);
		go(&walk);
	}
	cr_assert(eq(int, c.stacks, walks));
	cr_assert(eq(int, c.equal, walks), "%s: %s", name, c.difference);
	cr_assert(eq(int, c.complete, walks));
	cr_assert(ge(int, c.deepest, 10));
}

#define WALK(name)                                                 \
	Test(unwind, equals_libgcc_in_functions_built_with_##name) \
	{                                                          \
		walk_randomly(#name, 400, 12);                     \
	}
WALK(O0)
WALK(O2)
WALK(O3)
WALK(pointers)
WALK(checked)
WALK(stripped)
#undef WALK

/* A rule that pushes out another would be worked out anew for each stack with both. */
Test(unwind, forgets_no_rule_while_there_is_room)
{
	walk_randomly("O2", 100, 12);
	walk_randomly("O3", 100, 12);
	cr_assert(eq(u32, rac_load_relaxed(&unwinder->turn), 0));
}

/* The frame itself is told, who called it is not. */
static void check_ends_at(const char *name, void *frame_pointer, enum rac_unwind_end end)
{
	struct comparison c;

	odd_call(name, &c, frame_pointer);
	cr_assert(eq(int, c.frames, 2), "%s: %d frames", name, c.frames);
	cr_assert(eq(int, c.end, end), "%s ends with %d", name, c.end);
	cr_assert(eq(ptr, odd_at(rac_pc_address(c.last)), odd_function(name)));
}

Test(unwind, ends_at_functions_without_tables)
{
	uint8_t shape = 0;
	struct comparison c = {0};
	struct frames_walk walk = {
		.shapes = &shape, .count = 1, .arrived = compare_stacks, .context = &c};

	check_ends_at("odd_without_tables", NULL, RAC_UNWIND_NO_RULE);
	check_ends_at("odd_by_rbx", NULL, RAC_UNWIND_NO_RULE);
	check_ends_at("odd_remembers_much", NULL, RAC_UNWIND_NO_RULE);
	((void (*)(struct frames_walk *))frames_function("no_table"))(&walk);
	cr_assert(eq(int, c.frames, 2));
	cr_assert(eq(int, c.end, RAC_UNWIND_NO_RULE));
}

Test(unwind, ends_where_tables_lead_out_of_the_stack)
{
	char *unmapped = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	/* Not mapped, not canonical, the kernel's, below the frame, beyond the stack, crooked. */
	uintptr_t wrong[] = {0, 8, 4096, (uintptr_t)unmapped, UINT64_C(0x800000000000),
		UINT64_C(0xffffffff80000000), UINTPTR_MAX - 7, UINTPTR_MAX - 15, here - 65536,
		here + (64u << 20), here + 1};
#if defined(__x86_64__)
	bool aligns_stack = true;

	/* Elsewhere a function that calls nobody needs no frame. */
	check_ends_at("odd_no_frame", NULL, RAC_UNWIND_DAMAGED);
#else
	bool aligns_stack = false; /* through memory: no compiler does */
#endif

	check_ends_at("odd_far_up", NULL, RAC_UNWIND_DAMAGED);
	check_ends_at("odd_misaligned", NULL, RAC_UNWIND_NO_RULE);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		check_ends_at("odd_by_frame_pointer", (void *)wrong[i], RAC_UNWIND_DAMAGED);
		check_ends_at("odd_by_memory", (void *)wrong[i],
			aligns_stack ? RAC_UNWIND_DAMAGED : RAC_UNWIND_NO_RULE);
	}
}

Test(unwind, survives_tables_that_lie)
{
	struct comparison c;
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	/* Whatever lies there is taken for frames, and must not be followed off the stack. */
	for (uintptr_t up = 0; up < 16384; up += 8) {
		odd_call("odd_by_frame_pointer", &c, (void *)(here - 256 + up));
		cr_assert(ge(int, c.frames, 2));
		odd_call("odd_by_memory", &c, (void *)(here - 256 + up));
		cr_assert(ge(int, c.frames, 2));
	}
	odd_call("odd_one_page_up", &c, NULL);
	cr_assert(ge(int, c.frames, 2));
}

Test(unwind, ends_at_generated_code)
{
	struct comparison c = {0};
	void (*generated)(void (*)(void *), void *) = generated_function();

	generated(take_stack, &c);
	/* Its address says nothing about the program, and so it is left out. */
	cr_assert(eq(int, c.frames, 1));
	cr_assert(eq(int, c.end, RAC_UNWIND_NO_RULE));
}

Test(unwind, gives_no_more_frames_than_asked_for)
{
	uint64_t frames[64], fewer[64];
	uintptr_t stack[64];
	enum rac_unwind_end end;
	unsigned all = rac_unwind(unwinder, frames, stack, 64, &end);

	cr_assert(eq(int, end, RAC_UNWIND_COMPLETE));
	for (unsigned most = 0; most < all; most++) {
		memset(fewer, 0xee, sizeof(fewer));
		errno = 42;
		cr_assert(eq(uint, rac_unwind(unwinder, fewer, NULL, most, &end), most));
		cr_assert(eq(int, errno, 42));
		cr_assert(eq(int, end, RAC_UNWIND_DEPTH));
		for (unsigned i = 1; i < most; i++)
			cr_assert(eq(u64, fewer[i], frames[i]));
		cr_assert(eq(u64, fewer[most], UINT64_C(0xeeeeeeeeeeeeeeee)));
	}
	for (unsigned i = 1; i < all; i++)
		cr_assert(gt(u64, stack[i], stack[i - 1]));
	cr_assert(lt(u64, (uintptr_t)__builtin_frame_address(0), stack[1]));
}

/* A frame of a plugin that is gone, and one of another in its place: their frames differ in size. */
static int compare_in_plugin(void *context)
{
	compare_stacks(context);
	return 0;
}

Test(unwind, learns_anew_where_another_library_took_the_place)
{
	struct comparison c = {0};
	uintptr_t place = 0;
	uint16_t seen[2] = {0};

	for (int i = 0; i < 6; i++) {
		struct plugin p = plugin_open(1 + i % 2);

		if (place != 0)
			cr_assert(eq(ptr, (void *)p.base, (void *)place));
		place = p.base;
		p.call(compare_in_plugin, &c);
		if (i >= 2)
			cr_assert(eq(u16, rac_pc_module(c.callers), seen[i % 2]));
		seen[i % 2] = rac_pc_module(c.callers);
		plugin_close(&p);
	}
	cr_assert(eq(int, c.equal, 6), "%s", c.difference);
	cr_assert(ne(u16, seen[0], seen[1]));
}

Test(unwind, is_right_while_code_is_unloaded)
{
	struct comparison c = {0};
	struct plugin p = plugin_open(1);

	p.call(compare_in_plugin, &c);
	rac_code_unload_begins();
	dlclose(p.handle);
	p = plugin_open(2);
	p.call(compare_in_plugin, &c);
	p.call(compare_in_plugin, &c);
	rac_code_unload_ends();
	p.call(compare_in_plugin, &c);
	cr_assert(eq(int, c.equal, 4), "%s", c.difference);
}

static atomic_bool stop;
static atomic_int walked; /* stacks of all threads */

static void *walk_until_stopped(void *seed)
{
	uint8_t shapes[8];
	struct comparison *c = calloc(1, sizeof(*c));
	struct frames_walk walk = {.shapes = shapes, .arrived = compare_stacks, .context = c};
	void (*go[2])(struct frames_walk *) = {frames_function("O2"), frames_function("O3")};
	uint64_t random = (uintptr_t)seed;

	while (!atomic_load(&stop)) {
		walk.count = (random >> 33) % 8;
		for (size_t j = 0; j < walk.count; j++)
			shapes[j] = (uint8_t)((random >> (8 + 5 * j)) % 11);
		/* One shape comes back by longjmp, through a variable that all threads share. */
		for (size_t j = 0; j < walk.count; j++)
			shapes[j] = shapes[j] == 8 ? 0 : shapes[j];
		go[random >> 60 & 1](&walk);
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
		atomic_fetch_add(&walked, 1);
	}
	return c;
}

static struct rac_unwind_slot *any_slot(uint64_t random)
{
	return &unwinder->sets[random & (RAC_UNWIND_SETS - 1)].slots[random >> 12 & 3];
}

/* What threads that write one slot at the same time can leave there: halves of different rules. */
static void *mix_halves(void *unused)
{
	uint64_t random = 1;

	while (!atomic_load(&stop)) {
		struct rac_unwind_slot *a = any_slot(random >> 33), *b = any_slot(random >> 46);

		if ((random >> 60 & 1) != 0)
			rac_store_relaxed(&a->rule, rac_load_relaxed(&b->rule));
		else
			rac_store_relaxed(&a->tag, rac_load_relaxed(&b->tag));
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
	}
	return unused;
}

Test(unwind, is_right_in_threads_while_plugins_come_and_go)
{
	pthread_t threads[4], mixer;
	struct comparison mine = {0};

	pthread_create(&mixer, NULL, mix_halves, NULL);
	for (uintptr_t i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, walk_until_stopped, (void *)(i + 1));
	while (atomic_load(&walked) < 1000 || mine.stacks < 150) {
		int i = mine.stacks;
		struct plugin p = plugin_open(1 + i % 2);

		p.call(compare_in_plugin, &mine);
		plugin_close(&p);
	}
	atomic_store(&stop, true);
	pthread_join(mixer, NULL);
	for (int i = 0; i < 4; i++) {
		struct comparison *c;

		pthread_join(threads[i], (void **)&c);
		cr_assert(eq(int, c->equal, c->stacks), "%s", c->difference);
		free(c);
	}
	cr_assert(eq(int, mine.equal, mine.stacks), "%s", mine.difference);
}
