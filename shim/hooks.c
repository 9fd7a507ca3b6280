/*
 * hooks.c - the table of wrappers, expanded from hooks.def; which pointer is replaced by which
 * wrapper is decided in driver.c.
 */
#include "hooks.h"

#include "cudart_protos.h"
#include "nvml_protos.h"
#include <stddef.h>
#include <string.h>

/* A function pointer is carried as void *, as dlsym does: POSIX has both the same size. */
#define AS_POINTER(function) (__extension__(void *)(function))

const char *rac_hook_name(enum rac_hook hook)
{
	static const char *const names[] = {
#define DRIVER_HOOK(symbol, name, since, effect) [RAC_HOOK_##symbol] = #symbol,
#define RUNTIME_HOOK(symbol, effect)             [RAC_HOOK_##symbol] = #symbol,
#define NVML_HOOK(symbol, effect)                [RAC_HOOK_##symbol] = #symbol,
#include "hooks.def"
	};

	if (hook <= RAC_HOOK_NONE || hook >= RAC_HOOK_COUNT)
		return "?";
	return names[hook];
}

enum rac_hook rac_hook_find(const char *symbol)
{
	/* A hundred comparisons that nearly all end at the third letter; only names that begin
	 * with "cu" or "nvml" come here, and a program asks for each once. */
#define RUNTIME_HOOK(hook, effect)      \
	if (strcmp(symbol, #hook) == 0) \
		return RAC_HOOK_##hook;
#define NVML_HOOK(hook, effect)                RUNTIME_HOOK(hook, effect)
#define DRIVER_HOOK(hook, name, since, effect) RUNTIME_HOOK(hook, effect)
#include "hooks.def"
	return RAC_HOOK_NONE;
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
