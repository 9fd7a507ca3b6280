/*
 * runtime.c - finds the runtime that a caller is linked with; what the hooks do with it is in
 * wrap_runtime.c.
 *
 * Our exports come first in the global scope, so every object that links a shared runtime ends up
 * here, also one that was opened RTLD_LOCAL with a runtime of its own. The search starts at the
 * caller's object and its dependencies, as the loader's would; for the program itself, and for an
 * object that leaves the choice to the global scope, at the first definition after ours.
 *
 * The answer is kept per call site in one word each: what is found there is found again without a
 * lock. A runtime that was found stays loaded, since the table points into it.
 */
#include "runtime.h"

#include "elf_symbols.h"
#include "libc_real.h"
#include <dlfcn.h>
#include <stdint.h>
#include <sys/mman.h>

#define RUNTIMES     16
#define SITES        256
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

	if (!rac_object_holds(object, search->address))
		return true;
	search->object = *object;
	search->found = 1;
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

bool rac_runtime_present(const char *symbol)
{
	struct search search = {.symbol = symbol};

	rac_object_each(find_next, &search);
	return search.found != 0;
}

/* The object that defines what the caller would get if we were not there. */
static bool find_runtime(const void *return_address, struct rac_object *out)
{
	struct search caller = {.address = (uintptr_t)return_address};
	struct search next = {.symbol = "cudaMalloc"};

	rac_object_each(find_holder, &caller);
	if (caller.found != 0 && caller.object.path[0] != '\0') {
		void *handle = rac_libc_dlopen(caller.object.path, RTLD_LAZY | RTLD_NOLOAD);
		void *found = handle != NULL ? rac_libc_dlsym(handle, "cudaMalloc") : NULL;

		if (found == NULL)
			rac_libc_dlerror(); /* our failed look-up is not the program's */
		else if (found != (__extension__(void *)(uintptr_t) & cudaMalloc)) {
			struct search holder = {.address = (uintptr_t)found};

			rac_object_each(find_holder, &holder);
			*out = holder.object;
			return holder.found != 0;
		}
	}
	rac_object_each(find_next, &next);
	*out = next.object;
	return next.found != 0;
}

static void fill(struct rac_runtime *r, const struct rac_object *object)
{
	uintptr_t found;

	*r = absent;
#define RUNTIME_CALL(symbol)                          \
	found = rac_object_function(object, #symbol); \
	if (found != 0)                               \
		r->symbol = (__extension__(__typeof__(symbol) *) found);
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
			    memory_order_release, memory_order_acquire))
			return i;
		if (seen->cudaMalloc == candidate->cudaMalloc) {
			munmap(candidate, sizeof(*candidate));
			return i;
		}
	}
	munmap(candidate, sizeof(*candidate));
	return RUNTIMES;
}

static struct rac_runtime *resolve(const void *return_address, _Atomic uint64_t *site)
{
	/* For the seventeenth runtime of a process, and where no page is to be had. */
	static __thread struct rac_runtime unshared __attribute__((tls_model("initial-exec")));
	struct rac_object object;

	rac_libc_bind();
	if (!find_runtime(return_address, &object))
		return &absent;
	struct rac_runtime *candidate = mmap(NULL, sizeof(*candidate), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned index = RUNTIMES;

	if (candidate != MAP_FAILED) {
		fill(candidate, &object);
		index = enter(candidate);
	}
	if (index == RUNTIMES) {
		fill(&unshared, &object);
		return &unshared;
	}
	rac_libc_dlopen(object.path, RTLD_LAZY | RTLD_NOLOAD); /* stays loaded */
	atomic_store_explicit(site,
		(uint64_t)(uintptr_t)return_address | (uint64_t)(index + 1) << ADDRESS_BITS,
		memory_order_release);
	return atomic_load_explicit(&known[index], memory_order_acquire);
}

struct rac_runtime *rac_runtime_of(const void *return_address)
{
	uint64_t address = (uint64_t)(uintptr_t)return_address;
	_Atomic uint64_t *site = &sites[(address * UINT64_C(0x9e3779b97f4a7c15)) >> 56];
	/* Acquire pairs with the release in resolve: the entry that the index names is there. */
	uint64_t seen = atomic_load_explicit(site, memory_order_acquire);

	if (seen != 0 && (seen & ((UINT64_C(1) << ADDRESS_BITS) - 1)) == address)
		return atomic_load_explicit(
			&known[(seen >> ADDRESS_BITS) - 1], memory_order_acquire);
	return resolve(return_address, site);
}
