/*
 * group_view.c - see group_view.h.
 */
#include "group_view.h"

#include "checked.h"
#include "group_gone.h"
#include "process_info.h"
#include <unistd.h>

#define LOOK_AGAIN_NS UINT64_C(10000000)

void rac_group_note(struct rac_state *state, uint32_t device)
{
	const struct rac_group_share *share = rac_group_share_of(state, device);

	if (share != NULL)
		rac_store_relaxed(&state->record.devices[device].group_bytes,
			rac_group_sum(share->member.group));
}

uint64_t rac_group_used(const struct rac_state *state, uint32_t device)
{
	const struct rac_group_share *share = rac_group_share_of(state, device);

	return share != NULL ? rac_group_sum(share->member.group)
			     : rac_tracker_charged(state->tracker, device);
}

static void refresh(struct rac_group_share *share)
{
	uint64_t now = rac_monotonic_ns(), last = rac_load_relaxed(&share->looked_at);
	struct rac_group_pass pass;

	if (last != 0 && now - last < LOOK_AGAIN_NS)
		return;
	rac_store_relaxed(&share->looked_at, now);
	rac_group_take_back(share, &pass);
}

static uint64_t held_by_living(const struct rac_group *g)
{
	/* The sum first: what comes back between the two is then counted, and not twice as free. */
	uint64_t sum = rac_group_sum(g), gone = 0;

	for (uint32_t seat = 0; seat < rac_group_seats_used(g); seat++)
		if (rac_group_gone_since(g, seat) != 0)
			gone += rac_group_held(g, seat);
	return rac_saturating_sub(sum, gone);
}

uint64_t rac_group_used_by_living(struct rac_state *state, uint32_t device)
{
	struct rac_group_share *share = rac_group_share_of(state, device);

	if (share == NULL)
		return rac_group_used(state, device);
	refresh(share);
	rac_group_note(state, device);
	return held_by_living(share->member.group);
}

uint64_t rac_group_peek(const struct rac_state *state, const char *uuid)
{
	/* No seat of its own: all are others'. */
	struct rac_group_share visitor = {.member.seat = RAC_GROUP_SEATS};
	struct rac_group_pass pass;
	struct rac_group *group;
	uint64_t used = 0;

	if (!rac_group_is_asked_for(state))
		return 0;
	rac_group_file_path(visitor.path, (uint32_t)geteuid(), state->settings.group, uuid);
	if (rac_group_file_open(&visitor.file, visitor.path, false) != RAC_GROUP_FINE)
		return 0;
	group = rac_group_file_map(&visitor.file);
	rac_group_file_close(&visitor.file);
	if (group == NULL)
		return 0;
	visitor.member.group = group;
	if (rac_group_check(group) == RAC_OK) {
		rac_group_take_back(&visitor, &pass);
		used = held_by_living(group);
	}
	rac_group_unmap(group);
	return used;
}

void rac_group_say_shared(struct rac_text *t, const struct rac_state *state)
{
	if (!rac_group_is_asked_for(state))
		return;
	rac_text_string(t, ", shared by group '");
	rac_text_string(t, state->settings.group);
	rac_text_string(t, "'");
}

/* Others in the group that hold something. */
struct others {
	uint64_t count, bytes, most_bytes, most_pid;
};

static void count_others(const struct rac_group_share *share, struct others *o)
{
	const struct rac_group *g = share->member.group;
	struct rac_group_owner owner, self;

	rac_group_owner(g, share->member.seat, &self);
	for (uint32_t seat = 0; seat < rac_group_seats_used(g); seat++) {
		uint64_t held = rac_group_held(g, seat);

		if (seat == share->member.seat || held == 0 || !rac_group_owner(g, seat, &owner))
			continue;
		o->count++;
		o->bytes += held;
		if (held > o->most_bytes) {
			o->most_bytes = held;
			/* In another pid namespace it would be somebody else's. */
			o->most_pid = owner.space == self.space ? owner.pid : 0;
		}
	}
}

void rac_group_say_use(struct rac_text *t, const struct rac_state *state, uint32_t device)
{
	const struct rac_group_share *share = rac_group_share_of(state, device);
	struct others o = {0};

	if (share == NULL)
		return;
	count_others(share, &o);
	rac_text_string(t, " by group '");
	rac_text_string(t, state->settings.group);
	rac_text_string(t, "' (this process ");
	rac_text_size(t, rac_group_held(share->member.group, share->member.seat));
	rac_text_string(t, ", ");
	rac_text_u64(t, o.count);
	rac_text_string(t, o.count == 1 ? " other " : " others ");
	rac_text_size(t, o.bytes);
	if (o.count > 0) {
		rac_text_string(t, ", most by ");
		rac_text_string(t, o.most_pid != 0 ? "pid " : "one elsewhere");
		if (o.most_pid != 0)
			rac_text_u64(t, o.most_pid);
		rac_text_string(t, ": ");
		rac_text_size(t, o.most_bytes);
	}
	rac_text_string(t, ")");
}
