/*
 * untracked_parts.h - what the files that measure untracked memory share; private to them.
 */
#ifndef RAC_UNTRACKED_PARTS_H
#define RAC_UNTRACKED_PARTS_H

#include "state.h"
#include "untracked.h"

static inline bool rac_untracked_is_covered(const struct rac_state *state)
{
	return state->settings.scope == RAC_SCOPE_PROCESS;
}

/* Where the figure of a device comes from, as it stands. */
static inline enum rac_untracked_source rac_untracked_source(
	const struct rac_state *state, uint32_t device)
{
	return (enum rac_untracked_source)(
		rac_load_relaxed(&state->record.devices[device].untracked) &
		RAC_UNTRACKED_SOURCE_MASK);
}

/* Puts a figure into force; `bytes` is what is known, also where it is not all. */
void rac_untracked_publish(
	struct rac_state *state, uint32_t device, uint64_t bytes, enum rac_untracked_source source);

/* Asks NVML what this process uses; pid_was_absent: it was not in the device's list just before. False: NVML
 * does not tell. */
bool rac_untracked_ask(
	struct rac_state *state, nvmlDevice_t gpu, uint32_t device, bool pid_was_absent);

#endif
