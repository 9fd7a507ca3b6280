/*
 * Launches as CUDA's first versions had them: shape and arguments are set on the function, one call each.
 * Arguments go nowhere, since kernels compute nothing.
 */
#include "code.h"

#define ARGUMENT_BYTES_MOST 4096

static CUresult set_block(CUfunction function, int x, int y, int z)
{
	struct CUfunc_st *found;

	if (x <= 0 || y <= 0 || z <= 0)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(function, SIM_FUNCTION);
	if (found) {
		found->block[0] = (unsigned int)x;
		found->block[1] = (unsigned int)y;
		found->block[2] = (unsigned int)z;
	}
	sim_unlock();
	return found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

CUresult cuFuncSetBlockShape(CUfunction function, int x, int y, int z)
{
	SIM_ENTER(cuFuncSetBlockShape);
	return set_block(function, x, y, z);
}

static CUresult set_bytes(CUfunction function, int offset, uint64_t bytes, uint64_t most)
{
	bool found;

	sim_lock();
	found = sim_object_find(function, SIM_FUNCTION) != NULL;
	sim_unlock();
	if (!found)
		return CUDA_ERROR_INVALID_HANDLE;
	return offset >= 0 && (uint64_t)offset + bytes <= most ? CUDA_SUCCESS
							       : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuFuncSetSharedSize(CUfunction function, unsigned int bytes)
{
	SIM_ENTER(cuFuncSetSharedSize);
	return set_bytes(
		function, 0, bytes, SIM_PROCESSOR_SHARED_BYTES - SIM_BLOCK_SHARED_RESERVED);
}

CUresult cuParamSetSize(CUfunction function, unsigned int bytes)
{
	SIM_ENTER(cuParamSetSize);
	return set_bytes(function, 0, bytes, ARGUMENT_BYTES_MOST);
}

CUresult cuParamSeti(CUfunction function, int offset, unsigned int value)
{
	SIM_ENTER(cuParamSeti);
	return set_bytes(function, offset, sizeof(value), ARGUMENT_BYTES_MOST);
}

CUresult cuParamSetf(CUfunction function, int offset, float value)
{
	SIM_ENTER(cuParamSetf);
	return set_bytes(function, offset, sizeof(value), ARGUMENT_BYTES_MOST);
}

CUresult cuParamSetv(CUfunction function, int offset, void *value, unsigned int bytes)
{
	SIM_ENTER(cuParamSetv);
	return value ? set_bytes(function, offset, bytes, ARGUMENT_BYTES_MOST)
		     : CUDA_ERROR_INVALID_VALUE;
}

static CUresult launch(CUfunction function, int width, int height, CUstream stream)
{
	struct sim_shape shape = {0};
	struct CUfunc_st *found;

	if (width <= 0 || height <= 0)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(function, SIM_FUNCTION);
	if (found)
		shape = (struct sim_shape){(unsigned int)width, (unsigned int)height, 1,
			found->block[0], found->block[1], found->block[2]};
	sim_unlock();
	return found ? sim_kernel_launch(function, shape, stream) : CUDA_ERROR_INVALID_HANDLE;
}

CUresult cuLaunch(CUfunction function)
{
	SIM_ENTER(cuLaunch);
	return launch(function, 1, 1, CU_STREAM_LEGACY);
}

CUresult cuLaunchGrid(CUfunction function, int width, int height)
{
	SIM_ENTER(cuLaunchGrid);
	return launch(function, width, height, CU_STREAM_LEGACY);
}

CUresult cuLaunchGridAsync(CUfunction function, int width, int height, CUstream stream)
{
	SIM_ENTER(cuLaunchGridAsync);
	return launch(function, width, height, stream ? stream : CU_STREAM_LEGACY);
}
