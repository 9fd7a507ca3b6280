/*
 * untracked.c - what a single driver call took of a device, by the figures around it; see untracked.h. What
 * NVML says of the process is untracked_measure.c's.
 */
#include "untracked_parts.h"

#include "budget.h"
#include "checked.h"
#include "device.h"
#include "driver.h"
#include "refusal.h"
#include "startup.h"
#include "usage.h"
#include <errno.h>
#include <string.h>

static uint64_t bit_of(uint32_t device)
{
	return UINT64_C(1) << device;
}

bool rac_untracked_is_wanted(const struct rac_state *state)
{
	return rac_untracked_is_covered(state) || rac_nvml_present();
}

static bool exists(CUdevice device)
{
	int count;

	return rac_driver()->cuDeviceGetCount(&count) == CUDA_SUCCESS && device >= 0 &&
		device < count && device < RAC_MAX_DEVICES;
}

static void look_before(struct rac_state *state, struct rac_untracked_look *look)
{
	uint64_t bit = bit_of(look->device);
	struct rac_usage usage;
	bool has_nvml = rac_usage_find(&look->gpu, state, look->device);

	if (!has_nvml && !rac_untracked_is_covered(state))
		return;
	/* Two at once would each see what both take. */
	look->owner = (rac_fetch_or_relaxed(&state->untracked.measuring, bit) & bit) == 0;
	look->pid_was_absent =
		has_nvml && rac_usage_processes(look->gpu, state->pid, &usage) && !usage.own_listed;
	look->charged = rac_tracker_charged(state->tracker, look->device);
	look->beyond = rac_tracker_beyond(state->tracker, look->device);
	look->has_used =
		look->owner && has_nvml && rac_usage_device(look->gpu, look->device, &look->used);
	if (!look->has_used && look->owner && rac_untracked_is_covered(state)) {
		look->gpu = NULL;
		look->has_used = rac_usage_device(NULL, look->device, &look->used);
	}
}

void rac_untracked_begin(
	struct rac_untracked_look *look, enum rac_hook hook, enum rac_event event, CUdevice device)
{
	struct rac_state *state = rac_state();
	int saved = errno;

	memset(look, 0, sizeof(*look));
	look->hook = hook;
	look->event = event;
	if (exists(device)) {
		look->wanted = true;
		look->device = (uint32_t)device;
		if (rac_untracked_is_covered(state)) {
			rac_nvml_bring();
			rac_device_prepare(state, device);
		}
		look_before(state, look);
	}
	errno = saved;
}

void rac_untracked_begin_primary(
	struct rac_untracked_look *look, enum rac_hook hook, CUdevice device)
{
	unsigned int flags;
	int active = 0;

	if (rac_driver()->cuDevicePrimaryCtxGetState(device, &flags, &active) == CUDA_SUCCESS &&
		active != 0)
		memset(look, 0, sizeof(*look));
	else
		rac_untracked_begin(look, hook, RAC_EVENT_MAKES, device);
}

/* Adds what a call took, or gave back; false: not to be seen. */
static bool add_growth(struct rac_state *state, const struct rac_untracked_look *look)
{
	rac_atomic_u64 *contexts = &state->untracked.contexts[look->device];
	uint64_t used, charged = rac_tracker_charged(state->tracker, look->device);

	if (!look->has_used || !rac_usage_device(look->gpu, look->device, &used))
		return false;
	/* No device has 2^62 bytes. */
	int64_t grown = (int64_t)(used - look->used) - (int64_t)(charged - look->charged);
	uint64_t seen = rac_load_relaxed(contexts), now;

	do
		now = grown >= 0 ? seen + (uint64_t)grown
				 : rac_saturating_sub(seen, (uint64_t)-grown);
	while (!rac_cas_weak_relaxed(contexts, &seen, now));
	return true;
}

/* Once: what the cap does not cover although it was asked for. */
static void say_gap(struct rac_state *state, uint32_t device)
{
	char message[RAC_STARTUP_LINE_MAX - 64];
	struct rac_text t;

	if (!rac_untracked_is_covered(state) ||
		rac_tracker_limit(state->tracker, device) == RAC_NO_LIMIT ||
		rac_exchange_acq_rel(&state->untracked.gap_said, 1) != 0)
		return;
	rac_text_init(&t, message, sizeof(message));
	rac_text_string(&t, "RAC_SCOPE=process: what a context takes on device ");
	rac_text_u64(&t, device);
	rac_text_string(
		&t, " cannot be measured here, for NVML does not tell; the cap covers the rest");
	rac_startup_say(state, message);
}

static void measure_growth(struct rac_state *state, const struct rac_untracked_look *look)
{
	struct rac_untracked *u = &state->untracked;
	uint64_t bit = bit_of(look->device), bytes;
	enum rac_untracked_source source = rac_untracked_source(state, look->device);

	/* What NVML once said of this process is better, though it be old. */
	if (source == RAC_UNTRACKED_NVML || source == RAC_UNTRACKED_NVML_COVERED)
		return;
	if (!add_growth(state, look) && look->event != RAC_EVENT_CHANGES) {
		rac_fetch_or_relaxed(&u->incomplete, bit);
		if (look->event == RAC_EVENT_MAKES)
			say_gap(state, look->device);
	}
	bytes = rac_load_relaxed(&u->contexts[look->device]);
	if ((rac_load_relaxed(&u->incomplete) & bit) != 0)
		rac_untracked_publish(state, look->device, bytes, RAC_UNTRACKED_UNKNOWN);
	else if (bytes != 0 || source != RAC_UNTRACKED_UNKNOWN)
		rac_untracked_publish(state, look->device, bytes, RAC_UNTRACKED_CONTEXT);
}

static bool is_over(const struct rac_state *state, uint32_t device)
{
	uint64_t limit = rac_tracker_limit(state->tracker, device);

	return limit != RAC_NO_LIMIT && rac_budget_used(state, device) > limit;
}

/* Whether the cap refuses what a call took. Only what NVML says of this process is certain enough for
 * that: else a neighbour's allocation would be taken for ours. */
static bool is_too_much(struct rac_state *state, const struct rac_untracked_look *look)
{
	if (!rac_untracked_is_covered(state) ||
		rac_untracked_source(state, look->device) != RAC_UNTRACKED_NVML_COVERED ||
		rac_tracker_beyond(state->tracker, look->device) <= look->beyond ||
		!is_over(state, look->device))
		return false;
	/* As before any refusal. */
	rac_budget_make_room(state, look->device, 1);
	return is_over(state, look->device);
}

static uint64_t growth_of(const struct rac_state *state, const struct rac_untracked_look *look)
{
	return rac_saturating_sub(rac_tracker_beyond(state->tracker, look->device), look->beyond);
}

bool rac_untracked_end(struct rac_untracked_look *look, CUresult result)
{
	struct rac_state *state = rac_state();
	bool stays = true;
	int saved = errno;
	nvmlDevice_t gpu;

	if (!look->wanted) {
		if (look->event == RAC_EVENT_ENDS && result == CUDA_SUCCESS)
			rac_untracked_context_ended(state);
		return true;
	}
	if (result == CUDA_SUCCESS) {
		if (!rac_usage_find(&gpu, state, look->device) ||
			!rac_untracked_ask(state, gpu, look->device, look->pid_was_absent))
			measure_growth(state, look);
		look->grown = growth_of(state, look);
		stays = !is_too_much(state, look) ||
			(state->settings.on_limit == RAC_ON_LIMIT_WARN &&
				rac_refusal_report(state, look->hook, look->device, look->grown));
	}
	if (look->owner)
		atomic_fetch_and_explicit(
			&state->untracked.measuring, ~bit_of(look->device), memory_order_relaxed);
	errno = saved;
	return stays;
}

void rac_untracked_refused(struct rac_untracked_look *look)
{
	struct rac_state *state = rac_state();

	rac_untracked_measure(state, look->device);
	rac_refusal_report(state, look->hook, look->device, look->grown);
}

void rac_untracked_context_ended(struct rac_state *state)
{
	rac_store_relaxed(&state->untracked.incomplete, UINT64_MAX);
}
