/*
 * tracker_parts.h - the layout of the tracker; private to its files.
 */
#ifndef RAC_TRACKER_PARTS_H
#define RAC_TRACKER_PARTS_H

#include "atomics.h"
#include "rac_track.h"
#include <stddef.h>

#define LANES 64

/* Calls of each kind, on one device. */
struct call_counters {
	rac_atomic_u64 allocations[RAC_KIND_COUNT], frees[RAC_KIND_COUNT];
};

/* Written by one thread alone: see rac_tracker_lane. */
struct rac_lane {
	_Alignas(RAC_CACHE_LINE) struct call_counters calls;
	rac_atomic_u32 claimed; /* the device's number + 1 */
	uint32_t unused[7];
};

_Static_assert(sizeof(struct rac_lane) == 2 * RAC_CACHE_LINE, "two lines");

struct device_counters {
	/* Written by each allocation and each free: one line, so that a thread waits for it once. */
	_Alignas(RAC_CACHE_LINE) rac_atomic_u64 charged;
	rac_atomic_u64 live[RAC_KIND_COUNT];
	/* Read by each allocation, written seldom: apart from what is written often. */
	_Alignas(RAC_CACHE_LINE) rac_atomic_u64 peak;
	rac_atomic_u64 kind_peaks[RAC_KIND_COUNT];
	rac_atomic_u64 peak_number; /* how often the peak was raised, see sites.h */
	_Alignas(RAC_CACHE_LINE) rac_atomic_u64 limit;
	rac_atomic_u64 beyond;
	rac_atomic_u64 largest;
	rac_atomic_u64 total;
	rac_atomic_u32 described;
	/* Calls of threads without a lane. */
	_Alignas(RAC_CACHE_LINE) struct call_counters calls;
	/* Written when something goes wrong. */
	_Alignas(RAC_CACHE_LINE) rac_atomic_u64 refused;
	rac_atomic_u64 refused_bytes;
	rac_atomic_u64 over;
	rac_atomic_u64 driver_failures;
	char uuid[RAC_UUID_TEXT_MAX];
	char name[RAC_DEVICE_NAME_MAX];
};

_Static_assert(offsetof(struct device_counters, peak) == RAC_CACHE_LINE,
	"what each call writes is one line");
_Static_assert(offsetof(struct device_counters, limit) == 2 * RAC_CACHE_LINE,
	"what each call reads is one more, beside the limit's");

/* Pinned memory. */
struct host_counters {
	rac_atomic_u64 live, peak, allocations, frees;
	rac_atomic_u64 peak_number;
};

struct rac_tracker {
	struct device_counters devices[RAC_MAX_DEVICES];
	_Alignas(RAC_CACHE_LINE) struct host_counters host;
	_Alignas(RAC_CACHE_LINE) rac_atomic_u64 unknown_frees;
	rac_atomic_u64 unrecorded;
	rac_atomic_u64 mismatches;
	rac_atomic_u32 lanes_claimed;
	struct rac_lane lanes[LANES];
};

/* See rac_tracker_shrink. */
static inline bool is_below_zero(uint64_t live)
{
	return live > INT64_MAX;
}

#endif
