/*
 * device.h - what the shim knows of each device: its name, its size and the cap that holds for it.
 */
#ifndef RAC_DEVICE_H
#define RAC_DEVICE_H

#include "cuda_abi.h"
#include "group_share.h"
#include "state.h"

/*
 * Makes sure that the device is described and its cap is set; asks the driver at most once per
 * device and thread. False: no such device, or the driver is not ready to tell.
 */
bool rac_device_prepare(struct rac_state *state, CUdevice device);

/* True once rac_device_prepare said yes of it in some thread. */
static inline bool rac_device_is_ready(const struct rac_state *state, uint32_t device)
{
	/* Acquire pairs with the release in prepare: the cap is set. */
	return (rac_load_acquire(&state->devices_ready) >> device & 1) != 0;
}

/* "GPU-..." or "MIG-...", as the driver has it now; "" where it does not say. */
void rac_device_uuid(char out[RAC_UUID_TEXT_MAX], CUdevice device);

/* True: the cap of this device could not be determined, so nothing is granted on it. */
static inline bool rac_device_is_closed(const struct rac_state *state, uint32_t device)
{
	return (rac_load_relaxed(&state->devices_closed) >> device & 1) != 0;
}

/* False: its cap could not be determined, or the group that shares it not be joined. */
static inline bool rac_device_may_allocate(const struct rac_state *state, uint32_t device)
{
	return !rac_device_is_closed(state, device) &&
		(__builtin_expect(!rac_group_is_asked_for(state), 1) ||
			rac_group_share_of(state, device) != NULL);
}

#endif
