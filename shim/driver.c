/*
 * driver.c - binds the table of real driver functions to the loaded libcuda.
 *
 * Binding may happen in any thread, in a constructor, under the loader's lock, while the driver
 * initialises: so it takes no lock of its own. Each thread that finds nothing bound fills a table of
 * its own, one publishes it, the others throw theirs away. The symbol table is read directly, since
 * a dlsym of a function that an older driver lacks would leave an error behind in dlerror.
 */
#include "driver.h"

#include "elf_symbols.h"
#include "libc_real.h"
#include <dlfcn.h>
#include <stdint.h>
#include <sys/mman.h>

#define SLOTS 512 /* at most half full: see the assertion */

_Static_assert(RAC_HOOK_COUNT * 2 <= SLOTS, "the table by pointer is too small");

struct slot {
	const void *function;
	enum rac_hook hook;
};

struct binding {
	struct rac_driver real;
	struct slot by_function[SLOTS];
};

static _Atomic(struct binding *) bound;

static CUresult missing(void)
{
	return CUDA_ERROR_NOT_FOUND;
}

/* Calling `missing` through another prototype is outside C, and right on every ABI that CUDA runs
 * on: the caller passes and cleans up the arguments. */
#define STUB(symbol) (__extension__(__typeof__(symbol) *)(uintptr_t) & missing)

/* Relaxed: whoever publishes the table says when it is whole. */
static void fill_with_stubs(struct rac_driver *table)
{
#define DRIVER_CALL(symbol)                      __atomic_store_n(&table->symbol, STUB(symbol), __ATOMIC_RELAXED);
#define DRIVER_HOOK(symbol, name, since, effect) DRIVER_CALL(symbol)
#include "hooks.def"
}

/* What there is without a driver. Written when it is asked for, though the file could have it: a hundred
 * pointers would have to be relocated in each process, also where nobody asks. */
static __attribute__((noinline, cold)) const struct rac_driver *all_stubs(void)
{
	static struct rac_driver table;
	static atomic_bool is_filled;

	if (!atomic_load_explicit(&is_filled, memory_order_acquire)) {
		/* Threads that do this at once write the same. */
		fill_with_stubs(&table);
		atomic_store_explicit(&is_filled, true, memory_order_release);
	}
	return &table;
}

static unsigned slot_of(const void *function)
{
	uint64_t bits = (uint64_t)(uintptr_t)function >> 4;

	return (unsigned)((bits * UINT64_C(0x9e3779b97f4a7c15)) >> 32) % SLOTS;
}

static void remember(struct binding *b, uintptr_t function, enum rac_hook hook)
{
	unsigned i = slot_of((const void *)function);

	while (b->by_function[i].function != NULL) {
		/* Two names for one function: the wrapper of either does. */
		if (b->by_function[i].function == (const void *)function)
			return;
		i = (i + 1) % SLOTS;
	}
	b->by_function[i] = (struct slot){(const void *)function, hook};
}

static void fill(struct binding *b, const struct rac_object *libcuda)
{
	uintptr_t found;

	fill_with_stubs(&b->real);
#define DRIVER_CALL(symbol)                            \
	found = rac_object_function(libcuda, #symbol); \
	if (found != 0)                                \
		b->real.symbol = (__extension__(__typeof__(symbol) *) found);
#define DRIVER_HOOK(symbol, name, since, effect) \
	DRIVER_CALL(symbol)                      \
	if (found != 0)                          \
		remember(b, found, RAC_HOOK_##symbol);
#include "hooks.def"
}

/* Where no page is to be had, one binding can lie in static memory: a program must not lose its
 * driver because of us. */
static struct binding *make_room(bool *mapped)
{
	static struct binding room;
	static atomic_flag taken = ATOMIC_FLAG_INIT;
	struct binding *fresh = mmap(
		NULL, sizeof(*fresh), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*mapped = fresh != MAP_FAILED;
	if (*mapped)
		return fresh;
	return !atomic_flag_test_and_set(&taken) ? &room : NULL;
}

/* Out of line, so that who finds it bound pays for a load and a branch. */
static __attribute__((noinline, cold)) struct binding *bind(void)
{
	struct rac_object libcuda;
	struct binding *none = NULL;

	rac_libc_bind();
	if (!rac_object_by_soname("libcuda.so.1", &libcuda))
		return NULL;
	bool mapped;
	struct binding *fresh = make_room(&mapped);

	if (fresh == NULL)
		return NULL;
	fill(fresh, &libcuda);
	/* Release: who sees the pointer sees the table. */
	if (!atomic_compare_exchange_strong_explicit(
		    &bound, &none, fresh, memory_order_release, memory_order_acquire)) {
		if (mapped)
			munmap(fresh, sizeof(*fresh));
		return none;
	}
	/* The table must not outlive the library: hold on to it. It is loaded, so this succeeds
	 * and leaves dlerror alone. */
	rac_libc_dlopen("libcuda.so.1", RTLD_LAZY | RTLD_NOLOAD);
	return fresh;
}

static struct binding *binding(void)
{
	/* Acquire pairs with the release in bind. */
	struct binding *b = atomic_load_explicit(&bound, memory_order_acquire);

	return __builtin_expect(b != NULL, 1) ? b : bind();
}

const struct rac_driver *rac_driver(void)
{
	const struct binding *b = binding();

	return b != NULL ? &b->real : all_stubs();
}

bool rac_driver_present(void)
{
	return binding() != NULL;
}

bool rac_driver_has(enum rac_hook hook)
{
	const struct binding *b = binding();

	if (b == NULL)
		return false;
	switch (hook) {
#define DRIVER_HOOK(symbol, name, since, effect) \
	case RAC_HOOK_##symbol:                  \
		return b->real.symbol != STUB(symbol);
#include "hooks.def"
	default:
		return false;
	}
}

enum rac_hook rac_driver_identify(const void *function)
{
	const struct binding *b = binding();

	if (b == NULL || function == NULL)
		return RAC_HOOK_NONE;
	for (unsigned i = slot_of(function);; i = (i + 1) % SLOTS) {
		if (b->by_function[i].function == function)
			return b->by_function[i].hook;
		if (b->by_function[i].function == NULL)
			return RAC_HOOK_NONE;
	}
}
