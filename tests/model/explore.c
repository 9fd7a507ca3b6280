/*
 * explore.c - runs a scenario in every order: a search in depth over the choices of thread and of store,
 * without a stack of states: each run begins anew and repeats the choices up to the last one that has
 * another way left. What a load may see is weak_memory.c's.
 *
 * The threads are coroutines of one thread, so a run is deterministic but for the choices. Before each
 * step a thread hands over to the scheduler, which looks whether the state was met before (what each
 * thread has read says it all: model_memory_state) and cuts the run short if so: what follows was seen
 * or is on its way.
 */
#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

#define CHOICES     4096 /* in one run */
#define STEPS_MOST  20000
#define STACK_BYTES (256u << 10)
#define LOOKS       400 /* runs that find out what is shared */
#define NOTES       4096
#define SHOWN       80
#define STATES_MOST (UINT64_C(1) << 25)

enum { RAN, CUT_SHORT, FAILED };
enum { NOBODY = -1, MET_BEFORE = -2 };

struct choice {
	uint16_t options, taken;
};

struct note {
	int thread;
	const char *what, *where;
	const volatile void *at;
	uint64_t value;
	unsigned age;
};

static const struct model_scenario *scenario;
static struct choice choices[CHOICES];
static unsigned choice_count, repeated; /* so many are given */
static bool looking;

static char stacks[MODEL_THREADS][STACK_BYTES] __attribute__((aligned(64)));
static ucontext_t contexts[MODEL_THREADS];
static jmp_buf scheduler, tops[MODEL_THREADS], resumes[MODEL_THREADS];
static bool is_made[MODEL_THREADS], has_ended[MODEL_THREADS], is_inside[MODEL_THREADS];
static int self = -1;
static unsigned deaths_left, spurious_left, preemptions, stale_left;
static uint64_t steps, steps_of_run;

static uint64_t *states;
static uint64_t state_count, state_room;

static struct note notes[NOTES];
static unsigned note_count;
static char failure[512];
static const char *failed_at;
static uint32_t results; /* of a litmus test, one bit each */

int model_self(void)
{
	return self;
}

bool model_is_looking(void)
{
	return looking;
}

void model_result_is(unsigned result)
{
	results |= UINT32_C(1) << result;
}

void model_note(
	const char *what, const char *where, const volatile void *at, uint64_t value, unsigned age)
{
	if (note_count < NOTES)
		notes[note_count++] = (struct note){self, what, where, at, value, age};
}

/* In a thread it does not return there; in setup and finish it does, into run_once. */
void model_fail(const char *where, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(failure, sizeof(failure), format, arguments);
	va_end(arguments);
	failed_at = where;
	_longjmp(scheduler, FAILED);
}

unsigned model_choose(unsigned n)
{
	if (n <= 1 || looking)
		return looking && n > 1 ? (unsigned)rand() % n : 0;
	if (choice_count == CHOICES)
		model_fail(MODEL_WHERE, "more choices in one run than the checker keeps");
	if (choice_count >= repeated)
		choices[choice_count] = (struct choice){.options = (uint16_t)n};
	return choices[choice_count++].taken;
}

bool model_may_fail_spuriously(void)
{
	return spurious_left > 0;
}

void model_failed_spuriously(void)
{
	spurious_left--;
}

bool model_may_be_stale(void)
{
	return scenario->stale == 0 || stale_left > 0;
}

void model_was_stale(void)
{
	stale_left -= scenario->stale > 0;
}

/* Adds the state to those that were met. False: it was there. */
static bool meet(uint64_t state)
{
	if (state == 0)
		state = 1;
	if (state_count * 2 >= state_room) {
		uint64_t *old = states, old_room = state_room;

		if (state_count >= STATES_MOST)
			model_fail(MODEL_WHERE, "more states than the checker keeps");
		state_room = old_room > 0 ? old_room * 2 : UINT64_C(1) << 16;
		states = calloc(state_room, sizeof(*states));
		state_count = 0;
		for (uint64_t i = 0; i < old_room; i++)
			if (old[i] != 0)
				meet(old[i]);
		free(old);
	}
	uint64_t i = state * UINT64_C(0x9e3779b97f4a7c15) >> 20;

	for (;; i++) {
		uint64_t *place = &states[i & (state_room - 1)];

		if (*place == state)
			return false;
		if (*place == 0) {
			*place = state;
			state_count++;
			return true;
		}
	}
}

static uint64_t state_now(void)
{
	uint64_t state = deaths_left * 3 + spurious_left * 17 + stale_left * 97;

	for (unsigned t = 0; t < scenario->threads; t++) {
		state = (state ^ model_memory_state(t)) * UINT64_C(0xd6e8feb86659fd93);
		state ^= state >> 29;
		state += has_ended[t];
	}
	/* Where preemptions are counted, who runs and how many are left make a difference. */
	if (scenario->preemptions > 0)
		state = (state + (uint64_t)self + 2) * 31 + preemptions;
	return state;
}

static void enter(unsigned t)
{
	self = (int)t;
	if (is_inside[t])
		_longjmp(resumes[t], 1);
	is_inside[t] = true;
	if (is_made[t])
		_longjmp(tops[t], 1);
	is_made[t] = true;
	setcontext(&contexts[t]);
	abort();
}

/* A thread for all runs: each begins at the top again, wherever the last one was left. */
static void live(void)
{
	_setjmp(tops[self]);
	scenario->thread((unsigned)self);
	has_ended[self] = true;
	_longjmp(scheduler, 1);
}

void model_yield(const char *what)
{
	if (++steps_of_run > STEPS_MOST)
		model_fail(what, "no thread makes progress");
	steps++;
	if (_setjmp(resumes[self]) == 0)
		_longjmp(scheduler, 1);
}

/* Whose step is next, or NOBODY when all have ended, or MET_BEFORE. */
static int next_thread(void)
{
	unsigned order[2 * MODEL_THREADS], n = 0, living = 0;
	int current = self >= 0 && !has_ended[self] ? self : -1;

	/* Up to its first step each goes by itself. */
	for (unsigned t = 0; t < scenario->threads; t++)
		if (!is_inside[t])
			return (int)t;
	if (current >= 0)
		order[n++] = (unsigned)current;
	for (unsigned t = 0; t < scenario->threads; t++)
		if (!has_ended[t] && (int)t != current &&
			(current < 0 || scenario->preemptions == 0 || preemptions > 0))
			order[n++] = t;
	living = n;
	if (living == 0)
		return NOBODY;
	for (unsigned i = 0; i < living && deaths_left > 0; i++)
		if ((scenario->mortals >> order[i] & 1) != 0)
			order[n++] = order[i] | 0x80;
	if (!looking && choice_count >= repeated && !meet(state_now()))
		return MET_BEFORE;
	unsigned chosen = order[model_choose(n)];

	if (chosen & 0x80) {
		deaths_left--;
		has_ended[chosen & 0x7f] = true;
		model_note("dies", "", NULL, 0, 0);
		return next_thread();
	}
	if (current >= 0 && (int)chosen != current)
		preemptions--;
	return (int)chosen;
}

static int run_once(void)
{
	choice_count = note_count = 0;
	steps_of_run = 0;
	self = -1;
	deaths_left = scenario->deaths;
	spurious_left = scenario->spurious;
	preemptions = scenario->preemptions;
	stale_left = scenario->stale;
	memset(has_ended, 0, sizeof(has_ended));
	memset(is_inside, 0, sizeof(is_inside));
	model_memory_begin();
	switch (_setjmp(scheduler)) {
	case 0:
		scenario->setup();
		break;
	case FAILED:
		return FAILED;
	}
	/* Threads come back to here before each step. */
	int next = next_thread();

	if (next >= 0)
		enter((unsigned)next);
	self = -1;
	if (next == MET_BEFORE)
		return CUT_SHORT;
	scenario->finish();
	return RAN;
}

static void show_failure(void)
{
	printf("%s: %s\n  at %s\n", scenario->name, failure, failed_at);
	if (note_count > SHOWN)
		printf("  (%u steps before these)\n", note_count - SHOWN);
	for (unsigned i = note_count > SHOWN ? note_count - SHOWN : 0; i < note_count; i++) {
		const struct note *n = &notes[i];

		printf("  thread %d  %-11s %-28s %p %#llx%s\n", n->thread, n->what, n->where,
			(void *)(uintptr_t)n->at, (unsigned long long)n->value,
			n->age > 0 ? "  (an older one)" : "");
	}
}

/* Goes to the next way that was not taken. False: there is none. */
static bool advance(void)
{
	while (choice_count > 0 &&
		choices[choice_count - 1].taken + 1 >= choices[choice_count - 1].options)
		choice_count--;
	if (choice_count == 0)
		return false;
	choices[choice_count - 1].taken++;
	repeated = choice_count;
	return true;
}

static void forget_states(void)
{
	free(states);
	states = NULL;
	state_count = state_room = 0;
	repeated = 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void make_thread(unsigned t)
{
	if (is_made[t])
		return;
	getcontext(&contexts[t]);
	contexts[t].uc_stack.ss_sp = stacks[t];
	contexts[t].uc_stack.ss_size = STACK_BYTES;
	makecontext(&contexts[t], live, 0);
}

struct model_result model_explore(const struct model_scenario *what, bool quiet)
{
	struct model_result result = {0};
	double start = now();
	int outcome = RAN;

	scenario = what;
	steps = 0;
	results = 0;
	model_memory_restart();
	for (unsigned t = 0; t < what->threads; t++)
		make_thread(t);
	srand(1);
	looking = true;
	for (unsigned i = 0; i < LOOKS && outcome != FAILED; i++)
		outcome = run_once();
	looking = false;
	forget_states();
	results = 0;
	while (outcome != FAILED) {
		outcome = run_once();
		result.runs++;
		if (model_memory_learned() && outcome != FAILED) {
			/* More is shared than was known: what was explored had too few steps. */
			forget_states();
			results = 0;
		} else if (outcome == FAILED || !advance()) {
			break;
		}
	}
	result.failed = outcome == FAILED;
	result.states = state_count;
	result.steps = steps;
	result.seconds = now() - start;
	if (result.failed && !quiet)
		show_failure();
	forget_states();
	return result;
}

uint32_t model_results(void)
{
	return results;
}
