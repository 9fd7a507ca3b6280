/*
 * How many blocks of a kernel a device runs at a time: by threads and shared memory, as if no kernel were short of
 * registers.
 */
#include "code.h"

#define PROCESSORS            108
#define PROCESSOR_THREADS     2048
#define PROCESSOR_BLOCKS_MOST 32

/* On one multiprocessor. */
static CUresult active_blocks(int *blocks, CUfunction function, int threads, size_t shared)
{
	bool found;
	int by_threads;
	size_t by_shared;

	if (!blocks || threads <= 0 || threads > SIM_BLOCK_THREADS_MOST)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(function, SIM_FUNCTION) != NULL;
	sim_unlock();
	if (!found)
		return CUDA_ERROR_INVALID_HANDLE;
	by_threads = PROCESSOR_THREADS / ((threads + 31) / 32 * 32);
	by_shared = shared < SIM_PROCESSOR_SHARED_BYTES
		? SIM_PROCESSOR_SHARED_BYTES / (shared + SIM_BLOCK_SHARED_RESERVED)
		: 0;
	*blocks = by_threads < PROCESSOR_BLOCKS_MOST ? by_threads : PROCESSOR_BLOCKS_MOST;
	if (by_shared < (size_t)*blocks)
		*blocks = (int)by_shared;
	return CUDA_SUCCESS;
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(
	int *blocks, CUfunction function, int threads, size_t shared)
{
	SIM_ENTER(cuOccupancyMaxActiveBlocksPerMultiprocessor);
	return active_blocks(blocks, function, threads, shared);
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
	int *blocks, CUfunction function, int threads, size_t shared, unsigned int flags)
{
	SIM_ENTER(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags);
	return flags > 1 ? CUDA_ERROR_INVALID_VALUE
			 : active_blocks(blocks, function, threads, shared);
}

/* The largest block of which a multiprocessor is full. */
static CUresult best_block(int *grid, int *block, CUfunction function, CUoccupancyB2DSize to_shared,
	size_t shared, int limit)
{
	int most = 0;

	if (!grid || !block || limit < 0)
		return CUDA_ERROR_INVALID_VALUE;
	if (limit == 0 || limit > SIM_BLOCK_THREADS_MOST)
		limit = SIM_BLOCK_THREADS_MOST;
	for (int threads = limit; threads > 0;
		threads = threads > 32 ? (threads - 1) / 32 * 32 : 0) {
		int blocks;
		CUresult status = active_blocks(
			&blocks, function, threads, to_shared ? to_shared(threads) : shared);

		if (status != CUDA_SUCCESS)
			return status;
		if (blocks * threads > most) {
			most = blocks * threads;
			*block = threads;
			*grid = blocks * PROCESSORS;
		}
	}
	return CUDA_SUCCESS;
}

CUresult cuOccupancyMaxPotentialBlockSize(int *grid, int *block, CUfunction function,
	CUoccupancyB2DSize to_shared, size_t shared, int limit)
{
	SIM_ENTER(cuOccupancyMaxPotentialBlockSize);
	return best_block(grid, block, function, to_shared, shared, limit);
}

CUresult cuOccupancyMaxPotentialBlockSizeWithFlags(int *grid, int *block, CUfunction function,
	CUoccupancyB2DSize to_shared, size_t shared, int limit, unsigned int flags)
{
	SIM_ENTER(cuOccupancyMaxPotentialBlockSizeWithFlags);
	return flags > 1 ? CUDA_ERROR_INVALID_VALUE
			 : best_block(grid, block, function, to_shared, shared, limit);
}
