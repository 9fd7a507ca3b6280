/*
 * Allocation and free in stream order: from the current pool of the stream's device or a pool of the
 * program's choice. Work is done at the call, so a free makes its bytes reusable at once.
 */
#include "sim.h"

/* Lock held. pool is NULL where the current one is meant. */
static CUresult take(CUdeviceptr *address, uint64_t bytes, CUmemoryPool pool, CUstream stream)
{
	CUcontext ctx;
	CUresult status = sim_stream_context(stream, &ctx);
	uint64_t start = 0;
	bool recorded = false;

	if (status != CUDA_SUCCESS)
		return status;
	if (pool && (!sim_pool_find(pool) || pool->imported))
		return CUDA_ERROR_INVALID_VALUE;
	status = sim_capture_alloc(
		stream, pool ? pool->device : ctx->device, bytes, &start, &recorded);
	if (status == CUDA_SUCCESS && !recorded) {
		if (!pool)
			status = sim_pool_current(ctx->device, &pool);
		if (status == CUDA_SUCCESS && pool->imported)
			status = CUDA_ERROR_INVALID_VALUE;
		if (status == CUDA_SUCCESS)
			status = sim_pool_take(pool, bytes, &start);
	}
	if (status == CUDA_SUCCESS)
		*address = start;
	return status;
}

static CUresult allocate(CUdeviceptr *address, uint64_t bytes, CUmemoryPool pool, CUstream stream)
{
	CUresult status;

	if (!address || !bytes)
		return CUDA_ERROR_INVALID_VALUE;
	sim_pause();
	sim_lock();
	status = take(address, bytes, pool, stream);
	sim_unlock();
	sim_pause();
	return status;
}

static CUresult release(uint64_t address, CUstream stream)
{
	struct sim_range *range;
	CUcontext ctx;
	CUresult status;
	bool recorded = false;

	sim_pause();
	sim_lock();
	status = sim_stream_context(stream, &ctx);
	if (status == CUDA_SUCCESS)
		status = sim_capture_free(stream, address, &recorded);
	range = sim_range_find(sim_memory, address);
	if (status != CUDA_SUCCESS || recorded) {
		/* Nothing to free now. */
	} else if (!range || range->start != address) {
		status = CUDA_ERROR_INVALID_VALUE;
		sim_unknown_frees++;
	} else {
		status = sim_free_range(range);
	}
	sim_unlock();
	sim_pause();
	return status;
}

CUresult cuMemAllocAsync(CUdeviceptr *address, size_t bytes, CUstream stream)
{
	SIM_REENTER(cuMemAllocAsync, (address, bytes, stream));
	SIM_ENTER(cuMemAllocAsync);
	return allocate(address, bytes, NULL, stream ? stream : CU_STREAM_LEGACY);
}

CUresult cuMemAllocAsync_ptsz(CUdeviceptr *address, size_t bytes, CUstream stream)
{
	SIM_REENTER(cuMemAllocAsync_ptsz, (address, bytes, stream));
	SIM_ENTER(cuMemAllocAsync_ptsz);
	return allocate(address, bytes, NULL, stream ? stream : CU_STREAM_PER_THREAD);
}

CUresult cuMemAllocFromPoolAsync(
	CUdeviceptr *address, size_t bytes, CUmemoryPool pool, CUstream stream)
{
	SIM_REENTER(cuMemAllocFromPoolAsync, (address, bytes, pool, stream));
	SIM_ENTER(cuMemAllocFromPoolAsync);
	if (!pool)
		return CUDA_ERROR_INVALID_VALUE;
	return allocate(address, bytes, pool, stream ? stream : CU_STREAM_LEGACY);
}

CUresult cuMemAllocFromPoolAsync_ptsz(
	CUdeviceptr *address, size_t bytes, CUmemoryPool pool, CUstream stream)
{
	SIM_REENTER(cuMemAllocFromPoolAsync_ptsz, (address, bytes, pool, stream));
	SIM_ENTER(cuMemAllocFromPoolAsync_ptsz);
	if (!pool)
		return CUDA_ERROR_INVALID_VALUE;
	return allocate(address, bytes, pool, stream ? stream : CU_STREAM_PER_THREAD);
}

CUresult cuMemFreeAsync(CUdeviceptr address, CUstream stream)
{
	SIM_REENTER(cuMemFreeAsync, (address, stream));
	SIM_ENTER(cuMemFreeAsync);
	return release(address, stream ? stream : CU_STREAM_LEGACY);
}

CUresult cuMemFreeAsync_ptsz(CUdeviceptr address, CUstream stream)
{
	SIM_REENTER(cuMemFreeAsync_ptsz, (address, stream));
	SIM_ENTER(cuMemFreeAsync_ptsz);
	return release(address, stream ? stream : CU_STREAM_PER_THREAD);
}
