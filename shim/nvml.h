/*
 * nvml.h - the management library that the program loaded: where its functions are. None is loaded or
 * initialised here unless that is asked for.
 */
#ifndef RAC_NVML_H
#define RAC_NVML_H

#include "hooks.h"
#include "nvml_protos.h"

/* One that the library lacks is a stub that returns NVML_ERROR_FUNCTION_NOT_FOUND. */
struct rac_nvml {
#define NVML_HOOK(symbol, effect) __typeof__(symbol) *symbol;
#define NVML_CALL(symbol)         __typeof__(symbol) *symbol;
#include "hooks.def"
};

/*
 * The functions of the library that this process loaded first, their own and not what a hook makes of
 * them; all stubs before any is loaded. It stays loaded from here on, since a program may unload it at
 * any time. Never NULL; any thread; no lock of ours.
 */
const struct rac_nvml *rac_nvml(void);

/* True once the library is loaded. */
bool rac_nvml_present(void);

/* Loads and initialises the library, once, for a program that may have not: only for who was asked to
 * measure. Called where CUDA makes a context, since the driver opens libraries there too. */
void rac_nvml_bring(void);

/* As for the driver: see driver.h. */
bool rac_nvml_has(enum rac_hook hook);
enum rac_hook rac_nvml_identify(const void *function);

#endif
