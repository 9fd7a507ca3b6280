/*
 * refusal.c - see refusal.h.
 */
#include "refusal.h"

#include "budget.h"
#include "cap.h"
#include "device.h"
#include "driver.h"
#include "holders.h"
#include "message.h"
#include "startup.h"
#include "text.h"
#include "thread.h"
#include "usage.h"
#include <errno.h>
#include <stdlib.h>

#define SAID_IN_FULL 8

/* The first eight, then each whose number is a power of two. */
static bool is_to_be_said(uint64_t number)
{
	return number <= SAID_IN_FULL || (number & (number - 1)) == 0;
}

/* What the driver charges beyond the allocations, if that is known: within the cap or outside of it. */
static void say_beyond(struct rac_text *t, const struct rac_state *state, uint32_t device)
{
	struct rac_report_untracked u;

	rac_record_untracked(&state->record.devices[device], &u);
	if (!u.known || u.bytes == 0)
		return;
	if (state->settings.scope == RAC_SCOPE_PROCESS) {
		rac_text_string(t, "; of that beyond allocations: ");
		rac_text_size(t, rac_tracker_beyond(state->tracker, device));
	} else {
		rac_text_string(t, "; outside the count: ");
		rac_text_size(t, u.bytes);
	}
	rac_text_string(t, " (");
	rac_text_string(t, u.source);
	rac_text_string(t, ")");
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
	if (limit != RAC_NO_LIMIT) {
		rac_text_string(t, ", cap ");
		rac_text_size(t, limit);
		rac_text_string(t, " (");
		rac_cap_say_source(t, state, device);
		rac_text_string(t, "), ");
		rac_text_size(t, rac_budget_left(state, device));
		rac_text_string(t, " left");
	}
	rac_holders_say(t, state, device);
	say_beyond(t, state, device);
}

/* What was asked, and by whom. */
static void begin(struct rac_text *t, char *line, struct rac_state *state, const char *verb,
	enum rac_hook hook, uint32_t device, uint64_t bytes)
{
	rac_startup_begin_line(t, line, RAC_STARTUP_LINE_MAX, state);
	rac_text_string(t, verb);
	rac_text_string(t, rac_hook_name(hook));
	rac_text_string(t, " of ");
	rac_text_size_exact(t, bytes);
	rac_holders_say_caller(t, state);
	rac_text_string(t, " on device ");
	rac_text_u64(t, device);
}

static void end(struct rac_text *t, const struct rac_state *state, uint64_t number)
{
	if (number >= SAID_IN_FULL) {
		rac_text_string(t, "; number ");
		rac_text_u64(t, number);
		rac_text_string(t, ", not all are shown");
	}
	rac_text_end_line(t);
	rac_message_stderr(state, t->buffer, t->used);
}

static void say(struct rac_state *state, enum rac_hook hook, uint32_t device, uint64_t bytes,
	const char *verb, uint64_t number)
{
	char line[RAC_STARTUP_LINE_MAX];
	struct rac_text t;
	int saved = errno;

	begin(&t, line, state, verb, hook, device, bytes);
	say_numbers(&t, state, device);
	end(&t, state, number);
	errno = saved;
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

/* What the device has left, and who else is on it. */
static void say_device(struct rac_text *t, struct rac_state *state, uint32_t device)
{
	nvmlDevice_t gpu = NULL;
	struct rac_usage usage;
	struct rac_device_snapshot s;
	uint64_t used;
	bool has_nvml = rac_usage_find(&gpu, state, device);

	rac_tracker_snapshot(state->tracker, device, &s);
	if (rac_usage_device(NULL, device, &used) && s.total_bytes > 0) {
		rac_text_string(t, "; free on the device: ");
		rac_text_size(t, rac_saturating_sub(s.total_bytes, used));
		rac_text_string(t, " of ");
		rac_text_size(t, s.total_bytes);
	}
	if (!has_nvml || !rac_untracked_knows_pid(state) ||
		!rac_usage_processes(gpu, state->pid, &usage) || usage.others == 0)
		return;
	rac_text_string(t, "; ");
	rac_text_u64(t, usage.others);
	rac_text_string(t, usage.others == 1 ? " other process holds " : " other processes hold ");
	rac_text_size(t, usage.others_bytes);
	if (usage.others > 1 && usage.largest_bytes > 0) {
		rac_text_string(t, ", most of it pid ");
		rac_text_u64(t, usage.largest_pid);
		rac_text_string(t, ": ");
		rac_text_size(t, usage.largest_bytes);
	} else if (usage.largest_bytes > 0) {
		rac_text_string(t, " (pid ");
		rac_text_u64(t, usage.largest_pid);
		rac_text_string(t, ")");
	}
}

void rac_refusal_by_driver(struct rac_state *state, enum rac_hook hook, uint32_t device,
	uint64_t bytes, CUresult result)
{
	char line[RAC_STARTUP_LINE_MAX];
	struct rac_text t;
	int saved = errno;

	rac_tracker_driver_failed(state->tracker, device);
	if (result != CUDA_ERROR_OUT_OF_MEMORY)
		return;
	uint64_t number = rac_fetch_add_relaxed(&state->driver_refusals_said, 1) + 1;

	if (!is_to_be_said(number))
		return;
	begin(&t, line, state, "out of memory in the driver: ", hook, device, bytes);
	say_numbers(&t, state, device);
	say_device(&t, state, device);
	end(&t, state, number);
	errno = saved;
}

void rac_refusal_say_total(const struct rac_state *state)
{
	char line[RAC_STARTUP_LINE_MAX];
	uint64_t requests = 0, bytes = 0;
	struct rac_text t;

	if (rac_load_relaxed(&state->refusals_said) < SAID_IN_FULL)
		return;
	for (uint32_t device = 0; device < RAC_MAX_DEVICES; device++) {
		struct rac_device_snapshot s;

		if (rac_tracker_snapshot(state->tracker, device, &s) != RAC_OK)
			continue;
		requests += s.refused;
		rac_checked_add(bytes, s.refused_bytes, &bytes);
	}
	rac_startup_begin_line(&t, line, sizeof(line), state);
	if (requests > 0) {
		rac_text_string(&t, "refused in all: ");
		rac_text_u64(&t, requests);
		rac_text_string(&t, " requests (");
		rac_text_size(&t, bytes);
		rac_text_string(&t, ")");
	} else {
		rac_text_string(&t, "over the cap, let through in all: ");
		rac_text_u64(&t, rac_load_relaxed(&state->refusals_said));
		rac_text_string(&t, " requests");
	}
	rac_text_end_line(&t);
	rac_message_stderr(state, line, t.used);
}
