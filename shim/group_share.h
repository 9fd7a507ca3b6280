/*
 * group_share.h - this process's seats in the groups that RAC_GROUP names, one for each device. What is
 * charged there is budget.c's, what is shown of it group_view.c's, who is gone group_gone.c's.
 *
 * A device's group is joined when the device is prepared (device.c). Until that succeeds nothing is
 * granted on the device, and each request tries again. A seat is left when the process ends: the kernel
 * unlocks it, and others take back what it held. A child of fork starts without seats and joins for
 * itself.
 */
#ifndef RAC_GROUP_SHARE_H
#define RAC_GROUP_SHARE_H

#include "group.h"
#include "group_file.h"
#include "state.h"

/* A seat taken. It lies in memory of its own, and stays as long as the process. */
struct rac_group_share {
	struct rac_group_member member;
	struct rac_group_file file; /* closed; to know it again */
	void *token;
	char path[RAC_GROUP_PATH_MAX];
	rac_atomic_u64
		beyond; /* what of the seat's bytes is beyond the tracker's: see untracked.h */
	rac_atomic_u64
		looked_at; /* CLOCK_MONOTONIC, when the members were last looked at for show */
};

/* Whether RAC_GROUP is set. */
static inline bool rac_group_is_asked_for(const struct rac_state *state)
{
	return state->settings.group[0] != '\0';
}

/* The seat in the group of a device; NULL: there is no group, or it could not be joined yet. */
static inline struct rac_group_share *rac_group_share_of(
	const struct rac_state *state, uint32_t device)
{
	/* Acquire: pairs with the release of the thread that joined. */
	return device < RAC_MAX_DEVICES
		? atomic_load_explicit(&state->groups[device], memory_order_acquire)
		: NULL;
}

/*
 * Joins the group of a device that is described and whose cap is set, unless that is done. True without a
 * group, too. False: it could not be joined; that is said once for each reason, and until a later call
 * succeeds the device is closed.
 */
bool rac_group_join(struct rac_state *state, uint32_t device, const char *uuid);

#endif
