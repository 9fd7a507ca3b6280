/*
 * array_cache.h - remembers what arrays of a shape take on a device, so that the driver is asked
 * once; it computes nothing.
 *
 * Operations and what they may run with: everything with everything, from any thread.
 *
 *	rac_array_cache_store	takes effect when the slot's sequence is even again; gives up when
 *				another thread writes the same slot
 *	rac_array_cache_find	takes effect at its first load of the slot's sequence; a slot that is
 *				written meanwhile counts as a miss
 *
 * No operation waits. A shape may displace another: a miss is never wrong, only slower.
 */
#ifndef RAC_ARRAY_CACHE_H
#define RAC_ARRAY_CACHE_H

#include "array_size.h"
#include "atomics.h"

#define RAC_ARRAY_CACHE_SLOTS 64
#define RAC_ARRAY_CACHE_WORDS 7

struct rac_array_cache_slot {
	_Alignas(RAC_CACHE_LINE) rac_atomic_u64 sequence; /* odd: being written */
	rac_atomic_u64 words[RAC_ARRAY_CACHE_WORDS];      /* device and shape, last the bytes */
};

/* Zeroed memory is an empty cache. Treat as opaque. */
struct rac_array_cache {
	struct rac_array_cache_slot slots[RAC_ARRAY_CACHE_SLOTS];
};

bool rac_array_cache_find(const struct rac_array_cache *c, uint32_t device,
	const struct rac_array_shape *shape, uint64_t *bytes);

void rac_array_cache_store(struct rac_array_cache *c, uint32_t device,
	const struct rac_array_shape *shape, uint64_t bytes);

#endif
