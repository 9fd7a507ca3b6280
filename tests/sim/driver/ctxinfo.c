/*
 * What a context answers about itself: device, flags, limits, cache preference, peers, synchronisation.
 * Raising a limit takes device memory where a real device sets it aside.
 */
#include "sim.h"

/* Runs the rest of the function with the lock held and `ctx` the current context. */
static CUresult current_locked(CUcontext *ctx)
{
	CUresult status;

	sim_lock();
	status = sim_context_current(ctx);
	if (status != CUDA_SUCCESS)
		sim_unlock();
	return status;
}

CUresult cuCtxGetDevice(CUdevice *device)
{
	CUcontext ctx;
	CUresult status;

	SIM_ENTER(cuCtxGetDevice);
	status = current_locked(&ctx);
	if (status != CUDA_SUCCESS)
		return status;
	if (device)
		*device = ctx->device;
	sim_unlock();
	return device ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

/* NULL means the current context. Returns with the lock held on success. */
static CUresult named_locked(CUcontext *ctx)
{
	CUresult status;

	if (!*ctx)
		return current_locked(ctx);
	sim_lock();
	status = sim_context_check(*ctx);
	if (status != CUDA_SUCCESS)
		sim_unlock();
	return status;
}

CUresult cuCtxGetDevice_v2(CUdevice *device, CUcontext ctx)
{
	CUresult status;

	SIM_ENTER(cuCtxGetDevice_v2);
	if (!device)
		return CUDA_ERROR_INVALID_VALUE;
	status = named_locked(&ctx);
	if (status != CUDA_SUCCESS)
		return status;
	*device = ctx->device;
	sim_unlock();
	return CUDA_SUCCESS;
}

CUresult cuCtxGetFlags(unsigned int *flags)
{
	CUcontext ctx;
	CUresult status;

	SIM_ENTER(cuCtxGetFlags);
	if (!flags)
		return CUDA_ERROR_INVALID_VALUE;
	status = current_locked(&ctx);
	if (status != CUDA_SUCCESS)
		return status;
	*flags = ctx->flags;
	sim_unlock();
	return CUDA_SUCCESS;
}

CUresult cuCtxGetId(CUcontext ctx, unsigned long long *id)
{
	CUresult status;

	SIM_ENTER(cuCtxGetId);
	if (!id)
		return CUDA_ERROR_INVALID_VALUE;
	status = named_locked(&ctx);
	if (status != CUDA_SUCCESS)
		return status;
	*id = ctx->id;
	sim_unlock();
	return CUDA_SUCCESS;
}

CUresult cuCtxGetApiVersion(CUcontext ctx, unsigned int *version)
{
	CUresult status;

	SIM_ENTER(cuCtxGetApiVersion);
	if (!version)
		return CUDA_ERROR_INVALID_VALUE;
	status = named_locked(&ctx);
	if (status != CUDA_SUCCESS)
		return status;
	sim_unlock();
	*version = 3020;
	return CUDA_SUCCESS;
}

CUresult cuCtxGetLimit(size_t *value, CUlimit limit)
{
	CUcontext ctx;
	CUresult status;

	SIM_ENTER(cuCtxGetLimit);
	if (!value)
		return CUDA_ERROR_INVALID_VALUE;
	if (limit >= CU_LIMIT_MAX)
		return CUDA_ERROR_UNSUPPORTED_LIMIT;
	status = current_locked(&ctx);
	if (status != CUDA_SUCCESS)
		return status;
	*value = ctx->limits[limit];
	sim_unlock();
	return CUDA_SUCCESS;
}

/* What a limit sets aside beyond the default, which is part of the context's own size. */
static uint64_t set_aside(CUcontext ctx, CUlimit limit)
{
	uint64_t value = ctx->limits[limit];

	switch (limit) {
	case CU_LIMIT_MALLOC_HEAP_SIZE:
		return value > 8 * SIM_MIB ? value - 8 * SIM_MIB : 0;
	case CU_LIMIT_PRINTF_FIFO_SIZE:
		return value > SIM_MIB ? value - SIM_MIB : 0;
	case CU_LIMIT_STACK_SIZE:
		/* Per resident thread: 108 multiprocessors of 2048. */
		return value > 1024 ? (value - 1024) * 108 * 2048 : 0;
	default:
		return 0;
	}
}

CUresult cuCtxSetLimit(CUlimit limit, size_t value)
{
	CUcontext ctx;
	CUresult status;
	uint64_t before, after;
	size_t old;

	SIM_REENTER(cuCtxSetLimit, (limit, value));
	SIM_ENTER(cuCtxSetLimit);
	if (limit >= CU_LIMIT_MAX)
		return CUDA_ERROR_UNSUPPORTED_LIMIT;
	if (value > 1ULL << 40)
		return CUDA_ERROR_INVALID_VALUE;
	status = current_locked(&ctx);
	if (status != CUDA_SUCCESS)
		return status;
	old = ctx->limits[limit];
	before = set_aside(ctx, limit);
	ctx->limits[limit] = value;
	after = set_aside(ctx, limit);
	if (after > before)
		status = sim_charge_more(ctx->device, SIMCUDA_CONTEXT, after - before);
	else
		sim_uncharge_some(ctx->device, SIMCUDA_CONTEXT, before - after);
	if (status == CUDA_SUCCESS)
		ctx->overhead += after - before;
	else
		ctx->limits[limit] = old;
	sim_unlock();
	return status;
}

CUresult cuCtxGetStreamPriorityRange(int *least, int *greatest)
{
	CUcontext ctx;
	CUresult status;

	SIM_ENTER(cuCtxGetStreamPriorityRange);
	status = current_locked(&ctx);
	if (status != CUDA_SUCCESS)
		return status;
	sim_unlock();
	if (least)
		*least = 0;
	if (greatest)
		*greatest = -5;
	return CUDA_SUCCESS;
}

CUresult cuCtxGetCacheConfig(CUfunc_cache *config)
{
	CUcontext ctx;
	CUresult status;

	SIM_ENTER(cuCtxGetCacheConfig);
	if (!config)
		return CUDA_ERROR_INVALID_VALUE;
	status = current_locked(&ctx);
	if (status != CUDA_SUCCESS)
		return status;
	*config = ctx->cache;
	sim_unlock();
	return CUDA_SUCCESS;
}

CUresult cuCtxSetCacheConfig(CUfunc_cache config)
{
	CUcontext ctx;
	CUresult status;

	SIM_ENTER(cuCtxSetCacheConfig);
	status = current_locked(&ctx);
	if (status != CUDA_SUCCESS)
		return status;
	ctx->cache = config;
	sim_unlock();
	return CUDA_SUCCESS;
}

CUresult cuCtxGetSharedMemConfig(CUsharedconfig *config)
{
	CUcontext ctx;
	CUresult status;

	SIM_ENTER(cuCtxGetSharedMemConfig);
	if (!config)
		return CUDA_ERROR_INVALID_VALUE;
	status = current_locked(&ctx);
	if (status != CUDA_SUCCESS)
		return status;
	*config = ctx->banks;
	sim_unlock();
	return CUDA_SUCCESS;
}

CUresult cuCtxSetSharedMemConfig(CUsharedconfig config)
{
	CUcontext ctx;
	CUresult status;

	SIM_ENTER(cuCtxSetSharedMemConfig);
	if (config > CU_SHARED_MEM_CONFIG_EIGHT_BYTE_BANK_SIZE)
		return CUDA_ERROR_INVALID_VALUE;
	status = current_locked(&ctx);
	if (status != CUDA_SUCCESS)
		return status;
	ctx->banks = config;
	sim_unlock();
	return CUDA_SUCCESS;
}

static CUresult synchronize(CUcontext ctx)
{
	CUresult status = named_locked(&ctx);

	if (status != CUDA_SUCCESS)
		return status;
	sim_synchronized(ctx->device);
	sim_unlock();
	return CUDA_SUCCESS;
}

CUresult cuCtxSynchronize(void)
{
	SIM_ENTER(cuCtxSynchronize);
	return synchronize(NULL);
}

CUresult cuCtxSynchronize_v2(CUcontext ctx)
{
	SIM_ENTER(cuCtxSynchronize_v2);
	return synchronize(ctx);
}

static CUresult peer_of(CUcontext peer, unsigned int flags)
{
	CUcontext ctx;
	CUresult status = current_locked(&ctx);

	if (status != CUDA_SUCCESS)
		return status;
	status = sim_context_check(peer);
	if (status == CUDA_SUCCESS && flags)
		status = CUDA_ERROR_INVALID_VALUE;
	if (status == CUDA_SUCCESS && peer->device == ctx->device)
		status = CUDA_ERROR_INVALID_DEVICE;
	sim_unlock();
	return status;
}

/* Every simulated device reaches every other anyway, so nothing is remembered. */
CUresult cuCtxEnablePeerAccess(CUcontext peer, unsigned int flags)
{
	SIM_ENTER(cuCtxEnablePeerAccess);
	return peer_of(peer, flags);
}

CUresult cuCtxDisablePeerAccess(CUcontext peer)
{
	SIM_ENTER(cuCtxDisablePeerAccess);
	return peer_of(peer, 0);
}
