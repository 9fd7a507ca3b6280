/*
 * view.c - see view.h.
 */
#include "view.h"

#include "budget.h"
#include "device.h"
#include "pool.h"

bool rac_view_total(const struct rac_state *state, CUdevice device, uint64_t *total)
{
	if (state->settings.show != RAC_SHOW_LIMIT || device < 0 || device >= RAC_MAX_DEVICES)
		return false;
	uint64_t limit = rac_tracker_limit(state->tracker, (uint32_t)device);

	*total = limit != RAC_NO_LIMIT ? limit : UINT64_MAX;
	return true;
}

bool rac_view_of(struct rac_state *state, CUdevice device, struct rac_view *view)
{
	if (!rac_view_total(state, device, &view->total))
		return false;
	rac_pools_refresh(state, device);
	rac_untracked_measure(state, (uint32_t)device);
	view->charged = rac_tracker_charged(state->tracker, (uint32_t)device) +
		rac_tracker_beyond(state->tracker, (uint32_t)device);
	view->free = view->total != UINT64_MAX ? rac_budget_obtainable(state, (uint32_t)device)
					       : UINT64_MAX;
	if (!rac_device_may_allocate(state, (uint32_t)device))
		view->free = 0;
	return true;
}
