/*
 * budget.h - the one place where the shim charges a device's bytes and gives them back, and where it
 * asks what the cap leaves; calls, kinds and addresses are counted elsewhere.
 *
 * Who charges past this breaks what several charges have to agree on. Any thread may call anything; the
 * meaning of each is that of the tracker's function of the same name (rac_track.h).
 */
#ifndef RAC_BUDGET_H
#define RAC_BUDGET_H

#include "checked.h"
#include "rac_track.h"
#include "state.h"

/* Counts no refusal: who is refused may go on to try something else. */
static inline enum rac_status rac_budget_reserve(
	struct rac_state *state, uint32_t device, uint64_t bytes, struct rac_reservation *r)
{
	return rac_tracker_try_reserve(state->tracker, device, bytes, r);
}

static inline enum rac_status rac_budget_reserve_past_limit(
	struct rac_state *state, uint32_t device, uint64_t bytes, struct rac_reservation *r)
{
	return rac_tracker_reserve_past_limit(state->tracker, device, bytes, r);
}

static inline enum rac_status rac_budget_adjust(
	struct rac_state *state, struct rac_reservation *r, uint64_t new_bytes)
{
	return rac_tracker_adjust(state->tracker, r, new_bytes);
}

static inline enum rac_status rac_budget_adjust_past_limit(
	struct rac_state *state, struct rac_reservation *r, uint64_t new_bytes)
{
	return rac_tracker_adjust_past_limit(state->tracker, r, new_bytes);
}

static inline void rac_budget_cancel(struct rac_state *state, const struct rac_reservation *r)
{
	rac_tracker_cancel(state->tracker, r);
}

static inline void rac_budget_release(
	struct rac_state *state, uint32_t device, enum rac_kind kind, uint64_t bytes)
{
	rac_tracker_release(state->tracker, device, kind, bytes);
}

/* What is compared with the cap of a device. */
static inline uint64_t rac_budget_used(const struct rac_state *state, uint32_t device)
{
	return rac_tracker_charged(state->tracker, device);
}

/* What the cap leaves; UINT64_MAX without one. */
static inline uint64_t rac_budget_left(const struct rac_state *state, uint32_t device)
{
	uint64_t limit = rac_tracker_limit(state->tracker, device);

	if (limit == RAC_NO_LIMIT)
		return UINT64_MAX;
	return rac_saturating_sub(limit, rac_budget_used(state, device));
}

/* Advice only, as rac_tracker_would_fit. */
static inline bool rac_budget_would_fit(
	const struct rac_state *state, uint32_t device, uint64_t bytes)
{
	return bytes == 0 || bytes <= rac_budget_left(state, device);
}

#endif
