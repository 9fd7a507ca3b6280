/*
 * elastic.c - see elastic.h.
 *
 * Contract: everything may run with everything. `charged` moves by compare-and-swap together with
 * the tracker: raised after the tracker granted the difference, lowered before the tracker gets it
 * back, so the tracker never holds less than the accounts say.
 *
 * The driver's figure is read and put into force in two steps, between which others may do the
 * same. A reader draws a ticket before it reads. If a later ticket was put into force when a reader is
 * done, its own, older figure may have overwritten the newer one, and it starts again. So when all
 * are done, the last figure read is in force.
 */
#include "elastic.h"

#include "device.h"
#include "state.h"

static bool grow_to(struct rac_state *state, struct rac_elastic *e,
	const struct rac_elastic_owner *owner, uint64_t target, bool forced)
{
	uint64_t seen = rac_load_acquire(&e->charged);

	while (seen < target) {
		struct rac_reservation r;
		enum rac_status status = forced
			? rac_tracker_reserve_past_limit(
				  state->tracker, owner->device, target - seen, &r)
			: rac_tracker_reserve(state->tracker, owner->device, target - seen, &r);

		if (status != RAC_OK)
			return false;
		if (rac_cas_strong_acq_rel(&e->charged, &seen, target))
			return true;
		rac_tracker_cancel(state->tracker, &r);
	}
	return true;
}

bool rac_elastic_use(struct rac_state *state, struct rac_elastic *e,
	const struct rac_elastic_owner *owner, uint64_t bytes, bool forced)
{
	/* Before the charge: a refresh beside us must not lower it below what we are about to use. */
	uint64_t used = atomic_fetch_add_explicit(&e->used, bytes, memory_order_acq_rel) + bytes;

	if (used >= bytes && rac_device_may_allocate(state, owner->device) &&
		grow_to(state, e, owner, used, forced))
		return true;
	rac_elastic_unuse(e, bytes);
	return false;
}

void rac_elastic_unuse(struct rac_elastic *e, uint64_t bytes)
{
	atomic_fetch_sub_explicit(&e->used, bytes, memory_order_acq_rel);
}

static void shrink_to(struct rac_state *state, struct rac_elastic *e,
	const struct rac_elastic_owner *owner, uint64_t target)
{
	uint64_t seen = rac_load_acquire(&e->charged);

	while (seen > target)
		if (rac_cas_strong_acq_rel(&e->charged, &seen, target)) {
			struct rac_reservation r = {
				.device = owner->device, .bytes = seen - target};

			rac_tracker_cancel(state->tracker, &r);
			return;
		}
}

/* Counts as live what is charged; called with the charge covering it. */
static void set_live(struct rac_state *state, struct rac_elastic *e,
	const struct rac_elastic_owner *owner, uint64_t target)
{
	uint64_t seen = rac_exchange_acq_rel(&e->live, target);

	if (seen < target)
		rac_tracker_grow(state->tracker, owner->device, owner->kind, target - seen);
	else if (seen > target)
		rac_tracker_shrink(state->tracker, owner->device, owner->kind, seen - target);
}

static void put_into_force(struct rac_state *state, struct rac_elastic *e,
	const struct rac_elastic_owner *owner, uint64_t reserved)
{
	uint64_t used = rac_load_acquire(&e->used);
	uint64_t target = reserved > used ? reserved : used;

	/* Live falls before the charge does and rises after it. */
	if (rac_load_acquire(&e->live) > target)
		set_live(state, e, owner, target);
	shrink_to(state, e, owner, target);
	/* Somebody may have begun to use more between our look and our step. */
	used = rac_load_acquire(&e->used);
	target = reserved > used ? reserved : used;
	grow_to(state, e, owner, target, true);
	set_live(state, e, owner, target);
}

void rac_elastic_refresh(
	struct rac_state *state, struct rac_elastic *e, const struct rac_elastic_owner *owner)
{
	uint64_t ticket;

	do {
		uint64_t reserved = 0;

		ticket = atomic_fetch_add_explicit(&e->ticket, 1, memory_order_acq_rel) + 1;
		if (!owner->read(owner->context, &reserved))
			reserved = 0;
		rac_max_acq_rel(&e->latest, ticket);
		put_into_force(state, e, owner, reserved);
	} while (rac_load_acquire(&e->latest) != ticket);
}
