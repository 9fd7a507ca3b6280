/*
 * The primary context of each device, shared by all libraries of the process: retained and released by
 * count, or reset. It keeps its handle for the life of the process, so threads that have it current can
 * go on once it is retained again.
 */
#include "sim.h"

static struct primary {
	struct CUctx_st ctx;
	unsigned int retained, flags;
} primaries[SIM_DEVICES];

/* Lock held. */
CUresult sim_primary_retain(int device, CUcontext *ctx)
{
	struct primary *primary = &primaries[device];
	CUresult status;

	primary->ctx.primary = true;
	if (!primary->ctx.active) {
		status = sim_context_new(device, primary->flags, &primary->ctx, ctx);
		if (status != CUDA_SUCCESS)
			return status;
	}
	primary->retained++;
	*ctx = &primary->ctx;
	return CUDA_SUCCESS;
}

/* Lock held. */
CUresult sim_primary_release(int device)
{
	struct primary *primary = &primaries[device];

	if (!primary->retained)
		return CUDA_ERROR_INVALID_CONTEXT;
	if (--primary->retained == 0 && primary->ctx.active)
		sim_context_end(&primary->ctx);
	return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRetain(CUcontext *ctx, CUdevice device)
{
	CUresult status;

	SIM_REENTER(cuDevicePrimaryCtxRetain, (ctx, device));
	SIM_ENTER(cuDevicePrimaryCtxRetain);
	if (!ctx)
		return CUDA_ERROR_INVALID_VALUE;
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	sim_lock();
	status = sim_primary_retain(device, ctx);
	sim_unlock();
	return status;
}

static CUresult release(CUdevice device)
{
	CUresult status;

	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	sim_lock();
	status = sim_primary_release(device);
	sim_unlock();
	return status;
}

CUresult cuDevicePrimaryCtxRelease(CUdevice device)
{
	SIM_ENTER(cuDevicePrimaryCtxRelease);
	return release(device);
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device)
{
	SIM_ENTER(cuDevicePrimaryCtxRelease_v2);
	return release(device);
}

/* Destroys what the context holds whoever retained it; the counts stay, the next Retain revives it. */
static CUresult reset(CUdevice device)
{
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	sim_lock();
	if (primaries[device].ctx.active)
		sim_context_end(&primaries[device].ctx);
	primaries[device].flags = 0;
	sim_unlock();
	return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxReset(CUdevice device)
{
	SIM_ENTER(cuDevicePrimaryCtxReset);
	return reset(device);
}

CUresult cuDevicePrimaryCtxReset_v2(CUdevice device)
{
	SIM_ENTER(cuDevicePrimaryCtxReset_v2);
	return reset(device);
}

static CUresult set_flags(CUdevice device, unsigned int flags)
{
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	if (flags & ~(unsigned int)CU_CTX_FLAGS_MASK)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	primaries[device].flags = flags;
	if (primaries[device].ctx.active)
		primaries[device].ctx.flags = flags;
	sim_unlock();
	return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxSetFlags(CUdevice device, unsigned int flags)
{
	SIM_ENTER(cuDevicePrimaryCtxSetFlags);
	return set_flags(device, flags);
}

CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned int flags)
{
	SIM_ENTER(cuDevicePrimaryCtxSetFlags_v2);
	return set_flags(device, flags);
}

CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned int *flags, int *active)
{
	SIM_ENTER(cuDevicePrimaryCtxGetState);
	if (!flags || !active)
		return CUDA_ERROR_INVALID_VALUE;
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	sim_lock();
	*flags = primaries[device].flags;
	*active = primaries[device].ctx.active;
	sim_unlock();
	return CUDA_SUCCESS;
}
