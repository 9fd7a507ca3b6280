/*
 * elastic.c - see elastic.h.
 *
 * Contract: everything may run with everything. `room` is the word that decides: a grant takes from it
 * by compare-and-swap, together with what the tracker granted beyond it, so no grant rests on bytes
 * that another takes away. The tracker's charge moves with it, never after it.
 *
 * A refresh reads the driver's figure and acts on it in two steps, between which others may do the
 * same. Growth is charged by whoever reads it, at once. Shrinking and the live figure are done by one
 * thread at a time: who finds another at it leaves a mark and goes on, and the other makes one more pass. A
 * thread that has made several for others leaves the rest to them. So nobody waits or works for others for
 * long, and when all are done the last figure read is in force.
 *
 * Orders. used and room are two words; `granting` is raised before and lowered after a change of both, and
 * look reads it between two readings of them. These accesses are seq_cst, so that who reads 0 has seen all
 * of a change or none. So are those of `inside`: the last one out must see that somebody left work behind.
 */
#include "elastic.h"

#include "budget.h"
#include "device.h"
#include "events.h"
#include "state.h"

enum { IDLE, BUSY, MARKED, LEFT };

#define PASSES_FOR_OTHERS 8

static enum rac_status take_from_budget(struct rac_state *state,
	const struct rac_elastic_owner *owner, uint64_t bytes, bool forced,
	struct rac_reservation *r)
{
	return forced ? rac_budget_reserve_past_limit(state, owner->device, bytes, r)
		      : rac_budget_reserve(state, owner->device, bytes, r);
}

static enum rac_status grant(struct rac_state *state, struct rac_elastic *e,
	const struct rac_elastic_owner *owner, uint64_t bytes, bool forced)
{
	uint64_t room = rac_load_acquire(&e->room);

	for (;;) {
		uint64_t from_room = bytes < room ? bytes : room;
		struct rac_reservation r = {.device = owner->device};
		uint64_t before = room;

		enum rac_status status = RAC_OK;

		if (bytes > from_room)
			status = take_from_budget(state, owner, bytes - from_room, forced, &r);
		if (status != RAC_OK) {
			/* Room that came meanwhile may make it fit. */
			room = rac_load_acquire(&e->room);
			if (room == before)
				return status;
			continue;
		}
		if (rac_cas_strong_acq_rel(&e->room, &room, room - from_room))
			return RAC_OK;
		rac_budget_cancel(state, &r);
	}
}

enum rac_status rac_elastic_use(struct rac_state *state, struct rac_elastic *e,
	const struct rac_elastic_owner *owner, uint64_t bytes, bool forced)
{
	if (!rac_device_may_allocate(state, owner->device))
		return RAC_OOM;
	rac_fetch_add_seq_cst(&e->granting, 1);
	enum rac_status status = grant(state, e, owner, bytes, forced);

	if (status == RAC_OK)
		atomic_fetch_add_explicit(&e->used, bytes, memory_order_acq_rel);
	rac_fetch_sub_seq_cst(&e->granting, 1);
	/* A refresh beside us could not look while we were at it, and relied on ours. */
	if (status != RAC_OK)
		rac_elastic_refresh(state, e, owner);
	return status;
}

void rac_elastic_unuse(struct rac_elastic *e, uint64_t bytes)
{
	/* Between the two the sum is too low: a refresh must not charge the difference again. */
	rac_fetch_add_seq_cst(&e->granting, 1);
	rac_fetch_sub_seq_cst(&e->used, bytes);
	rac_fetch_add_seq_cst(&e->room, bytes);
	rac_fetch_sub_seq_cst(&e->granting, 1);
}

/* Reads used and room of one moment. False: others are between the two; they refresh after us. */
static bool look(const struct rac_elastic *e, uint64_t *used, uint64_t *room)
{
	for (int tries = 0; tries < 16; tries++) {
		*room = rac_load_seq_cst(&e->room);
		*used = rac_load_seq_cst(&e->used);
		if (rac_load_seq_cst(&e->granting) == 0 && rac_load_seq_cst(&e->room) == *room &&
			rac_load_seq_cst(&e->used) == *used)
			return true;
	}
	return false;
}

/* Charges what the driver reserves beyond used and room. */
static void charge_growth(struct rac_state *state, struct rac_elastic *e,
	const struct rac_elastic_owner *owner, uint64_t reserved, bool forced)
{
	uint64_t used, room;
	struct rac_reservation r;

	while (look(e, &used, &room) && reserved > used + room) {
		uint64_t more = reserved - used - room;

		if (take_from_budget(state, owner, more, forced, &r) != RAC_OK)
			return;
		if (rac_cas_strong_acq_rel(&e->room, &room, room + more))
			return;
		rac_budget_cancel(state, &r);
	}
}

/* Gives back room that the driver does not reserve any more. */
static void give_back(struct rac_state *state, struct rac_elastic *e,
	const struct rac_elastic_owner *owner, uint64_t reserved)
{
	uint64_t used, room;

	while (look(e, &used, &room)) {
		uint64_t kept = reserved > used ? reserved - used : 0;

		if (room <= kept)
			return;
		if (!rac_cas_strong_acq_rel(&e->room, &room, kept))
			continue;
		struct rac_reservation r = {.device = owner->device, .bytes = room - kept};

		rac_budget_cancel(state, &r);
		return;
	}
}

/* Where the driver does not say, what is charged already: given back it would be somebody else's at once. By how much
 * it grew since is lost, and counted. */
static bool read_reserved(struct rac_state *state, const struct rac_elastic *e,
	const struct rac_elastic_owner *owner, uint64_t *reserved)
{
	uint64_t used, room;

	if (owner->read(owner->context, reserved))
		return true;
	rac_tracker_unrecorded(state->tracker);
	if (!look(e, &used, &room))
		return false;
	*reserved = used + room;
	return true;
}

/* By one thread at a time. */
static void pass(
	struct rac_state *state, struct rac_elastic *e, const struct rac_elastic_owner *owner)
{
	uint64_t live = rac_load_relaxed(&e->live);
	uint64_t reserved, used, room;

	if (!read_reserved(state, e, owner, &reserved))
		return;
	charge_growth(state, e, owner, reserved, true);
	if (look(e, &used, &room)) {
		uint64_t target = reserved > used ? reserved : used;

		/* Live falls before the charge does, and rises under it. */
		if (target < live) {
			rac_tracker_shrink(
				state->tracker, owner->device, owner->kind, live - target);
			rac_event_shifted(state, owner->device, target - live, 0);
		}
		give_back(state, e, owner, reserved);
		if (target > live)
			rac_event_shifted(state, owner->device, target - live,
				rac_tracker_grow(
					state->tracker, owner->device, owner->kind, target - live));
		rac_store_relaxed(&e->live, target);
	}
}

/* True when this thread is to make the passes; else another will make one more. */
static bool enter(struct rac_elastic *e)
{
	uint32_t seen = IDLE;

	for (;;) {
		bool ours = seen == IDLE || seen == LEFT;

		if (rac_cas_strong_acq_rel(&e->refresher, &seen, ours ? BUSY : MARKED))
			return ours;
	}
}

/*
 * Makes passes until no mark is left, or until enough were made for others: then the rest is left to
 * them, as long as any is there.
 */
static void make_passes(
	struct rac_state *state, struct rac_elastic *e, const struct rac_elastic_owner *owner)
{
	for (unsigned made = 1;; made++) {
		uint32_t busy = BUSY, marked = MARKED;

		/* Acquire: what was done before a mark that this takes away is seen by the pass. */
		rac_exchange_acq_rel(&e->refresher, BUSY);
		pass(state, e, owner);
		if (rac_cas_strong_acq_rel(&e->refresher, &busy, IDLE))
			return;
		if (made >= PASSES_FOR_OTHERS && rac_load_acquire(&e->inside) > 1 &&
			rac_cas_strong_acq_rel(&e->refresher, &marked, LEFT))
			return;
	}
}

void rac_elastic_refresh(
	struct rac_state *state, struct rac_elastic *e, const struct rac_elastic_owner *owner)
{
	uint64_t reserved;

	rac_fetch_add_seq_cst(&e->inside, 1);
	if (enter(e)) {
		make_passes(state, e, owner);
	} else {
		/* At once, where the cap allows it: our figure may be old by the time it is charged, so
		 * only the pass, which the other makes now, may force it. */
		if (read_reserved(state, e, owner, &reserved))
			charge_growth(state, e, owner, reserved, false);
		if (enter(e))
			make_passes(state, e, owner);
	}
	/* The last one out sees to what was left. */
	while (rac_fetch_sub_seq_cst(&e->inside, 1) == 1) {
		uint32_t left = LEFT;

		if (!rac_cas_strong_acq_rel(&e->refresher, &left, BUSY))
			return;
		rac_fetch_add_seq_cst(&e->inside, 1);
		make_passes(state, e, owner);
	}
}
