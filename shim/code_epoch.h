/*
 * code_epoch.h - counts when code of the process may have come or gone, so that what is remembered about
 * an address can be trusted as long as it is true; it remembers nothing itself.
 *
 * The counts are the process's own and are there before any state of ours. Our dlclose counts before and
 * after the real one. Who runs code that was mapped in the place of other code got to it through the
 * loader's lock, which the one who unloaded that other code had taken after counting: so the count is
 * seen, whatever the memory order (happens-before through the host's own synchronisation).
 *
 * Not seen: what the C library closes on its own behalf (locale converters, name services) and what
 * other linker namespaces close.
 */
#ifndef RAC_CODE_EPOCH_H
#define RAC_CODE_EPOCH_H

#include "atomics.h"

/* Unloads that began in the upper half, those that ended in the lower one. */
extern rac_atomic_u64 rac_code_unloads;
/* Loads that began. */
extern rac_atomic_u64 rac_code_loads;

static inline void rac_code_unload_begins(void)
{
	rac_fetch_add_relaxed(&rac_code_unloads, UINT64_C(1) << 32);
}

static inline void rac_code_unload_ends(void)
{
	rac_fetch_add_relaxed(&rac_code_unloads, 1);
}

static inline void rac_code_load_begins(void)
{
	rac_fetch_add_relaxed(&rac_code_loads, 1);
}

/* The span of time since code last went: what was there in it still is. 0: some may be going now. */
static inline uint64_t rac_code_epoch(void)
{
	uint64_t unloads = rac_load_relaxed(&rac_code_unloads);

	return unloads >> 32 == (unloads & UINT32_MAX) ? (unloads >> 32) + 1 : 0;
}

/* The span of time since code last came: where there was none in it there still is none. */
static inline uint64_t rac_code_load_epoch(void)
{
	return rac_load_relaxed(&rac_code_loads) + 1;
}

#endif
