/*
 * budget.c - see budget.h; here is what is done where processes share a cap.
 *
 * The group holds no less than the trackers of its members do, at every instant: so what a group grants
 * is within the tracker's own cap, and a member that dies leaves no byte uncharged.
 */
#include "budget.h"

#include "group_gone.h"
#include "pool.h"
#include "process_info.h"
#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Beyond the moment that is waited for: for clocks, and for whoever else gives back meanwhile. */
#define WAIT_MOST_NS UINT64_C(1500000000)

static enum rac_status take(
	struct rac_group_share *share, uint64_t bytes, uint64_t cap, uint64_t *sum)
{
	enum rac_status status;

	/* Full: more threads of ours are in this very call than the seat has records. */
	while ((status = rac_group_take(&share->member, bytes, cap, sum)) == RAC_FULL)
		sched_yield();
	return status;
}

static void give(struct rac_group_share *share, uint64_t bytes)
{
	while (bytes > 0 && rac_group_give(&share->member, bytes) == RAC_FULL)
		sched_yield();
}

/* The tracker knows this process's part only. */
static void note_overshoot(struct rac_state *state, uint32_t device, uint64_t sum)
{
	uint64_t limit = rac_tracker_limit(state->tracker, device);

	if (limit != RAC_NO_LIMIT)
		rac_tracker_note_overshoot(state->tracker, device, rac_saturating_sub(sum, limit));
}

enum rac_status rac_budget_reserve_shared(struct rac_state *state, uint32_t device, uint64_t bytes,
	bool forced, struct rac_reservation *r)
{
	struct rac_group_share *share = rac_group_share_of(state, device);
	uint64_t limit = rac_tracker_limit(state->tracker, device), sum = 0;

	*r = (struct rac_reservation){.device = device};
	r->charged_after = rac_tracker_charged(state->tracker, device);
	/* Nothing is charged before the group knows of it. */
	if (share == NULL)
		return RAC_OOM;
	enum rac_status status = take(share, bytes, forced ? RAC_NO_LIMIT : limit, &sum);

	if (status != RAC_OK)
		return status;
	status = forced ? rac_tracker_reserve_past_limit(state->tracker, device, bytes, r)
			: rac_tracker_try_reserve(state->tracker, device, bytes, r);
	if (status != RAC_OK)
		give(share, bytes);
	else if (forced)
		note_overshoot(state, device, sum);
	return status;
}

enum rac_status rac_budget_adjust_shared(
	struct rac_state *state, struct rac_reservation *r, uint64_t new_bytes, bool forced)
{
	struct rac_group_share *share = rac_group_share_of(state, r->device);
	uint64_t limit = rac_tracker_limit(state->tracker, r->device), sum = 0;
	uint64_t more = rac_saturating_sub(new_bytes, r->bytes);
	uint64_t less = rac_saturating_sub(r->bytes, new_bytes);

	if (share == NULL)
		return RAC_OOM;
	enum rac_status status =
		more > 0 ? take(share, more, forced ? RAC_NO_LIMIT : limit, &sum) : RAC_OK;

	if (status != RAC_OK)
		return status;
	status = forced ? rac_tracker_adjust_past_limit(state->tracker, r, new_bytes)
			: rac_tracker_adjust(state->tracker, r, new_bytes);
	if (status != RAC_OK)
		give(share, more);
	else
		give(share, less);
	if (status == RAC_OK && forced)
		note_overshoot(state, r->device, sum);
	return status;
}

void rac_budget_cancel_shared(struct rac_state *state, const struct rac_reservation *r)
{
	struct rac_group_share *share = rac_group_share_of(state, r->device);

	rac_tracker_cancel(state->tracker, r);
	if (share != NULL)
		give(share, r->bytes);
}

void rac_budget_let_go_shared(
	struct rac_state *state, uint32_t device, enum rac_kind kind, uint64_t bytes)
{
	struct rac_group_share *share = rac_group_share_of(state, device);

	rac_tracker_let_go(state->tracker, device, kind, bytes);
	if (share != NULL)
		give(share, bytes);
}

void rac_budget_set_beyond_shared(struct rac_state *state, uint32_t device, uint64_t bytes)
{
	struct rac_group_share *share = rac_group_share_of(state, device);
	uint64_t before = share != NULL ? rac_exchange_acq_rel(&share->beyond, bytes) : bytes, sum;

	/* The driver has it already, so no cap refuses it. */
	if (bytes > before && take(share, bytes - before, RAC_NO_LIMIT, &sum) == RAC_OK)
		note_overshoot(state, device, sum);
	rac_tracker_set_beyond(state->tracker, device, bytes);
	if (bytes < before)
		give(share, before - bytes);
}

static void sleep_until(uint64_t moment)
{
	uint64_t left = rac_saturating_sub(moment, rac_monotonic_ns());
	const struct timespec pause = {
		.tv_sec = (time_t)(left / 1000000000), .tv_nsec = (long)(left % 1000000000)};
	int saved = errno;

	syscall(SYS_nanosleep, &pause, NULL);
	errno = saved;
}

/*
 * Whether the request would fit if what settles had come back. What is in use is read between two looks at the members: who was
 * alive at the first and is gone at the second may have been replaced meanwhile, so that both are in the sum. Who is gone at
 * both counts twice, which makes a request wait that need not, for no longer than they settle.
 */
static bool is_worth_waiting(struct rac_state *state, struct rac_group_share *share,
	uint32_t device, uint64_t bytes, struct rac_group_pass *pass)
{
	uint64_t limit = rac_tracker_limit(state->tracker, device);
	uint64_t used = rac_budget_used(state, device);
	uint64_t soon = pass->soon;

	rac_group_take_back(share, pass);
	soon += pass->soon;
	return pass->returned > 0 ||
		(soon > 0 && bytes <= rac_saturating_sub(limit, rac_saturating_sub(used, soon)));
}

/*
 * Takes back what members hold that are gone; waits for what has to settle if that is what the request lacks. True: there was
 * a moment at which it fitted. Another member may have been quicker, so whoever asked tries again and comes back.
 */
static bool take_back(struct rac_state *state, uint32_t device, uint64_t bytes, bool waits)
{
	struct rac_group_share *share = rac_group_share_of(state, device);
	uint64_t deadline = rac_monotonic_ns() + WAIT_MOST_NS;
	struct rac_group_pass pass;

	if (share == NULL)
		return rac_budget_would_fit(state, device, bytes);
	rac_group_take_back(share, &pass);
	while (!rac_budget_would_fit(state, device, bytes)) {
		if (!waits || rac_monotonic_ns() >= deadline ||
			!is_worth_waiting(state, share, device, bytes, &pass))
			return false;
		if (pass.returned == 0)
			sleep_until(pass.due_ns);
		rac_group_take_back(share, &pass);
	}
	return true;
}

bool rac_budget_make_room(struct rac_state *state, uint32_t device, uint64_t bytes)
{
	if (bytes > rac_tracker_limit(state->tracker, device))
		return false;
	if (take_back(state, device, bytes, false))
		return true;
	rac_pools_reclaim(state, device);
	rac_untracked_measure(state, device);
	return take_back(state, device, bytes, true);
}
