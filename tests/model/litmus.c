/*
 * litmus.c - checks the checker: each program here is so small that C11 itself says what can come of it;
 * the checker must find exactly that. A result is the bits that the threads read.
 */
#include "model.h"

#include "atomics.h"
#include <stdio.h>

static rac_atomic_u64 x, y;
static unsigned bits;

static void start(void)
{
	rac_store_relaxed(&x, 0);
	rac_store_relaxed(&y, 0);
	bits = 0;
}

static void finish(void)
{
	model_result_is(bits);
}

static void saw(unsigned bit, uint64_t value)
{
	bits |= (unsigned)(value != 0) << bit;
}

#define STORE_BUFFER(name, store, load, fence)            \
	static void name(unsigned thread)                 \
	{                                                 \
		store(thread == 0 ? &x : &y, 1);          \
		fence;                                    \
		saw(thread, load(thread == 0 ? &y : &x)); \
	}

STORE_BUFFER(buffer_relaxed, rac_store_relaxed, rac_load_relaxed, (void)0)
STORE_BUFFER(buffer_acquire, rac_store_release, rac_load_acquire, (void)0)
STORE_BUFFER(buffer_seq_cst, rac_store_seq_cst, rac_load_seq_cst, (void)0)
STORE_BUFFER(buffer_fence, rac_store_relaxed, rac_load_relaxed,
	atomic_thread_fence(memory_order_seq_cst))

#define MESSAGE(name, store, load, before, after)     \
	static void name(unsigned thread)             \
	{                                             \
		if (thread == 0) {                    \
			rac_store_relaxed(&x, 1);     \
			before;                       \
			store(&y, 1);                 \
		} else {                              \
			saw(0, load(&y));             \
			after;                        \
			saw(1, rac_load_relaxed(&x)); \
		}                                     \
	}

MESSAGE(message_relaxed, rac_store_relaxed, rac_load_relaxed, (void)0, (void)0)
MESSAGE(message_release, rac_store_release, rac_load_relaxed, (void)0, (void)0)
MESSAGE(message_acquire, rac_store_relaxed, rac_load_acquire, (void)0, (void)0)
MESSAGE(message_both, rac_store_release, rac_load_acquire, (void)0, (void)0)
MESSAGE(message_fences, rac_store_relaxed, rac_load_relaxed,
	atomic_thread_fence(memory_order_release), atomic_thread_fence(memory_order_acquire))

/* A read-modify-write passes on what the store before it carried; a plain store does not. */
static void sequence(unsigned thread)
{
	if (thread == 0) {
		rac_store_relaxed(&x, 1);
		rac_store_release(&y, 1);
	} else if (thread == 1) {
		rac_fetch_add_relaxed(&y, 2);
	} else if (rac_load_acquire(&y) == 3) {
		saw(0, 1);
		saw(1, rac_load_relaxed(&x));
	}
}

static void coherence(unsigned thread)
{
	if (thread == 0) {
		rac_store_relaxed(&x, 1);
	} else {
		saw(0, rac_load_relaxed(&x));
		saw(1, rac_load_relaxed(&x));
	}
}

#define INDEPENDENT(name, store, load)                            \
	static void name(unsigned thread)                         \
	{                                                         \
		if (thread < 2) {                                 \
			store(thread == 0 ? &x : &y, 1);          \
			return;                                   \
		}                                                 \
		saw(2 * thread - 4, load(thread == 2 ? &x : &y)); \
		saw(2 * thread - 3, load(thread == 2 ? &y : &x)); \
	}

INDEPENDENT(independent_acquire, rac_store_release, rac_load_acquire)
INDEPENDENT(independent_seq_cst, rac_store_seq_cst, rac_load_seq_cst)

static void lost_update(unsigned thread)
{
	(void)thread;
	rac_store_relaxed(&x, rac_load_relaxed(&x) + 1);
}

static void no_lost_update(unsigned thread)
{
	(void)thread;
	rac_fetch_add_relaxed(&x, 1);
}

static void finish_count(void)
{
	model_result_is((unsigned)rac_load_relaxed(&x));
}

static void one_winner(unsigned thread)
{
	uint64_t expected = 0;

	saw(thread, rac_cas_strong_acquire(&x, &expected, thread + 1));
}

#define BIT(result) (UINT32_C(1) << (result))
#define ALL(count)  ((UINT32_C(1) << (count)) - 1)

static const struct {
	struct model_scenario scenario;
	uint32_t results;
} tests[] = {
#define TEST(text, threads_, thread_, finish_, results_) \
	{                                                \
		{.name = text,                           \
			.threads = threads_,             \
			.setup = start,                  \
			.thread = thread_,               \
			.finish = finish_},              \
			results_                         \
	}
	TEST("store buffering, relaxed", 2, buffer_relaxed, finish, ALL(4)),
	TEST("store buffering, release and acquire", 2, buffer_acquire, finish, ALL(4)),
	TEST("store buffering, sequentially consistent", 2, buffer_seq_cst, finish,
		ALL(4) & ~BIT(0)),
	TEST("store buffering, fences", 2, buffer_fence, finish, ALL(4) & ~BIT(0)),
	TEST("message passing, relaxed", 2, message_relaxed, finish, ALL(4)),
	TEST("message passing, release alone", 2, message_release, finish, ALL(4)),
	TEST("message passing, acquire alone", 2, message_acquire, finish, ALL(4)),
	TEST("message passing, release and acquire", 2, message_both, finish, ALL(4) & ~BIT(1)),
	TEST("message passing, fences", 2, message_fences, finish, ALL(4) & ~BIT(1)),
	TEST("release sequence", 3, sequence, finish, BIT(0) | BIT(3)),
	TEST("coherence of two loads", 2, coherence, finish, ALL(4) & ~BIT(1)),
	TEST("independent reads, acquire", 4, independent_acquire, finish, ALL(16)),
	TEST("independent reads, sequentially consistent", 4, independent_seq_cst, finish,
		ALL(16) & ~BIT(5)),
	TEST("an addition in two steps", 2, lost_update, finish_count, BIT(1) | BIT(2)),
	TEST("an addition in one step", 2, no_lost_update, finish_count, BIT(2)),
	TEST("compare and exchange", 2, one_winner, finish, BIT(1) | BIT(2)),
#undef TEST
};

bool model_litmus(void)
{
	bool good = true;

	for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		struct model_result r = model_explore(&tests[i].scenario, false);

		if (!r.failed && model_results() == tests[i].results)
			continue;
		good = false;
		printf("litmus: %s: results %#x, C11 says %#x\n", tests[i].scenario.name,
			model_results(), tests[i].results);
	}
	return good;
}
