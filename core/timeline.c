/*
 * timeline.c - takes events into the ring of a timeline; folding is timeline_fold.c's, reading
 * timeline_read.c's.
 */
#include "timeline_parts.h"

#include <string.h>

#define TRIES  8   /* slots that an event asks for before it is missed */
#define YIELDS 256 /* how often it lets others run before that */

/* Folding is thought of so often in a round; it leaves an eighth of it, of which writers may be near. */
#define LOOKS 16

static uint64_t marks_for(uint64_t points)
{
	uint64_t marks = 1;

	while (marks < 2 * points)
		marks *= 2;
	return marks;
}

uint64_t rac_timeline_points_max(uint64_t bytes)
{
	uint64_t slots, room;

	return rac_timeline_divide(bytes, &slots, &room) ? slots + room : 0;
}

uint64_t rac_timeline_scratch_bytes(uint64_t bytes)
{
	uint64_t points = rac_timeline_points_max(bytes);

	return points * sizeof(struct rac_timeline_point) +
		marks_for(points) * sizeof(struct rac_timeline_mark);
}

bool rac_timeline_init(
	struct rac_timeline *t, void *memory, uint64_t bytes, void *scratch, void (*yield)(void))
{
	uint64_t slots, room;

	memset(t, 0, sizeof(*t));
	if (!rac_timeline_divide(bytes, &slots, &room))
		return false;
	t->segment = memory;
	t->slots = t->segment->slots = slots;
	t->room = t->segment->room = room;
	t->ring = (struct rac_timeline_slot *)(void *)(t->segment + 1);
	t->folded[0] = (struct rac_timeline_point *)(void *)(t->ring + slots);
	t->folded[1] = t->folded[0] + room;
	t->yield = yield;
	t->work = scratch;
	t->marks = (struct rac_timeline_mark *)(void *)(t->work + slots + room);
	t->mark_count = marks_for(slots + room);
	return true;
}

/* Writes to the slot of that position. False: it is not to be had, or was taken from us. */
static bool write_at(struct rac_timeline *t, uint64_t at, const struct rac_timeline_event *event)
{
	struct rac_timeline_slot *slot = &t->ring[at & (t->slots - 1)];
	uint32_t lap = rac_timeline_lap(at, t->slots), seen = rac_load_relaxed(&slot->state);
	uint32_t claimed = STATE(CLAIMED, lap);

	if (seen != STATE(FREE, lap) || !rac_cas_strong_acquire(&slot->state, &seen, claimed))
		return false;
	rac_store_relaxed(&slot->at_ns, event->at_ns);
	rac_store_relaxed(&slot->bytes, event->bytes);
	rac_store_relaxed(&slot->most, event->most);
	rac_store_relaxed(
		&slot->where, event->site << 8 | (event->is_inside ? 0x80u : 0u) | event->place);
	if (rac_cas_strong_acq_rel(&slot->state, &claimed, STATE(READY, lap)))
		return true;
	rac_store_release(&slot->state, STATE(FREE, lap + 1));
	return false;
}

/* Not where the position is old: another thread may have folded what is behind it meanwhile. */
static bool is_due(const struct rac_timeline *t, uint64_t at)
{
	return (int64_t)(at - rac_load_relaxed(&t->tail)) >= (int64_t)(t->slots / 2);
}

/* Unless another thread is at it. */
static void fold_behind(struct rac_timeline *t, uint64_t at)
{
	uint32_t none = 0;

	if (rac_load_relaxed(&t->is_stuck) != 0 || !rac_cas_strong_acquire(&t->folding, &none, 1))
		return;
	if (is_due(t, at) && !rac_timeline_fold(t, at - t->slots / 8))
		rac_store_relaxed(&t->is_stuck, 1);
	rac_store_release(&t->folding, 0);
}

/*
 * Whether the ring has a slot; a head that ran ahead of a full one would leave slots behind for a round, so it
 * stops. Who was to fold may have been suspended before or while he does: before, it is ours to do; else
 * he may be waiting for the processor that we have.
 */
static bool has_room(struct rac_timeline *t)
{
	for (int i = 0; i < YIELDS; i++) {
		/* Acquire: a tail read before the head would make the ring look fuller than it is. */
		uint64_t head = rac_load_acquire(&t->segment->head);

		if ((int64_t)(head - rac_load_relaxed(&t->tail)) < (int64_t)t->slots)
			return true;
		if (rac_load_relaxed(&t->is_stuck) != 0)
			return false;
		if (rac_load_relaxed(&t->folding) == 0)
			fold_behind(t, head);
		else
			t->yield();
	}
	return false;
}

void rac_timeline_note(struct rac_timeline *t, const struct rac_timeline_event *event)
{
	struct rac_timeline_segment *s = t->segment;

	for (int tries = 0; tries < TRIES && has_room(t); tries++) {
		uint64_t at = rac_fetch_add_relaxed(&s->head, 1);

		if (write_at(t, at, event)) {
			if (at % (t->slots / LOOKS) == 0 && is_due(t, at))
				fold_behind(t, at);
			return;
		}
	}
	rac_fetch_add_relaxed(&s->missed, 1);
	rac_max_relaxed(&s->missed_at_ns, event->at_ns);
}
