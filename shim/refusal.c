/*
 * refusal.c - see refusal.h.
 */
#include "refusal.h"

#include "budget.h"
#include "cap.h"
#include "device.h"
#include "message.h"
#include "startup.h"
#include "text.h"
#include <stdlib.h>

#define SAID_IN_FULL 8

/* The first eight, then each whose number is a power of two. */
static bool is_to_be_said(uint64_t number)
{
	return number <= SAID_IN_FULL || (number & (number - 1)) == 0;
}

static void say_numbers(struct rac_text *t, struct rac_state *state, uint32_t device)
{
	uint64_t limit = rac_tracker_limit(state->tracker, device);
	uint64_t used = rac_budget_used(state, device);

	if (!rac_device_may_allocate(state, device)) {
		rac_text_string(t, ": nothing is granted, because ");
		rac_text_string(t,
			rac_device_is_closed(state, device)
				? "the cap is not understood (see above)"
				: "the group that shares the cap is not joined (see above)");
		return;
	}
	rac_text_string(t, ": ");
	rac_text_size(t, used);
	rac_text_string(t, " in use");
	rac_group_say_use(t, state, device);
	rac_text_string(t, ", cap ");
	rac_text_size(t, limit);
	rac_text_string(t, " (");
	rac_cap_say_source(t, state, device);
	rac_text_string(t, "), ");
	rac_text_size(t, rac_budget_left(state, device));
	rac_text_string(t, " left");
}

static void say(struct rac_state *state, enum rac_hook hook, uint32_t device, uint64_t bytes,
	const char *verb, uint64_t number)
{
	char line[RAC_STARTUP_LINE_MAX];
	struct rac_text t;

	rac_startup_begin_line(&t, line, sizeof(line), state);
	rac_text_string(&t, verb);
	rac_text_string(&t, rac_hook_name(hook));
	rac_text_string(&t, " of ");
	rac_text_size_exact(&t, bytes);
	rac_text_string(&t, " on device ");
	rac_text_u64(&t, device);
	say_numbers(&t, state, device);
	if (number >= SAID_IN_FULL) {
		rac_text_string(&t, "; number ");
		rac_text_u64(&t, number);
		rac_text_string(&t, ", not all are shown");
	}
	rac_text_end_line(&t);
	rac_message_stderr(state, line, t.used);
}

bool rac_refusal_report(
	struct rac_state *state, enum rac_hook hook, uint32_t device, uint64_t bytes)
{
	uint64_t number = rac_fetch_add_relaxed(&state->refusals_said, 1) + 1;

	rac_group_note(state, device);
	/* What cannot be compared with a cap is never let through by mistake. */
	bool passes = state->settings.on_limit == RAC_ON_LIMIT_WARN &&
		rac_device_may_allocate(state, device);

	if (!passes)
		rac_tracker_refuse(state->tracker, device, bytes);
	if (is_to_be_said(number))
		say(state, hook, device, bytes,
			passes ? "over the cap, let through: " : "refused: ", number);
	if (state->settings.on_limit == RAC_ON_LIMIT_ABORT)
		abort();
	return passes;
}
