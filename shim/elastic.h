/*
 * elastic.h - an account for memory that the driver grows and shrinks by itself: what a pool or the
 * graphs of a device hold. Charged is the larger of what is known to be used and of what the driver
 * says it has reserved.
 *
 * Growth that a request needs is reserved before the driver's call, against the cap. What the driver
 * takes beyond that is seen after it and cannot be undone: it is charged all the same and reported as
 * over_bytes where it passes the cap. What a call under way may come to need is charged and becomes live
 * at the next refresh: its own, after the call, unless another thread's comes before it.
 */
#ifndef RAC_ELASTIC_H
#define RAC_ELASTIC_H

#include "atomics.h"
#include "hooks.h"
#include "rac_track.h"

struct rac_state;

/* The tracker has used + room reserved for the account. */
struct rac_elastic {
	rac_atomic_u64 used; /* granted and not given back, calls under way included */
	rac_atomic_u64 room; /* charged beyond that: what the driver caches */
	rac_atomic_u64 live; /* what the tracker counts as live */
	rac_atomic_u32
		granting; /* threads that have changed one of used and room and not yet the other */
	rac_atomic_u32 inside;    /* threads in a refresh */
	rac_atomic_u32 refresher; /* see elastic.c */
};

/* What the account belongs to. */
struct rac_elastic_owner {
	uint32_t device;
	enum rac_kind kind;
	/* Reads what the driver reserves now, nothing after its end; false: it does not say. */
	bool (*read)(void *context, uint64_t *reserved);
	void *context;
};

/*
 * Adds to used, after reserving what exceeds the room; past the cap when forced. RAC_OOM: the cap does
 * not allow it. RAC_OVERFLOW: there is no cap and no device has as much, so the driver is to say so. In
 * both cases nothing changed, and no refusal is counted.
 */
enum rac_status rac_elastic_use(struct rac_state *state, struct rac_elastic *e,
	const struct rac_elastic_owner *owner, uint64_t bytes, bool forced);

/* Takes bytes off used; they are room until the next refresh. */
void rac_elastic_unuse(struct rac_elastic *e, uint64_t bytes);

/* Brings the charge to what holds now. */
void rac_elastic_refresh(
	struct rac_state *state, struct rac_elastic *e, const struct rac_elastic_owner *owner);

/* Whether more is charged than used. */
static inline bool rac_elastic_caches(const struct rac_elastic *e)
{
	return rac_load_relaxed(&e->room) != 0;
}

#endif
