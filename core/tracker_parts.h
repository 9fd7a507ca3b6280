/*
 * tracker_parts.h - the layout of the tracker; private to its files.
 */
#ifndef RAC_TRACKER_PARTS_H
#define RAC_TRACKER_PARTS_H

#include "atomics.h"
#include "rac_track.h"
#include <stddef.h>

struct kind_counters {
	rac_atomic_u64 live, peak, allocations, frees;
};

struct device_counters {
	/* Written by each allocation and each free. */
	_Alignas(RAC_CACHE_LINE) rac_atomic_u64 charged;
	rac_atomic_u64 peak;
	rac_atomic_u64 peak_number; /* how often the peak was raised, see sites.h */
	_Alignas(RAC_CACHE_LINE) struct kind_counters kinds[RAC_KIND_COUNT];
	/* Read by each allocation, written seldom: apart from what is written often. */
	_Alignas(RAC_CACHE_LINE) rac_atomic_u64 limit;
	rac_atomic_u64 beyond;
	rac_atomic_u64 largest;
	rac_atomic_u64 total;
	rac_atomic_u32 described;
	/* Written when something goes wrong. */
	_Alignas(RAC_CACHE_LINE) rac_atomic_u64 refused;
	rac_atomic_u64 refused_bytes;
	rac_atomic_u64 over;
	rac_atomic_u64 driver_failures;
	char uuid[RAC_UUID_TEXT_MAX];
	char name[RAC_DEVICE_NAME_MAX];
};

/* What each allocation only reads is on no line that it writes. */
_Static_assert(offsetof(struct device_counters, limit) % RAC_CACHE_LINE == 0 &&
		offsetof(struct device_counters, kinds) % RAC_CACHE_LINE == 0,
	"hot and cold counters share a line");

struct rac_tracker {
	struct device_counters devices[RAC_MAX_DEVICES];
	_Alignas(RAC_CACHE_LINE) struct kind_counters host;
	rac_atomic_u64 host_peak_number;
	_Alignas(RAC_CACHE_LINE) rac_atomic_u64 unknown_frees;
	rac_atomic_u64 unrecorded;
	rac_atomic_u64 mismatches;
};

/* See rac_tracker_shrink. */
static inline bool is_below_zero(uint64_t live)
{
	return live > INT64_MAX;
}

#endif
