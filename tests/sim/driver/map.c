/*
 * Reserving addresses and mapping VMM objects there. Mapped memory is real: copies through each mapping of an
 * object reach the same bytes, once access has been set.
 */
#include "sim.h"

#include <stdlib.h>
#include <sys/mman.h>

static struct sim_range *reservations;

static bool aligned(uint64_t value)
{
	return value % SIM_GRANULE == 0;
}

/* Address space alone; nothing may touch it. */
static void *reserve(uint64_t bytes, uint64_t alignment, uint64_t hint)
{
	uint64_t padded = bytes + alignment, start;
	char *space = mmap((void *)(uintptr_t)hint, padded, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (space == MAP_FAILED)
		return NULL;
	start = ((uint64_t)(uintptr_t)space + alignment - 1) / alignment * alignment;
	if (start > (uint64_t)(uintptr_t)space)
		munmap(space, start - (uint64_t)(uintptr_t)space);
	if ((uint64_t)(uintptr_t)space + padded > start + bytes)
		munmap((void *)(uintptr_t)(start + bytes),
			(uint64_t)(uintptr_t)space + padded - start - bytes);
	return (void *)(uintptr_t)start;
}

CUresult cuMemAddressReserve(CUdeviceptr *address, size_t bytes, size_t alignment, CUdeviceptr hint,
	unsigned long long flags)
{
	struct sim_range *range;
	void *space;

	SIM_ENTER(cuMemAddressReserve);
	if (!address || !bytes || !aligned(bytes) || flags || (alignment & (alignment - 1)))
		return CUDA_ERROR_INVALID_VALUE;
	if (bytes > 1ULL << 45)
		return CUDA_ERROR_OUT_OF_MEMORY;
	range = calloc(1, sizeof(*range));
	space = reserve(bytes, alignment > SIM_GRANULE ? alignment : SIM_GRANULE, hint);
	if (!range || !space) {
		free(range);
		return CUDA_ERROR_OUT_OF_MEMORY;
	}
	range->start = (uint64_t)(uintptr_t)space;
	range->size = bytes;
	sim_lock();
	sim_range_insert(&reservations, range);
	sim_unlock();
	*address = range->start;
	return CUDA_SUCCESS;
}

CUresult cuMemAddressFree(CUdeviceptr address, size_t bytes)
{
	struct sim_range *range;
	CUresult status = CUDA_ERROR_INVALID_VALUE;

	SIM_ENTER(cuMemAddressFree);
	sim_lock();
	range = sim_range_find(reservations, address);
	if (range && range->start == address && range->size == bytes &&
		!sim_range_overlaps(sim_memory, address, bytes)) {
		sim_range_remove(&reservations, range);
		munmap((void *)(uintptr_t)address, bytes);
		free(range);
		status = CUDA_SUCCESS;
	}
	sim_unlock();
	return status;
}

/* Lock held. */
static CUresult map(uint64_t address, uint64_t bytes, uint64_t offset, struct sim_vmm *object)
{
	struct sim_range *inside = sim_range_find(reservations, address), *range;

	if (!inside || bytes > inside->size - (address - inside->start) ||
		sim_range_overlaps(sim_memory, address, bytes))
		return CUDA_ERROR_INVALID_VALUE;
	if (offset > object->size || bytes > object->size - offset)
		return CUDA_ERROR_INVALID_VALUE;
	/* A multicast object can be mapped once all its devices are there. */
	if (object->multicast && object->devices_added < object->devices_wanted)
		return CUDA_ERROR_ILLEGAL_STATE;
	range = calloc(1, sizeof(*range));
	if (!range)
		return CUDA_ERROR_OUT_OF_MEMORY;
	range->start = address;
	range->size = bytes;
	range->host = object->host ? object->host + offset : NULL;
	range->memory = SIM_MAPPED;
	range->device = object->device;
	range->owner = object;
	range->sequence = ++sim_sequence;
	sim_range_insert(&sim_memory, range);
	sim_object_add(&range->object, SIM_MEMORY, NULL, NULL);
	object->maps++;
	return CUDA_SUCCESS;
}

CUresult cuMemMap(CUdeviceptr address, size_t bytes, size_t offset,
	CUmemGenericAllocationHandle handle, unsigned long long flags)
{
	struct sim_vmm *object;
	CUresult status;

	SIM_REENTER(cuMemMap, (address, bytes, offset, handle, flags));
	SIM_ENTER(cuMemMap);
	if (!address || !bytes || flags || !aligned(address) || !aligned(bytes) || !aligned(offset))
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	object = sim_vmm_find(handle);
	status = object ? map(address, bytes, offset, object) : CUDA_ERROR_INVALID_VALUE;
	sim_unlock();
	return status;
}

/* Whether mappings fill the range without a gap and without reaching over its ends. Lock held. */
static bool filled(uint64_t address, uint64_t bytes, bool whole)
{
	uint64_t end = address + bytes;

	while (address < end) {
		struct sim_range *range = sim_range_find(sim_memory, address);

		if (!range || range->memory != SIM_MAPPED)
			return false;
		if (whole && (range->start != address || range->size > end - address))
			return false;
		address = range->start + range->size;
	}
	return true;
}

CUresult cuMemUnmap(CUdeviceptr address, size_t bytes)
{
	CUresult status = CUDA_ERROR_INVALID_VALUE;
	uint64_t end = address + bytes;

	SIM_REENTER(cuMemUnmap, (address, bytes));
	SIM_ENTER(cuMemUnmap);
	if (!address || !bytes || end < address)
		return CUDA_ERROR_INVALID_VALUE;
	sim_pause();
	sim_lock();
	if (filled(address, bytes, true)) {
		while (address < end) {
			struct sim_range *range = sim_range_find(sim_memory, address);
			struct sim_vmm *object = range->owner;

			address += range->size;
			sim_memory_end(range);
			object->maps--;
			sim_vmm_settle(object);
		}
		status = CUDA_SUCCESS;
	} else {
		sim_unknown_frees++;
	}
	sim_unlock();
	sim_pause();
	return status;
}

CUresult cuMemSetAccess(
	CUdeviceptr address, size_t bytes, const CUmemAccessDesc *access, size_t count)
{
	CUresult status = CUDA_ERROR_INVALID_VALUE;
	uint64_t end = address + bytes;

	SIM_ENTER(cuMemSetAccess);
	if (!address || !bytes || end < address || !access || !count)
		return CUDA_ERROR_INVALID_VALUE;
	for (size_t i = 0; i < count; i++) {
		if (access[i].location.type == CU_MEM_LOCATION_TYPE_DEVICE &&
			sim_device_check(access[i].location.id))
			return CUDA_ERROR_INVALID_DEVICE;
	}
	sim_lock();
	if (filled(address, bytes, false)) {
		while (address < end) {
			struct sim_range *range = sim_range_find(sim_memory, address);

			/* Copies run on any device, so the last word holds for all. */
			range->flags = access[count - 1].flags;
			address = range->start + range->size;
		}
		status = CUDA_SUCCESS;
	}
	sim_unlock();
	return status;
}

CUresult cuMemGetAccess(
	unsigned long long *flags, const CUmemLocation *location, CUdeviceptr address)
{
	struct sim_range *range;
	CUresult status = CUDA_ERROR_INVALID_VALUE;

	SIM_ENTER(cuMemGetAccess);
	if (!flags || !location)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	range = sim_range_find(sim_memory, address);
	if (range && range->memory == SIM_MAPPED) {
		*flags = range->flags;
		status = CUDA_SUCCESS;
	}
	sim_unlock();
	return status;
}
