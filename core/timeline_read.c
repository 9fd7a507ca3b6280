/*
 * timeline_read.c - copies the points of a timeline, of this process or of a record, and trusts nothing in
 * it.
 */
#include "timeline_parts.h"

#include <string.h>

#define ATTEMPTS 16

/* A timeline as its own words say it lies, after they were checked. */
struct reading {
	const struct rac_timeline_segment *segment;
	const struct rac_timeline_slot *ring;
	const struct rac_timeline_point *folded[2];
	uint64_t slots, room;
	struct rac_timeline_point *out;
	size_t count;
	uint64_t latest_ns;
};

uint64_t rac_timeline_generation(const void *memory)
{
	const struct rac_timeline_segment *s = memory;

	/* Acquire: what is read next is not older. */
	return rac_load_acquire(&s->generation);
}

static bool lay_out(struct reading *r, const void *memory, uint64_t bytes)
{
	r->segment = memory;
	if (!rac_timeline_divide(bytes, &r->slots, &r->room))
		return false;
	r->ring = (const struct rac_timeline_slot *)(const void *)(r->segment + 1);
	r->folded[0] = (const struct rac_timeline_point *)(const void *)(r->ring + r->slots);
	r->folded[1] = r->folded[0] + r->room;
	return r->segment->slots == r->slots && r->segment->room == r->room;
}

static void add(struct reading *r, struct rac_timeline_point point)
{
	if (rac_timeline_place(&point) >= RAC_TIMELINE_PLACES || point.count == 0)
		return;
	if (point.at_ns < r->latest_ns)
		point.at_ns = r->latest_ns;
	r->latest_ns = point.at_ns;
	r->out[r->count++] = point;
}

static bool read_folded(struct reading *r, const struct rac_timeline_fold *fold, unsigned which)
{
	uint64_t count = rac_load_relaxed(&fold->count);

	if (count > r->room)
		return false;
	for (uint64_t i = 0; i < count; i++)
		add(r, r->folded[which][i]);
	return true;
}

static void read_ring(struct reading *r, uint64_t tail)
{
	uint64_t all = rac_load_acquire(&r->segment->head) - tail;

	/* Threads that found no slot may have moved the head on. */
	for (uint64_t i = 0; i < (all < r->slots ? all : r->slots); i++) {
		const struct rac_timeline_slot *slot = &r->ring[(tail + i) & (r->slots - 1)];

		if (rac_load_acquire(&slot->state) !=
			STATE(READY, rac_timeline_lap(tail + i, r->slots)))
			continue;
		add(r,
			(struct rac_timeline_point){
				.at_ns = rac_load_relaxed(&slot->at_ns),
				.bytes = rac_load_relaxed(&slot->bytes),
				.most = rac_load_relaxed(&slot->most),
				.where = rac_load_relaxed(&slot->where),
				.count = 1,
			});
	}
}

size_t rac_timeline_read(const void *memory, uint64_t bytes, struct rac_timeline_point *out,
	struct rac_timeline_about *about)
{
	struct reading r = {.out = out};

	memset(about, 0, sizeof(*about));
	if (!lay_out(&r, memory, bytes))
		return 0;
	for (int i = 0; i < ATTEMPTS; i++) {
		uint64_t generation = rac_timeline_generation(memory);
		const struct rac_timeline_fold *fold = &r.segment->folds[generation & 1];

		r.count = 0;
		r.latest_ns = 0;
		if (!read_folded(&r, fold, generation & 1))
			return 0;
		about->folded = r.count;
		read_ring(&r, rac_load_relaxed(&fold->tail));
		/* Acquire: our reads come before this look. */
		atomic_thread_fence(memory_order_acquire);
		if (rac_load_relaxed(&r.segment->generation) != generation)
			continue;
		about->missed = rac_load_relaxed(&r.segment->missed);
		about->missed_at_ns = rac_load_relaxed(&r.segment->missed_at_ns);
		return r.count;
	}
	about->folded = 0;
	return 0;
}
