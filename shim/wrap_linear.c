/*
 * wrap_linear.c - wrappers of the driver's functions for linear, pitched and managed memory and for
 * their free.
 *
 * NULL pointers and sizes of 0 go straight to the driver, which says what is wrong with them.
 */
#include "account.h"
#include "checked.h"
#include "driver.h"
#include "search.h"
#include "thread.h"

/* No device asks for a wider alignment of rows; what it really took is read after the call. */
#define PITCH_BOUND 512

RAC_EXPORT CUresult cuMemAlloc_v2(CUdeviceptr *dptr, size_t bytesize)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_charge charge;
	CUresult result;

	if (dptr == NULL || bytesize == 0 || !rac_enter())
		return driver->cuMemAlloc_v2(dptr, bytesize);
	result = rac_charge_reserve(&charge, RAC_HOOK_cuMemAlloc_v2, bytesize);
	if (result == CUDA_SUCCESS) {
		result = driver->cuMemAlloc_v2(dptr, bytesize);
		if (result == CUDA_SUCCESS)
			rac_search_allocated(rac_state(), *dptr, bytesize, dptr);
		rac_charge_settle(&charge, result, RAC_KIND_DEVICE, RAC_SPACE_DEVICE,
			result == CUDA_SUCCESS ? *dptr : 0);
	}
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuMemAlloc(CUdeviceptr_v1 *dptr, unsigned int bytesize)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_charge charge;
	CUresult result;

	if (dptr == NULL || bytesize == 0 || !rac_enter())
		return driver->cuMemAlloc(dptr, bytesize);
	result = rac_charge_reserve(&charge, RAC_HOOK_cuMemAlloc, bytesize);
	if (result == CUDA_SUCCESS) {
		result = driver->cuMemAlloc(dptr, bytesize);
		rac_charge_settle(&charge, result, RAC_KIND_DEVICE, RAC_SPACE_DEVICE,
			result == CUDA_SUCCESS ? *dptr : 0);
	}
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuMemAllocManaged(CUdeviceptr *dptr, size_t bytesize, unsigned int flags)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_charge charge;
	CUresult result;

	if (dptr == NULL || bytesize == 0 || !rac_enter())
		return driver->cuMemAllocManaged(dptr, bytesize, flags);
	result = rac_charge_reserve(&charge, RAC_HOOK_cuMemAllocManaged, bytesize);
	if (result == CUDA_SUCCESS) {
		result = driver->cuMemAllocManaged(dptr, bytesize, flags);
		rac_charge_settle(&charge, result, RAC_KIND_MANAGED, RAC_SPACE_DEVICE,
			result == CUDA_SUCCESS ? *dptr : 0);
	}
	rac_leave();
	return result;
}

/* An upper bound of what rows of that width take. False: more than 64 bits hold, which no driver
 * grants. */
static bool bound_pitched(uint64_t width, uint64_t height, uint64_t *bytes)
{
	uint64_t pitch;

	return rac_checked_round_up(width, PITCH_BOUND, &pitch) &&
		rac_checked_mul(pitch, height, bytes);
}

/* After a successful call: corrects the charge to pitch x height. False: that passes the limit. */
static bool correct_pitched(struct rac_charge *charge, uint64_t pitch, uint64_t height)
{
	uint64_t bytes;

	return rac_checked_mul(pitch, height, &bytes) && rac_charge_adjust(charge, bytes);
}

static CUresult alloc_pitch_v2(CUdeviceptr *dptr, size_t *pitch, size_t width, size_t height,
	unsigned int element, uint64_t bound)
{
	const struct rac_driver *driver = rac_driver();
	const CUdeviceptr dptr_before = *dptr;
	const size_t pitch_before = *pitch;
	struct rac_charge charge;

	CUresult result = rac_charge_reserve(&charge, RAC_HOOK_cuMemAllocPitch_v2, bound);

	if (result != CUDA_SUCCESS)
		return result;
	result = driver->cuMemAllocPitch_v2(dptr, pitch, width, height, element);

	if (result == CUDA_SUCCESS && !correct_pitched(&charge, *pitch, height)) {
		driver->cuMemFree_v2(*dptr);
		*dptr = dptr_before;
		*pitch = pitch_before;
		result = CUDA_ERROR_OUT_OF_MEMORY;
	}
	rac_charge_settle(&charge, result, RAC_KIND_DEVICE, RAC_SPACE_DEVICE,
		result == CUDA_SUCCESS ? *dptr : 0);
	return result;
}

RAC_EXPORT CUresult cuMemAllocPitch_v2(CUdeviceptr *dptr, size_t *pPitch, size_t WidthInBytes,
	size_t Height, unsigned int ElementSizeBytes)
{
	uint64_t bound;

	if (dptr == NULL || pPitch == NULL || WidthInBytes == 0 || Height == 0 ||
		!bound_pitched(WidthInBytes, Height, &bound) || !rac_enter())
		return rac_driver()->cuMemAllocPitch_v2(
			dptr, pPitch, WidthInBytes, Height, ElementSizeBytes);
	CUresult result =
		alloc_pitch_v2(dptr, pPitch, WidthInBytes, Height, ElementSizeBytes, bound);

	rac_leave();
	return result;
}

static CUresult alloc_pitch_v1(CUdeviceptr_v1 *dptr, unsigned int *pitch, unsigned int width,
	unsigned int height, unsigned int element, uint64_t bound)
{
	const struct rac_driver *driver = rac_driver();
	const CUdeviceptr_v1 dptr_before = *dptr;
	const unsigned int pitch_before = *pitch;
	struct rac_charge charge;

	CUresult result = rac_charge_reserve(&charge, RAC_HOOK_cuMemAllocPitch, bound);

	if (result != CUDA_SUCCESS)
		return result;
	result = driver->cuMemAllocPitch(dptr, pitch, width, height, element);

	if (result == CUDA_SUCCESS && !correct_pitched(&charge, *pitch, height)) {
		driver->cuMemFree(*dptr);
		*dptr = dptr_before;
		*pitch = pitch_before;
		result = CUDA_ERROR_OUT_OF_MEMORY;
	}
	rac_charge_settle(&charge, result, RAC_KIND_DEVICE, RAC_SPACE_DEVICE,
		result == CUDA_SUCCESS ? *dptr : 0);
	return result;
}

RAC_EXPORT CUresult cuMemAllocPitch(CUdeviceptr_v1 *dptr, unsigned int *pPitch,
	unsigned int WidthInBytes, unsigned int Height, unsigned int ElementSizeBytes)
{
	uint64_t bound;

	if (dptr == NULL || pPitch == NULL || WidthInBytes == 0 || Height == 0 ||
		!bound_pitched(WidthInBytes, Height, &bound) || !rac_enter())
		return rac_driver()->cuMemAllocPitch(
			dptr, pPitch, WidthInBytes, Height, ElementSizeBytes);
	CUresult result =
		alloc_pitch_v1(dptr, pPitch, WidthInBytes, Height, ElementSizeBytes, bound);

	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuMemFree_v2(CUdeviceptr dptr)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_return given;

	if (!rac_enter())
		return driver->cuMemFree_v2(dptr);
	rac_return_take(&given, RAC_SPACE_DEVICE, dptr);
	CUresult result = driver->cuMemFree_v2(dptr);

	rac_return_settle(&given, result);
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuMemFree(CUdeviceptr_v1 dptr)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_return given;

	if (!rac_enter())
		return driver->cuMemFree(dptr);
	rac_return_take(&given, RAC_SPACE_DEVICE, dptr);
	CUresult result = driver->cuMemFree(dptr);

	rac_return_settle(&given, result);
	rac_leave();
	return result;
}
