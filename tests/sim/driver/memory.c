/*
 * Linear, pitched and managed memory: cuMemAlloc and its kin, cuMemFree, and what they report.
 */
#include "sim.h"

#include <stdlib.h>

#define PITCH 512

struct sim_range *sim_memory;
uint64_t sim_sequence, sim_unknown_frees;

enum simcuda_kind sim_memory_kind(const struct sim_range *range)
{
	switch (range->memory) {
	case SIM_LINEAR:
		return SIMCUDA_DEVICE;
	case SIM_MANAGED:
		return SIMCUDA_MANAGED;
	case SIM_POOLED:
		return SIMCUDA_POOL;
	case SIM_GRAPHED:
		return SIMCUDA_GRAPH;
	default:
		return SIMCUDA_KINDS;
	}
}

static void end_with_context(struct sim_object *object)
{
	sim_memory_end((struct sim_range *)object);
}

/* Charging is the caller's, since kinds differ in it. Lock held. */
struct sim_range *sim_memory_new(
	enum sim_memory memory, int device, uint64_t size, CUcontext ctx, bool low)
{
	struct sim_range *range = calloc(1, sizeof(*range));

	if (!range || !sim_space_take(size, low, &range->space)) {
		free(range);
		return NULL;
	}
	range->host = range->space.host;
	/* The host may follow pointers to managed and pinned memory, so these have one address for both. */
	range->start = memory == SIM_MANAGED || memory == SIM_HOST
		? (uint64_t)(uintptr_t)range->host
		: range->space.address;
	range->size = size;
	range->memory = memory;
	range->device = device;
	range->sequence = ++sim_sequence;
	sim_range_insert(&sim_memory, range);
	sim_object_add(&range->object, SIM_MEMORY, ctx, end_with_context);
	return range;
}

/* Takes a range away, with its charge where it is linear or managed. Lock held. */
void sim_memory_end(struct sim_range *range)
{
	sim_range_remove(&sim_memory, range);
	sim_object_remove(&range->object);
	if (range->memory == SIM_LINEAR || range->memory == SIM_MANAGED)
		sim_uncharge(range->device, sim_memory_kind(range), range->size);
	if (range->memory == SIM_HOST || range->memory == SIM_REGISTERED)
		sim_pin(-(int64_t)range->size, -1);
	if (range->memory == SIM_EXTERNAL_BUFFER)
		sim_external_release(range);
	if (range->space.extent)
		sim_space_give(&range->space, range->touched);
	free(range);
}

static CUresult allocate(enum sim_memory memory, uint64_t size, bool low, uint64_t *address)
{
	struct sim_range *range = NULL;
	CUcontext ctx;
	CUresult status;

	sim_pause();
	sim_lock();
	status = sim_context_current(&ctx);
	if (status == CUDA_SUCCESS && !size)
		status = CUDA_ERROR_INVALID_VALUE;
	if (status == CUDA_SUCCESS)
		status = sim_capture_unsafe();
	if (status == CUDA_SUCCESS) {
		enum simcuda_kind kind = memory == SIM_MANAGED ? SIMCUDA_MANAGED : SIMCUDA_DEVICE;

		status = sim_charge(ctx->device, kind, size);
		if (status == CUDA_SUCCESS) {
			range = sim_memory_new(memory, ctx->device, size, ctx, low);
			if (!range) {
				sim_uncharge(ctx->device, kind, size);
				status = CUDA_ERROR_OUT_OF_MEMORY;
			}
		}
	}
	if (status == CUDA_SUCCESS)
		*address = range->start;
	sim_unlock();
	sim_pause();
	return status;
}

CUresult cuMemAlloc_v2(CUdeviceptr *address, size_t bytes)
{
	uint64_t start;
	CUresult status;

	SIM_REENTER(cuMemAlloc_v2, (address, bytes));
	SIM_ENTER(cuMemAlloc_v2);
	if (!address)
		return CUDA_ERROR_INVALID_VALUE;
	status = allocate(SIM_LINEAR, bytes, false, &start);
	if (status == CUDA_SUCCESS)
		*address = start;
	return status;
}

/* The first ABI has 32-bit addresses; its memory comes from the low end of the address space. */
CUresult cuMemAlloc(CUdeviceptr_v1 *address, unsigned int bytes)
{
	uint64_t start;
	CUresult status;

	SIM_REENTER(cuMemAlloc, (address, bytes));
	SIM_ENTER(cuMemAlloc);
	if (!address)
		return CUDA_ERROR_INVALID_VALUE;
	status = allocate(SIM_LINEAR, bytes, true, &start);
	if (status == CUDA_SUCCESS)
		*address = (CUdeviceptr_v1)start;
	return status;
}

static CUresult pitched(uint64_t width, uint64_t height, unsigned int element, bool low,
	uint64_t *start, uint64_t *pitch)
{
	uint64_t rows, bytes;

	if (!width || !height || (element != 4 && element != 8 && element != 16))
		return CUDA_ERROR_INVALID_VALUE;
	if (__builtin_add_overflow(width, PITCH - 1, &rows))
		return CUDA_ERROR_OUT_OF_MEMORY;
	*pitch = rows / PITCH * PITCH;
	if (__builtin_mul_overflow(*pitch, height, &bytes))
		return CUDA_ERROR_OUT_OF_MEMORY;
	return allocate(SIM_LINEAR, bytes, low, start);
}

CUresult cuMemAllocPitch_v2(
	CUdeviceptr *address, size_t *pitch, size_t width, size_t height, unsigned int element)
{
	uint64_t start, row;
	CUresult status;

	SIM_REENTER(cuMemAllocPitch_v2, (address, pitch, width, height, element));
	SIM_ENTER(cuMemAllocPitch_v2);
	if (!address || !pitch)
		return CUDA_ERROR_INVALID_VALUE;
	status = pitched(width, height, element, false, &start, &row);
	if (status == CUDA_SUCCESS) {
		*address = start;
		*pitch = row;
	}
	return status;
}

CUresult cuMemAllocPitch(CUdeviceptr_v1 *address, unsigned int *pitch, unsigned int width,
	unsigned int height, unsigned int element)
{
	uint64_t start, row;
	CUresult status;

	SIM_ENTER(cuMemAllocPitch);
	if (!address || !pitch)
		return CUDA_ERROR_INVALID_VALUE;
	status = pitched(width, height, element, true, &start, &row);
	if (status == CUDA_SUCCESS) {
		*address = (CUdeviceptr_v1)start;
		*pitch = (unsigned int)row;
	}
	return status;
}

CUresult cuMemAllocManaged(CUdeviceptr *address, size_t bytes, unsigned int flags)
{
	uint64_t start;
	CUresult status;

	SIM_REENTER(cuMemAllocManaged, (address, bytes, flags));
	SIM_ENTER(cuMemAllocManaged);
	if (!address || (flags != CU_MEM_ATTACH_GLOBAL && flags != CU_MEM_ATTACH_HOST))
		return CUDA_ERROR_INVALID_VALUE;
	status = allocate(SIM_MANAGED, bytes, false, &start);
	if (status == CUDA_SUCCESS)
		*address = start;
	return status;
}

CUresult sim_free(uint64_t address)
{
	struct sim_range *range;
	CUcontext ctx;
	CUresult status;

	sim_pause();
	sim_lock();
	status = sim_context_current(&ctx);
	range = sim_range_find(sim_memory, address);
	if (status != CUDA_SUCCESS || !address) {
		/* Freeing nothing is fine, but only with a context. */
	} else if (!range || range->start != address) {
		status = CUDA_ERROR_INVALID_VALUE;
		sim_unknown_frees++;
	} else {
		/* Linear memory is freed with a synchronisation, which a capture forbids. */
		if (range->memory == SIM_LINEAR || range->memory == SIM_MANAGED)
			status = sim_capture_unsafe();
		if (status == CUDA_SUCCESS)
			status = sim_free_range(range);
	}
	sim_unlock();
	sim_pause();
	return status;
}

/* What cuMemFree does with each kind of address. Lock held. */
CUresult sim_free_range(struct sim_range *range)
{
	switch (range->memory) {
	case SIM_LINEAR:
	case SIM_MANAGED:
	case SIM_EXTERNAL_BUFFER:
		sim_memory_end(range);
		return CUDA_SUCCESS;
	case SIM_POOLED:
		sim_pool_give(range);
		return CUDA_SUCCESS;
	case SIM_GRAPHED:
		sim_graph_memory_free(range);
		return CUDA_SUCCESS;
	case SIM_IMPORTED:
		/* A pointer imported from a pool is freed; one of IPC is closed. */
		if (!range->owner)
			break;
		sim_pool_forget(range);
		return CUDA_SUCCESS;
	default:
		break;
	}
	sim_unknown_frees++;
	return CUDA_ERROR_INVALID_VALUE;
}

CUresult cuMemFree_v2(CUdeviceptr address)
{
	SIM_REENTER(cuMemFree_v2, (address));
	SIM_ENTER(cuMemFree_v2);
	return sim_free(address);
}

CUresult cuMemFree(CUdeviceptr_v1 address)
{
	SIM_REENTER(cuMemFree, (address));
	SIM_ENTER(cuMemFree);
	return sim_free(address);
}

static CUresult get_info(uint64_t *left, uint64_t *total)
{
	CUcontext ctx;
	CUresult status;

	sim_lock();
	status = sim_context_current(&ctx);
	if (status == CUDA_SUCCESS) {
		sim_vmm_collect();
		*left = sim_device_left(ctx->device);
		*total = simcuda_capacity(ctx->device);
	}
	sim_unlock();
	return status;
}

CUresult cuMemGetInfo_v2(size_t *left, size_t *total)
{
	uint64_t free_bytes, all_bytes;
	CUresult status;

	SIM_REENTER(cuMemGetInfo_v2, (left, total));
	SIM_ENTER(cuMemGetInfo_v2);
	status = get_info(&free_bytes, &all_bytes);
	if (status == CUDA_SUCCESS && left)
		*left = free_bytes;
	if (status == CUDA_SUCCESS && total)
		*total = all_bytes;
	return status;
}

static unsigned int saturate(uint64_t bytes)
{
	return bytes > UINT32_MAX ? UINT32_MAX : (unsigned int)bytes;
}

CUresult cuMemGetInfo(unsigned int *left, unsigned int *total)
{
	uint64_t free_bytes, all_bytes;
	CUresult status;

	SIM_ENTER(cuMemGetInfo);
	status = get_info(&free_bytes, &all_bytes);
	if (status == CUDA_SUCCESS && left)
		*left = saturate(free_bytes);
	if (status == CUDA_SUCCESS && total)
		*total = saturate(all_bytes);
	return status;
}

static CUresult address_range(uint64_t address, uint64_t *base, uint64_t *bytes)
{
	struct sim_range *range;
	CUcontext ctx;
	CUresult status;

	sim_lock();
	status = sim_context_current(&ctx);
	range = sim_range_find(sim_memory, address);
	if (status == CUDA_SUCCESS && !range)
		status = CUDA_ERROR_NOT_FOUND;
	if (status == CUDA_SUCCESS) {
		*base = range->start;
		*bytes = range->size;
	}
	sim_unlock();
	return status;
}

CUresult cuMemGetAddressRange_v2(CUdeviceptr *base, size_t *bytes, CUdeviceptr address)
{
	uint64_t start, size;
	CUresult status;

	SIM_ENTER(cuMemGetAddressRange_v2);
	status = address_range(address, &start, &size);
	if (status == CUDA_SUCCESS && base)
		*base = start;
	if (status == CUDA_SUCCESS && bytes)
		*bytes = size;
	return status;
}

CUresult cuMemGetAddressRange(CUdeviceptr_v1 *base, unsigned int *bytes, CUdeviceptr_v1 address)
{
	uint64_t start, size;
	CUresult status;

	SIM_ENTER(cuMemGetAddressRange);
	status = address_range(address, &start, &size);
	if (status == CUDA_SUCCESS && base)
		*base = (CUdeviceptr_v1)start;
	if (status == CUDA_SUCCESS && bytes)
		*bytes = saturate(size);
	return status;
}
