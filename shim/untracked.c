/*
 * untracked.c - see untracked.h.
 *
 * A figure is one word of the record (see record.h). What races with another thread's call is thrown
 * away: the ledger and NVML cannot be read in one instant, so a figure counts only if the ledger's is the
 * same before and after and, where the cap covers it, if no other thread was in a call meanwhile.
 *
 * NVML names processes by pid, and which pid namespace that is depends on the driver's version. A
 * pid is taken for ours in the first namespace of the machine, where all agree, or when it came to
 * the device's list just while we made a context there. Otherwise a stranger with our pid would be
 * counted.
 */
#include "untracked.h"

#include "budget.h"
#include "checked.h"
#include "device.h"
#include "driver.h"
#include "refusal.h"
#include "startup.h"
#include "state.h"
#include "thread.h"
#include "usage.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define REFRESH_BYTES (UINT64_C(64) << 20)
#define TRIES         4 /* for a moment without other threads' allocations */

static uint64_t bit_of(uint32_t device)
{
	return UINT64_C(1) << device;
}

static bool is_covered(const struct rac_state *state)
{
	return state->settings.scope == RAC_SCOPE_PROCESS;
}

bool rac_untracked_is_wanted(const struct rac_state *state)
{
	return is_covered(state) || rac_nvml_present();
}

static bool is_first_pid_namespace(void)
{
	static const char first[] = "pid:[4026531836]"; /* PROC_PID_INIT_INO, the same everywhere */
	char name[sizeof(first) + 1];
	ssize_t n = readlink("/proc/self/ns/pid", name, sizeof(name));

	return n == (ssize_t)sizeof(first) - 1 && memcmp(name, first, sizeof(first) - 1) == 0;
}

/* Whether the pid that NVML lists is this process. */
static bool is_ours(struct rac_state *state, bool came_with_context)
{
	if (rac_load_relaxed(&state->untracked.pid_is_ours) != 0)
		return true;
	if (!came_with_context && !is_first_pid_namespace())
		return false;
	rac_store_relaxed(&state->untracked.pid_is_ours, 1);
	return true;
}

bool rac_untracked_knows_pid(struct rac_state *state)
{
	return is_ours(state, false);
}

bool rac_enter_slowly(void)
{
	if (!rac_state_start())
		return false;
	struct rac_untracked *u = &rac_state()->untracked;

	if (is_covered(rac_state())) {
		/* Seq_cst, as the loads in look_at_ledger: who finds nobody inside, and nobody who came
		 * since, has seen all that calls before did, and nothing of calls after. */
		rac_fetch_add_seq_cst(&u->inside, 1);
		rac_fetch_add_seq_cst(&u->entered, 1);
		rac_thread.counted = true;
	}
	return true;
}

void rac_leave_counted(void)
{
	rac_thread.counted = false;
	rac_fetch_sub_seq_cst(&rac_state()->untracked.inside, 1);
}

/* The ledger as a measurement needs it: two of them that are equal, and alone, frame a moment. */
struct ledger_look {
	uint64_t charged, entered;
	bool alone;   /* no other thread is in a call, as far as they are counted */
	bool managed; /* whether NVML's figure covers that depends on where its pages are */
};

static struct ledger_look look_at_ledger(const struct rac_state *state, uint32_t device)
{
	const struct rac_untracked *u = &state->untracked;
	struct ledger_look look = {0};
	struct rac_device_snapshot s;

	look.entered = rac_load_seq_cst(&u->entered);
	look.alone =
		!is_covered(state) || rac_load_seq_cst(&u->inside) == (rac_thread.counted ? 1 : 0);
	rac_tracker_snapshot(state->tracker, device, &s);
	look.charged = s.charged_bytes;
	look.managed = s.kinds[RAC_KIND_MANAGED].live_bytes != 0;
	return look;
}

static bool is_moment(const struct ledger_look *before, const struct ledger_look *after)
{
	return before->alone && before->entered == after->entered &&
		before->charged == after->charged && !before->managed && !after->managed;
}

static enum rac_untracked_source source_of(const struct rac_state *state, uint32_t device)
{
	return (enum rac_untracked_source)(
		rac_load_relaxed(&state->record.devices[device].untracked) &
		RAC_UNTRACKED_SOURCE_MASK);
}

/* `bytes` is what is known, also where it is not all. */
static void publish(
	struct rac_state *state, uint32_t device, uint64_t bytes, enum rac_untracked_source source)
{
	if (is_covered(state)) {
		rac_budget_set_beyond(state, device, bytes);
		if (source != RAC_UNTRACKED_UNKNOWN)
			source = source == RAC_UNTRACKED_NVML ? RAC_UNTRACKED_NVML_COVERED
							      : RAC_UNTRACKED_CONTEXT_COVERED;
	}
	/* Relaxed: the word is all there is. */
	rac_store_relaxed(&state->record.devices[device].untracked,
		source != RAC_UNTRACKED_UNKNOWN ? bytes << RAC_UNTRACKED_SOURCE_BITS | source : 0);
}

/* Who was listed before and is not any more, holds nothing. */
static bool is_told(const struct rac_state *state, uint32_t device, const struct rac_usage *usage)
{
	enum rac_untracked_source source = source_of(state, device);

	if (!usage->own_listed)
		return source == RAC_UNTRACKED_NVML || source == RAC_UNTRACKED_NVML_COVERED;
	return usage->own != RAC_NVML_NOT_AVAILABLE;
}

/* False: NVML does not tell what this process uses. */
static bool measure_process(
	struct rac_state *state, nvmlDevice_t gpu, uint32_t device, bool pid_was_absent)
{
	for (int tries = 0; tries < TRIES; tries++) {
		struct ledger_look before = look_at_ledger(state, device), after;
		struct rac_usage usage;

		rac_store_relaxed(&state->untracked.asked_at[device], before.charged);
		rac_store_relaxed(&state->untracked.granted[device], 0);
		if (!rac_usage_processes(gpu, state->pid, &usage) ||
			!is_told(state, device, &usage) || !is_ours(state, pid_was_absent))
			return false;
		after = look_at_ledger(state, device);
		if (is_moment(&before, &after)) {
			publish(state, device, rac_saturating_sub(usage.own, before.charged),
				RAC_UNTRACKED_NVML);
			break;
		}
		if (after.managed)
			break;
	}
	return true;
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

	if (!has_nvml && !is_covered(state))
		return;
	/* Two at once would each see what both take. */
	look->owner = (rac_fetch_or_relaxed(&state->untracked.measuring, bit) & bit) == 0;
	look->pid_was_absent =
		has_nvml && rac_usage_processes(look->gpu, state->pid, &usage) && !usage.own_listed;
	look->charged = rac_tracker_charged(state->tracker, look->device);
	look->beyond = rac_tracker_beyond(state->tracker, look->device);
	look->has_used =
		look->owner && has_nvml && rac_usage_device(look->gpu, look->device, &look->used);
	if (!look->has_used && look->owner && is_covered(state)) {
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
		if (is_covered(state)) {
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

	if (!is_covered(state) || rac_tracker_limit(state->tracker, device) == RAC_NO_LIMIT ||
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
	enum rac_untracked_source source = source_of(state, look->device);

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
		publish(state, look->device, bytes, RAC_UNTRACKED_UNKNOWN);
	else if (bytes != 0 || source != RAC_UNTRACKED_UNKNOWN)
		publish(state, look->device, bytes, RAC_UNTRACKED_CONTEXT);
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
	if (!is_covered(state) || source_of(state, look->device) != RAC_UNTRACKED_NVML_COVERED ||
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
			!measure_process(state, gpu, look->device, look->pid_was_absent))
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

void rac_untracked_measure(struct rac_state *state, uint32_t device)
{
	int saved = errno;
	nvmlDevice_t gpu;

	if (is_covered(state) && rac_usage_find(&gpu, state, device))
		measure_process(state, gpu, device, false);
	errno = saved;
}

void rac_untracked_granted(struct rac_state *state, uint32_t device, uint64_t bytes)
{
	rac_atomic_u64 *granted = &state->untracked.granted[device];

	if (!is_covered(state) || rac_fetch_add_relaxed(granted, bytes) + bytes < REFRESH_BYTES)
		return;
	rac_store_relaxed(granted, 0);
	rac_untracked_measure(state, device);
}

void rac_untracked_refresh(struct rac_state *state, CUdevice device)
{
	struct rac_untracked *u = &state->untracked;
	int saved = errno;
	nvmlDevice_t gpu;

	if (device < 0 || device >= RAC_MAX_DEVICES)
		return;
	uint64_t charged = rac_tracker_charged(state->tracker, (uint32_t)device);
	uint64_t before = rac_load_relaxed(&u->asked_at[device]);

	if (rac_saturating_sub(charged, before) < REFRESH_BYTES &&
		rac_saturating_sub(before, charged) < REFRESH_BYTES)
		return;
	rac_store_relaxed(&u->asked_at[device], charged);
	if (rac_usage_find(&gpu, state, (uint32_t)device))
		measure_process(state, gpu, (uint32_t)device, false);
	errno = saved;
}
