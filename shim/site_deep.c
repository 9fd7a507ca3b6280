/*
 * site_deep.c - counts at stacks that are deeper than there is room for on any stack; see site.h.
 *
 * Their room lies in memory that is shared by all threads. A thread takes a part while it captures. Where all
 * are taken, which so many threads at once can do, or some that ended in there, it keeps fewer frames.
 */
#include "capture.h"
#include "site.h"

_Static_assert(RAC_CAPTURE_ROOMS == 64, "one bit each");

/* RAC_CAPTURE_ROOMS: none is free. */
static unsigned take_room(struct rac_code *code)
{
	uint64_t taken = rac_load_relaxed(&code->rooms_taken);

	while (taken != UINT64_MAX) {
		unsigned room = (unsigned)__builtin_ctzll(~taken);

		/* Acquire: who had it before has done with it. */
		if (rac_cas_weak_acquire(&code->rooms_taken, &taken, taken | UINT64_C(1) << room))
			return room;
	}
	return RAC_CAPTURE_ROOMS;
}

uint32_t rac_site_count_deep(struct rac_state *state, const struct rac_site_call *call)
{
	struct rac_code *code = rac_code_of(state);
	unsigned number = code != NULL ? take_room(code) : RAC_CAPTURE_ROOMS;

	if (number == RAC_CAPTURE_ROOMS)
		return rac_site_count_shallow(state, call);
	struct rac_capture_room *room = &code->rooms[number];
	struct rac_capture place = {
		.native = room->native,
		.stack = room->stack,
		.python = room->python,
		.most = state->settings.depth,
	};

	rac_capture(state, &place);
	uint32_t id = rac_site_count_at(state, call, &place);

	/* Release: see take_room. */
	rac_fetch_and_release(&code->rooms_taken, ~(UINT64_C(1) << number));
	return id;
}
