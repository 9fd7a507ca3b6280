/*
 * wrap_query.c - wrappers of the driver's functions by which a program sizes itself: with RAC_SHOW=limit
 * they answer what is left of the cap, where that is less than the device has. NVML's are in
 * wrap_nvml.c.
 *
 * The driver's own answer comes first and bounds ours; where it fails nothing is written.
 */
#include "device.h"
#include "driver.h"
#include "thread.h"
#include "untracked.h"
#include "view.h"

/* The view of the current context's device; false: the driver's figures stay as they are. */
static bool view_current(struct rac_view *view)
{
	struct rac_state *state = rac_state();
	CUdevice device;

	if (rac_driver()->cuCtxGetDevice(&device) != CUDA_SUCCESS ||
		!rac_device_prepare(state, device))
		return false;
	rac_untracked_refresh(state, device);
	return rac_view_of(state, device, view);
}

/* The device that a call names; a context need not be there. */
static bool total_of(uint64_t *total, CUdevice device)
{
	return rac_device_prepare(rac_state(), device) &&
		rac_view_total(rac_state(), device, total);
}

RAC_EXPORT CUresult cuMemGetInfo_v2(size_t *free, size_t *total)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_view view;

	if (!rac_enter())
		return driver->cuMemGetInfo_v2(free, total);
	CUresult result = driver->cuMemGetInfo_v2(free, total);

	if (result == CUDA_SUCCESS && view_current(&view)) {
		if (free != NULL)
			*free = rac_lesser(*free, view.free);
		if (total != NULL)
			*total = rac_lesser(*total, view.total);
	}
	rac_leave();
	return result;
}

/* The lesser of a figure of 32 bits and another has 32 bits, so nothing is cut off here. */
RAC_EXPORT CUresult cuMemGetInfo(unsigned int *free, unsigned int *total)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_view view;

	if (!rac_enter())
		return driver->cuMemGetInfo(free, total);
	CUresult result = driver->cuMemGetInfo(free, total);

	if (result == CUDA_SUCCESS && view_current(&view)) {
		if (free != NULL)
			*free = (unsigned int)rac_lesser(*free, view.free);
		if (total != NULL)
			*total = (unsigned int)rac_lesser(*total, view.total);
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
		*bytes = rac_lesser(*bytes, total);
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
		*bytes = (unsigned int)rac_lesser(*bytes, total);
	rac_leave();
	return result;
}
