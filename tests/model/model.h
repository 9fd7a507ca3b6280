/*
 * model.h - a checker that runs small multi-threaded programs in every order that matters, on a machine
 * whose memory is as weak as C11 allows. What is run is in the scenario files, how is in explore.c
 * (orders) and weak_memory.c (values).
 *
 * A scenario is run again and again, each time with other choices: which thread makes the next step, and
 * which of the stores that a load may see it sees. A step is an access to an atomic word that two threads
 * touch and one of them writes; the code under test reaches the checker through include/stdatomic.h.
 * Two beginnings of a run in which every thread has read the same stores are one and the same state; a
 * state is left again only the first time that it is met. So the search is exhaustive, and ends.
 */
#ifndef RAC_MODEL_H
#define RAC_MODEL_H

#include "memory.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_THREADS 4

struct model_scenario {
	const char *name;
	const char *claim; /* one line: what holds in each state */
	unsigned threads;
	void (*setup)(void);             /* before the threads; the checker does not choose here */
	void (*thread)(unsigned number); /* from 0 */
	void (*finish)(void);            /* after all threads ended: they are seen in full */
	unsigned deaths;                 /* so many threads may stop for good at any step … */
	unsigned mortals;                /* … one bit each for those who may */
	unsigned spurious;               /* how often a weak exchange may fail for nothing */
	unsigned preemptions;            /* most of them in one run; 0: any number */
	unsigned stale;                  /* most loads in one run that see an older store; 0: any */
};

/* Each ends with one that has no name. */
extern const struct model_scenario model_tracker[], model_ledger[], model_sites[], model_group[],
	model_account[];

struct model_result {
	bool failed;
	uint64_t runs, states, steps;
	double seconds;
};

/* Explores a scenario. A failure is told on stdout, with the steps that lead there, unless quiet. */
struct model_result model_explore(const struct model_scenario *scenario, bool quiet);

/* Checks the checker: programs of two to four steps whose possible results are known. */
bool model_litmus(void);

/*
 * For scenarios.
 */
#define model_claim(holds, ...) ((holds) ? (void)0 : model_fail(MODEL_WHERE, __VA_ARGS__))
void model_fail(const char *where, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* Zeroed memory for one run; it cannot run out. */
void *model_allocate(size_t bytes);
/* The same as core/memory.h wants it, and as it is if no more is to be had. Whoever touches such memory
 * without having been told of it by the thread that mapped it fails. */
const struct rac_memory *model_memory(void);
void model_memory_refuse(unsigned after); /* so many maps succeed; UINT32_MAX: all */
uint64_t model_memory_mapped(void);       /* bytes, less those handed back */

/* For words that are no atomics: fails where such memory was not published to this thread. */
void model_touch(const void *at);

/* Words in there are counters whose old values nobody uses when he adds to them: where all that threads
 * do is add, the order does not matter. */
void model_counters(const void *at, size_t bytes);

/* A step on something that all see alike, as under a lock of its own; `synchronises`: which also orders
 * memory, as a lock does. */
void model_step(const void *what, bool synchronises, const char *where);

/* An event of this thread, and whether this thread knows that another's happened before. */
struct model_event {
	unsigned thread, number;
};
struct model_event model_happen(void);
bool model_happened(struct model_event event);

/* In litmus tests: one result of a run. */
void model_result_is(unsigned result);
uint32_t model_results(void); /* all that there were, one bit each */

/*
 * Between explore.c, weak_memory.c and room.c.
 */
int model_self(void);               /* the thread that runs; -1: setup or finish */
unsigned model_choose(unsigned n);  /* 0 .. n - 1 */
void model_yield(const char *what); /* before a step: others may go first */
bool model_may_fail_spuriously(void);
void model_failed_spuriously(void);
bool model_may_be_stale(void);
void model_was_stale(void);
bool model_is_looking(void); /* runs that find out what is shared */
void model_note(
	const char *what, const char *where, const volatile void *at, uint64_t value, unsigned age);
void model_memory_begin(void);   /* a run */
void model_memory_restart(void); /* a scenario */
bool model_memory_learned(void); /* more words are shared than was known */
uint64_t model_memory_state(unsigned thread);
void model_room_begin(void);
bool model_room_is_counter(const volatile void *at);
/* Fails where somebody mapped this memory and this thread was not told. */
void model_room_check(const volatile void *at, const char *where);

#endif
