/*
 * Physical memory objects of the virtual memory API: created, retained and released by count, alive while a
 * handle or a mapping refers to them. What only exports, imports and multicast binds keep is still there but
 * counts as lingering. Objects belong to no context.
 */
#include "sim.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned int lingering;

struct sim_vmm *sim_vmm_find(CUmemGenericAllocationHandle handle)
{
	struct sim_vmm *object = sim_object_find((const void *)(uintptr_t)handle, SIM_VMM);

	return object && object->handles ? object : NULL;
}

/* An object without memory yet, with one handle. */
CUresult sim_vmm_new(uint64_t size, int device, struct sim_vmm **out)
{
	struct sim_vmm *object = calloc(1, sizeof(*object));

	if (!object)
		return CUDA_ERROR_OUT_OF_MEMORY;
	object->size = size;
	object->device = device;
	object->handles = 1;
	sim_object_add(&object->object, SIM_VMM, NULL, NULL);
	*out = object;
	return CUDA_SUCCESS;
}

static void give_back(struct sim_vmm *object)
{
	struct sim_vmm *source = object->source;

	if (object->multicast)
		sim_unbind(object, 0, UINT64_MAX);
	if (object->lingering) {
		sim_uncharge(object->device, SIMCUDA_LINGERING, object->size);
		lingering--;
	}
	sim_object_drop(&object->object, SIMCUDA_VMM);
	if (object->mapped)
		munmap(object->host, object->size);
	if (object->space.extent) {
		if (object->device < 0)
			sim_pin(-(int64_t)object->size, -1);
		sim_space_give(&object->space, true);
	}
	sim_object_remove(&object->object);
	free(object);
	if (source) {
		source->imports--;
		sim_vmm_settle(source);
	}
}

void sim_vmm_settle(struct sim_vmm *object)
{
	if (object->handles || object->maps)
		return;
	if (!object->imports && !object->binds && !sim_exported(object)) {
		give_back(object);
		return;
	}
	/* The bytes stay on the device, but nothing of the process holds them directly. */
	if (!object->lingering && object->object.held) {
		sim_object_drop(&object->object, SIMCUDA_VMM);
		sim_charge(object->device, SIMCUDA_LINGERING, object->size);
		object->lingering = true;
		lingering++;
	}
}

static void find_free(struct sim_object *object, void *argument)
{
	struct sim_vmm *candidate = (struct sim_vmm *)object, **found = argument;

	if (candidate->lingering && !candidate->imports && !candidate->binds &&
		!sim_exported(candidate))
		*found = candidate;
}

/* One at a time, since freeing one may free its source. */
void sim_vmm_collect(void)
{
	while (lingering) {
		struct sim_vmm *found = NULL;

		sim_object_walk(SIM_VMM, find_free, &found);
		if (!found)
			break;
		sim_vmm_settle(found);
	}
}

/* -1 for the host; false for a place that the driver refuses. */
static CUresult place_of(const CUmemLocation *location, int *device)
{
	switch (location->type) {
	case CU_MEM_LOCATION_TYPE_DEVICE:
		*device = location->id;
		return sim_device_check(location->id);
	case CU_MEM_LOCATION_TYPE_HOST:
	case CU_MEM_LOCATION_TYPE_HOST_NUMA:
	case CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT:
		*device = -1;
		return CUDA_SUCCESS;
	default:
		return CUDA_ERROR_INVALID_VALUE;
	}
}

static CUresult acceptable(const CUmemAllocationProp *properties, int *device)
{
	const unsigned int known = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;

	if (properties->type != CU_MEM_ALLOCATION_TYPE_PINNED)
		return CUDA_ERROR_INVALID_VALUE;
	if ((unsigned int)properties->requestedHandleTypes & ~known)
		return CUDA_ERROR_NOT_SUPPORTED;
	return place_of(&properties->location, device);
}

/* Lock held. */
static CUresult create(struct sim_vmm **out, uint64_t size, int device)
{
	struct sim_vmm *object;
	CUresult status = sim_vmm_new(size, device, &object);

	if (status != CUDA_SUCCESS)
		return status;
	if (device >= 0)
		status = sim_object_hold(&object->object, SIMCUDA_VMM, device, size);
	else if (size > 1ULL << 44)
		status = CUDA_ERROR_OUT_OF_MEMORY;
	if (status == CUDA_SUCCESS && !sim_space_take(size, false, &object->space)) {
		sim_object_drop(&object->object, SIMCUDA_VMM);
		status = CUDA_ERROR_OUT_OF_MEMORY;
	}
	if (status != CUDA_SUCCESS) {
		sim_object_remove(&object->object);
		free(object);
		return status;
	}
	if (device < 0)
		sim_pin((int64_t)size, 1);
	object->host = object->space.host;
	*out = object;
	return CUDA_SUCCESS;
}

CUresult cuMemCreate(CUmemGenericAllocationHandle *handle, size_t bytes,
	const CUmemAllocationProp *properties, unsigned long long flags)
{
	struct sim_vmm *object;
	CUresult status;
	int device;

	SIM_REENTER(cuMemCreate, (handle, bytes, properties, flags));
	SIM_ENTER(cuMemCreate);
	if (!handle || !properties || flags || !bytes || bytes % SIM_GRANULE)
		return CUDA_ERROR_INVALID_VALUE;
	status = acceptable(properties, &device);
	if (status != CUDA_SUCCESS)
		return status;
	sim_pause();
	sim_lock();
	status = create(&object, bytes, device);
	if (status == CUDA_SUCCESS) {
		object->properties = *properties;
		*handle = (CUmemGenericAllocationHandle)(uintptr_t)object;
	}
	sim_unlock();
	sim_pause();
	return status;
}

CUresult cuMemRelease(CUmemGenericAllocationHandle handle)
{
	struct sim_vmm *object;

	SIM_REENTER(cuMemRelease, (handle));
	SIM_ENTER(cuMemRelease);
	sim_pause();
	sim_lock();
	object = sim_vmm_find(handle);
	if (object) {
		object->handles--;
		sim_vmm_settle(object);
	} else {
		sim_unknown_frees++;
	}
	sim_unlock();
	sim_pause();
	return object ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

/* The handle of what is mapped there comes back, with one more reference, even if all were released. */
CUresult cuMemRetainAllocationHandle(CUmemGenericAllocationHandle *handle, void *address)
{
	struct sim_range *range;
	CUresult status = CUDA_ERROR_INVALID_VALUE;

	SIM_REENTER(cuMemRetainAllocationHandle, (handle, address));
	SIM_ENTER(cuMemRetainAllocationHandle);
	if (!handle)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	range = sim_range_find(sim_memory, (uint64_t)(uintptr_t)address);
	if (range && range->memory == SIM_MAPPED) {
		struct sim_vmm *object = range->owner;

		object->handles++;
		*handle = (CUmemGenericAllocationHandle)(uintptr_t)object;
		status = CUDA_SUCCESS;
	}
	sim_unlock();
	return status;
}

CUresult cuMemGetAllocationGranularity(size_t *granularity, const CUmemAllocationProp *properties,
	CUmemAllocationGranularity_flags option)
{
	CUresult status;
	int device;

	SIM_ENTER(cuMemGetAllocationGranularity);
	if (!granularity || !properties || option > CU_MEM_ALLOC_GRANULARITY_RECOMMENDED)
		return CUDA_ERROR_INVALID_VALUE;
	status = acceptable(properties, &device);
	if (status == CUDA_SUCCESS)
		*granularity = SIM_GRANULE;
	return status;
}

CUresult cuMemGetAllocationPropertiesFromHandle(
	CUmemAllocationProp *properties, CUmemGenericAllocationHandle handle)
{
	struct sim_vmm *object;

	SIM_ENTER(cuMemGetAllocationPropertiesFromHandle);
	if (!properties)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	object = sim_vmm_find(handle);
	if (object)
		*properties = object->properties;
	sim_unlock();
	return object ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
