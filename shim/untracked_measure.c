/*
 * untracked_measure.c - asks NVML what this process uses and puts what the ledger does not hold of it into the
 * record; what a single call took is untracked.c's.
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
#include "untracked_parts.h"

#include "budget.h"
#include "checked.h"
#include "thread.h"
#include "usage.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define REFRESH_BYTES (UINT64_C(64) << 20)
#define TRIES         4 /* for a moment without other threads' allocations */

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
	look.alone = !rac_untracked_is_covered(state) ||
		rac_load_seq_cst(&u->inside) == (rac_thread.counted ? 1 : 0);
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

void rac_untracked_publish(
	struct rac_state *state, uint32_t device, uint64_t bytes, enum rac_untracked_source source)
{
	if (rac_untracked_is_covered(state)) {
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
	enum rac_untracked_source source = rac_untracked_source(state, device);

	if (!usage->own_listed)
		return source == RAC_UNTRACKED_NVML || source == RAC_UNTRACKED_NVML_COVERED;
	return usage->own != RAC_NVML_NOT_AVAILABLE;
}

bool rac_untracked_ask(
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
			rac_untracked_publish(state, device,
				rac_saturating_sub(usage.own, before.charged), RAC_UNTRACKED_NVML);
			break;
		}
		if (after.managed)
			break;
	}
	return true;
}

void rac_untracked_measure(struct rac_state *state, uint32_t device)
{
	int saved = errno;
	nvmlDevice_t gpu;

	if (rac_untracked_is_covered(state) && rac_usage_find(&gpu, state, device))
		rac_untracked_ask(state, gpu, device, false);
	errno = saved;
}

void rac_untracked_granted(struct rac_state *state, uint32_t device, uint64_t bytes)
{
	rac_atomic_u64 *granted = &state->untracked.granted[device];

	if (!rac_untracked_is_covered(state) ||
		rac_fetch_add_relaxed(granted, bytes) + bytes < REFRESH_BYTES)
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
		rac_untracked_ask(state, gpu, (uint32_t)device, false);
	errno = saved;
}
