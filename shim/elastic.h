/*
 * elastic.h - an account for memory that the driver grows and shrinks by itself: what a pool or the
 * graphs of a device hold. Charged is the larger of what is known to be used and of what the driver
 * says it has reserved. What a call under way may come to need is charged and not yet live, so that
 * a call that fails leaves no trace in the peak.
 *
 * Growth that a request needs is reserved before the driver's call, against the cap. What the driver
 * takes beyond that is seen after it and cannot be undone: it is charged all the same and reported as
 * over_bytes where it passes the cap.
 */
#ifndef RAC_ELASTIC_H
#define RAC_ELASTIC_H

#include "atomics.h"
#include "hooks.h"
#include "rac_track.h"

struct rac_state;

struct rac_elastic {
	/* What callers asked for and did not give back, calls under way included. */
	rac_atomic_u64 used;
	/* What the tracker has reserved for this account, and what of that it counts as live. */
	rac_atomic_u64 charged, live;
	/* Given out to readers of the driver's figure; the highest whose figure was put into force. */
	rac_atomic_u64 ticket, latest;
};

/* What the account belongs to. */
struct rac_elastic_owner {
	uint32_t device;
	enum rac_kind kind;
	/* Reads what the driver reserves now; false: it does not say, and used alone counts. */
	bool (*read)(void *context, uint64_t *reserved);
	void *context;
};

/* Adds to used, after reserving what exceeds the charge; past the cap when forced. False: the cap does
 * not allow it; nothing changed. */
bool rac_elastic_use(struct rac_state *state, struct rac_elastic *e,
	const struct rac_elastic_owner *owner, uint64_t bytes, bool forced);

/* Takes bytes off used; the charge follows at the next refresh. */
void rac_elastic_unuse(struct rac_elastic *e, uint64_t bytes);

/* Brings the charge to what holds now. */
void rac_elastic_refresh(
	struct rac_state *state, struct rac_elastic *e, const struct rac_elastic_owner *owner);

#endif
