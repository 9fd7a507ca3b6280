/*
 * test_unwind_stacks.c - call stacks equal libgcc's on whichever memory they lie: a thread's own, that of
 * signal handlers, of coroutines; and nothing is read beyond it.
 */
#include "../stacks/frames.h"
#include "unwind_fixture.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

TestSuite(unwind_stacks, .init = unwind_fixture_start, .timeout = 300);

static struct comparison in_handler;

static void on_signal(int number)
{
	(void)number;
	compare_stacks(&in_handler);
}

static void raise_it(void *context)
{
	(void)context;
	raise(SIGUSR1);
}

static void check_signal(int flags)
{
	uint8_t shapes[] = {1, 4, 3, 9, 2};
	struct frames_walk walk = {.shapes = shapes, .count = 5, .arrived = raise_it};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};

	sigaction(SIGUSR1, &action, NULL);
	for (int i = 0; i < 3; i++)
		((void (*)(struct frames_walk *))frames_function("O2"))(&walk);
	cr_assert(eq(int, in_handler.stacks, 3));
	cr_assert(eq(int, in_handler.equal, 3), "%s", in_handler.difference);
	cr_assert(eq(int, in_handler.complete, 3));
	cr_assert(ge(int, in_handler.frames, 10));
}

Test(unwind_stacks, goes_on_behind_a_signal_handler)
{
	check_signal(0);
}

Test(unwind_stacks, goes_on_behind_a_signal_handler_on_a_stack_of_its_own)
{
	stack_t stack = {.ss_size = 65536, .ss_sp = fixture_map(65536)};

	sigaltstack(&stack, NULL);
	check_signal(SA_ONSTACK);
}

/* Stacks of other threads: one as small as it may be, one that the program provides. */
static void *walk_on_thread(void *depth)
{
	uint8_t shapes[] = {1, 4, 9, 1, 1, 1};
	struct comparison c = {0};
	struct frames_walk walk = {.shapes = shapes,
		.count = (size_t)(uintptr_t)depth,
		.arrived = compare_stacks,
		.context = &c};

	for (int i = 0; i < 3; i++)
		((void (*)(struct frames_walk *))frames_function("O2"))(&walk);
	return (void *)(uintptr_t)(c.equal == 3 && c.complete == 3);
}

static bool thread_is_right(size_t bytes, void *memory, uintptr_t depth)
{
	pthread_attr_t attributes;
	pthread_t thread;
	void *right = NULL;

	pthread_attr_init(&attributes);
	if (memory != NULL)
		pthread_attr_setstack(&attributes, memory, bytes);
	else if (bytes != 0)
		pthread_attr_setstacksize(&attributes, bytes);
	cr_assert(eq(int, pthread_create(&thread, &attributes, walk_on_thread, (void *)depth), 0));
	pthread_join(thread, &right);
	return right != NULL;
}

static void *do_nothing(void *unused)
{
	return unused;
}

/* AddressSanitizer starts a thread on that thread's stack, and does not survive one that is too small for it. */
#ifdef __SANITIZE_ADDRESS__
#define SANITIZER_NEEDS 262144
#else
#define SANITIZER_NEEDS 0
#endif

static size_t least_stack(void)
{
	size_t bytes = (size_t)sysconf(_SC_THREAD_STACK_MIN) + SANITIZER_NEEDS;
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	for (;; bytes += 4096) {
		pthread_attr_setstacksize(&attributes, bytes);
		if (pthread_create(&thread, &attributes, do_nothing, NULL) == 0)
			break;
	}
	pthread_join(thread, NULL);
	return bytes;
}

Test(unwind_stacks, is_right_on_stacks_of_threads)
{
	/* What a thread may have at least depends on all thread-local variables of the program. libgcc and
	 * the comparison need some more. */
	size_t small = least_stack() + 16384;

	cr_assert(thread_is_right(0, NULL, 6));
	cr_assert(thread_is_right(small, NULL, 1));
	cr_assert(thread_is_right(2u << 20, fixture_map(2u << 20), 6));
	cr_assert(thread_is_right(64u << 20, NULL, 6));
}

/* Coroutines: each on a stack of its own, with nothing mapped behind it. */
#define COROUTINE_BYTES 131072

static ucontext_t home, away;
static struct comparison on_coroutine;

static void coroutine(void)
{
	uint8_t shapes[8];
	struct frames_walk walk = {
		.shapes = shapes, .arrived = compare_stacks, .context = &on_coroutine};

	for (int i = 0; i < 3; i++) {
		walk.count = random_below(8);
		for (size_t j = 0; j < walk.count; j++)
			shapes[j] = (uint8_t)random_below(11);
		((void (*)(struct frames_walk *))frames_function("O2"))(&walk);
	}
}

static char *enter_coroutine(void)
{
	char *memory = fixture_map(COROUTINE_BYTES + 8192);

	/* A hole on either side, so that going too far would be noticed. */
	munmap(memory, 4096);
	munmap(memory + 4096 + COROUTINE_BYTES, 4096);
	getcontext(&away);
	away.uc_stack.ss_sp = memory + 4096;
	away.uc_stack.ss_size = COROUTINE_BYTES;
	away.uc_link = &home;
	makecontext(&away, coroutine, 0);
	swapcontext(&home, &away);
	return memory + 4096;
}

Test(unwind_stacks, is_right_on_stacks_of_coroutines)
{
	struct comparison c = {0};

	for (int i = 0; i < 100; i++) {
		char *memory = enter_coroutine();

		compare_stacks(&c);
		/* The next one lies elsewhere, at times across its place. */
		munmap(memory, COROUTINE_BYTES);
	}
	cr_assert(eq(int, on_coroutine.stacks, 300));
	cr_assert(eq(int, on_coroutine.equal, 300), "%s", on_coroutine.difference);
	cr_assert(eq(int, c.equal, 100), "%s", c.difference);
	cr_assert(eq(int, c.complete, 100));
}

static char *lying_stack;

static void lying_coroutine(void)
{
	struct comparison c;
	uintptr_t top = (uintptr_t)lying_stack + COROUTINE_BYTES;

	/* The same places were stack a moment ago. */
	for (uintptr_t at = top - 4096; at < top + 8192; at += 8) {
		odd_call("odd_by_frame_pointer", &c, (void *)at);
		odd_call("odd_by_memory", &c, (void *)at);
	}
}

Test(unwind_stacks, reads_nothing_beyond_a_stack_that_was_larger)
{
	char *memory = enter_coroutine();

	munmap(memory + COROUTINE_BYTES / 2, COROUTINE_BYTES / 2);
	lying_stack = memory - COROUTINE_BYTES / 2;
	getcontext(&away);
	away.uc_stack.ss_sp = memory;
	away.uc_stack.ss_size = COROUTINE_BYTES / 2;
	away.uc_link = &home;
	makecontext(&away, lying_coroutine, 0);
	swapcontext(&home, &away);
}
