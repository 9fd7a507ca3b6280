/*
 * group_share.c - see group_share.h.
 *
 * Joining happens behind the door: a lock of the group's file that one process has at a time, for some
 * hundred microseconds, and that the kernel opens when its holder dies. Whatever a joiner did until then is
 * harmless: a file without content is formatted by the next one, a cap without members replaced, a
 * seat without bytes taken.
 *
 * Threads that meet at a device's first use each take a seat; one is published, the others are left.
 */
#include "group_share.h"

#include "group_gone.h"
#include "group_trouble.h"
#include "group_view.h"
#include "record_memory.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PATIENCE_NS UINT64_C(2000000000)

/* What is joined, and with what. */
struct entry {
	struct rac_group_share *share;
	struct rac_group_file door; /* its locks: the door, then the seat */
	struct rac_group *group;
	struct rac_group_case outcome;
};

static enum rac_group_trouble fail_with(struct entry *e, int error, enum rac_group_trouble trouble)
{
	e->outcome.error = error;
	return trouble;
}

/* What is in the file, if it is a group of ours with figures that agree; formatted anew where nobody can
 * miss what is there. */
static enum rac_group_trouble check_content(struct entry *e)
{
	enum rac_status status = rac_group_check(e->group);
	enum rac_group_trouble trouble = RAC_GROUP_FINE;

	/* Who has members has had none elsewhere when the first of them came. */
	if (!rac_group_file_has_members(&e->door) &&
		rac_group_file_was_removed(&e->door, e->share->path))
		return RAC_GROUP_REMOVED;
	if (status == RAC_INVALID)
		trouble = RAC_GROUP_OTHER_VERSION;
	else if (status == RAC_OK && !rac_group_is_sound(e->group))
		trouble = RAC_GROUP_DAMAGED;
	if (trouble != RAC_GROUP_FINE && rac_group_file_has_members(&e->door))
		return trouble;
	if (trouble != RAC_GROUP_FINE || status == RAC_UNKNOWN)
		rac_group_format(e->group);
	return RAC_GROUP_FINE;
}

/* The cap is that of the members there are. */
static enum rac_group_trouble agree(struct entry *e)
{
	e->outcome.cap_of_others = rac_group_cap(e->group);
	if (e->outcome.cap_of_others == e->outcome.cap)
		return RAC_GROUP_FINE;
	if (rac_group_file_has_members(&e->door))
		return RAC_GROUP_OTHER_CAP;
	rac_group_set_cap(e->group, e->outcome.cap);
	return RAC_GROUP_FINE;
}

/* A seat that nobody has, and whose last owner left nothing in it. */
static enum rac_group_trouble take_seat(struct entry *e)
{
	struct rac_group_owner self, other;

	rac_group_describe_self(&self);
	for (uint32_t seat = 0; seat < RAC_GROUP_SEATS; seat++) {
		if (rac_group_owner(e->group, seat, &other) && rac_group_held(e->group, seat) != 0)
			continue;
		enum rac_group_trouble trouble =
			rac_group_file_lock(&e->door, RAC_GROUP_SEAT(seat));

		if (trouble == RAC_GROUP_BUSY)
			continue;
		if (trouble == RAC_GROUP_FINE)
			trouble = rac_group_file_mark(&e->door, e->share->path);
		if (trouble != RAC_GROUP_FINE)
			return fail_with(e, e->door.error, trouble);
		e->share->token = rac_group_file_map_token(&e->door);
		if (e->share->token == NULL)
			return fail_with(e, e->door.error, RAC_GROUP_NOT_MAPPED);
		rac_group_sit(&e->share->member, e->group, seat, &self);
		return RAC_GROUP_FINE;
	}
	return RAC_GROUP_NO_SEAT;
}

static enum rac_group_trouble enter(struct entry *e)
{
	enum rac_group_trouble trouble =
		rac_group_file_lock_soon(&e->door, RAC_GROUP_DOOR, PATIENCE_NS);

	if (trouble != RAC_GROUP_FINE)
		return fail_with(e, e->door.error, trouble);
	trouble = check_content(e);
	if (trouble == RAC_GROUP_FINE)
		trouble = agree(e);
	if (trouble == RAC_GROUP_FINE)
		trouble = take_seat(e);
	rac_group_file_unlock(&e->door, RAC_GROUP_DOOR);
	return trouble;
}

/* Mapped from a file opened for that alone: children inherit it, and must not inherit the seat's lock. */
static enum rac_group_trouble map_group(struct entry *e)
{
	struct rac_group_file file;
	enum rac_group_trouble trouble = rac_group_file_open(&file, e->share->path, true);

	if (trouble != RAC_GROUP_FINE)
		return fail_with(e, file.error, trouble);
	/* Removed and made again between the two: the next attempt meets one file. */
	if (!rac_group_file_is_same(&file, &e->door)) {
		trouble = fail_with(e, 0, RAC_GROUP_NOT_OURS);
	} else {
		e->group = rac_group_file_map(&file);
		if (e->group == NULL)
			trouble = fail_with(e, file.error, RAC_GROUP_NOT_MAPPED);
	}
	rac_group_file_close(&file);
	return trouble;
}

static enum rac_group_trouble join(struct entry *e)
{
	enum rac_group_trouble trouble = rac_group_file_open(&e->door, e->share->path, true);

	if (trouble != RAC_GROUP_FINE)
		return fail_with(e, e->door.error, trouble);
	trouble = map_group(e);
	if (trouble == RAC_GROUP_FINE)
		trouble = enter(e);
	if (trouble != RAC_GROUP_FINE && e->group != NULL)
		rac_group_unmap(e->group);
	rac_group_file_close(&e->door);
	e->share->file = e->door;
	return trouble;
}

static void leave(struct rac_group_share *share)
{
	rac_group_unmap(share->member.group);
	rac_group_unmap_token(share->token);
	munmap(share, sizeof(*share));
}

static void publish(struct rac_state *state, uint32_t device, struct rac_group_share *share)
{
	struct rac_record_device *known = &state->record.devices[device];
	struct rac_group_share *none = NULL;
	uint64_t beyond = rac_tracker_beyond(state->tracker, device), sum;

	/* What was measured before we came in; nobody else is at this seat, so there is room for it. */
	if (beyond > 0 && rac_group_take(&share->member, beyond, RAC_NO_LIMIT, &sum) == RAC_OK)
		rac_store_relaxed(&share->beyond, beyond);
	/* Release: who finds the share finds it filled in. */
	if (!atomic_compare_exchange_strong_explicit(&state->groups[device], &none, share,
		    memory_order_release, memory_order_relaxed)) {
		leave(share);
		return;
	}
	memcpy(known->group, state->settings.group, sizeof(known->group));
	rac_group_note(state, device);
}

/* Said once for each reason. */
static void complain(struct rac_state *state, uint32_t device, const struct rac_group_case *c)
{
	uint64_t bit = UINT64_C(1) << c->trouble;

	if ((rac_fetch_or_relaxed(&state->group_troubles[device], bit) & bit) == 0)
		rac_group_trouble_say(state, device, c);
}

static bool try_to_join(struct rac_state *state, uint32_t device, const char *uuid)
{
	struct entry e = {.door = {.fd = -1}, .share = rac_record_memory_private(sizeof(*e.share))};
	struct rac_group_case *c = &e.outcome;

	c->cap = rac_tracker_limit(state->tracker, device);
	c->path = "memory for a seat";
	if (e.share == NULL) {
		*c = (struct rac_group_case){
			.trouble = RAC_GROUP_NOT_MAPPED, .error = ENOMEM, .path = c->path};
	} else if (uuid[0] == '\0') {
		c->trouble = RAC_GROUP_NO_UUID;
	} else {
		rac_group_file_path(
			e.share->path, (uint32_t)geteuid(), state->settings.group, uuid);
		c->path = e.share->path;
		c->trouble = join(&e);
	}
	if (c->trouble == RAC_GROUP_FINE) {
		publish(state, device, e.share);
		return true;
	}
	complain(state, device, c);
	if (e.share != NULL)
		munmap(e.share, sizeof(*e.share));
	return false;
}

bool rac_group_join(struct rac_state *state, uint32_t device, const char *uuid)
{
	return !rac_group_is_asked_for(state) || rac_group_share_of(state, device) != NULL ||
		try_to_join(state, device, uuid);
}
