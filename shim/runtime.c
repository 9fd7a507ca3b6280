/*
 * runtime.c - finds the runtime that a caller is linked with, or that a function was looked up in; what
 * the hooks do with it is in label.c.
 *
 * Our exports come first in the global scope, so every object that links a shared runtime ends up
 * here, also one that was opened RTLD_LOCAL with a runtime of its own. definer.c says where its calls
 * would go without us.
 *
 * Which runtime a caller has is remembered by the page of its code, each in one word, as long as nothing
 * is unloaded: a page may hold other code then. Threads that meet a runtime at the same time may enter it
 * twice, which costs a place and nothing else.
 */
#include "runtime.h"

#include "code_epoch.h"
#include "definer.h"
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RUNTIMES    16 /* what fits is remembered, others are looked for at each call */
#define PAGES       2048
#define NEIGHBOURS  4
#define PAGE_SHIFT  12
#define PAGE_BITS   36 /* code lies below 2^48 */
#define NUMBER_BITS 5
#define EPOCH_SHIFT (PAGE_BITS + NUMBER_BITS)
#define FUNCTIONS   (offsetof(struct rac_runtime, driver_seen))

/* A page, the number of the runtime plus 1, and the low bits of the epoch. */
static rac_atomic_u64 pages[PAGES];

enum { FREE, BEING_WRITTEN, KNOWN };

static struct rac_runtime known[RUNTIMES];
static rac_atomic_u32 known_state[RUNTIMES];

_Static_assert(RAC_RUNTIMES_LOOKED_UP <= RUNTIMES && RUNTIMES < (1 << NUMBER_BITS), "");

static cudaError_t missing(void)
{
	return cudaErrorSymbolNotFound;
}

#define STUB(symbol) .symbol = (__extension__(__typeof__(symbol) *)(uintptr_t) & missing),
static struct rac_runtime absent = {
#define RUNTIME_HOOK(symbol, effect) STUB(symbol)
#define RUNTIME_CALL(symbol)         STUB(symbol)
#include "hooks.def"
};

static const char *const names[] = {
#define RUNTIME_HOOK(symbol, effect) #symbol,
#define RUNTIME_CALL(symbol)         #symbol,
#include "hooks.def"
};

#define NAMES ((int)(sizeof(names) / sizeof(names[0])))

/* False: none of the functions was found. */
static bool fill(struct rac_runtime *r, const struct rac_wanted *found)
{
	bool any = false;

	*r = absent;
#define RUNTIME_CALL(name)                                                     \
	if (found->function != 0) {                                            \
		r->name = (__extension__(__typeof__(name) *) found->function); \
		any = true;                                                    \
	}                                                                      \
	found++;
#define RUNTIME_HOOK(name, effect) RUNTIME_CALL(name)
#include "hooks.def"
	return any;
}

struct holder {
	uintptr_t address;
	bool found;
	uintptr_t segment; /* where the code around the address begins */
	struct rac_object object;
};

static bool find_holder(void *context, const struct rac_object *object)
{
	struct holder *holder = context;

	if (!rac_object_holds(object, holder->address))
		return true;
	holder->found = true;
	holder->object = *object;
	for (int i = 0; i < object->header_count; i++) {
		const ElfW(Phdr) *p = &object->headers[i];
		uintptr_t start = object->base + p->p_vaddr;

		if (p->p_type == PT_LOAD && holder->address - start < p->p_memsz)
			holder->segment = start;
	}
	return false;
}

/* Whether any object holds a function of an entry: if not, its runtime was unloaded. */
static bool is_gone(const struct rac_runtime *r)
{
	struct holder holder = {.address = (__extension__(uintptr_t) r->cudaMalloc)};

	if (r->cudaMalloc == absent.cudaMalloc)
		return false;
	rac_object_each(find_holder, &holder);
	return !holder.found;
}

static bool is_known_as(unsigned number, const struct rac_runtime *candidate)
{
	/* Acquire pairs with the release in write. */
	return rac_load_acquire(&known_state[number]) == KNOWN &&
		memcmp(&known[number], candidate, FUNCTIONS) == 0;
}

static bool write_entry(unsigned number, uint32_t state, const struct rac_runtime *candidate)
{
	if (!rac_cas_strong_acq_rel(&known_state[number], &state, BEING_WRITTEN))
		return false;
	memcpy(&known[number], candidate, FUNCTIONS);
	atomic_store_explicit(&known[number].driver_seen, false, memory_order_relaxed);
	/* Release: who sees the state sees the functions. */
	rac_store_release(&known_state[number], KNOWN);
	return true;
}

/* The number of a runtime, entered if need be; RUNTIMES: there is no place. */
static unsigned enter(const struct rac_runtime *candidate)
{
	for (unsigned i = 0; i < RUNTIMES; i++)
		if (is_known_as(i, candidate))
			return i;
	for (unsigned i = 0; i < RUNTIMES; i++)
		if (rac_load_acquire(&known_state[i]) == FREE && write_entry(i, FREE, candidate))
			return i;
	for (unsigned i = 0; i < RUNTIMES; i++)
		if (rac_load_acquire(&known_state[i]) == KNOWN && is_gone(&known[i]) &&
			write_entry(i, KNOWN, candidate))
			return i;
	return RUNTIMES;
}

static uint64_t word_of(uint64_t page, uint64_t epoch)
{
	return page | epoch << EPOCH_SHIFT;
}

static bool may_be_remembered(uint64_t page)
{
	return page >> PAGE_BITS == 0;
}

/* A page lies in one of four neighbouring words; two that share a word all the same cost each other a new
 * search. */
static rac_atomic_u64 *place_of(uint64_t page, unsigned step)
{
	return &pages[((page * UINT64_C(0x9e3779b97f4a7c15) >> 40) + step) % PAGES];
}

#define WITHOUT_NUMBER (~(((UINT64_C(1) << NUMBER_BITS) - 1) << PAGE_BITS))

/* RUNTIMES: not remembered. */
static inline unsigned recall(uint64_t page, uint64_t epoch)
{
	uint64_t wanted = word_of(page, epoch);

	for (unsigned step = 0; step < NEIGHBOURS; step++) {
		/* Acquire pairs with the release in remember: the entry is there. */
		uint64_t seen = rac_load_acquire(place_of(page, step));

		if ((seen & WITHOUT_NUMBER) == wanted && seen != wanted)
			return (unsigned)(seen >> PAGE_BITS & ((1u << NUMBER_BITS) - 1)) - 1;
	}
	return RUNTIMES;
}

static void remember(uint64_t page, uint64_t epoch, unsigned number)
{
	uint64_t word = word_of(page, epoch) | (uint64_t)(number + 1) << PAGE_BITS;

	if (!may_be_remembered(page))
		return;
	for (unsigned step = 0; step < NEIGHBOURS; step++) {
		uint64_t seen = rac_load_relaxed(place_of(page, step));

		/* Of another epoch it is as good as empty. Release: who sees the number sees the
		 * entry. */
		if (seen >> EPOCH_SHIFT != word >> EPOCH_SHIFT) {
			rac_store_release(place_of(page, step), word);
			return;
		}
	}
	rac_store_release(place_of(page, 0), word);
}

static struct rac_runtime *resolve(const void *return_address, uint64_t epoch)
{
	struct holder caller = {.address = (uintptr_t)return_address};
	struct rac_wanted wanted[NAMES];
	struct rac_runtime candidate;
	uint64_t page = caller.address >> PAGE_SHIFT;

	rac_object_each(find_holder, &caller);
	uint64_t segment = caller.segment >> PAGE_SHIFT;
	unsigned number =
		caller.found && may_be_remembered(segment) ? recall(segment, epoch) : RUNTIMES;

	if (number == RUNTIMES) {
		for (int i = 0; i < NAMES; i++)
			wanted[i].name = names[i];
		rac_definers_find(caller.found ? &caller.object : NULL, wanted, NAMES);
		if (!fill(&candidate, wanted))
			return &absent;
		number = enter(&candidate);
	}
	if (number == RUNTIMES)
		return &absent;
	/* Code that belongs to no object may go without our notice, and while something is being
	 * unloaded nothing is certain. */
	if (caller.found && epoch != 0) {
		remember(page, epoch, number);
		remember(segment, epoch, number);
	}
	return &known[number];
}

struct rac_runtime *rac_runtime_of(const void *return_address)
{
	uint64_t page = (uint64_t)(uintptr_t)return_address >> PAGE_SHIFT, epoch = rac_code_epoch();
	unsigned number = may_be_remembered(page) && epoch != 0 ? recall(page, epoch) : RUNTIMES;

	return __builtin_expect(number != RUNTIMES, 1) ? &known[number]
						       : resolve(return_address, epoch);
}

unsigned rac_runtime_number(const void *function)
{
	struct holder holder = {.address = (uintptr_t)function};
	struct rac_wanted wanted[NAMES];
	struct rac_runtime candidate;

	rac_object_each(find_holder, &holder);
	if (!holder.found || rac_object_is_ours(&holder.object))
		return RAC_RUNTIMES_LOOKED_UP;
	for (int i = 0; i < NAMES; i++)
		wanted[i] = (struct rac_wanted){.name = names[i],
			.function = rac_object_function(&holder.object, names[i])};
	fill(&candidate, wanted);
	/* A library that merely has a function by one of these names is no runtime. */
	if (candidate.cudaGetDevice == absent.cudaGetDevice ||
		candidate.cudaMalloc == absent.cudaMalloc || candidate.cudaFree == absent.cudaFree)
		return RAC_RUNTIMES_LOOKED_UP;
	unsigned number = enter(&candidate);

	return number < RAC_RUNTIMES_LOOKED_UP ? number : RAC_RUNTIMES_LOOKED_UP;
}

struct rac_runtime *rac_runtime_numbered(unsigned number)
{
	return &known[number];
}
