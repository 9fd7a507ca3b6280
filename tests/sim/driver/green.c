/*
 * Green contexts: a share of a device's multiprocessors. What matters for memory is that one holds the
 * primary context, and that the context made from it is another name for the primary one.
 */
#include "sim.h"

#include <stdlib.h>

struct CUgreenCtx_st {
	struct sim_object object;
	int device;
	struct CUctx_st view; /* what cuCtxFromGreenCtx returns */
};

struct CUdevResourceDesc_st {
	struct sim_object object;
};

CUresult cuDeviceGetDevResource(CUdevice device, CUdevResource *resource, CUdevResourceType type)
{
	SIM_ENTER(cuDeviceGetDevResource);
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	if (!resource)
		return CUDA_ERROR_INVALID_VALUE;
	if (type != CU_DEV_RESOURCE_TYPE_SM)
		return CUDA_ERROR_INVALID_RESOURCE_TYPE;
	*resource = (CUdevResource){.type = type, .sm = {108, 2, 2}};
	return CUDA_SUCCESS;
}

/* Descriptors live as long as the process. */
CUresult cuDevResourceGenerateDesc(
	CUdevResourceDesc *descriptor, CUdevResource *resources, unsigned int count)
{
	struct CUdevResourceDesc_st *made;

	SIM_ENTER(cuDevResourceGenerateDesc);
	if (!descriptor || !resources || !count)
		return CUDA_ERROR_INVALID_VALUE;
	for (unsigned int i = 0; i < count; i++) {
		if (resources[i].type != CU_DEV_RESOURCE_TYPE_SM)
			return CUDA_ERROR_INVALID_RESOURCE_TYPE;
	}
	made = calloc(1, sizeof(*made));
	if (!made)
		return CUDA_ERROR_OUT_OF_MEMORY;
	sim_lock();
	sim_object_add(&made->object, SIM_RESOURCE, NULL, NULL);
	sim_unlock();
	*descriptor = made;
	return CUDA_SUCCESS;
}

CUresult cuGreenCtxCreate(
	CUgreenCtx *green, CUdevResourceDesc descriptor, CUdevice device, unsigned int flags)
{
	struct CUgreenCtx_st *made;
	CUcontext primary;
	CUresult status;

	SIM_REENTER(cuGreenCtxCreate, (green, descriptor, device, flags));
	SIM_ENTER(cuGreenCtxCreate);
	if (!green || flags != CU_GREEN_CTX_DEFAULT_STREAM)
		return CUDA_ERROR_INVALID_VALUE;
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	made = calloc(1, sizeof(*made));
	if (!made)
		return CUDA_ERROR_OUT_OF_MEMORY;
	sim_lock();
	status = sim_object_find(descriptor, SIM_RESOURCE) ? sim_primary_retain(device, &primary)
							   : CUDA_ERROR_INVALID_VALUE;
	if (status == CUDA_SUCCESS) {
		made->device = device;
		made->view.device = device;
		made->view.active = true;
		made->view.green = made;
		made->view.alias = primary;
		made->view.generation = primary->generation;
		sim_object_add(&made->object, SIM_GREEN, NULL, NULL);
		sim_object_add(&made->view.object, SIM_CONTEXT, NULL, NULL);
		*green = made;
	}
	sim_unlock();
	if (status != CUDA_SUCCESS)
		free(made);
	return status;
}

CUresult cuGreenCtxDestroy(CUgreenCtx green)
{
	struct CUgreenCtx_st *found;

	SIM_REENTER(cuGreenCtxDestroy, (green));
	SIM_ENTER(cuGreenCtxDestroy);
	sim_lock();
	found = sim_object_find(green, SIM_GREEN);
	if (found) {
		sim_object_remove(&found->view.object);
		sim_object_remove(&found->object);
		sim_primary_release(found->device);
		free(found);
	}
	sim_unlock();
	return found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

CUresult cuCtxFromGreenCtx(CUcontext *ctx, CUgreenCtx green)
{
	struct CUgreenCtx_st *found;

	SIM_ENTER(cuCtxFromGreenCtx);
	if (!ctx)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(green, SIM_GREEN);
	if (found)
		*ctx = &found->view;
	sim_unlock();
	return found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

CUresult cuGreenCtxStreamCreate(
	CUstream *stream, CUgreenCtx green, unsigned int flags, int priority)
{
	struct CUgreenCtx_st *found;
	CUresult status = CUDA_ERROR_INVALID_HANDLE;

	SIM_ENTER(cuGreenCtxStreamCreate);
	if (!stream || flags != CU_STREAM_NON_BLOCKING)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(green, SIM_GREEN);
	if (found)
		status = sim_stream_new(found->view.alias, flags, priority, stream);
	if (status == CUDA_SUCCESS)
		(*stream)->green = found;
	sim_unlock();
	return status;
}
