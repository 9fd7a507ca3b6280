/*
 * wrap_query.c - wrappers of the functions by which a program sizes itself: with RAC_SHOW=limit they
 * answer what is left of the cap, where that is less than the device has.
 *
 * What is shown as free is read from the counter that requests are compared with, after the figures
 * of pools were brought up to date: a request of that size passes the cap. The driver's own answer
 * comes first and bounds ours; where it fails nothing is written.
 */
#include "budget.h"
#include "device.h"
#include "driver.h"
#include "pool.h"
#include "thread.h"
#include "untracked.h"

/* What the cap lets a program see of a device. */
struct view {
	uint64_t total, free;
};

static struct view view_of(struct rac_state *state, uint32_t device)
{
	struct view view = {UINT64_MAX, UINT64_MAX};
	uint64_t limit = rac_tracker_limit(state->tracker, device);

	if (limit != RAC_NO_LIMIT) {
		view.total = limit;
		view.free = rac_budget_left(state, device);
	}
	if (!rac_device_may_allocate(state, device))
		view.free = 0;
	return view;
}

static bool shows_limit(const struct rac_state *state, CUdevice device)
{
	return state->settings.show == RAC_SHOW_LIMIT && device >= 0 && device < RAC_MAX_DEVICES;
}

/* The view of the current context's device; false: the driver's figures stay as they are. */
static bool view_current(struct view *view)
{
	struct rac_state *state = rac_state();
	CUdevice device;

	if (rac_driver()->cuCtxGetDevice(&device) != CUDA_SUCCESS ||
		!rac_device_prepare(state, device))
		return false;
	rac_untracked_refresh(state, device);
	if (!shows_limit(state, device))
		return false;
	rac_pools_refresh(state, device);
	*view = view_of(state, (uint32_t)device);
	return true;
}

/* The device that a call names; a context need not be there. */
static bool total_of(uint64_t *total, CUdevice device)
{
	struct rac_state *state = rac_state();

	if (!rac_device_prepare(state, device) || !shows_limit(state, device))
		return false;
	*total = view_of(state, (uint32_t)device).total;
	return true;
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

RAC_EXPORT CUresult cuMemGetInfo_v2(size_t *free, size_t *total)
{
	const struct rac_driver *driver = rac_driver();
	struct view view;

	if (!rac_enter())
		return driver->cuMemGetInfo_v2(free, total);
	CUresult result = driver->cuMemGetInfo_v2(free, total);

	if (result == CUDA_SUCCESS && view_current(&view)) {
		if (free != NULL)
			*free = lesser(*free, view.free);
		if (total != NULL)
			*total = lesser(*total, view.total);
	}
	rac_leave();
	return result;
}

/* The lesser of a figure of 32 bits and another has 32 bits, so nothing is cut off here. */
RAC_EXPORT CUresult cuMemGetInfo(unsigned int *free, unsigned int *total)
{
	const struct rac_driver *driver = rac_driver();
	struct view view;

	if (!rac_enter())
		return driver->cuMemGetInfo(free, total);
	CUresult result = driver->cuMemGetInfo(free, total);

	if (result == CUDA_SUCCESS && view_current(&view)) {
		if (free != NULL)
			*free = (unsigned int)lesser(*free, view.free);
		if (total != NULL)
			*total = (unsigned int)lesser(*total, view.total);
	}
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice dev)
{
	const struct rac_driver *driver = rac_driver();
	uint64_t total;

	if (bytes == NULL || !rac_enter())
		return driver->cuDeviceTotalMem_v2(bytes, dev);
	CUresult result = driver->cuDeviceTotalMem_v2(bytes, dev);

	if (result == CUDA_SUCCESS && total_of(&total, dev))
		*bytes = lesser(*bytes, total);
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuDeviceTotalMem(unsigned int *bytes, CUdevice dev)
{
	const struct rac_driver *driver = rac_driver();
	uint64_t total;

	if (bytes == NULL || !rac_enter())
		return driver->cuDeviceTotalMem(bytes, dev);
	CUresult result = driver->cuDeviceTotalMem(bytes, dev);

	if (result == CUDA_SUCCESS && total_of(&total, dev))
		*bytes = (unsigned int)lesser(*bytes, total);
	rac_leave();
	return result;
}
