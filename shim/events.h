/*
 * events.h - tells the timeline what happens to memory, where one is kept; what it keeps of that is core's
 * (timeline.h). Where none is, each of these costs a load and a branch.
 *
 * As the charge: what is taken is told after it was charged, what is given back before it is released. So the
 * sum of what was told is never above what was charged, whatever threads do.
 */
#ifndef RAC_EVENTS_H
#define RAC_EVENTS_H

#include "state.h"

/* Makes the timeline that RAC_TIMELINE asks for, in a state that no other thread sees yet; its complaint says
 * where that failed. stop takes it back from a state that nobody ever saw. */
void rac_events_start(struct rac_state *state);
void rac_events_stop(struct rac_state *state);
void rac_events_announce(const struct rac_state *state);

void rac_event_note(
	struct rac_state *state, const struct rac_entry *entry, uint64_t bytes, uint64_t most);

/* What an entry stands for was taken; `most` is what its place held then, 0: not known. */
static inline void rac_event_taken(
	struct rac_state *state, const struct rac_entry *entry, uint64_t most)
{
	if (rac_timeline_is_kept(&state->timeline))
		rac_event_note(state, entry, entry->bytes, most);
}

static inline void rac_event_given(struct rac_state *state, const struct rac_entry *entry)
{
	if (rac_timeline_is_kept(&state->timeline))
		rac_event_note(state, entry, -entry->bytes, 0);
}

/* A device holds more or, with bytes below 0, less, that no site accounts for. */
static inline void rac_event_shifted(
	struct rac_state *state, uint32_t device, uint64_t bytes, uint64_t most)
{
	const struct rac_entry entry = {.device = (uint8_t)device, .kind = RAC_KIND_DEVICE};

	if (rac_timeline_is_kept(&state->timeline))
		rac_event_note(state, &entry, bytes, most);
}

#endif
