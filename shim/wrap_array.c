/*
 * wrap_array.c - wrappers of the functions that make and destroy arrays and mipmapped arrays.
 *
 * Planes (cuArrayGetPlane) and levels (cuMipmappedArrayGetLevel) are parts of what is counted here:
 * their handles are never recorded. NULL pointers go straight to the driver; so does, with nothing
 * reserved, what no array can be.
 */
#include "account.h"
#include "array_measure.h"
#include "driver.h"
#include "thread.h"

struct making {
	struct rac_charge charge;
	uint64_t afterwards; /* an upper bound, for a format of which nobody knows the size */
};

/* Otherwise what the call is to return: see rac_charge_reserve. */
static CUresult begin(struct making *m, enum rac_hook hook,
	const CUDA_ARRAY3D_DESCRIPTOR *descriptor, unsigned int levels)
{
	uint64_t bytes = 0;
	enum rac_status status = rac_array_measure(descriptor, levels, &bytes);

	/* Not reserved before: a format that is no format at all is the driver's to refuse. */
	m->afterwards = status == RAC_UNKNOWN ? bytes : 0;
	return rac_charge_reserve(&m->charge, hook, status == RAC_OK ? bytes : 0);
}

/* True when the array that was made passes the limit and is to be destroyed. */
static bool is_too_large(struct making *m, CUresult result)
{
	return result == CUDA_SUCCESS && m->afterwards > 0 &&
		!rac_charge_adjust(&m->charge, m->afterwards);
}

static CUresult finish(struct making *m, CUresult result, CUarray *handle, CUarray before)
{
	if (is_too_large(m, result)) {
		rac_driver()->cuArrayDestroy(*handle);
		*handle = before;
		result = CUDA_ERROR_OUT_OF_MEMORY;
	}
	rac_charge_settle(&m->charge, result, RAC_KIND_ARRAY, RAC_SPACE_ARRAY, (uintptr_t)*handle);
	return result;
}

static CUDA_ARRAY3D_DESCRIPTOR widened(const CUDA_ARRAY_DESCRIPTOR *d)
{
	return (CUDA_ARRAY3D_DESCRIPTOR){
		.Width = d->Width,
		.Height = d->Height,
		.Format = d->Format,
		.NumChannels = d->NumChannels,
	};
}

static CUDA_ARRAY3D_DESCRIPTOR widened_v1(const CUDA_ARRAY_DESCRIPTOR_v1 *d)
{
	return (CUDA_ARRAY3D_DESCRIPTOR){
		.Width = d->Width,
		.Height = d->Height,
		.Format = d->Format,
		.NumChannels = d->NumChannels,
	};
}

static CUDA_ARRAY3D_DESCRIPTOR widened_3d_v1(const CUDA_ARRAY3D_DESCRIPTOR_v1 *d)
{
	return (CUDA_ARRAY3D_DESCRIPTOR){
		.Width = d->Width,
		.Height = d->Height,
		.Depth = d->Depth,
		.Format = d->Format,
		.NumChannels = d->NumChannels,
		.Flags = d->Flags,
	};
}

RAC_EXPORT CUresult cuArrayCreate_v2(CUarray *pHandle, const CUDA_ARRAY_DESCRIPTOR *pAllocateArray)
{
	const struct rac_driver *driver = rac_driver();
	struct making making;

	if (pHandle == NULL || pAllocateArray == NULL || !rac_enter())
		return driver->cuArrayCreate_v2(pHandle, pAllocateArray);
	CUDA_ARRAY3D_DESCRIPTOR wide = widened(pAllocateArray);
	CUarray before = *pHandle;

	CUresult result = begin(&making, RAC_HOOK_cuArrayCreate_v2, &wide, 0);

	if (result == CUDA_SUCCESS) {
		result = driver->cuArrayCreate_v2(pHandle, pAllocateArray);
		result = finish(&making, result, pHandle, before);
	}
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuArrayCreate(CUarray *pHandle, const CUDA_ARRAY_DESCRIPTOR_v1 *pAllocateArray)
{
	const struct rac_driver *driver = rac_driver();
	struct making making;

	if (pHandle == NULL || pAllocateArray == NULL || !rac_enter())
		return driver->cuArrayCreate(pHandle, pAllocateArray);
	CUDA_ARRAY3D_DESCRIPTOR wide = widened_v1(pAllocateArray);
	CUarray before = *pHandle;

	CUresult result = begin(&making, RAC_HOOK_cuArrayCreate, &wide, 0);

	if (result == CUDA_SUCCESS) {
		result = driver->cuArrayCreate(pHandle, pAllocateArray);
		result = finish(&making, result, pHandle, before);
	}
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuArray3DCreate_v2(
	CUarray *pHandle, const CUDA_ARRAY3D_DESCRIPTOR *pAllocateArray)
{
	const struct rac_driver *driver = rac_driver();
	struct making making;

	if (pHandle == NULL || pAllocateArray == NULL || !rac_enter())
		return driver->cuArray3DCreate_v2(pHandle, pAllocateArray);
	CUarray before = *pHandle;

	CUresult result = begin(&making, RAC_HOOK_cuArray3DCreate_v2, pAllocateArray, 0);

	if (result == CUDA_SUCCESS) {
		result = driver->cuArray3DCreate_v2(pHandle, pAllocateArray);
		result = finish(&making, result, pHandle, before);
	}
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuArray3DCreate(
	CUarray *pHandle, const CUDA_ARRAY3D_DESCRIPTOR_v1 *pAllocateArray)
{
	const struct rac_driver *driver = rac_driver();
	struct making making;

	if (pHandle == NULL || pAllocateArray == NULL || !rac_enter())
		return driver->cuArray3DCreate(pHandle, pAllocateArray);
	CUDA_ARRAY3D_DESCRIPTOR wide = widened_3d_v1(pAllocateArray);
	CUarray before = *pHandle;

	CUresult result = begin(&making, RAC_HOOK_cuArray3DCreate, &wide, 0);

	if (result == CUDA_SUCCESS) {
		result = driver->cuArray3DCreate(pHandle, pAllocateArray);
		result = finish(&making, result, pHandle, before);
	}
	rac_leave();
	return result;
}

static CUresult make_mipmapped(
	CUmipmappedArray *handle, const CUDA_ARRAY3D_DESCRIPTOR *descriptor, unsigned int levels)
{
	const struct rac_driver *driver = rac_driver();
	CUmipmappedArray before = *handle;
	struct making making;

	/* The driver, too, makes one level of none. */
	CUresult result = begin(
		&making, RAC_HOOK_cuMipmappedArrayCreate, descriptor, levels > 0 ? levels : 1);

	if (result != CUDA_SUCCESS)
		return result;
	result = driver->cuMipmappedArrayCreate(handle, descriptor, levels);

	if (is_too_large(&making, result)) {
		driver->cuMipmappedArrayDestroy(*handle);
		*handle = before;
		result = CUDA_ERROR_OUT_OF_MEMORY;
	}
	rac_charge_settle(
		&making.charge, result, RAC_KIND_ARRAY, RAC_SPACE_MIPMAP, (uintptr_t)*handle);
	return result;
}

RAC_EXPORT CUresult cuMipmappedArrayCreate(CUmipmappedArray *pHandle,
	const CUDA_ARRAY3D_DESCRIPTOR *pMipmappedArrayDesc, unsigned int numMipmapLevels)
{
	if (pHandle == NULL || pMipmappedArrayDesc == NULL || !rac_enter())
		return rac_driver()->cuMipmappedArrayCreate(
			pHandle, pMipmappedArrayDesc, numMipmapLevels);
	CUresult result = make_mipmapped(pHandle, pMipmappedArrayDesc, numMipmapLevels);

	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuArrayDestroy(CUarray hArray)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_return given;

	if (!rac_enter())
		return driver->cuArrayDestroy(hArray);
	rac_return_take(&given, RAC_SPACE_ARRAY, (uintptr_t)hArray);
	CUresult result = driver->cuArrayDestroy(hArray);

	rac_return_settle(&given, result);
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuMipmappedArrayDestroy(CUmipmappedArray hMipmappedArray)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_return given;

	if (!rac_enter())
		return driver->cuMipmappedArrayDestroy(hMipmappedArray);
	rac_return_take(&given, RAC_SPACE_MIPMAP, (uintptr_t)hMipmappedArray);
	CUresult result = driver->cuMipmappedArrayDestroy(hMipmappedArray);

	rac_return_settle(&given, result);
	rac_leave();
	return result;
}
