/*
 * group_seats.c - formatting a group, its cap and its seats; see group.h. What seats hold is moved by
 * group.c.
 *
 * Words about an owner are written by who has the seat's lock; others may read them at any time, for
 * show. The pid says whether somebody sits there, so it is written last and cleared last: who dies in
 * between leaves a seat that is free, or one whose owner is gone and holds nothing.
 */
#include "group_parts.h"

#include "rac_track.h"
#include <string.h>

#define LOOKS 16

size_t rac_group_bytes(void)
{
	return sizeof(struct rac_group);
}

void rac_group_format(struct rac_group *g)
{
	memset(g, 0, sizeof(*g));
	rac_store_relaxed(&g->layout, GROUP_LAYOUT);
	/* Release: who sees the magic sees all of the group. */
	rac_store_release(&g->magic, GROUP_MAGIC);
}

static bool is_zeroed(const struct rac_group *g)
{
	const unsigned char *bytes = (const unsigned char *)g;

	return bytes[0] == 0 && memcmp(bytes, bytes + 1, sizeof(*g) - 1) == 0;
}

enum rac_status rac_group_check(const struct rac_group *g)
{
	if (rac_load_acquire(&g->magic) == GROUP_MAGIC)
		return rac_load_relaxed(&g->layout) == GROUP_LAYOUT ? RAC_OK : RAC_INVALID;
	return is_zeroed(g) ? RAC_UNKNOWN : RAC_INVALID;
}

bool rac_group_is_sound(struct rac_group *g)
{
	for (int looks = 0; looks < LOOKS; looks++) {
		uint64_t head = rac_load_acquire(&g->head);
		uint64_t sum = rac_group_sum(g), seats = 0;

		rac_group_finish(g, head);
		for (uint32_t seat = 0; seat < RAC_GROUP_SEATS; seat++)
			seats += rac_group_held(g, seat);
		if (rac_load_acquire(&g->head) == head)
			return seats == sum;
	}
	return true;
}

uint64_t rac_group_cap(const struct rac_group *g)
{
	return rac_load_relaxed(&g->cap);
}

void rac_group_set_cap(struct rac_group *g, uint64_t cap)
{
	rac_store_relaxed(&g->cap, cap);
}

uint32_t rac_group_seats_used(const struct rac_group *g)
{
	uint64_t used = rac_load_acquire(&g->seats_used);

	return used < RAC_GROUP_SEATS ? (uint32_t)used : RAC_GROUP_SEATS;
}

bool rac_group_owner(const struct rac_group *g, uint32_t seat, struct rac_group_owner *owner)
{
	const struct group_seat *s = &g->seats[seat];

	/* Acquire: the other words were written before it. */
	owner->pid = rac_load_acquire(&s->pid);
	owner->started = rac_load_relaxed(&s->started);
	owner->space = rac_load_relaxed(&s->space);
	return owner->pid != 0;
}

uint64_t rac_group_gone_since(const struct rac_group *g, uint32_t seat)
{
	return rac_load_relaxed(&g->seats[seat].gone_since);
}

void rac_group_set_gone_since(struct rac_group *g, uint32_t seat, uint64_t moment)
{
	rac_store_relaxed(&g->seats[seat].gone_since, moment);
}

void rac_group_sit(struct rac_group_member *m, struct rac_group *g, uint32_t seat,
	const struct rac_group_owner *owner)
{
	struct group_seat *s = &g->seats[seat];
	uint64_t used = seat + 1;

	*m = (struct rac_group_member){.group = g, .seat = seat};
	rac_store_relaxed(&s->pid, 0);
	rac_store_release(&s->started, owner->started);
	rac_store_release(&s->space, owner->space);
	rac_store_release(&s->gone_since, 0);
	rac_store_release(&s->pid, owner->pid);
	/* Before anything is charged here, so that whoever looks for the gone looks this far. */
	rac_max_relaxed(&g->seats_used, used);
}

uint64_t rac_group_vacate(struct rac_group *g, uint32_t seat)
{
	struct rac_group_member undertaker = {.group = g, .seat = seat};

	/* An operation that the owner did not live to finish counts. */
	rac_group_finish(g, rac_load_acquire(&g->head));
	uint64_t held = rac_group_held(g, seat);

	if (held > 0)
		rac_group_give(&undertaker, held);
	rac_store_release(&g->seats[seat].pid, 0);
	return held;
}
