/*
 * The pool functions: creation, attributes, access, which pool is current where; and allocation and free in
 * stream order. A capturing stream records an allocation in its graph instead.
 */
#include "sim.h"

#include <stdlib.h>

/* Index 0 is the host's. */
static CUmemoryPool standard[SIM_DEVICES + 1], current[SIM_DEVICES + 1];

CUresult sim_pool_standard(int device, CUmemoryPool *pool)
{
	CUmemPoolProps properties = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {device < 0 ? CU_MEM_LOCATION_TYPE_HOST : CU_MEM_LOCATION_TYPE_DEVICE,
			device < 0 ? 0 : device}};
	CUresult status = CUDA_SUCCESS;

	if (!standard[device + 1]) {
		status = sim_pool_new(&properties, &standard[device + 1]);
		if (status == CUDA_SUCCESS)
			standard[device + 1]->standard = true;
	}
	*pool = standard[device + 1];
	return status;
}

CUresult sim_pool_current(int device, CUmemoryPool *pool)
{
	/* A current pool that was destroyed gives way to the default one. */
	if (!sim_pool_find(current[device + 1]))
		current[device + 1] = NULL;
	if (!current[device + 1])
		return sim_pool_standard(device, pool);
	*pool = current[device + 1];
	return CUDA_SUCCESS;
}

static CUresult place_of(const CUmemLocation *location, int *device)
{
	switch (location->type) {
	case CU_MEM_LOCATION_TYPE_DEVICE:
		*device = location->id;
		return sim_device_check(location->id);
	case CU_MEM_LOCATION_TYPE_HOST:
	case CU_MEM_LOCATION_TYPE_HOST_NUMA:
		*device = -1;
		return CUDA_SUCCESS;
	default:
		return CUDA_ERROR_INVALID_VALUE;
	}
}

CUresult cuMemPoolCreate(CUmemoryPool *pool, const CUmemPoolProps *properties)
{
	CUresult status;
	int device;

	SIM_REENTER(cuMemPoolCreate, (pool, properties));
	SIM_ENTER(cuMemPoolCreate);
	if (!pool || !properties ||
		(properties->allocType != CU_MEM_ALLOCATION_TYPE_PINNED &&
			properties->allocType != CU_MEM_ALLOCATION_TYPE_MANAGED))
		return CUDA_ERROR_INVALID_VALUE;
	if ((unsigned int)properties->handleTypes &
		~(unsigned int)CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR)
		return CUDA_ERROR_NOT_SUPPORTED;
	status = place_of(&properties->location, &device);
	if (status != CUDA_SUCCESS)
		return status;
	sim_lock();
	status = sim_pool_new(properties, pool);
	sim_unlock();
	return status;
}

CUresult cuMemPoolDestroy(CUmemoryPool pool)
{
	CUmemoryPool found;
	CUresult status = CUDA_ERROR_INVALID_VALUE;

	SIM_REENTER(cuMemPoolDestroy, (pool));
	SIM_ENTER(cuMemPoolDestroy);
	sim_pause();
	sim_lock();
	found = sim_pool_find(pool);
	if (found && !found->standard) {
		sim_pool_end(found);
		status = CUDA_SUCCESS;
	}
	sim_unlock();
	sim_pause();
	return status;
}

CUresult cuMemPoolTrimTo(CUmemoryPool pool, size_t keep)
{
	CUmemoryPool found;

	SIM_REENTER(cuMemPoolTrimTo, (pool, keep));
	SIM_ENTER(cuMemPoolTrimTo);
	sim_pause();
	sim_lock();
	found = sim_pool_find(pool);
	if (found)
		sim_pool_trim(found, keep);
	sim_unlock();
	sim_pause();
	return found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

/* Lock held. */
static CUresult get_attribute(CUmemoryPool pool, CUmemPool_attribute attribute, void *value)
{
	switch (attribute) {
	case CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES:
	case CU_MEMPOOL_ATTR_REUSE_ALLOW_OPPORTUNISTIC:
	case CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES:
		*(int *)value =
			pool->reuse[attribute - CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES];
		return CUDA_SUCCESS;
	case CU_MEMPOOL_ATTR_RELEASE_THRESHOLD:
		*(cuuint64_t *)value = pool->threshold;
		return CUDA_SUCCESS;
	case CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT:
		*(cuuint64_t *)value = pool->reserved;
		return CUDA_SUCCESS;
	case CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH:
		*(cuuint64_t *)value = pool->reserved_high;
		return CUDA_SUCCESS;
	case CU_MEMPOOL_ATTR_USED_MEM_CURRENT:
		*(cuuint64_t *)value = pool->used;
		return CUDA_SUCCESS;
	case CU_MEMPOOL_ATTR_USED_MEM_HIGH:
		*(cuuint64_t *)value = pool->used_high;
		return CUDA_SUCCESS;
	default:
		return CUDA_ERROR_INVALID_VALUE;
	}
}

/* Lock held. High-water marks can only be reset. */
static CUresult set_attribute(CUmemoryPool pool, CUmemPool_attribute attribute, const void *value)
{
	switch (attribute) {
	case CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES:
	case CU_MEMPOOL_ATTR_REUSE_ALLOW_OPPORTUNISTIC:
	case CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES:
		pool->reuse[attribute - CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES] =
			*(const int *)value;
		return CUDA_SUCCESS;
	case CU_MEMPOOL_ATTR_RELEASE_THRESHOLD:
		pool->threshold = *(const cuuint64_t *)value;
		return CUDA_SUCCESS;
	case CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH:
		if (*(const cuuint64_t *)value)
			return CUDA_ERROR_INVALID_VALUE;
		pool->reserved_high = pool->reserved;
		return CUDA_SUCCESS;
	case CU_MEMPOOL_ATTR_USED_MEM_HIGH:
		if (*(const cuuint64_t *)value)
			return CUDA_ERROR_INVALID_VALUE;
		pool->used_high = pool->used;
		return CUDA_SUCCESS;
	default:
		return CUDA_ERROR_INVALID_VALUE;
	}
}

CUresult cuMemPoolGetAttribute(CUmemoryPool pool, CUmemPool_attribute attribute, void *value)
{
	CUmemoryPool found;
	CUresult status = CUDA_ERROR_INVALID_VALUE;

	SIM_ENTER(cuMemPoolGetAttribute);
	if (!value)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_pool_find(pool);
	if (found)
		status = get_attribute(found, attribute, value);
	sim_unlock();
	return status;
}

CUresult cuMemPoolSetAttribute(CUmemoryPool pool, CUmemPool_attribute attribute, void *value)
{
	CUmemoryPool found;
	CUresult status = CUDA_ERROR_INVALID_VALUE;

	SIM_REENTER(cuMemPoolSetAttribute, (pool, attribute, value));
	SIM_ENTER(cuMemPoolSetAttribute);
	if (!value)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_pool_find(pool);
	if (found)
		status = set_attribute(found, attribute, value);
	sim_unlock();
	return status;
}

CUresult cuMemPoolSetAccess(CUmemoryPool pool, const CUmemAccessDesc *access, size_t count)
{
	CUmemoryPool found;
	CUresult status = CUDA_SUCCESS;

	SIM_ENTER(cuMemPoolSetAccess);
	if (!access || !count)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_pool_find(pool);
	if (!found)
		status = CUDA_ERROR_INVALID_VALUE;
	for (size_t i = 0; status == CUDA_SUCCESS && i < count; i++) {
		if (access[i].location.type != CU_MEM_LOCATION_TYPE_DEVICE ||
			sim_device_check(access[i].location.id))
			status = CUDA_ERROR_INVALID_DEVICE;
		else
			found->access[access[i].location.id] = access[i].flags;
	}
	sim_unlock();
	return status;
}

CUresult cuMemPoolGetAccess(CUmemAccess_flags *flags, CUmemoryPool pool, CUmemLocation *location)
{
	CUmemoryPool found;
	CUresult status = CUDA_SUCCESS;

	SIM_ENTER(cuMemPoolGetAccess);
	if (!flags || !location || location->type != CU_MEM_LOCATION_TYPE_DEVICE)
		return CUDA_ERROR_INVALID_VALUE;
	if (sim_device_check(location->id))
		return CUDA_ERROR_INVALID_DEVICE;
	sim_lock();
	found = sim_pool_find(pool);
	if (found)
		*flags = found->access[location->id];
	else
		status = CUDA_ERROR_INVALID_VALUE;
	sim_unlock();
	return status;
}

static CUresult get_pool(CUmemoryPool *pool, int device, bool is_standard)
{
	CUresult status;

	sim_lock();
	status = is_standard ? sim_pool_standard(device, pool) : sim_pool_current(device, pool);
	sim_unlock();
	return status;
}

/* A pool becomes current where its memory is. */
static CUresult set_pool(int device, CUmemoryPool pool)
{
	CUmemoryPool found;

	sim_lock();
	found = sim_pool_find(pool);
	if (found && found->device == device)
		current[device + 1] = found;
	sim_unlock();
	return found && found->device == device ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuDeviceGetDefaultMemPool(CUmemoryPool *pool, CUdevice device)
{
	SIM_ENTER(cuDeviceGetDefaultMemPool);
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	return pool ? get_pool(pool, device, true) : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuDeviceGetMemPool(CUmemoryPool *pool, CUdevice device)
{
	SIM_ENTER(cuDeviceGetMemPool);
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	return pool ? get_pool(pool, device, false) : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuDeviceSetMemPool(CUdevice device, CUmemoryPool pool)
{
	SIM_REENTER(cuDeviceSetMemPool, (device, pool));
	SIM_ENTER(cuDeviceSetMemPool);
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	return set_pool(device, pool);
}

/* There is one default pool per place, whatever the kind of allocation. */
static CUresult place_and_type(const CUmemLocation *location, CUmemAllocationType type, int *device)
{
	if (!location ||
		(type != CU_MEM_ALLOCATION_TYPE_PINNED && type != CU_MEM_ALLOCATION_TYPE_MANAGED))
		return CUDA_ERROR_INVALID_VALUE;
	return place_of(location, device);
}

CUresult cuMemGetDefaultMemPool(
	CUmemoryPool *pool, CUmemLocation *location, CUmemAllocationType type)
{
	CUresult status;
	int device;

	SIM_ENTER(cuMemGetDefaultMemPool);
	status = place_and_type(location, type, &device);
	if (status != CUDA_SUCCESS)
		return status;
	return pool ? get_pool(pool, device, true) : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuMemGetMemPool(CUmemoryPool *pool, CUmemLocation *location, CUmemAllocationType type)
{
	CUresult status;
	int device;

	SIM_ENTER(cuMemGetMemPool);
	status = place_and_type(location, type, &device);
	if (status != CUDA_SUCCESS)
		return status;
	return pool ? get_pool(pool, device, false) : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuMemSetMemPool(CUmemLocation *location, CUmemAllocationType type, CUmemoryPool pool)
{
	CUresult status;
	int device;

	SIM_REENTER(cuMemSetMemPool, (location, type, pool));
	SIM_ENTER(cuMemSetMemPool);
	status = place_and_type(location, type, &device);
	return status == CUDA_SUCCESS ? set_pool(device, pool) : status;
}
