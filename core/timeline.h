/*
 * timeline.h - what happened when, in bounded memory: a ring of the latest events, and all older ones
 * folded into coarser points. What a place or a site holds is the tracker's and the sites' to count.
 *
 * An event is a difference, so the sum of all points of a site is what it holds, in whichever order threads
 * came. When the ring fills, the thread that notices folds its older half while others go on: time is cut
 * into spans, and of each span the points are left that lead, for each place, to its fullest moment and to
 * the span's end. So the highest level of any time survives folding exactly, and so does what each site
 * held then. Spans double whenever the points do not fit.
 *
 * Operations and what they may run with: everything with everything, from any thread.
 *
 *	rac_timeline_note	takes effect when the slot's state says that it is written
 *	folding			takes effect at the store of `generation`; one thread at a time does it, and none
 *				waits for it
 *	rac_timeline_read	sees each event that was noted before it began exactly once
 *
 * A thread that stands still in the middle of a note holds up nobody: folding takes its slot from it, and it
 * notes its event anew. Where folding stands still itself the ring may run full. Then a note gives the
 * processor away a limited number of times, so that folding goes on; what finds no slot all the same is
 * counted as missed.
 */
#ifndef RAC_TIMELINE_H
#define RAC_TIMELINE_H

#include "atomics.h"
#include "rac_track.h"
#include <stddef.h>

#define RAC_TIMELINE_BYTES_MIN     (UINT64_C(64) << 10)
#define RAC_TIMELINE_BYTES_MAX     (UINT64_C(64) << 20)
#define RAC_TIMELINE_BYTES_DEFAULT (UINT64_C(4) << 20)

#define RAC_TIMELINE_PINNED RAC_MAX_DEVICES /* the place of memory that is on no device */
#define RAC_TIMELINE_PLACES (RAC_MAX_DEVICES + 1)
#define RAC_TIMELINE_SITES  (UINT32_C(1) << 24) /* numbers of sites are below */

/* Bytes were taken, or given back where `bytes` is negative, as two's complement. */
struct rac_timeline_event {
	uint64_t at_ns; /* of the caller's clock */
	uint64_t bytes;
	uint64_t most;  /* that the place held because of it, with calls under way; 0: not known */
	uint32_t site;  /* 0: no site accounts for it */
	uint8_t place;  /* ordinal of the device, or RAC_TIMELINE_PINNED */
	bool is_inside; /* in memory that the place holds already: of a pool */
};

/* One or more events. The time is that of the state which it leads to. */
struct rac_timeline_point {
	uint64_t at_ns, bytes, most;
	uint32_t where;
	uint32_t count; /* of events, at least; stops at its maximum */
};

static inline uint32_t rac_timeline_site(const struct rac_timeline_point *p)
{
	return p->where >> 8;
}

static inline uint32_t rac_timeline_place(const struct rac_timeline_point *p)
{
	return p->where & 0x7f;
}

static inline bool rac_timeline_is_inside(const struct rac_timeline_point *p)
{
	return (p->where & 0x80) != 0;
}

struct rac_timeline_segment;
struct rac_timeline_slot;

/* The timeline of this process. Treat as opaque. */
struct rac_timeline {
	struct rac_timeline_segment *segment; /* NULL: none is kept */
	struct rac_timeline_slot *ring;
	struct rac_timeline_point *folded[2];
	struct rac_timeline_point *work;
	struct rac_timeline_mark *marks;
	uint64_t slots, room, mark_count;
	void (*yield)(void);
	rac_atomic_u64 tail;    /* what is before was folded */
	rac_atomic_u32 folding; /* some thread is at it */
	rac_atomic_u32
		is_stuck; /* there are more sites than points: nothing can be folded any more */
	uint32_t epoch;
};

/*
 * Starts an empty timeline in `bytes` zeroed bytes, aligned to RAC_CACHE_LINE, that may be a segment of a
 * record, with zeroed scratch memory of rac_timeline_scratch_bytes(bytes). `yield` lets other threads run.
 * False: `bytes` is below RAC_TIMELINE_BYTES_MIN or above the maximum; *t is as zeroed then.
 */
bool rac_timeline_init(
	struct rac_timeline *t, void *memory, uint64_t bytes, void *scratch, void (*yield)(void));
uint64_t rac_timeline_scratch_bytes(uint64_t bytes);

static inline bool rac_timeline_is_kept(const struct rac_timeline *t)
{
	return __builtin_expect(t->segment != NULL, 0);
}

/* Only where one is kept. */
void rac_timeline_note(struct rac_timeline *t, const struct rac_timeline_event *event);

/* What is known of a timeline beside its points. */
struct rac_timeline_about {
	uint64_t folded;       /* so many points at the beginning are, or may be, folded */
	uint64_t missed;       /* events that were not kept */
	uint64_t missed_at_ns; /* the latest of them */
};

/* How many points a timeline of so many bytes can have; 0: there is none of that size. */
uint64_t rac_timeline_points_max(uint64_t bytes);

/*
 * Copies the points of a timeline, which may be one that is written to, or bytes that only claim to be one:
 * `memory` is read once more where it changes meanwhile. Times do not fall, places are below
 * RAC_TIMELINE_PLACES, counts are at least 1. Returns how many; `out` has room for
 * rac_timeline_points_max(bytes). 0 also: it makes no sense, or changes faster than it can be read.
 */
size_t rac_timeline_read(const void *memory, uint64_t bytes, struct rac_timeline_point *out,
	struct rac_timeline_about *about);

/* Which of two copies of the generation word holds; for who copies a segment before he reads it. */
uint64_t rac_timeline_generation(const void *memory);

#endif
