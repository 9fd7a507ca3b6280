/*
 * group_gone.c - see group_gone.h.
 */
#include "group_gone.h"

#include "process_info.h"
#include "process_stat.h"
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATIENCE_NS       UINT64_C(200000000)
#define SETTLES_NS        UINT64_C(100000000)
#define SETTLES_UNSEEN_NS UINT64_C(1000000000)
#define LOOK_AGAIN_NS     UINT64_C(2000000)

#define WORDS (RAC_GROUP_SEATS / 64)

enum verdict { DYING, GONE, GONE_UNSEEN };

/* One look at all members. */
struct visit {
	struct rac_group_share *share;
	struct rac_group_file file;
	uint64_t space; /* our pid namespace */
	uint64_t now;
	uint64_t wanted[WORDS]; /* one bit each: what there is to do needs the door */
	struct rac_group_pass *pass;
};

void rac_group_describe_self(struct rac_group_owner *self)
{
	struct rac_process_stat stat;

	*self = (struct rac_group_owner){
		.pid = (uint64_t)getpid(), .space = rac_process_namespace()};
	if (self->space != 0 && rac_process_stat_read(self->pid, &stat) == RAC_PROCESS_THERE)
		self->started = stat.started;
	else
		self->space = 0;
}

/* Of an owner whose seat the kernel has unlocked. */
static enum verdict judge(const struct rac_group_owner *owner, uint64_t space)
{
	struct rac_process_stat stat;

	if (owner->space == 0 || owner->space != space)
		return GONE_UNSEEN;
	switch (rac_process_stat_read(owner->pid, &stat)) {
	case RAC_PROCESS_ABSENT:
		return GONE;
	case RAC_PROCESS_UNKNOWN:
		return GONE_UNSEEN;
	case RAC_PROCESS_THERE:
		break;
	}
	if (stat.started != owner->started)
		return GONE;
	/* The first thread can be dead while others go on. */
	if (stat.state == 'Z' || stat.state == 'X')
		return stat.threads <= 1 ? GONE : DYING;
	return stat.exiting ? DYING : GONE;
}

/* Quicker than the above, and enough for a seat that is locked, as nearly all of them are. */
static bool is_absent(const struct rac_group_owner *owner, uint64_t space)
{
	int saved = errno;

	if (owner->space == 0 || owner->space != space)
		return false;
	bool absent = syscall(SYS_kill, (long)owner->pid, 0L) != 0 && errno == ESRCH;

	errno = saved;
	return absent;
}

static void expect(struct visit *v, uint32_t seat, uint64_t due)
{
	v->pass->soon += rac_group_held(v->share->member.group, seat);
	if (v->pass->due_ns == 0 || due < v->pass->due_ns)
		v->pass->due_ns = due;
}

/* Whether so much time has passed since it was noticed that the owner is gone; false also where nobody
 * has noticed yet, or by another clock (time namespaces). */
static bool is_past(uint64_t since, uint64_t time, uint64_t now)
{
	return since != 0 && since <= now && now - since >= time;
}

static bool is_marked(uint64_t since, uint64_t now)
{
	return since != 0 && since <= now;
}

/* Whether there is something to be done about a seat for which the door is needed. Notes what will come
 * back later. */
static bool needs_door(struct visit *v, uint32_t seat, const struct rac_group_owner *owner)
{
	uint64_t since = rac_group_gone_since(v->share->member.group, seat);

	if (!rac_group_file_is_locked(&v->file, RAC_GROUP_SEAT(seat))) {
		if (!is_marked(since, v->now) || is_past(since, SETTLES_NS, v->now))
			return true;
		expect(v, seat, since + SETTLES_NS);
		return false;
	}
	if (!is_absent(owner, v->space))
		return false;
	if (!is_marked(since, v->now) || is_past(since, SETTLES_UNSEEN_NS, v->now))
		return true;
	expect(v, seat, v->now + LOOK_AGAIN_NS);
	return false;
}

static bool is_of_interest(
	const struct rac_group_share *share, uint32_t seat, struct rac_group_owner *owner)
{
	return seat != share->member.seat && rac_group_held(share->member.group, seat) != 0 &&
		rac_group_owner(share->member.group, seat, owner);
}

static bool find_wanted(struct visit *v)
{
	struct rac_group_owner owner;
	bool any = false;

	memset(v->wanted, 0, sizeof(v->wanted));
	*v->pass = (struct rac_group_pass){0};
	v->now = rac_monotonic_ns();
	for (uint32_t seat = 0; seat < rac_group_seats_used(v->share->member.group); seat++)
		if (is_of_interest(v->share, seat, &owner) && needs_door(v, seat, &owner)) {
			v->wanted[seat / 64] |= UINT64_C(1) << seat % 64;
			any = true;
		}
	return any;
}

/* Marks the seat, or takes back what it holds. What is locked may be unlocked at any time. */
static void settle(struct visit *v, uint32_t seat, uint64_t time, bool locked)
{
	struct rac_group *g = v->share->member.group;
	uint64_t since = rac_group_gone_since(g, seat);

	if (!is_marked(since, v->now)) {
		since = v->now;
		rac_group_set_gone_since(g, seat, since);
	}
	if (is_past(since, time, v->now))
		v->pass->returned += rac_group_vacate(g, seat);
	else
		expect(v, seat, locked ? v->now + LOOK_AGAIN_NS : since + time);
}

/* Nobody else does it: we have the seat's lock, or the door's where the seat's stays. */
static void attend(struct visit *v, uint32_t seat, bool alone)
{
	struct rac_group_owner owner;
	bool locked = rac_group_file_lock(&v->file, RAC_GROUP_SEAT(seat)) != RAC_GROUP_FINE;

	if (is_of_interest(v->share, seat, &owner)) {
		if (locked && alone && is_absent(&owner, v->space))
			settle(v, seat, SETTLES_UNSEEN_NS, true);
		enum verdict verdict = locked ? DYING : judge(&owner, v->space);

		if (verdict != DYING)
			settle(v, seat, verdict == GONE ? SETTLES_NS : SETTLES_UNSEEN_NS, false);
	}
	if (!locked)
		rac_group_file_unlock(&v->file, RAC_GROUP_SEAT(seat));
}

/*
 * A seat that another attends to is locked, too, as if its owner were there; but then the door is locked
 * as well, and one look more is needed behind it.
 */
static void look(struct visit *v)
{
	bool any = find_wanted(v);

	if (!any && !rac_group_file_is_locked(&v->file, RAC_GROUP_DOOR))
		return;
	/* Whoever was stopped in the midst of this is passed by. */
	bool alone =
		rac_group_file_lock_soon(&v->file, RAC_GROUP_DOOR, PATIENCE_NS) == RAC_GROUP_FINE;

	find_wanted(v);
	for (uint32_t seat = 0; seat < RAC_GROUP_SEATS; seat++)
		if ((v->wanted[seat / 64] >> seat % 64 & 1) != 0)
			attend(v, seat, alone);
	if (alone)
		rac_group_file_unlock(&v->file, RAC_GROUP_DOOR);
}

static bool has_others(const struct rac_group_share *share)
{
	struct rac_group_owner owner;

	for (uint32_t seat = 0; seat < rac_group_seats_used(share->member.group); seat++)
		if (is_of_interest(share, seat, &owner))
			return true;
	return false;
}

void rac_group_take_back(struct rac_group_share *share, struct rac_group_pass *pass)
{
	struct visit v = {.share = share, .pass = pass};

	*pass = (struct rac_group_pass){0};
	if (!has_others(share) ||
		rac_group_file_open(&v.file, share->path, false) != RAC_GROUP_FINE)
		return;
	v.space = rac_process_namespace();
	if (rac_group_file_is_same(&v.file, &share->file))
		look(&v);
	rac_group_file_close(&v.file);
}
