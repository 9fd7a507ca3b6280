/*
 * budget.h - the one place where the shim charges a device's bytes and gives them back, and where it
 * asks what the cap leaves; calls, kinds and addresses are counted elsewhere.
 *
 * What is charged stands in the tracker. Where processes share a cap (RAC_GROUP, see group_share.h) it
 * stands in their group as well, which then decides: charged there before here, and given back here
 * before there, so that at every instant the group holds at least what the trackers of its members do.
 *
 * Any thread may call anything; the meaning of each is that of the tracker's function of the same name
 * (rac_track.h). Without a group each is that function, and one branch.
 */
#ifndef RAC_BUDGET_H
#define RAC_BUDGET_H

#include "checked.h"
#include "group_view.h"
#include "rac_track.h"
#include "state.h"

/* Where there is a group; see budget.c. `forced`: past the limit. */
enum rac_status rac_budget_reserve_shared(struct rac_state *state, uint32_t device, uint64_t bytes,
	bool forced, struct rac_reservation *r);
enum rac_status rac_budget_adjust_shared(
	struct rac_state *state, struct rac_reservation *r, uint64_t new_bytes, bool forced);
void rac_budget_cancel_shared(struct rac_state *state, const struct rac_reservation *r);
void rac_budget_let_go_shared(
	struct rac_state *state, uint32_t device, enum rac_kind kind, uint64_t bytes);
void rac_budget_set_beyond_shared(struct rac_state *state, uint32_t device, uint64_t bytes);

/* Counts no refusal: who is refused may go on to try something else. */
static inline enum rac_status rac_budget_reserve(
	struct rac_state *state, uint32_t device, uint64_t bytes, struct rac_reservation *r)
{
	if (__builtin_expect(rac_group_is_asked_for(state), 0))
		return rac_budget_reserve_shared(state, device, bytes, false, r);
	return rac_tracker_try_reserve(state->tracker, device, bytes, r);
}

static inline enum rac_status rac_budget_reserve_past_limit(
	struct rac_state *state, uint32_t device, uint64_t bytes, struct rac_reservation *r)
{
	if (__builtin_expect(rac_group_is_asked_for(state), 0))
		return rac_budget_reserve_shared(state, device, bytes, true, r);
	return rac_tracker_reserve_past_limit(state->tracker, device, bytes, r);
}

static inline enum rac_status rac_budget_adjust(
	struct rac_state *state, struct rac_reservation *r, uint64_t new_bytes)
{
	if (__builtin_expect(rac_group_is_asked_for(state), 0))
		return rac_budget_adjust_shared(state, r, new_bytes, false);
	return rac_tracker_adjust(state->tracker, r, new_bytes);
}

static inline enum rac_status rac_budget_adjust_past_limit(
	struct rac_state *state, struct rac_reservation *r, uint64_t new_bytes)
{
	if (__builtin_expect(rac_group_is_asked_for(state), 0))
		return rac_budget_adjust_shared(state, r, new_bytes, true);
	return rac_tracker_adjust_past_limit(state->tracker, r, new_bytes);
}

static inline void rac_budget_cancel(struct rac_state *state, const struct rac_reservation *r)
{
	if (__builtin_expect(rac_group_is_asked_for(state), 0))
		rac_budget_cancel_shared(state, r);
	else
		rac_tracker_cancel(state->tracker, r);
}

static inline void rac_budget_let_go(
	struct rac_state *state, uint32_t device, enum rac_kind kind, uint64_t bytes)
{
	if (__builtin_expect(rac_group_is_asked_for(state), 0))
		rac_budget_let_go_shared(state, device, kind, bytes);
	else
		rac_tracker_let_go(state->tracker, device, kind, bytes);
}

/* What is compared with the cap of a device: of a group, what all of it uses. */
static inline uint64_t rac_budget_used(const struct rac_state *state, uint32_t device)
{
	if (__builtin_expect(rac_group_is_asked_for(state), 0))
		return rac_group_used(state, device);
	return rac_tracker_charged(state->tracker, device) +
		rac_tracker_beyond(state->tracker, device);
}

/* What counts against the cap beside all that is charged here; see untracked.h. */
static inline void rac_budget_set_beyond(struct rac_state *state, uint32_t device, uint64_t bytes)
{
	if (__builtin_expect(rac_group_is_asked_for(state), 0))
		rac_budget_set_beyond_shared(state, device, bytes);
	else
		rac_tracker_set_beyond(state->tracker, device, bytes);
}

/* What the cap leaves; UINT64_MAX without one. */
static inline uint64_t rac_budget_left(const struct rac_state *state, uint32_t device)
{
	uint64_t limit = rac_tracker_limit(state->tracker, device);

	if (limit == RAC_NO_LIMIT)
		return UINT64_MAX;
	return rac_saturating_sub(limit, rac_budget_used(state, device));
}

/* What a request can have that may wait for members of the group that are gone: for what is shown. */
static inline uint64_t rac_budget_obtainable(struct rac_state *state, uint32_t device)
{
	uint64_t limit = rac_tracker_limit(state->tracker, device);

	if (limit == RAC_NO_LIMIT || !rac_group_is_asked_for(state))
		return rac_budget_left(state, device);
	return rac_saturating_sub(limit, rac_group_used_by_living(state, device));
}

/* Advice only, as rac_tracker_would_fit. */
static inline bool rac_budget_would_fit(
	const struct rac_state *state, uint32_t device, uint64_t bytes)
{
	return bytes == 0 || bytes <= rac_budget_left(state, device);
}

/*
 * For a request that the cap refuses now but not always: has pools of this process give back what they
 * cache, measures anew what lies beyond the allocations, and takes back what members of the group hold
 * that are gone, for the last of which it waits a moment where that is what the request lacks. True: there
 * was room in the end; who finds it taken by others may come again, since more can be on its way back.
 */
bool rac_budget_make_room(struct rac_state *state, uint32_t device, uint64_t bytes);

#endif
