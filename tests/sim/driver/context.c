/*
 * Contexts: creation, destruction with all that they own, and the stack of current contexts of each thread.
 * Primary contexts live in primary.c, limits in limit.c.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#define STACK 64

/* The generation tells a context from a later one at the same address. */
static __thread struct {
	CUcontext ctx;
	uint64_t generation;
} stack[STACK];
static __thread unsigned int depth;
static uint64_t last_generation;

CUresult sim_context_check(CUcontext ctx)
{
	return sim_object_find(ctx, SIM_CONTEXT) && ctx->active ? CUDA_SUCCESS
								: CUDA_ERROR_INVALID_CONTEXT;
}

CUresult sim_context_current(CUcontext *ctx)
{
	CUcontext top = depth ? stack[depth - 1].ctx : NULL;

	if (!top)
		return CUDA_ERROR_INVALID_CONTEXT;
	if (sim_context_check(top) || top->generation != stack[depth - 1].generation)
		return CUDA_ERROR_CONTEXT_IS_DESTROYED;
	*ctx = top->alias ? top->alias : top;
	return (*ctx)->active ? CUDA_SUCCESS : CUDA_ERROR_CONTEXT_IS_DESTROYED;
}

CUresult sim_context_push(CUcontext ctx)
{
	if (depth == STACK)
		return CUDA_ERROR_OUT_OF_MEMORY;
	stack[depth].ctx = ctx;
	stack[depth].generation = ctx ? ctx->generation : 0;
	depth++;
	return CUDA_SUCCESS;
}

CUresult sim_context_new(int device, unsigned int flags, struct CUctx_st *reuse, CUcontext *out)
{
	struct CUctx_st *ctx = reuse ? reuse : calloc(1, sizeof(*ctx));
	uint64_t overhead = sim_config()->context_bytes;

	if (!ctx)
		return CUDA_ERROR_OUT_OF_MEMORY;
	if (overhead && sim_charge(device, SIMCUDA_CONTEXT, overhead)) {
		if (!reuse)
			free(ctx);
		return CUDA_ERROR_OUT_OF_MEMORY;
	}
	ctx->owned = NULL;
	ctx->device = device;
	ctx->flags = flags;
	ctx->attached = 1;
	ctx->overhead = overhead;
	ctx->active = true;
	ctx->cache = CU_FUNC_CACHE_PREFER_NONE;
	/* A primary context that comes back is the one that threads may still have current. */
	if (!ctx->generation)
		ctx->generation = ++last_generation;
	ctx->id = ctx->generation;
	memset(ctx->limits, 0, sizeof(ctx->limits));
	ctx->limits[CU_LIMIT_STACK_SIZE] = 1024;
	ctx->limits[CU_LIMIT_PRINTF_FIFO_SIZE] = SIM_MIB;
	ctx->limits[CU_LIMIT_MALLOC_HEAP_SIZE] = 8 * SIM_MIB;
	ctx->limits[CU_LIMIT_DEV_RUNTIME_PENDING_LAUNCH_COUNT] = 2048;
	sim_object_add(&ctx->object, SIM_CONTEXT, NULL, NULL);
	*out = ctx;
	return CUDA_SUCCESS;
}

void sim_context_end(CUcontext ctx)
{
	while (ctx->owned)
		ctx->owned->destroy(ctx->owned);
	if (ctx->overhead > sim_config()->context_bytes)
		sim_uncharge_some(
			ctx->device, SIMCUDA_CONTEXT, ctx->overhead - sim_config()->context_bytes);
	if (sim_config()->context_bytes)
		sim_uncharge(ctx->device, SIMCUDA_CONTEXT, sim_config()->context_bytes);
	ctx->active = false;
	sim_object_remove(&ctx->object);
	if (!ctx->primary)
		free(ctx);
}

static CUresult create(CUcontext *out, unsigned int flags, CUdevice device)
{
	CUcontext ctx;
	CUresult status;

	if (!out || (flags & ~(unsigned int)CU_CTX_FLAGS_MASK))
		return CUDA_ERROR_INVALID_VALUE;
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	sim_lock();
	status = sim_context_new(device, flags, NULL, &ctx);
	if (status == CUDA_SUCCESS) {
		status = sim_context_push(ctx);
		if (status == CUDA_SUCCESS)
			*out = ctx;
		else
			sim_context_end(ctx);
	}
	sim_unlock();
	return status;
}

CUresult cuCtxCreate(CUcontext *ctx, unsigned int flags, CUdevice device)
{
	SIM_ENTER(cuCtxCreate);
	return create(ctx, flags, device);
}

CUresult cuCtxCreate_v2(CUcontext *ctx, unsigned int flags, CUdevice device)
{
	SIM_REENTER(cuCtxCreate_v2, (ctx, flags, device));
	SIM_ENTER(cuCtxCreate_v2);
	return create(ctx, flags, device);
}

CUresult cuCtxCreate_v3(
	CUcontext *ctx, CUexecAffinityParam *params, int count, unsigned int flags, CUdevice device)
{
	SIM_ENTER(cuCtxCreate_v3);
	if (count < 0 || (count && !params))
		return CUDA_ERROR_INVALID_VALUE;
	return create(ctx, flags, device);
}

CUresult cuCtxCreate_v4(
	CUcontext *ctx, CUctxCreateParams *params, unsigned int flags, CUdevice device)
{
	SIM_ENTER(cuCtxCreate_v4);
	if (params && params->numExecAffinityParams && !params->execAffinityParams)
		return CUDA_ERROR_INVALID_VALUE;
	return create(ctx, flags, device);
}

static CUresult destroy(CUcontext ctx)
{
	CUresult status = CUDA_SUCCESS;

	if (!ctx)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	if (sim_context_check(ctx) || ctx->primary || ctx->green) {
		status = CUDA_ERROR_INVALID_CONTEXT;
	} else {
		if (depth && stack[depth - 1].ctx == ctx &&
			stack[depth - 1].generation == ctx->generation)
			depth--;
		sim_context_end(ctx);
	}
	sim_unlock();
	return status;
}

CUresult cuCtxDestroy(CUcontext ctx)
{
	SIM_ENTER(cuCtxDestroy);
	return destroy(ctx);
}

CUresult cuCtxDestroy_v2(CUcontext ctx)
{
	SIM_REENTER(cuCtxDestroy_v2, (ctx));
	SIM_ENTER(cuCtxDestroy_v2);
	return destroy(ctx);
}

CUresult cuCtxAttach(CUcontext *ctx, unsigned int flags)
{
	CUcontext current;
	CUresult status;

	SIM_ENTER(cuCtxAttach);
	if (!ctx || flags)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	status = sim_context_current(&current);
	if (status == CUDA_SUCCESS) {
		current->attached++;
		*ctx = current;
	}
	sim_unlock();
	return status;
}

CUresult cuCtxDetach(CUcontext ctx)
{
	CUcontext current;
	CUresult status;
	bool last;

	SIM_ENTER(cuCtxDetach);
	sim_lock();
	status = sim_context_current(&current);
	if (status == CUDA_SUCCESS && (current != ctx || ctx->primary))
		status = CUDA_ERROR_INVALID_CONTEXT;
	last = status == CUDA_SUCCESS && --ctx->attached == 0;
	sim_unlock();
	return last ? destroy(ctx) : status;
}

static CUresult push(CUcontext ctx)
{
	CUresult status;

	sim_lock();
	status = sim_context_check(ctx);
	if (status == CUDA_SUCCESS)
		status = sim_context_push(ctx);
	sim_unlock();
	return status;
}

static CUresult pop(CUcontext *ctx)
{
	if (!depth)
		return CUDA_ERROR_INVALID_CONTEXT;
	depth--;
	if (ctx)
		*ctx = stack[depth].ctx;
	return CUDA_SUCCESS;
}

CUresult cuCtxPushCurrent(CUcontext ctx)
{
	SIM_ENTER(cuCtxPushCurrent);
	return push(ctx);
}

CUresult cuCtxPushCurrent_v2(CUcontext ctx)
{
	SIM_ENTER(cuCtxPushCurrent_v2);
	return push(ctx);
}

CUresult cuCtxPopCurrent(CUcontext *ctx)
{
	SIM_ENTER(cuCtxPopCurrent);
	return pop(ctx);
}

CUresult cuCtxPopCurrent_v2(CUcontext *ctx)
{
	SIM_ENTER(cuCtxPopCurrent_v2);
	return pop(ctx);
}

/* Replaces the top of the stack; NULL takes it away. */
CUresult cuCtxSetCurrent(CUcontext ctx)
{
	CUresult status = CUDA_SUCCESS;

	SIM_ENTER(cuCtxSetCurrent);
	if (!ctx) {
		if (depth)
			depth--;
		return CUDA_SUCCESS;
	}
	sim_lock();
	status = sim_context_check(ctx);
	if (status == CUDA_SUCCESS) {
		if (depth)
			depth--;
		status = sim_context_push(ctx);
	}
	sim_unlock();
	return status;
}

CUresult cuCtxGetCurrent(CUcontext *ctx)
{
	SIM_ENTER(cuCtxGetCurrent);
	if (!ctx)
		return CUDA_ERROR_INVALID_VALUE;
	*ctx = depth ? stack[depth - 1].ctx : NULL;
	return CUDA_SUCCESS;
}
