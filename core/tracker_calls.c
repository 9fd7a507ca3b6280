/*
 * tracker_calls.c - counts calls for rac_track.h; their bytes are tracker.c's.
 *
 * A locked addition costs more than all else that counting does, so a thread can have words of its own,
 * a lane, which it alone writes: a load and a store. Readers add the lanes of a device up. A lane
 * is never given back, since nobody tells when a thread ends; who comes when all are taken counts in
 * the words that everybody shares.
 */
#include "tracker_parts.h"

struct rac_lane *rac_tracker_lane(struct rac_tracker *t, uint32_t device)
{
	if (device >= RAC_MAX_DEVICES || rac_load_relaxed(&t->lanes_claimed) >= LANES)
		return NULL;
	uint32_t index = rac_fetch_add_relaxed(&t->lanes_claimed, 1);

	if (index >= LANES)
		return NULL;
	rac_store_relaxed(&t->lanes[index].claimed, device + 1);
	return &t->lanes[index];
}

/* Counts a call where only this thread counts, or among all the others. */
static void count(rac_atomic_u64 *own, rac_atomic_u64 *shared)
{
	if (own != NULL)
		rac_store_relaxed(own, rac_load_relaxed(own) + 1);
	else
		rac_fetch_add_relaxed(shared, 1);
}

void rac_tracker_note_allocation(struct rac_tracker *t, struct rac_lane *lane, uint32_t device,
	enum rac_kind kind, uint64_t bytes)
{
	struct device_counters *d = &t->devices[device];

	count(lane != NULL ? &lane->calls.allocations[kind] : NULL, &d->calls.allocations[kind]);

	rac_max_relaxed(&d->largest, bytes);
}

void rac_tracker_note_free(
	struct rac_tracker *t, struct rac_lane *lane, uint32_t device, enum rac_kind kind)
{
	count(lane != NULL ? &lane->calls.frees[kind] : NULL,
		&t->devices[device].calls.frees[kind]);
}
