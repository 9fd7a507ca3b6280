/*
 * hooks.h - what the list in hooks.def expands to: an identifier and a name per hook, and the table
 * of real driver functions.
 */
#ifndef RAC_HOOKS_H
#define RAC_HOOKS_H

#include "cuda_protos.h"
#include <stdatomic.h>
#include <stdbool.h>

#define RAC_EXPORT __attribute__((visibility("default")))

/* Fits the 32-bit site of a ledger entry. 0 means no hook. */
enum rac_hook {
	RAC_HOOK_NONE,
#define DRIVER_HOOK(symbol, name, since, effect) RAC_HOOK_##symbol,
#define RUNTIME_HOOK(symbol, effect)             RAC_HOOK_##symbol,
#define NVML_HOOK(symbol, effect)                RAC_HOOK_##symbol,
#include "hooks.def"
	RAC_HOOK_COUNT
};

/* The driver's own functions. One that the driver lacks is a stub that returns
 * CUDA_ERROR_NOT_FOUND, so that no caller has to test for NULL. */
struct rac_driver {
#define DRIVER_HOOK(symbol, name, since, effect) __typeof__(symbol) *symbol;
#define DRIVER_CALL(symbol)                      __typeof__(symbol) *symbol;
#include "hooks.def"
};

/* "cuMemAlloc_v2", ...; "?" for a value outside the enum. */
const char *rac_hook_name(enum rac_hook hook);

/* The hook with that exported name, or RAC_HOOK_NONE. */
enum rac_hook rac_hook_find(const char *symbol);

enum rac_hook_library { RAC_HOOK_OF_DRIVER, RAC_HOOK_OF_RUNTIME, RAC_HOOK_OF_NVML };

/* Which library's function it stands in for. */
enum rac_hook_library rac_hook_library(enum rac_hook hook);

/* Our wrapper for a hook; NULL for a value outside the enum. */
void *rac_hook_wrapper(enum rac_hook hook);

#endif
