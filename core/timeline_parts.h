/*
 * timeline_parts.h - the layout of a timeline and the states of its slots; private to its files.
 *
 * A slot's state goes, where `lap` says how often the ring went round:
 *
 *	FREE(lap) --note: CAS--> CLAIMED --CAS--> READY --folded: store--> FREE(lap + 1)
 *	                            |--folding: CAS--> ABANDONED --the noting thread: store--> FREE(lap + 1)
 *
 * Acquire on the CAS from FREE: we write after folding has read what was there. Release to READY: who sees
 * it sees the event. Only who claimed a slot writes to it, and only once he gave it up does anybody else.
 */
#ifndef RAC_TIMELINE_PARTS_H
#define RAC_TIMELINE_PARTS_H

#include "timeline.h"

enum { FREE, CLAIMED, READY, ABANDONED };

#define LAP_SHIFT     2
#define STATE(s, lap) ((uint32_t)(s) | (uint32_t)(lap) << LAP_SHIFT)
#define STATE_OF(s)   ((s)&3u)

struct rac_timeline_slot {
	rac_atomic_u64 at_ns, bytes, most;
	rac_atomic_u32 where;
	rac_atomic_u32 state;
};

_Static_assert(sizeof(struct rac_timeline_slot) == sizeof(struct rac_timeline_point),
	"the ring and the folded points share one size");

/* One of the two is in force, the other is being made. */
struct rac_timeline_fold {
	rac_atomic_u64 tail; /* events before this position of the ring are in it */
	rac_atomic_u64 count;
	rac_atomic_u64 shift; /* a span is 2^shift ns long */
	uint64_t unused;
};

struct rac_timeline_segment {
	uint64_t slots, room;      /* of the ring; of each list of folded points */
	rac_atomic_u64 generation; /* its lowest bit says which of the two */
	rac_atomic_u64 missed, missed_at_ns;
	uint64_t unused[3];
	struct rac_timeline_fold folds[2];
	_Alignas(RAC_CACHE_LINE) rac_atomic_u64 head; /* next position of the ring */
};

/* Where a key was seen last in the span that is looked at. */
struct rac_timeline_mark {
	uint64_t key;
	uint32_t epoch, index;
};

static inline uint32_t rac_timeline_lap(uint64_t position, uint64_t slots)
{
	return (uint32_t)(position / slots) & (UINT32_MAX >> LAP_SHIFT);
}

/* What lies behind the head of the segment; *slots and *room for that. False: too few bytes. */
static inline bool rac_timeline_divide(uint64_t bytes, uint64_t *slots, uint64_t *room)
{
	uint64_t all =
		(bytes - sizeof(struct rac_timeline_segment)) / sizeof(struct rac_timeline_slot);

	if (bytes < RAC_TIMELINE_BYTES_MIN || bytes > RAC_TIMELINE_BYTES_MAX)
		return false;
	*slots = RAC_TIMELINE_BYTES_MIN / sizeof(struct rac_timeline_slot) / 4;
	while (*slots * 4 <= all)
		*slots *= 2;
	*room = (all - *slots) / 2;
	return true;
}

/* Folds what the ring holds before `end`. False: the points do not fit. */
bool rac_timeline_fold(struct rac_timeline *t, uint64_t end);

#endif
