/*
 * wrap_vmm.c - wrappers of the virtual memory API: an object's memory lives while a handle or a
 * mapping refers to it, whatever context is current and however the two end.
 *
 * Charged is what cuMemCreate was asked for, on the device that its properties name: the driver
 * accepts only multiples of its granularity. Address reservations cost nothing. Imported and
 * multicast handles stand in the same number space and own no bytes; they are recorded as borrowed.
 */
#include "account.h"
#include "device.h"
#include "driver.h"
#include "thread.h"
#include "vmm.h"

static bool is_on_a_device(const CUmemAllocationProp *prop)
{
	return prop->location.type == CU_MEM_LOCATION_TYPE_DEVICE;
}

static CUresult create_on_host(CUmemGenericAllocationHandle *handle, size_t size,
	const CUmemAllocationProp *prop, unsigned long long flags)
{
	CUresult result = rac_driver()->cuMemCreate(handle, size, prop, flags);

	if (result == CUDA_SUCCESS)
		rac_vmm_record(RAC_HOOK_cuMemCreate, *handle, size, RAC_KIND_PINNED);
	return result;
}

static CUresult create_on_device(CUmemGenericAllocationHandle *handle, size_t size,
	const CUmemAllocationProp *prop, unsigned long long flags)
{
	struct rac_charge charge;

	CUresult result =
		rac_charge_reserve_on(&charge, RAC_HOOK_cuMemCreate, prop->location.id, size);

	if (result != CUDA_SUCCESS)
		return result;
	charge.counted = true;
	result = rac_driver()->cuMemCreate(handle, size, prop, flags);

	rac_charge_settle(
		&charge, result, RAC_KIND_VMM, RAC_SPACE_VMM, result == CUDA_SUCCESS ? *handle : 0);
	return result;
}

RAC_EXPORT CUresult cuMemCreate(CUmemGenericAllocationHandle *handle, size_t size,
	const CUmemAllocationProp *prop, unsigned long long flags)
{
	if (handle == NULL || prop == NULL || size == 0 || !rac_enter())
		return rac_driver()->cuMemCreate(handle, size, prop, flags);
	CUresult result = is_on_a_device(prop) ? create_on_device(handle, size, prop, flags)
					       : create_on_host(handle, size, prop, flags);

	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuMemRelease(CUmemGenericAllocationHandle handle)
{
	struct rac_vmm_call call;

	if (!rac_enter())
		return rac_driver()->cuMemRelease(handle);
	rac_vmm_release_begin(&call, handle);
	CUresult result = rac_driver()->cuMemRelease(handle);

	rac_vmm_release_finish(&call, result);
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuMemRetainAllocationHandle(CUmemGenericAllocationHandle *handle, void *addr)
{
	if (handle == NULL || !rac_enter())
		return rac_driver()->cuMemRetainAllocationHandle(handle, addr);
	CUresult result = rac_driver()->cuMemRetainAllocationHandle(handle, addr);

	/* The handle is the one that is mapped there (header), so the object is found by it. */
	if (result == CUDA_SUCCESS)
		rac_vmm_retain(*handle);
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuMemMap(CUdeviceptr ptr, size_t size, size_t offset,
	CUmemGenericAllocationHandle handle, unsigned long long flags)
{
	struct rac_vmm_call call;

	if (!rac_enter())
		return rac_driver()->cuMemMap(ptr, size, offset, handle, flags);
	rac_vmm_map_begin(&call, handle);
	CUresult result = rac_driver()->cuMemMap(ptr, size, offset, handle, flags);

	rac_vmm_map_finish(&call, result, ptr, size);
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuMemUnmap(CUdeviceptr ptr, size_t size)
{
	if (!rac_enter())
		return rac_driver()->cuMemUnmap(ptr, size);
	rac_vmm_unmap_begin(ptr, size);
	CUresult result = rac_driver()->cuMemUnmap(ptr, size);

	rac_vmm_unmap_finish(ptr, size, result);
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuMemImportFromShareableHandle(CUmemGenericAllocationHandle *handle,
	void *osHandle, CUmemAllocationHandleType shHandleType)
{
	const struct rac_driver *driver = rac_driver();

	if (handle == NULL || !rac_enter())
		return driver->cuMemImportFromShareableHandle(handle, osHandle, shHandleType);
	CUresult result = driver->cuMemImportFromShareableHandle(handle, osHandle, shHandleType);

	/* The driver may hand out the very handle that this process exported. */
	if (result == CUDA_SUCCESS && !rac_vmm_retain(*handle))
		rac_vmm_record(
			RAC_HOOK_cuMemImportFromShareableHandle, *handle, 0, RAC_KIND_BORROWED);
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuMulticastCreate(
	CUmemGenericAllocationHandle *mcHandle, const CUmulticastObjectProp *prop)
{
	if (mcHandle == NULL || !rac_enter())
		return rac_driver()->cuMulticastCreate(mcHandle, prop);
	CUresult result = rac_driver()->cuMulticastCreate(mcHandle, prop);

	if (result == CUDA_SUCCESS)
		rac_vmm_record(RAC_HOOK_cuMulticastCreate, *mcHandle, 0, RAC_KIND_BORROWED);
	rac_leave();
	return result;
}
