/*
 * timeline_fold.c - folds the older part of a timeline's ring into coarser points; see timeline.h. It runs
 * in one thread at a time.
 *
 * A span leaves points of two kinds: those that lead to the fullest moment of a place, and those that lead
 * from there to the end of the span. Each site has at most one of each. What falls comes before what rises,
 * so that on the way no level is higher than at its two ends.
 *
 * The list in force is never written to: the new one takes its place by one store, so that a process which
 * is killed in the middle leaves the old list and a ring that still holds everything since.
 */
#include "timeline_parts.h"

#include <string.h>

#define FIRST_SHIFT 10 /* a microsecond */
#define LAST_SHIFT  63

struct fullest {
	uint32_t index;
	uint64_t most;
};

struct folding {
	struct rac_timeline *t;
	struct rac_timeline_point *out;
	uint64_t used, room;
	uint64_t held[RAC_TIMELINE_PLACES];
	unsigned shift;
	/* Of the span that is folded. */
	struct fullest fullest[RAC_TIMELINE_PLACES];
	uint8_t places[RAC_TIMELINE_PLACES]; /* that occur, by their fullest moment */
	uint32_t place_count;
	uint64_t dropped; /* events whose points cancelled out */
};

/* Takes the slot from who has not written it yet: he asks for another. False: it has no event. */
static bool settle(struct rac_timeline_slot *slot, uint32_t lap)
{
	for (;;) {
		/* Acquire: with READY comes the event. */
		uint32_t seen = rac_load_acquire(&slot->state);

		if (seen == STATE(READY, lap))
			return true;
		if (STATE_OF(seen) == ABANDONED || seen == STATE(FREE, lap + 1))
			return false;
		uint32_t next =
			STATE_OF(seen) == FREE ? STATE(FREE, lap + 1) : STATE(ABANDONED, lap);

		if (rac_cas_strong_acq_rel(&slot->state, &seen, next))
			return false;
	}
}

/* Appends the events of the ring before `end` to the points. */
static uint32_t gather(struct rac_timeline *t, uint64_t end, struct rac_timeline_point *to,
	uint32_t count, uint64_t latest_ns)
{
	for (uint64_t at = rac_load_relaxed(&t->tail); at < end; at++) {
		struct rac_timeline_slot *slot = &t->ring[at & (t->slots - 1)];

		if (!settle(slot, rac_timeline_lap(at, t->slots)))
			continue;
		/* Threads that come together may be out of step by as much as they were delayed. */
		uint64_t at_ns = rac_load_relaxed(&slot->at_ns);

		latest_ns = at_ns > latest_ns ? at_ns : latest_ns;
		to[count++] = (struct rac_timeline_point){
			.at_ns = latest_ns,
			.bytes = rac_load_relaxed(&slot->bytes),
			.most = rac_load_relaxed(&slot->most),
			.where = rac_load_relaxed(&slot->where),
			.count = 1,
		};
	}
	return count;
}

static void give_slots_back(struct rac_timeline *t, uint64_t end)
{
	for (uint64_t at = rac_load_relaxed(&t->tail); at < end; at++) {
		struct rac_timeline_slot *slot = &t->ring[at & (t->slots - 1)];
		uint32_t lap = rac_timeline_lap(at, t->slots);

		if (rac_load_relaxed(&slot->state) == STATE(READY, lap))
			rac_store_release(&slot->state, STATE(FREE, lap + 1));
	}
}

/* By their fullest moments. */
static void sort_places(struct folding *f)
{
	for (uint32_t i = 1; i < f->place_count; i++) {
		uint8_t place = f->places[i];
		uint32_t at = i;

		for (; at > 0 && f->fullest[f->places[at - 1]].index > f->fullest[place].index;
			at--)
			f->places[at] = f->places[at - 1];
		f->places[at] = place;
	}
}

/* Finds when in the span each place was fullest. */
static void find_fullest(struct folding *f, const struct rac_timeline_point *span, uint32_t n)
{
	uint64_t occurs[2] = {0, 0};

	f->place_count = 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t place = rac_timeline_place(&span[i]);
		uint64_t bit = UINT64_C(1) << (place & 63);

		if (!rac_timeline_is_inside(&span[i]))
			f->held[place] += span[i].bytes;
		/* Below 0 only where events were missed. */
		uint64_t held = (int64_t)f->held[place] < 0 ? 0 : f->held[place];
		uint64_t most = span[i].most > held ? span[i].most : held;

		if ((occurs[place / 64] & bit) == 0)
			f->places[f->place_count++] = (uint8_t)place;
		else if (most <= f->fullest[place].most)
			continue;
		occurs[place / 64] |= bit;
		f->fullest[place] = (struct fullest){i, most};
	}
	sort_places(f);
}

/* Where the key was seen in this span; a new one is entered. */
static struct rac_timeline_mark *find_mark(struct rac_timeline *t, uint64_t key)
{
	uint64_t mask = t->mark_count - 1;

	for (uint64_t at = (key * UINT64_C(0x9e3779b97f4a7c15)) >> 32;; at++) {
		struct rac_timeline_mark *mark = &t->marks[at & mask];

		if (mark->epoch != t->epoch || mark->key == key)
			return mark;
	}
}

static uint32_t add_counts(uint32_t a, uint64_t b)
{
	return b < UINT32_MAX - a ? a + (uint32_t)b : UINT32_MAX;
}

/* Adds up each site's points before and after the fullest moment of its place, in the last one of each. */
static void add_up(struct folding *f, struct rac_timeline_point *span, uint32_t n)
{
	struct rac_timeline *t = f->t;

	/* Marks of an epoch that comes again would hold. */
	if (++t->epoch == 0) {
		memset(t->marks, 0, t->mark_count * sizeof(*t->marks));
		t->epoch = 1;
	}
	for (uint32_t i = n; i-- > 0;) {
		bool after = i > f->fullest[rac_timeline_place(&span[i])].index;
		uint64_t key = (uint64_t)span[i].where << 1 | after;
		struct rac_timeline_mark *mark = find_mark(t, key);

		if (mark->epoch != t->epoch) {
			*mark = (struct rac_timeline_mark){key, t->epoch, i};
			continue;
		}
		span[mark->index].bytes += span[i].bytes;
		span[mark->index].count = add_counts(span[mark->index].count, span[i].count);
		span[i].count = 0;
	}
}

static bool put(struct folding *f, const struct rac_timeline_point *point, uint64_t at_ns)
{
	if (f->used == f->room)
		return false;
	f->out[f->used] = *point;
	f->out[f->used].at_ns = at_ns;
	f->out[f->used].most = 0;
	f->out[f->used].count = add_counts(point->count, f->dropped);
	f->dropped = 0;
	f->used++;
	return true;
}

/* Puts the points of a place from `from` up to `to`: first what falls, then what rises. */
static bool put_part(struct folding *f, const struct rac_timeline_point *span, uint32_t from,
	uint32_t to, uint32_t place, uint64_t at_ns)
{
	for (unsigned rising = 0; rising < 2; rising++) {
		for (uint32_t i = from; i < to; i++) {
			bool falls = (int64_t)span[i].bytes < 0;

			if (rac_timeline_place(&span[i]) != place || span[i].count == 0 ||
				falls == (rising == 1))
				continue;
			if (span[i].bytes == 0)
				f->dropped += span[i].count;
			else if (!put(f, &span[i], at_ns))
				return false;
		}
	}
	return true;
}

/* What led to the fullest moment of a place; the last of it says how full it was. */
static bool put_fullest(struct folding *f, const struct rac_timeline_point *span, uint32_t place)
{
	const struct fullest *fullest = &f->fullest[place];
	const struct rac_timeline_point *at = &span[fullest->index];
	uint64_t before = f->used;

	if (!put_part(f, span, 0, fullest->index + 1, place, at->at_ns))
		return false;
	if (f->used == before) {
		struct rac_timeline_point none = {.where = at->where};

		if (!put(f, &none, at->at_ns))
			return false;
	}
	f->out[f->used - 1].most = fullest->most;
	f->out[f->used - 1].count = add_counts(f->out[f->used - 1].count, f->dropped);
	f->dropped = 0;
	return true;
}

static bool fold_span(struct folding *f, struct rac_timeline_point *span, uint32_t n)
{
	uint64_t end_ns = span[n - 1].at_ns;

	find_fullest(f, span, n);
	add_up(f, span, n);
	for (uint32_t i = 0; i < f->place_count; i++)
		if (!put_fullest(f, span, f->places[i]))
			return false;
	for (uint32_t i = 0; i < f->place_count; i++) {
		uint32_t place = f->places[i];

		if (!put_part(f, span, f->fullest[place].index + 1, n, place, end_ns))
			return false;
	}
	f->out[f->used - 1].count = add_counts(f->out[f->used - 1].count, f->dropped);
	f->dropped = 0;
	return true;
}

/* Appends the points to what was folded. False: there is no room. */
static bool fold_points(struct folding *f, struct rac_timeline_point *points, uint32_t n)
{
	for (uint32_t i = 0, next; i < n; i = next) {
		for (next = i + 1;
			next < n && points[next].at_ns >> f->shift == points[i].at_ns >> f->shift;)
			next++;
		if (!fold_span(f, &points[i], next - i))
			return false;
	}
	return true;
}

/* What each place held at the end of the points. */
static void sum_up(struct folding *f, const struct rac_timeline_point *points, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		if (!rac_timeline_is_inside(&points[i]))
			f->held[rac_timeline_place(&points[i])] += points[i].bytes;
}

/* Spans that so much time may fit with. */
static unsigned shift_for(uint64_t ns, uint64_t room)
{
	unsigned shift = FIRST_SHIFT;

	while (shift < LAST_SHIFT && ns >> shift > room / 4)
		shift++;
	return shift;
}

/* Folds what the list in force has together with what the ring has, so far that there is room for more:
 * parts of spans that came one by one become whole, and where that does not do spans get longer. */
static bool fold_all(
	struct folding *f, const struct rac_timeline_point *old, uint64_t count, uint64_t end)
{
	struct rac_timeline_point *work = f->t->work;

	for (; f->shift <= LAST_SHIFT; f->shift++) {
		memcpy(work, old, count * sizeof(*work));
		uint32_t n = gather(
			f->t, end, work, (uint32_t)count, count > 0 ? old[count - 1].at_ns : 0);
		unsigned shift = shift_for(n > 0 ? work[n - 1].at_ns - work[0].at_ns : 0, f->room);

		f->shift = shift > f->shift ? shift : f->shift;
		f->used = f->dropped = 0;
		memset(f->held, 0, sizeof(f->held));
		if (fold_points(f, work, n) &&
			(f->used <= f->room - f->room / 4 || f->shift == LAST_SHIFT))
			return true;
	}
	return false;
}

bool rac_timeline_fold(struct rac_timeline *t, uint64_t end)
{
	struct rac_timeline_segment *s = t->segment;
	uint64_t generation = rac_load_relaxed(&s->generation);
	struct rac_timeline_fold *from = &s->folds[generation & 1],
				 *to = &s->folds[(generation + 1) & 1];
	const struct rac_timeline_point *old = t->folded[generation & 1];
	uint64_t count = rac_load_relaxed(&from->count), shift = rac_load_relaxed(&from->shift);
	struct folding f = {
		.t = t,
		.out = t->folded[(generation + 1) & 1],
		.used = count,
		.room = t->room,
		.shift = shift > 0 ? (unsigned)shift : FIRST_SHIFT,
	};

	memcpy(f.out, old, count * sizeof(*old));
	sum_up(&f, old, count);
	uint32_t n = gather(t, end, t->work, 0, count > 0 ? old[count - 1].at_ns : 0);

	if (!fold_points(&f, t->work, n) && !fold_all(&f, old, count, end))
		return false;
	rac_store_relaxed(&to->tail, end);
	rac_store_relaxed(&to->count, f.used);
	rac_store_relaxed(&to->shift, f.shift);
	/* Release: who sees the new list in force sees all of it, and the slots are free only then. */
	rac_store_release(&s->generation, generation + 1);
	give_slots_back(t, end);
	rac_store_release(&t->tail, end);
	return true;
}
