/*
 * group.c - the arithmetic behind group.h: take, give and the sums; who may sit where is
 * group_seats.c's.
 *
 * Protocol. The sum lies in no word of its own that an operation could change apart from its seat. Each
 * operation writes a fresh record { sum, held }: the sum of the group and the holding of its own seat as
 * they are to be after it. One compare-and-swap of `head` then makes the record the present state of the
 * group. The head names version, seat and record; versions only grow, so no head ever comes back.
 *
 *	1. read head h; finish h: bring `last` of the seat in h up to h
 *	2. read the sum in h's record, and the own holding in the record that the own seat's `last`
 *	   names; look again that head is h: both belong to the state h then
 *	3. what does not fit is refused: takes effect at the second look of step 2
 *	4. write a record of the own seat that neither head nor `last` names
 *	5. compare-and-swap head from h to h' = (version + 1, own seat, the record): takes effect
 *	   here; where it fails another operation took effect, and this one starts over
 *	6. finish h'
 *
 * A seat holds what the record named by its `last` says, once the head is finished. Killed before step 5
 * an operation has changed nothing that counts: a record that nothing names. Killed after it, whoever comes
 * next does step 6 in its step 1, and must, before the head moves on; so `last` names the seat's latest
 * operation at every version, and the sum is that of the seats: without locks, and without knowing of any
 * death. Nobody waits for anybody: who is stopped in the middle is finished by others.
 *
 * A record is reused when neither head nor `last` of its seat names it. Threads of one process share a
 * seat and take its records by bits of a word of their own; the bit is held through step 6, so a record
 * without a bit that `last` does not name is named by nothing, and never will be again.
 *
 * Orders. Fields of a record are stored with release and loaded with acquire, head and `last` are changed
 * with release and loaded with acquire. So who reads a field that a later operation has written sees, at
 * its second look, a head that has moved on, and starts over; there are no fences to forget. `last` is
 * raised by version alone: a helper that comes late finds a higher one and leaves it.
 *
 * Bytes given back precede, by the release of step 5, what is granted because of them, by the acquire of
 * step 1: the driver call that freed them happens before the one that they admit.
 */
#include "group_parts.h"

#include "checked.h"
#include "rac_track.h"

/* What an operation asks for. */
struct change {
	uint64_t take, give;
	uint64_t cap; /* RAC_NO_LIMIT: none */
};

struct figures {
	uint64_t sum, held;
};

static struct group_record *record_of(struct rac_group *g, uint64_t head)
{
	return &g->seats[head_seat(head)].records[head_record(head)];
}

void rac_group_finish(struct rac_group *g, uint64_t head)
{
	rac_atomic_u64 *last = &g->seats[head_seat(head)].last;
	uint64_t seen = rac_load_acquire(last);

	/* Release: who finds the record by `last` finds it written. */
	while (head_version(seen) < head_version(head) &&
		!rac_cas_strong_acq_rel(last, &seen, head))
		;
}

/* The state of the group in a version of the head, as the seat sees it. False: it has moved on. */
static bool look(struct rac_group *g, uint32_t seat, uint64_t head, struct figures *f)
{
	uint64_t last = rac_load_acquire(&g->seats[seat].last);

	f->sum = rac_load_acquire(&record_of(g, head)->sum);
	f->held = rac_load_acquire(&g->seats[seat].records[head_record(last)].held);
	/* Relaxed: the loads above are not done after it. */
	return rac_load_relaxed(&g->head) == head;
}

/* A record that nothing names, for this thread alone. False: others have them all. */
static bool claim(struct rac_group_member *m, uint32_t *record)
{
	struct rac_group *g = m->group;
	uint32_t seen = rac_load_relaxed(&m->claimed);

	/* The seat's last operation may be one that its former owner did not live to finish. */
	rac_group_finish(g, rac_load_acquire(&g->head));
	for (;;) {
		uint32_t named = head_record(rac_load_acquire(&g->seats[m->seat].last));
		uint32_t free = ~seen & ~(1u << named) & ((1u << RAC_GROUP_RECORDS) - 1);

		if (free == 0)
			return false;
		*record = (uint32_t)__builtin_ctz(free);
		/* Acquire: what the thread that had it before finished is finished for us. */
		if (!rac_cas_weak_acquire(&m->claimed, &seen, seen | 1u << *record))
			continue;
		if (head_record(rac_load_acquire(&g->seats[m->seat].last)) != *record)
			return true;
		/* It became the seat's last between our look and our claim. */
		rac_fetch_and_release(&m->claimed, ~(1u << *record));
		seen = rac_load_relaxed(&m->claimed);
	}
}

static void unclaim(struct rac_group_member *m, uint32_t record)
{
	rac_fetch_and_release(&m->claimed, ~(1u << record));
}

static enum rac_status apply(const struct change *c, struct figures *f)
{
	uint64_t sum, held;
	bool fits64 = c->take <= RAC_REQUEST_MAX && rac_checked_add(f->sum, c->take, &sum) &&
		rac_checked_add(f->held, c->take, &held);

	if (!fits64)
		return c->cap == RAC_NO_LIMIT ? RAC_OVERFLOW : RAC_OOM;
	if (c->take > 0 && c->cap != RAC_NO_LIMIT && sum > c->cap)
		return RAC_OOM;
	uint64_t given = c->give < held ? c->give : held;

	f->sum = rac_saturating_sub(sum, given);
	f->held = held - given;
	return RAC_OK;
}

static enum rac_status operate(struct rac_group_member *m, const struct change *c, uint64_t *sum)
{
	struct rac_group *g = m->group;
	enum rac_status status = RAC_OK;
	struct figures f;
	uint32_t mine;
	uint64_t next;

	if (!claim(m, &mine))
		return RAC_FULL;
	struct group_record *record = &g->seats[m->seat].records[mine];

	for (;;) {
		uint64_t head = rac_load_acquire(&g->head);

		rac_group_finish(g, head);
		if (!look(g, m->seat, head, &f))
			continue;
		status = apply(c, &f);
		*sum = f.sum;
		if (status != RAC_OK)
			break;
		rac_store_release(&record->sum, f.sum);
		rac_store_release(&record->held, f.held);
		next = head_after(head, m->seat, mine);
		if (rac_cas_strong_acq_rel(&g->head, &head, next)) {
			rac_group_finish(g, next);
			break;
		}
	}
	unclaim(m, mine);
	return status;
}

enum rac_status rac_group_take(
	struct rac_group_member *m, uint64_t bytes, uint64_t cap, uint64_t *sum)
{
	const struct change c = {.take = bytes, .cap = cap};

	return operate(m, &c, sum);
}

enum rac_status rac_group_give(struct rac_group_member *m, uint64_t bytes)
{
	const struct change c = {.give = bytes, .cap = RAC_NO_LIMIT};
	uint64_t sum;

	return operate(m, &c, &sum);
}

uint64_t rac_group_sum(const struct rac_group *g)
{
	uint64_t head = rac_load_acquire(&g->head);

	for (;;) {
		const struct group_seat *seat = &g->seats[head_seat(head)];
		uint64_t sum = rac_load_acquire(&seat->records[head_record(head)].sum);
		uint64_t again = rac_load_acquire(&g->head);

		if (again == head)
			return sum;
		head = again;
	}
}

/*
 * At the moment of the first load no operation of the seat is unfinished but the head's own. A `last` that
 * is newer than that was the head itself at a moment since then.
 */
uint64_t rac_group_held(const struct rac_group *g, uint32_t seat)
{
	const struct group_seat *s = &g->seats[seat];

	for (;;) {
		uint64_t head = rac_load_acquire(&g->head);
		uint64_t last = rac_load_acquire(&s->last);
		bool unfinished =
			head_seat(head) == seat && head_version(head) > head_version(last);
		uint64_t held =
			rac_load_acquire(&s->records[head_record(unfinished ? head : last)].held);

		/* While `last` stays, neither of the two records is written to. */
		if (rac_load_relaxed(&s->last) == last)
			return held;
	}
}
