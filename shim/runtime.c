/*
 * runtime.c - finds the runtime that a caller is linked with; what the hooks do with it is in
 * wrap_runtime.c.
 *
 * Our exports come first in the global scope, so every object that links a shared runtime ends up
 * here, also one that was opened RTLD_LOCAL with a runtime of its own. Each function is searched for
 * as the loader would if we were not there: in the global scope behind us, then among the caller's
 * object and its dependencies. A reference to a runtime carries the version of that runtime, so what
 * the global scope has under versions need not be meant: there the caller's own comes first. What it
 * has without versions is another preloaded library that stands in for the function, and is meant.
 *
 * The answer is kept per call site in one word each: what is found there is found again without a
 * lock. A runtime that was found stays loaded, since the table points into it.
 */
#include "runtime.h"

#include "code_epoch.h"
#include "elf_symbols.h"
#include "libc_real.h"
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define RUNTIMES     16
#define SITES        256
#define NEIGHBOURS   4
#define ADDRESS_BITS 56 /* user addresses are below 2^56 on x86-64 and aarch64 */

static _Atomic(struct rac_runtime *) known[RUNTIMES];
static _Atomic uint64_t sites[SITES]; /* return address, and index + 1 in the top byte */

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

struct search {
	const char *symbol;
	uintptr_t address;
	bool past_ourselves;
	uintptr_t found;
	struct rac_object object;
};

static bool find_holder(void *context, const struct rac_object *object)
{
	struct search *search = context;

	search->past_ourselves = search->past_ourselves || rac_object_is_ours(object);
	if (!rac_object_holds(object, search->address))
		return true;
	search->object = *object;
	search->found = search->address;
	return false;
}

static bool find_next(void *context, const struct rac_object *object)
{
	struct search *search = context;

	if (!search->past_ourselves) {
		search->past_ourselves = rac_object_is_ours(object);
		return true;
	}
	search->found = rac_object_function(object, search->symbol);
	if (search->found == 0)
		return true;
	search->object = *object;
	return false;
}

/* dlsym, and which object holds what it found. */
static bool look_up(struct search *search, void *handle, const char *symbol)
{
	void *found = rac_libc_dlsym(handle, symbol);

	*search = (struct search){.symbol = symbol, .address = (uintptr_t)found};
	if (found == NULL)
		rac_libc_dlerror(); /* our failed look-up is not the program's */
	else
		rac_object_each(find_holder, search);
	return search->found != 0;
}

static bool has_versions(const struct rac_object *object)
{
	for (const ElfW(Dyn) *d = object->dynamic; d != NULL && d->d_tag != DT_NULL; d++)
		if (d->d_tag == DT_VERDEF)
			return true;
	return false;
}

/* A handle on the caller's object; NULL for the program itself, whose scope is the global one. */
static void *handle_of(const void *return_address)
{
	struct search caller = {.address = (uintptr_t)return_address};
	void *handle;

	rac_object_each(find_holder, &caller);
	if (caller.found == 0 || caller.object.path[0] == '\0')
		return NULL;
	handle = rac_libc_dlopen(caller.object.path, RTLD_LAZY | RTLD_NOLOAD);
	if (handle == NULL)
		rac_libc_dlerror();
	return handle;
}

/* What a call to `symbol` by the caller would reach if we were not there; 0: nothing. */
static uintptr_t find_function(void *caller, const char *symbol)
{
	struct search behind, own, any = {.symbol = symbol};

	if (!look_up(&behind, RTLD_NEXT, symbol) || has_versions(&behind.object)) {
		/* A library before us that stands in for the function asks for the next one. */
		if (caller != NULL && look_up(&own, caller, symbol) && own.past_ourselves &&
			!rac_object_is_ours(&own.object))
			behind = own;
	}
	if (behind.found == 0) {
		rac_object_each(find_next, &any);
		behind = any;
	}
	return behind.found;
}

/* False: there is no runtime. */
static bool fill(struct rac_runtime *r, const void *return_address)
{
	void *caller = handle_of(return_address);
	bool any = false;
	uintptr_t found;

	*r = absent;
#define RUNTIME_CALL(symbol)                                             \
	found = find_function(caller, #symbol);                          \
	if (found != 0) {                                                \
		r->symbol = (__extension__(__typeof__(symbol) *) found); \
		any = true;                                              \
	}
#define RUNTIME_HOOK(symbol, effect) RUNTIME_CALL(symbol)
#include "hooks.def"
	if (caller != NULL) {
		/* It may be unloaded as before, and here, where the program has closed it meanwhile. */
		rac_code_unload_begins();
		rac_libc_dlclose(caller);
		rac_code_unload_ends();
	}
	return any;
}

static void keep_loaded(uintptr_t function)
{
	struct search holder = {.address = function};

	rac_object_each(find_holder, &holder);
	if (holder.found != 0)
		rac_libc_dlopen(holder.object.path, RTLD_LAZY | RTLD_NOLOAD);
}

/* The table points into the objects, so they stay. */
static void keep_all_loaded(const struct rac_runtime *r)
{
#define RUNTIME_CALL(symbol)            \
	if (r->symbol != absent.symbol) \
		keep_loaded((__extension__(uintptr_t) r->symbol));
#define RUNTIME_HOOK(symbol, effect) RUNTIME_CALL(symbol)
#include "hooks.def"
}

/*
 * The index of a runtime in `known`, entered if need be; RUNTIMES when the table is full. Threads
 * that meet each fill a candidate of their own, so that nobody waits; one is published, the others
 * are thrown away.
 */
static unsigned enter(struct rac_runtime *candidate)
{
	for (unsigned i = 0; i < RUNTIMES; i++) {
		struct rac_runtime *seen = NULL;

		/* Release: who sees the pointer sees the functions. Acquire: the other side. */
		if (atomic_compare_exchange_strong_explicit(&known[i], &seen, candidate,
			    memory_order_release, memory_order_acquire)) {
			keep_all_loaded(candidate);
			return i;
		}
		if (memcmp(seen, candidate, offsetof(struct rac_runtime, driver_seen)) == 0) {
			munmap(candidate, sizeof(*candidate));
			return i;
		}
	}
	munmap(candidate, sizeof(*candidate));
	return RUNTIMES;
}

/* A call site lies in one of four neighbouring words; two that share a word all the same cost each
 * other a new search. */
static _Atomic uint64_t *site_of(uint64_t address, unsigned step)
{
	return &sites[(((address * UINT64_C(0x9e3779b97f4a7c15)) >> 56) + step) % SITES];
}

static void remember(uint64_t address, unsigned index)
{
	uint64_t word = address | (uint64_t)(index + 1) << ADDRESS_BITS;

	for (unsigned step = 0; step < NEIGHBOURS; step++) {
		uint64_t none = 0;

		/* Release: who sees the index sees the entry. */
		if (atomic_compare_exchange_strong_explicit(site_of(address, step), &none, word,
			    memory_order_release, memory_order_relaxed) ||
			none == word)
			return;
	}
	atomic_store_explicit(site_of(address, 0), word, memory_order_release);
}

static struct rac_runtime *resolve(const void *return_address)
{
	/* For the seventeenth runtime of a process, and where no page is to be had. */
	static __thread struct rac_runtime unshared __attribute__((tls_model("initial-exec")));

	rac_libc_bind();
	struct rac_runtime *candidate = mmap(NULL, sizeof(*candidate), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (candidate == MAP_FAILED)
		return fill(&unshared, return_address) ? &unshared : &absent;
	if (!fill(candidate, return_address)) {
		munmap(candidate, sizeof(*candidate));
		return &absent;
	}
	unsigned index = enter(candidate);

	if (index == RUNTIMES) {
		fill(&unshared, return_address);
		return &unshared;
	}
	remember((uint64_t)(uintptr_t)return_address, index);
	return atomic_load_explicit(&known[index], memory_order_acquire);
}

struct rac_runtime *rac_runtime_of(const void *return_address)
{
	uint64_t address = (uint64_t)(uintptr_t)return_address;

	for (unsigned step = 0; step < NEIGHBOURS; step++) {
		/* Acquire pairs with the release in remember: the entry is there. */
		uint64_t seen = atomic_load_explicit(site_of(address, step), memory_order_acquire);

		if (seen != 0 && (seen & ((UINT64_C(1) << ADDRESS_BITS) - 1)) == address)
			return atomic_load_explicit(
				&known[(seen >> ADDRESS_BITS) - 1], memory_order_acquire);
	}
	return resolve(return_address);
}
