/*
 * runtime.h - the CUDA runtimes of this process: there may be several, and a call must go to the one
 * that its caller is linked with.
 */
#ifndef RAC_RUNTIME_H
#define RAC_RUNTIME_H

#include "cudart_protos.h"
#include "hooks.h"
#include <stdatomic.h>

/* The functions of one runtime. One that it lacks is a stub that returns cudaErrorSymbolNotFound. */
struct rac_runtime {
#define RUNTIME_HOOK(symbol, effect) __typeof__(symbol) *symbol;
#define RUNTIME_CALL(symbol)         __typeof__(symbol) *symbol;
#include "hooks.def"
	/* Set once a driver hook ran beneath one of our labels: its driver calls are visible. */
	atomic_bool driver_seen;
};

/* The runtime that the code at this address calls. Never NULL. */
struct rac_runtime *rac_runtime_of(const void *return_address);

#endif
