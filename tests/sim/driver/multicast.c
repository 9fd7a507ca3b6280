/*
 * Multicast objects: handles that hold no memory themselves but bind that of other objects, which stays while
 * it is bound. They are mapped and released like memory.
 */
#include "sim.h"

#include <stdlib.h>

struct sim_bind {
	struct sim_bind *next;
	uint64_t offset, bytes;
	struct sim_vmm *object;
};

static bool aligned(uint64_t value)
{
	return value % SIM_GRANULE == 0;
}

CUresult cuMulticastCreate(
	CUmemGenericAllocationHandle *handle, const CUmulticastObjectProp *properties)
{
	struct sim_vmm *object;
	CUresult status;

	SIM_ENTER(cuMulticastCreate);
	if (!handle || !properties || !properties->size || !aligned(properties->size) ||
		!properties->numDevices || properties->flags)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	status = sim_vmm_new(properties->size, -1, &object);
	if (status == CUDA_SUCCESS) {
		object->multicast = true;
		object->devices_wanted = properties->numDevices;
		object->properties.type = CU_MEM_ALLOCATION_TYPE_PINNED;
		object->properties.requestedHandleTypes =
			(CUmemAllocationHandleType)properties->handleTypes;
		*handle = (CUmemGenericAllocationHandle)(uintptr_t)object;
	}
	sim_unlock();
	return status;
}

/* Lock held. */
static struct sim_vmm *find(CUmemGenericAllocationHandle handle)
{
	struct sim_vmm *object = sim_vmm_find(handle);

	return object && object->multicast ? object : NULL;
}

CUresult cuMulticastAddDevice(CUmemGenericAllocationHandle handle, CUdevice device)
{
	struct sim_vmm *object;
	CUresult status = CUDA_ERROR_INVALID_VALUE;

	SIM_ENTER(cuMulticastAddDevice);
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	sim_lock();
	object = find(handle);
	if (object && object->devices_added < object->devices_wanted) {
		object->devices_added++;
		status = CUDA_SUCCESS;
	}
	sim_unlock();
	return status;
}

/* Lock held. */
static CUresult bind_object(struct sim_vmm *multicast, uint64_t offset, struct sim_vmm *object,
	uint64_t object_offset, uint64_t bytes)
{
	struct sim_bind *bound;

	if (multicast->devices_added < multicast->devices_wanted)
		return CUDA_ERROR_ILLEGAL_STATE;
	if (object->multicast || offset > multicast->size || bytes > multicast->size - offset ||
		object_offset > object->size || bytes > object->size - object_offset)
		return CUDA_ERROR_INVALID_VALUE;
	bound = malloc(sizeof(*bound));
	if (!bound)
		return CUDA_ERROR_OUT_OF_MEMORY;
	*bound = (struct sim_bind){multicast->bound, offset, bytes, object};
	multicast->bound = bound;
	object->binds++;
	/* Writes reach every copy on a real device; here those of the first one. */
	if (!multicast->host)
		multicast->host = object->host + object_offset;
	return CUDA_SUCCESS;
}

CUresult cuMulticastBindMem(CUmemGenericAllocationHandle handle, size_t offset,
	CUmemGenericAllocationHandle memory, size_t memory_offset, size_t bytes,
	unsigned long long flags)
{
	struct sim_vmm *multicast, *object;
	CUresult status = CUDA_ERROR_INVALID_VALUE;

	SIM_ENTER(cuMulticastBindMem);
	if (flags || !bytes || !aligned(offset) || !aligned(memory_offset) || !aligned(bytes))
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	multicast = find(handle);
	object = sim_vmm_find(memory);
	if (multicast && object)
		status = bind_object(multicast, offset, object, memory_offset, bytes);
	sim_unlock();
	return status;
}

CUresult cuMulticastBindAddr(CUmemGenericAllocationHandle handle, size_t offset,
	CUdeviceptr address, size_t bytes, unsigned long long flags)
{
	struct sim_vmm *multicast;
	struct sim_range *range;
	CUresult status = CUDA_ERROR_INVALID_VALUE;

	SIM_ENTER(cuMulticastBindAddr);
	if (flags || !bytes || !aligned(offset) || !aligned(address) || !aligned(bytes))
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	multicast = find(handle);
	range = sim_range_find(sim_memory, address);
	if (multicast && range && range->memory == SIM_MAPPED &&
		bytes <= range->size - (address - range->start)) {
		struct sim_vmm *object = range->owner;
		uint64_t inside = object->host ? (uint64_t)(range->host - object->host) : 0;

		status = bind_object(
			multicast, offset, object, inside + (address - range->start), bytes);
	}
	sim_unlock();
	return status;
}

void sim_unbind(struct sim_vmm *multicast, uint64_t offset, uint64_t bytes)
{
	struct sim_bind **link = &multicast->bound;

	while (*link) {
		struct sim_bind *bound = *link;

		if (bound->offset < offset || bound->bytes > bytes ||
			bound->offset - offset > bytes - bound->bytes) {
			link = &bound->next;
			continue;
		}
		*link = bound->next;
		bound->object->binds--;
		sim_vmm_settle(bound->object);
		free(bound);
	}
	if (!multicast->bound)
		multicast->host = NULL;
}

CUresult cuMulticastUnbind(
	CUmemGenericAllocationHandle handle, CUdevice device, size_t offset, size_t bytes)
{
	struct sim_vmm *multicast;

	SIM_ENTER(cuMulticastUnbind);
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	sim_lock();
	multicast = find(handle);
	if (multicast)
		sim_unbind(multicast, offset, bytes);
	sim_unlock();
	return multicast ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuMulticastGetGranularity(size_t *granularity, const CUmulticastObjectProp *properties,
	CUmulticastGranularity_flags option)
{
	SIM_ENTER(cuMulticastGetGranularity);
	if (!granularity || !properties || option > CU_MULTICAST_GRANULARITY_RECOMMENDED)
		return CUDA_ERROR_INVALID_VALUE;
	*granularity = SIM_GRANULE;
	return CUDA_SUCCESS;
}
