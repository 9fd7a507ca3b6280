/*
 * hooks.c - the tables of names and of wrappers, expanded from hooks.def; which pointer is replaced by which
 * wrapper is decided in driver.c.
 */
#include "hooks.h"

#include "cudart_protos.h"
#include "nvml_protos.h"
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A function pointer is carried as void *, as dlsym does: POSIX has both the same size. */
#define AS_POINTER(function) (__extension__(void *)(function))

/* One text and where each name begins in it: a table of pointers would have to be relocated in each
 * process, also where there is no CUDA. */
#define NAME(hook) char hook[sizeof(#hook)];
static const struct names {
#define DRIVER_HOOK(symbol, name, since, effect) NAME(symbol)
#define RUNTIME_HOOK(symbol, effect)             NAME(symbol)
#define NVML_HOOK(symbol, effect)                NAME(symbol)
#include "hooks.def"
} names = {
#undef NAME
#define NAME(hook)                               #hook,
#define DRIVER_HOOK(symbol, name, since, effect) NAME(symbol)
#define RUNTIME_HOOK(symbol, effect)             NAME(symbol)
#define NVML_HOOK(symbol, effect)                NAME(symbol)
#include "hooks.def"
};

static const uint16_t places[] = {
#undef NAME
#define NAME(hook)                               [RAC_HOOK_##hook] = offsetof(struct names, hook),
#define DRIVER_HOOK(symbol, name, since, effect) NAME(symbol)
#define RUNTIME_HOOK(symbol, effect)             NAME(symbol)
#define NVML_HOOK(symbol, effect)                NAME(symbol)
#include "hooks.def"
};
#undef NAME

static const char *name_of(enum rac_hook hook)
{
	return (const char *)&names + places[hook];
}

const char *rac_hook_name(enum rac_hook hook)
{
	if (hook <= RAC_HOOK_NONE || hook >= RAC_HOOK_COUNT)
		return "?";
	return name_of(hook);
}

/* The hooks by name; empty places hold RAC_HOOK_NONE. */
#define SLOTS 1024
static _Atomic uint16_t by_name[SLOTS];

_Static_assert(RAC_HOOK_COUNT * 4 <= SLOTS, "the table by name is too small");

static unsigned slot_of(const char *name)
{
	uint64_t hash = 0;

	for (; *name != '\0'; name++)
		hash = (hash << 5 | hash >> 59) ^ (unsigned char)*name;
	return (unsigned)(hash * UINT64_C(0x9e3779b97f4a7c15) >> 54) % SLOTS;
}

/*
 * Any number of threads may fill the table at once: each puts the hooks in in the same order, so that it
 * finds every place as the others do, empty or taken by the same hook. Relaxed: the places stand for
 * themselves, and who fills has filled all when it looks.
 */
static void fill_by_name(void)
{
	for (unsigned hook = RAC_HOOK_NONE + 1; hook < RAC_HOOK_COUNT; hook++) {
		unsigned i = slot_of(name_of((enum rac_hook)hook));
		uint16_t seen;

		for (;; i = (i + 1) % SLOTS) {
			seen = atomic_load_explicit(&by_name[i], memory_order_relaxed);
			if (seen == RAC_HOOK_NONE || seen == hook)
				break;
		}
		if (seen == RAC_HOOK_NONE)
			atomic_store_explicit(&by_name[i], (uint16_t)hook, memory_order_relaxed);
	}
}

enum rac_hook rac_hook_find(const char *symbol)
{
	static atomic_bool is_filled;
	uint16_t seen;

	if (!atomic_load_explicit(&is_filled, memory_order_acquire)) {
		fill_by_name();
		/* Release: who sees the mark sees the table. */
		atomic_store_explicit(&is_filled, true, memory_order_release);
	}
	for (unsigned i = slot_of(symbol);; i = (i + 1) % SLOTS) {
		seen = atomic_load_explicit(&by_name[i], memory_order_relaxed);
		if (seen == RAC_HOOK_NONE || strcmp(symbol, name_of((enum rac_hook)seen)) == 0)
			return (enum rac_hook)seen;
	}
}

enum rac_hook_library rac_hook_library(enum rac_hook hook)
{
	switch (hook) {
#define RUNTIME_HOOK(symbol, effect) case RAC_HOOK_##symbol:
#include "hooks.def"
		return RAC_HOOK_OF_RUNTIME;
#define NVML_HOOK(symbol, effect) case RAC_HOOK_##symbol:
#include "hooks.def"
		return RAC_HOOK_OF_NVML;
	default:
		return RAC_HOOK_OF_DRIVER;
	}
}

void *rac_hook_wrapper(enum rac_hook hook)
{
	switch (hook) {
#define RUNTIME_HOOK(symbol, effect) \
	case RAC_HOOK_##symbol:      \
		return AS_POINTER(symbol);
#define NVML_HOOK(symbol, effect)                RUNTIME_HOOK(symbol, effect)
#define DRIVER_HOOK(symbol, name, since, effect) RUNTIME_HOOK(symbol, effect)
#include "hooks.def"
	default:
		return NULL;
	}
}
