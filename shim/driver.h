/*
 * driver.h - the real driver: where its functions are, and which of them a pointer is.
 */
#ifndef RAC_DRIVER_H
#define RAC_DRIVER_H

#include "hooks.h"

/*
 * The functions of the libcuda that this process loaded first. Before any is loaded, a table of
 * stubs that return CUDA_ERROR_NOT_FOUND. Never NULL; any thread; no lock of ours.
 */
const struct rac_driver *rac_driver(void);

/* True once a libcuda is loaded. */
bool rac_driver_present(void);

/* True when the loaded libcuda has the function of a driver hook: an older one may lack it. */
bool rac_driver_has(enum rac_hook hook);

/* The hook whose real function this is, or RAC_HOOK_NONE. A function of a second, different libcuda
 * is nobody's: its wrapper would call the first. */
enum rac_hook rac_driver_identify(const void *function);

#endif
