/*
 * group_gone.c - see group_gone.h.
 */
#include "group_gone.h"

#include "process_info.h"
#include "process_stat.h"
#include <string.h>
#include <unistd.h>

#define PATIENCE_NS       UINT64_C(200000000)
#define SETTLES_NS        UINT64_C(100000000)
#define SETTLES_UNSEEN_NS UINT64_C(1000000000)

enum verdict { ALIVE, DYING, GONE, GONE_UNSEEN };

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

/* What its pid says of it. A process that is there and not on its way out is alive. */
static enum verdict ask_for(const struct rac_group_owner *owner, uint64_t space)
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
	return stat.exiting ? DYING : ALIVE;
}

/*
 * The lock of a seat goes with the process's memory, which somebody who reads about the process in /proc
 * may keep for a moment beyond its end, as may a child that was forked while the seat was taken. So
 * of a locked seat the pid alone can say that its owner is gone; of an unlocked one, whose pid is in order,
 * another program has taken the owner's place.
 */
static enum verdict judge(const struct rac_group_owner *owner, uint64_t space, bool locked)
{
	enum verdict verdict = ask_for(owner, space);

	if (locked)
		return verdict == GONE ? GONE : ALIVE;
	return verdict == ALIVE ? GONE : verdict;
}

/* For this thread alone: by the lock of the seat, or by the door's where the seat's stays. */
static void look_at(struct rac_group *g, uint32_t seat, enum verdict verdict, uint64_t now,
	struct rac_group_pass *pass)
{
	uint64_t since = rac_group_gone_since(g, seat);

	/* Noticed by a process with another clock (time namespaces): then it counts from now on. */
	if (since == 0 || since > now) {
		since = now;
		rac_group_set_gone_since(g, seat, since);
	}
	uint64_t due = since + (verdict == GONE ? SETTLES_NS : SETTLES_UNSEEN_NS);

	if (now >= due) {
		pass->returned += rac_group_vacate(g, seat);
		return;
	}
	pass->soon += rac_group_held(g, seat);
	if (pass->due_ns == 0 || due < pass->due_ns)
		pass->due_ns = due;
}

static bool is_of_interest(
	const struct rac_group_share *share, uint32_t seat, struct rac_group_owner *owner)
{
	return seat != share->member.seat && rac_group_held(share->member.group, seat) != 0 &&
		rac_group_owner(share->member.group, seat, owner);
}

static void look_at_all(struct rac_group_share *share, struct rac_group_file *file, bool alone,
	struct rac_group_pass *pass)
{
	struct rac_group *g = share->member.group;
	uint64_t space = rac_process_namespace();
	struct rac_group_owner owner;

	for (uint32_t seat = 0; seat < rac_group_seats_used(g); seat++) {
		if (!is_of_interest(share, seat, &owner))
			continue;
		bool locked = rac_group_file_lock(file, RAC_GROUP_SEAT(seat)) != RAC_GROUP_FINE;
		enum verdict verdict = locked && !alone ? ALIVE : judge(&owner, space, locked);

		if (verdict == GONE || verdict == GONE_UNSEEN)
			look_at(g, seat, verdict, rac_monotonic_ns(), pass);
		if (!locked)
			rac_group_file_unlock(file, RAC_GROUP_SEAT(seat));
	}
}

/*
 * Whether there may be something to take back. A seat that another takes back from is locked, too, as if
 * its owner were there; but then the door is locked as well, or the bytes have come back by now.
 */
static bool may_have_gone(struct rac_group_share *share, struct rac_group_file *file, bool thorough)
{
	uint64_t space = thorough ? rac_process_namespace() : 0;
	struct rac_group_owner owner;

	for (uint32_t seat = 0; seat < rac_group_seats_used(share->member.group); seat++) {
		if (!is_of_interest(share, seat, &owner))
			continue;
		bool locked = rac_group_file_is_locked(file, RAC_GROUP_SEAT(seat));

		if (!locked || (thorough && judge(&owner, space, true) == GONE))
			return true;
	}
	return rac_group_file_is_locked(file, RAC_GROUP_DOOR);
}

static bool has_others(const struct rac_group_share *share)
{
	struct rac_group_owner owner;

	for (uint32_t seat = 0; seat < rac_group_seats_used(share->member.group); seat++)
		if (is_of_interest(share, seat, &owner))
			return true;
	return false;
}

void rac_group_take_back(struct rac_group_share *share, bool thorough, struct rac_group_pass *pass)
{
	struct rac_group_file file;

	memset(pass, 0, sizeof(*pass));
	if (!has_others(share) || rac_group_file_open(&file, share->path, false) != RAC_GROUP_FINE)
		return;
	if (rac_group_file_is_same(&file, &share->file) && may_have_gone(share, &file, thorough)) {
		/* Whoever was stopped in the midst of this is passed by. */
		bool alone = rac_group_file_lock_soon(&file, RAC_GROUP_DOOR, PATIENCE_NS) ==
			RAC_GROUP_FINE;

		look_at_all(share, &file, alone, pass);
		if (alone)
			rac_group_file_unlock(&file, RAC_GROUP_DOOR);
	}
	rac_group_file_close(&file);
}
