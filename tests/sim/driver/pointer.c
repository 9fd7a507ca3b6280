/*
 * What the driver says about an address (cuPointerGetAttribute), and hints about managed memory, which
 * change nothing that is counted.
 */
#include "sim.h"

#include <string.h>

static void put(void *data, const void *value, size_t size)
{
	memcpy(data, value, size);
}

static void put_int(void *data, int value)
{
	put(data, &value, sizeof(value));
}

static void put_pointer(void *data, uint64_t value)
{
	put(data, &value, sizeof(value));
}

static bool on_host(const struct sim_range *range)
{
	return range->device < 0;
}

/* Lock held; the range is known. */
static CUresult describe(
	void *data, CUpointer_attribute attribute, const struct sim_range *range, uint64_t address)
{
	bool host_sees = on_host(range) || range->memory == SIM_MANAGED;

	switch (attribute) {
	case CU_POINTER_ATTRIBUTE_CONTEXT:
		put_pointer(data, (uint64_t)(uintptr_t)range->object.ctx);
		return CUDA_SUCCESS;
	case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
		put_int(data, on_host(range) ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE);
		return CUDA_SUCCESS;
	case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
		put_pointer(data, address);
		return CUDA_SUCCESS;
	case CU_POINTER_ATTRIBUTE_HOST_POINTER:
		if (!host_sees)
			return CUDA_ERROR_INVALID_VALUE;
		put_pointer(data, address);
		return CUDA_SUCCESS;
	case CU_POINTER_ATTRIBUTE_BUFFER_ID:
	case CU_POINTER_ATTRIBUTE_MEMORY_BLOCK_ID:
		put_pointer(data, range->sequence);
		return CUDA_SUCCESS;
	case CU_POINTER_ATTRIBUTE_IS_MANAGED:
		put_int(data, range->memory == SIM_MANAGED);
		return CUDA_SUCCESS;
	case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
		put_int(data, on_host(range) ? 0 : range->device);
		return CUDA_SUCCESS;
	case CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE:
		put_int(data, range->memory == SIM_LINEAR);
		return CUDA_SUCCESS;
	case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
	case CU_POINTER_ATTRIBUTE_MAPPING_BASE_ADDR:
		put_pointer(data, range->start);
		return CUDA_SUCCESS;
	case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
	case CU_POINTER_ATTRIBUTE_MAPPING_SIZE:
		put_pointer(data, range->size);
		return CUDA_SUCCESS;
	case CU_POINTER_ATTRIBUTE_MAPPED:
		put_int(data, 1);
		return CUDA_SUCCESS;
	case CU_POINTER_ATTRIBUTE_SYNC_MEMOPS:
	case CU_POINTER_ATTRIBUTE_IS_GPU_DIRECT_RDMA_CAPABLE:
		put_int(data, 0);
		return CUDA_SUCCESS;
	case CU_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES:
		put_pointer(data, 0);
		return CUDA_SUCCESS;
	case CU_POINTER_ATTRIBUTE_ACCESS_FLAGS:
		put_int(data, CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
		return CUDA_SUCCESS;
	case CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE:
		put_pointer(
			data, range->memory == SIM_POOLED ? (uint64_t)(uintptr_t)range->owner : 0);
		return CUDA_SUCCESS;
	default:
		return CUDA_ERROR_INVALID_VALUE;
	}
}

CUresult cuPointerGetAttribute(void *data, CUpointer_attribute attribute, CUdeviceptr address)
{
	struct sim_range *range;
	CUcontext ctx;
	CUresult status;

	SIM_ENTER(cuPointerGetAttribute);
	if (!data)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	status = sim_context_current(&ctx);
	range = sim_range_find(sim_memory, address);
	if (status == CUDA_SUCCESS)
		status = range ? describe(data, attribute, range, address)
			       : CUDA_ERROR_INVALID_VALUE;
	sim_unlock();
	return status;
}

static size_t width_of(CUpointer_attribute attribute)
{
	switch (attribute) {
	case CU_POINTER_ATTRIBUTE_CONTEXT:
	case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
	case CU_POINTER_ATTRIBUTE_HOST_POINTER:
	case CU_POINTER_ATTRIBUTE_BUFFER_ID:
	case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
	case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
	case CU_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES:
	case CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE:
	case CU_POINTER_ATTRIBUTE_MAPPING_SIZE:
	case CU_POINTER_ATTRIBUTE_MAPPING_BASE_ADDR:
	case CU_POINTER_ATTRIBUTE_MEMORY_BLOCK_ID:
		return sizeof(uint64_t);
	default:
		return sizeof(int);
	}
}

/* Unlike the single form this succeeds for unknown addresses and clears what does not apply. */
CUresult cuPointerGetAttributes(
	unsigned int count, CUpointer_attribute *attributes, void **data, CUdeviceptr address)
{
	struct sim_range *range;
	CUcontext ctx;
	CUresult status;

	SIM_ENTER(cuPointerGetAttributes);
	if (!count || !attributes || !data)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	status = sim_context_current(&ctx);
	range = sim_range_find(sim_memory, address);
	for (unsigned int i = 0; status == CUDA_SUCCESS && i < count; i++) {
		if (!data[i])
			status = CUDA_ERROR_INVALID_VALUE;
		else if (!range || describe(data[i], attributes[i], range, address))
			memset(data[i], 0, width_of(attributes[i]));
	}
	sim_unlock();
	return status;
}

/* Hints apply to managed memory only. */
static CUresult hint(uint64_t address, uint64_t bytes)
{
	struct sim_range *range;
	CUcontext ctx;
	CUresult status;

	sim_lock();
	status = sim_context_current(&ctx);
	range = sim_range_find(sim_memory, address);
	if (status == CUDA_SUCCESS &&
		(!bytes || !range || range->memory != SIM_MANAGED ||
			bytes > range->size - (address - range->start)))
		status = CUDA_ERROR_INVALID_VALUE;
	sim_unlock();
	return status;
}

static CUresult hint_in(CUstream stream, uint64_t address, uint64_t bytes)
{
	CUcontext ctx;
	CUresult status;

	sim_lock();
	status = sim_stream_context(stream, &ctx);
	sim_unlock();
	return status == CUDA_SUCCESS ? hint(address, bytes) : status;
}

CUresult cuMemAdvise(CUdeviceptr address, size_t bytes, CUmem_advise advice, CUdevice device)
{
	SIM_ENTER(cuMemAdvise);
	(void)advice;
	if (device != CU_DEVICE_CPU && sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	return hint(address, bytes);
}

CUresult cuMemAdvise_v2(
	CUdeviceptr address, size_t bytes, CUmem_advise advice, CUmemLocation location)
{
	SIM_ENTER(cuMemAdvise_v2);
	(void)advice;
	if (location.type == CU_MEM_LOCATION_TYPE_DEVICE && sim_device_check(location.id))
		return CUDA_ERROR_INVALID_DEVICE;
	return hint(address, bytes);
}

static CUresult prefetch(uint64_t address, uint64_t bytes, CUmemLocation location, CUstream stream)
{
	if (location.type == CU_MEM_LOCATION_TYPE_DEVICE && sim_device_check(location.id))
		return CUDA_ERROR_INVALID_DEVICE;
	return hint_in(stream, address, bytes);
}

static CUmemLocation place_of(CUdevice device)
{
	CUmemLocation location = {.type = device == CU_DEVICE_CPU ? CU_MEM_LOCATION_TYPE_HOST
								  : CU_MEM_LOCATION_TYPE_DEVICE,
		.id = device};

	return location;
}

SIM_TWINS(cuMemPrefetchAsync, _ptsz,
	(CUdeviceptr address, size_t bytes, CUdevice device, CUstream stream),
	prefetch(address, bytes, place_of(device), stream ? stream : sim_default))
SIM_TWINS(cuMemPrefetchAsync_v2, _ptsz,
	(CUdeviceptr address, size_t bytes, CUmemLocation location, unsigned int flags,
		CUstream stream),
	flags ? CUDA_ERROR_INVALID_VALUE
	      : prefetch(address, bytes, location, stream ? stream : sim_default))
SIM_TWINS(cuStreamAttachMemAsync, _ptsz,
	(CUstream stream, CUdeviceptr address, size_t bytes, unsigned int flags),
	((void)flags, hint_in(stream ? stream : sim_default, address, bytes ? bytes : 1)))
