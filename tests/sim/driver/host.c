/*
 * Page-locked host memory: allocated, registered, and the device addresses of both (which are the host
 * addresses, as with unified addressing).
 */
#include "sim.h"

#include <stdlib.h>

static CUresult allocate(void **pointer, size_t bytes, unsigned int flags)
{
	struct sim_range *range = NULL;
	CUcontext ctx;
	CUresult status;

	if (!pointer || !bytes || (flags & ~7u))
		return CUDA_ERROR_INVALID_VALUE;
	sim_pause();
	sim_lock();
	status = sim_context_current(&ctx);
	if (status == CUDA_SUCCESS)
		status = sim_capture_unsafe();
	if (status == CUDA_SUCCESS) {
		/* No machine has that much; without the check a lazy mapping would succeed. */
		range = bytes > 1ULL << 44 ? NULL : sim_memory_new(SIM_HOST, -1, bytes, ctx, false);
		status = range ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
	}
	if (status == CUDA_SUCCESS) {
		range->flags = flags;
		range->touched = true;
		sim_pin((int64_t)bytes, 1);
		*pointer = range->host;
	}
	sim_unlock();
	sim_pause();
	return status;
}

CUresult cuMemHostAlloc(void **pointer, size_t bytes, unsigned int flags)
{
	SIM_REENTER(cuMemHostAlloc, (pointer, bytes, flags));
	SIM_ENTER(cuMemHostAlloc);
	return allocate(pointer, bytes, flags);
}

CUresult cuMemAllocHost_v2(void **pointer, size_t bytes)
{
	SIM_REENTER(cuMemAllocHost_v2, (pointer, bytes));
	SIM_ENTER(cuMemAllocHost_v2);
	return allocate(pointer, bytes, 0);
}

CUresult cuMemAllocHost(void **pointer, unsigned int bytes)
{
	SIM_ENTER(cuMemAllocHost);
	return allocate(pointer, bytes, 0);
}

static struct sim_range *host_range(const void *pointer, enum sim_memory memory)
{
	struct sim_range *range = sim_range_find(sim_memory, (uint64_t)(uintptr_t)pointer);

	return range && range->memory == memory ? range : NULL;
}

/* Ends the range that starts at a pointer. */
static CUresult release(const void *pointer, enum sim_memory memory, CUresult missing)
{
	struct sim_range *range;
	CUcontext ctx;
	CUresult status;

	if (!pointer)
		return CUDA_ERROR_INVALID_VALUE;
	sim_pause();
	sim_lock();
	status = sim_context_current(&ctx);
	range = host_range(pointer, memory);
	if (status == CUDA_SUCCESS && (!range || range->start != (uint64_t)(uintptr_t)pointer)) {
		status = missing;
		sim_unknown_frees++;
	}
	if (status == CUDA_SUCCESS)
		sim_memory_end(range);
	sim_unlock();
	sim_pause();
	return status;
}

CUresult cuMemFreeHost(void *pointer)
{
	SIM_REENTER(cuMemFreeHost, (pointer));
	SIM_ENTER(cuMemFreeHost);
	return release(pointer, SIM_HOST, CUDA_ERROR_INVALID_VALUE);
}

static void end_with_context(struct sim_object *object)
{
	sim_memory_end((struct sim_range *)object);
}

static CUresult enroll(void *pointer, size_t bytes, unsigned int flags)
{
	struct sim_range *range;
	uint64_t start = (uint64_t)(uintptr_t)pointer;
	CUcontext ctx;
	CUresult status;

	if (!pointer || !bytes || (flags & ~15u) || start + bytes < start)
		return CUDA_ERROR_INVALID_VALUE;
	range = calloc(1, sizeof(*range));
	if (!range)
		return CUDA_ERROR_OUT_OF_MEMORY;
	sim_lock();
	status = sim_context_current(&ctx);
	if (status == CUDA_SUCCESS && sim_range_overlaps(sim_memory, start, bytes))
		status = CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED;
	if (status == CUDA_SUCCESS) {
		range->start = start;
		range->size = bytes;
		range->host = pointer;
		range->memory = SIM_REGISTERED;
		range->device = -1;
		range->flags = flags;
		range->sequence = ++sim_sequence;
		sim_range_insert(&sim_memory, range);
		sim_object_add(&range->object, SIM_MEMORY, ctx, end_with_context);
		sim_pin((int64_t)bytes, 1);
	}
	sim_unlock();
	if (status != CUDA_SUCCESS)
		free(range);
	return status;
}

CUresult cuMemHostRegister(void *pointer, size_t bytes, unsigned int flags)
{
	SIM_ENTER(cuMemHostRegister);
	return enroll(pointer, bytes, flags);
}

CUresult cuMemHostRegister_v2(void *pointer, size_t bytes, unsigned int flags)
{
	SIM_REENTER(cuMemHostRegister_v2, (pointer, bytes, flags));
	SIM_ENTER(cuMemHostRegister_v2);
	return enroll(pointer, bytes, flags);
}

CUresult cuMemHostUnregister(void *pointer)
{
	SIM_REENTER(cuMemHostUnregister, (pointer));
	SIM_ENTER(cuMemHostUnregister);
	return release(pointer, SIM_REGISTERED, CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
}

static CUresult lookup(const void *pointer, unsigned int *flags)
{
	struct sim_range *range;
	CUcontext ctx;
	CUresult status;

	sim_lock();
	status = sim_context_current(&ctx);
	range = host_range(pointer, SIM_HOST);
	if (!range)
		range = host_range(pointer, SIM_REGISTERED);
	if (status == CUDA_SUCCESS && !range)
		status = CUDA_ERROR_INVALID_VALUE;
	if (status == CUDA_SUCCESS && flags)
		*flags = range->flags;
	sim_unlock();
	return status;
}

CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr *address, void *pointer, unsigned int flags)
{
	CUresult status;

	SIM_ENTER(cuMemHostGetDevicePointer_v2);
	if (!address || flags)
		return CUDA_ERROR_INVALID_VALUE;
	status = lookup(pointer, NULL);
	if (status == CUDA_SUCCESS)
		*address = (CUdeviceptr)(uintptr_t)pointer;
	return status;
}

CUresult cuMemHostGetDevicePointer(CUdeviceptr_v1 *address, void *pointer, unsigned int flags)
{
	CUresult status;

	SIM_ENTER(cuMemHostGetDevicePointer);
	if (!address || flags || (uintptr_t)pointer > UINT32_MAX)
		return CUDA_ERROR_INVALID_VALUE;
	status = lookup(pointer, NULL);
	if (status == CUDA_SUCCESS)
		*address = (CUdeviceptr_v1)(uintptr_t)pointer;
	return status;
}

CUresult cuMemHostGetFlags(unsigned int *flags, void *pointer)
{
	SIM_ENTER(cuMemHostGetFlags);
	return flags ? lookup(pointer, flags) : CUDA_ERROR_INVALID_VALUE;
}
