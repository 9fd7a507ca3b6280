/*
 * weak_memory.c - the memory of the simulated machine: which stores a load may see, and what a thread
 * knows after it. Which of them it sees, and whose step is next, is explore.c's choice.
 *
 * Each shared word keeps its stores in the order in which they were made. A thread has a view: of each
 * word the oldest store that it may still see. A load may see that one or any later one, and raises the
 * view to it. A store with release carries the view of its thread, a load with acquire takes over what the
 * store that it sees carries; read-modify-writes see the newest store and pass on what it carried. That is
 * C11's happens-before with coherence and release sequences. A sequentially consistent load sees
 * nothing older than the newest sequentially consistent store of the word.
 *
 * Not simulated: stores of different threads that end up in another order than they were made in, and
 * loads that see a store of the future (load buffering). No machine that we build for lets the first
 * happen to one word, nor the second where the store depends on the load.
 *
 * A word that only one thread touches, or that none writes, needs none of that. Which these are is
 * found out by running: see model_memory_learned.
 */
#include "model.h"

#include <string.h>

#define WORDS     64 /* of those that are shared */
#define STORES    96 /* of one word in one run */
#define ADDRESSES 8192

struct view {
	uint8_t at[WORDS];
};

struct store {
	uint64_t value;
	uint64_t name; /* the same in all runs in which the same led to it */
	struct view carried;
};

struct word {
	const volatile void *at;
	unsigned count, newest_seq_cst;
	struct store stores[STORES];
};

/* What is known of an address; the first half stays from run to run. */
struct address {
	const volatile void *at;
	uint8_t threads; /* one bit each */
	bool is_written, is_more_than_added_to;
	uint32_t run; /* in which `word` was set */
	unsigned word;
};

static struct address addresses[ADDRESSES];
static unsigned address_count;
static bool learned;

static uint32_t run;
static struct word words[WORDS];
static unsigned word_count;
static struct view views[MODEL_THREADS], acquired[MODEL_THREADS], released[MODEL_THREADS];
static struct view fenced;
static uint64_t names[MODEL_THREADS];
static bool has_stored[MODEL_THREADS]; /* since its last read-modify-write */
static const char fence_word;

static uint64_t mix(uint64_t a, uint64_t b)
{
	a ^= b + UINT64_C(0x9e3779b97f4a7c15) + (a << 6) + (a >> 2);
	a *= UINT64_C(0xff51afd7ed558ccd);
	return a ^ (a >> 33);
}

static void join(struct view *into, const struct view *from)
{
	for (unsigned i = 0; i < WORDS; i++)
		if (from->at[i] > into->at[i])
			into->at[i] = from->at[i];
}

void model_memory_begin(void)
{
	run++;
	/* The first words are the threads' own clocks: see model_happen. */
	word_count = MODEL_THREADS;
	memset(views, 0, sizeof(views));
	memset(acquired, 0, sizeof(acquired));
	memset(released, 0, sizeof(released));
	memset(&fenced, 0, sizeof(fenced));
	memset(names, 0, sizeof(names));
	memset(has_stored, 0, sizeof(has_stored));
	model_room_begin();
	learned = false;
}

void model_memory_restart(void)
{
	memset(addresses, 0, sizeof(addresses));
	address_count = 0;
}

bool model_memory_learned(void)
{
	return learned;
}

uint64_t model_memory_state(unsigned thread)
{
	return mix(names[thread], thread + 1);
}

static bool is_shared(const struct address *a)
{
	return (a->threads & (a->threads - 1)) != 0 && a->is_written && a->is_more_than_added_to;
}

static struct address *address_of(const volatile void *at)
{
	size_t i = mix((uintptr_t)at, 1) % ADDRESSES;

	while (addresses[i].at != at && addresses[i].at != NULL)
		i = (i + 1) % ADDRESSES;
	if (addresses[i].at == NULL && ++address_count > ADDRESSES / 2)
		model_fail(
			MODEL_WHERE, "the scenario touches more addresses than the checker keeps");
	addresses[i].at = at;
	return &addresses[i];
}

static uint64_t peek(const volatile void *at, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, (const void *)(uintptr_t)at, size);
	return value;
}

static void poke(volatile void *at, size_t size, uint64_t value)
{
	memcpy((void *)(uintptr_t)at, &value, size);
}

/* Notes who touches what and how; waits for its turn where that is a step. Returns the shared word's
 * number; 0: it is none. */
static unsigned arrive(
	const volatile void *at, size_t size, bool writes, bool adds, const char *where)
{
	struct address *a = address_of(at);
	bool was_shared = is_shared(a);

	a->threads |= (uint8_t)(1u << model_self());
	a->is_written |= writes;
	a->is_more_than_added_to |= !adds || !model_room_is_counter(at);
	if (is_shared(a) && !was_shared)
		learned = true;
	if (model_is_looking() || was_shared)
		model_yield(where);
	model_room_check(at, where);
	if (model_is_looking() || !was_shared)
		return 0;
	if (a->run != run) {
		if (word_count == WORDS)
			model_fail(where, "the scenario shares more words than the checker keeps");
		struct word *w = &words[word_count];

		a->run = run;
		a->word = word_count++;
		w->at = at;
		w->count = 1;
		w->newest_seq_cst = 0;
		w->stores[0].value = size > 0 ? peek(at, size) : 0;
		w->stores[0].name = mix((uintptr_t)at, w->stores[0].value);
		memset(&w->stores[0].carried, 0, sizeof(struct view));
	}
	return a->word;
}

static bool acquires(memory_order order)
{
	return order == memory_order_acquire || order == memory_order_acq_rel ||
		order == memory_order_seq_cst;
}

static bool releases(memory_order order)
{
	return order == memory_order_release || order == memory_order_acq_rel ||
		order == memory_order_seq_cst;
}

static const struct store *see(unsigned word, unsigned index, memory_order order)
{
	unsigned self = (unsigned)model_self();
	const struct store *s = &words[word].stores[index];

	views[self].at[word] = (uint8_t)index;
	join(acquires(order) ? &views[self] : &acquired[self], &s->carried);
	names[self] = mix(mix(names[self], s->name), (uintptr_t)words[word].at);
	return s;
}

static void append(unsigned word, uint64_t value, memory_order order, const struct store *follows,
	const char *where)
{
	unsigned self = (unsigned)model_self();
	struct word *w = &words[word];

	if (w->count == STORES)
		model_fail(where, "more stores to one word than the checker keeps: no progress?");
	struct store *s = &w->stores[w->count];

	views[self].at[word] = (uint8_t)w->count;
	s->value = value;
	s->carried = releases(order) ? views[self] : released[self];
	s->carried.at[word] = (uint8_t)w->count;
	if (follows != NULL)
		join(&s->carried, &follows->carried);
	names[self] = mix(mix(names[self], s[-1].name), value ^ (uintptr_t)w->at);
	s->name = names[self];
	if (order == memory_order_seq_cst)
		w->newest_seq_cst = w->count;
	w->count++;
}

static unsigned oldest_to_see(unsigned word, memory_order order)
{
	unsigned oldest = views[model_self()].at[word];

	if (order == memory_order_seq_cst && words[word].newest_seq_cst > oldest)
		oldest = words[word].newest_seq_cst;
	return oldest;
}

uint64_t model_load(const volatile void *at, size_t size, memory_order order, const char *where)
{
	if (model_self() < 0)
		return peek(at, size);
	unsigned word = arrive(at, size, false, false, where);

	if (word == 0)
		return peek(at, size);
	unsigned newest = words[word].count - 1;
	unsigned oldest = model_may_be_stale() ? oldest_to_see(word, order) : newest;
	unsigned age = model_choose(newest - oldest + 1);
	const struct store *s = see(word, newest - age, order);

	if (age > 0)
		model_was_stale();
	model_note("load", where, at, s->value, age);
	return s->value;
}

void model_store(
	volatile void *at, size_t size, uint64_t value, memory_order order, const char *where)
{
	if (model_self() >= 0) {
		unsigned word = arrive(at, size, true, false, where);

		has_stored[model_self()] = true;

		if (word != 0) {
			append(word, value, order, NULL, where);
			model_note("store", where, at, value, 0);
		}
	}
	poke(at, size, value);
}

static uint64_t changed(uint64_t old, enum model_change change, uint64_t operand)
{
	switch (change) {
	case MODEL_ADD:
		return old + operand;
	case MODEL_SUB:
		return old - operand;
	case MODEL_OR:
		return old | operand;
	case MODEL_AND:
		return old & operand;
	default:
		return operand;
	}
}

uint64_t model_modify(volatile void *at, size_t size, enum model_change change, uint64_t operand,
	memory_order order, const char *where)
{
	bool adds = (change == MODEL_ADD || change == MODEL_SUB) && !acquires(order);
	unsigned word = model_self() >= 0 ? arrive(at, size, true, adds, where) : 0;
	uint64_t old = peek(at, size);
	uint64_t fresh = changed(old, change, operand);

	if (model_self() >= 0)
		has_stored[model_self()] = false;

	if (word != 0) {
		const struct store *s = see(word, words[word].count - 1, order);

		append(word, fresh, order, s, where);
		model_note("modify", where, at, fresh, 0);
	}
	poke(at, size, fresh);
	return old;
}

/* Stores that an exchange may see when it fails: any but those that hold what it expects. */
static unsigned others(unsigned word, uint64_t expected, unsigned out[STORES])
{
	unsigned n = 0;

	for (unsigned i = words[word].count; i-- > oldest_to_see(word, memory_order_relaxed);)
		if (words[word].stores[i].value != expected)
			out[n++] = i;
	return n;
}

bool model_exchange_if(volatile void *at, size_t size, void *expected, uint64_t value,
	memory_order success, memory_order failure, bool weak, const char *where)
{
	unsigned word = model_self() >= 0 ? arrive(at, size, true, false, where) : 0;
	uint64_t wanted = peek(expected, size), old = peek(at, size);
	unsigned failing[STORES], n = 0, choice;

	if (word == 0) {
		if (old == wanted)
			poke(at, size, value);
		else
			poke(expected, size, old);
		return old == wanted;
	}
	n = others(word, wanted, failing);
	if (old == wanted) {
		bool for_nothing = weak && model_may_fail_spuriously();

		choice = model_choose(1 + n + for_nothing);
		if (choice == 0) {
			append(word, value, success, see(word, words[word].count - 1, success),
				where);
			poke(at, size, value);
			model_note("exchange", where, at, value, 0);
			return true;
		}
		if (choice == n + 1) {
			failing[n] = words[word].count - 1;
			model_failed_spuriously();
		}
		choice--;
	} else {
		choice = model_choose(n);
	}
	const struct store *s = see(word, failing[choice], failure);

	poke(expected, size, s->value);
	model_note("no exchange", where, at, s->value, words[word].count - 1 - failing[choice]);
	return false;
}

void model_fence(memory_order order, const char *where)
{
	if (model_self() < 0)
		return;
	unsigned self = (unsigned)model_self();

	unsigned word = 0;

	if (order == memory_order_seq_cst)
		word = arrive(&fence_word, 0, true, false, where);
	if (acquires(order))
		join(&views[self], &acquired[self]);
	/* Fences of this kind follow one another, and each knows all that the ones before it knew. */
	if (order == memory_order_seq_cst) {
		join(&views[self], &fenced);
		fenced = views[self];
	}
	if (releases(order))
		released[self] = views[self];
	if (word != 0)
		append(word, 0, memory_order_relaxed, NULL, where);
	names[self] = mix(names[self], (uint64_t)order);
	model_note("fence", where, NULL, 0, 0);
}

void model_signal_fence(memory_order order, const char *where)
{
	if (model_self() < 0)
		return;
	model_claim(!has_stored[model_self()],
		"a fence of the compiler alone, after a store that no read-modify-write orders");
	model_fence(order, where);
}

void model_step(const void *what, bool synchronises, const char *where)
{
	if (model_self() < 0)
		return;
	memory_order order = synchronises ? memory_order_acq_rel : memory_order_relaxed;
	unsigned word = arrive(what, 0, true, false, where);

	if (word == 0)
		return;
	append(word, 0, order, see(word, words[word].count - 1, order), where);
	model_note("call", where, what, 0, 0);
}

struct model_event model_happen(void)
{
	int self = model_self();

	if (self < 0)
		return (struct model_event){0, 0};
	return (struct model_event){(unsigned)self, ++views[self].at[self]};
}

bool model_happened(struct model_event event)
{
	return model_self() < 0 || model_is_looking() ||
		views[model_self()].at[event.thread] >= event.number;
}
