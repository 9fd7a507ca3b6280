/*
 * runtime.h - the CUDA runtimes of this process: there may be several, and a call must go to the one
 * that its caller is linked with, or looked the function up in.
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

/* The runtime that the code at this address calls. Never NULL; takes no lock of the loader's. */
struct rac_runtime *rac_runtime_of(const void *return_address);

/* How many runtimes have wrappers of their own, for functions that are looked up in them. */
#define RAC_RUNTIMES_LOOKED_UP 4

/* Which of those a function belongs to that a look-up found; RAC_RUNTIMES_LOOKED_UP: none. */
unsigned rac_runtime_number(const void *function);

/* The runtime with that number, once rac_runtime_number gave it. */
struct rac_runtime *rac_runtime_numbered(unsigned number);

#endif
