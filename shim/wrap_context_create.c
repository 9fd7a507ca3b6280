/*
 * wrap_context_create.c - wrappers of the functions that make contexts or change what one holds: what
 * that takes is no allocation of the program's, so it is measured instead of charged. Ends of
 * contexts are in wrap_context.c.
 *
 * A green context holds its device's primary context and is used under a handle of its own, but
 * what is allocated through it belongs to the primary one (header of cuCtxFromGreenCtx).
 */
#include "context.h"
#include "driver.h"
#include "thread.h"
#include "untracked.h"

/* What passes the cap is destroyed again, and was never handed out. */
static CUresult context_made(
	struct rac_untracked_look *look, CUresult result, CUcontext *pctx, CUcontext before)
{
	if (rac_untracked_end(look, result))
		return result;
	rac_driver()->cuCtxDestroy_v2(*pctx);
	*pctx = before;
	rac_untracked_refused(look);
	return CUDA_ERROR_OUT_OF_MEMORY;
}

RAC_EXPORT CUresult cuCtxCreate(CUcontext *pctx, unsigned int flags, CUdevice dev)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_untracked_look look;

	if (pctx == NULL || !rac_enter())
		return driver->cuCtxCreate(pctx, flags, dev);
	CUcontext before = *pctx;

	rac_untracked_begin(&look, RAC_HOOK_cuCtxCreate, RAC_EVENT_MAKES, dev);
	CUresult result = context_made(&look, driver->cuCtxCreate(pctx, flags, dev), pctx, before);

	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuCtxCreate_v2(CUcontext *pctx, unsigned int flags, CUdevice dev)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_untracked_look look;

	if (pctx == NULL || !rac_enter())
		return driver->cuCtxCreate_v2(pctx, flags, dev);
	CUcontext before = *pctx;

	rac_untracked_begin(&look, RAC_HOOK_cuCtxCreate_v2, RAC_EVENT_MAKES, dev);
	CUresult result =
		context_made(&look, driver->cuCtxCreate_v2(pctx, flags, dev), pctx, before);

	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuCtxCreate_v3(CUcontext *pctx, CUexecAffinityParam *paramsArray, int numParams,
	unsigned int flags, CUdevice dev)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_untracked_look look;

	if (pctx == NULL || !rac_enter())
		return driver->cuCtxCreate_v3(pctx, paramsArray, numParams, flags, dev);
	CUcontext before = *pctx;

	rac_untracked_begin(&look, RAC_HOOK_cuCtxCreate_v3, RAC_EVENT_MAKES, dev);
	CUresult result = context_made(&look,
		driver->cuCtxCreate_v3(pctx, paramsArray, numParams, flags, dev), pctx, before);

	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuCtxCreate_v4(
	CUcontext *pctx, CUctxCreateParams *ctxCreateParams, unsigned int flags, CUdevice dev)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_untracked_look look;

	if (pctx == NULL || !rac_enter())
		return driver->cuCtxCreate_v4(pctx, ctxCreateParams, flags, dev);
	CUcontext before = *pctx;

	rac_untracked_begin(&look, RAC_HOOK_cuCtxCreate_v4, RAC_EVENT_MAKES, dev);
	CUresult result = context_made(
		&look, driver->cuCtxCreate_v4(pctx, ctxCreateParams, flags, dev), pctx, before);

	rac_leave();
	return result;
}

/* Stacks, heaps and buffers of the current context; some are taken here, some at the next launch. */
RAC_EXPORT CUresult cuCtxSetLimit(CUlimit limit, size_t value)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_untracked_look look;
	CUdevice device;
	size_t before = 0;

	if (!rac_enter())
		return driver->cuCtxSetLimit(limit, value);
	if (driver->cuCtxGetDevice(&device) != CUDA_SUCCESS)
		device = -1;
	bool known = driver->cuCtxGetLimit(&before, limit) == CUDA_SUCCESS;

	rac_untracked_begin(&look, RAC_HOOK_cuCtxSetLimit, RAC_EVENT_CHANGES, device);
	CUresult result = driver->cuCtxSetLimit(limit, value);

	if (!rac_untracked_end(&look, result) && known &&
		driver->cuCtxSetLimit(limit, before) == CUDA_SUCCESS) {
		rac_untracked_refused(&look);
		result = CUDA_ERROR_OUT_OF_MEMORY;
	}
	rac_leave();
	return result;
}

static struct rac_green *green_find(struct rac_state *state, CUgreenCtx handle)
{
	for (unsigned i = 0; i < RAC_STATE_GREENS && handle != NULL; i++)
		/* Acquire: the device was stored before the handle. */
		if (rac_load_acquire(&state->greens[i].handle) == (uint64_t)(uintptr_t)handle)
			return &state->greens[i];
	return NULL;
}

/* Where no place is left, what is allocated through it counts as of no context. */
static void green_keep(struct rac_state *state, CUgreenCtx handle, CUdevice device)
{
	for (unsigned i = 0; i < RAC_STATE_GREENS; i++) {
		struct rac_green *green = &state->greens[i];
		uint64_t free = 0;

		/* 1: taken, and no handle. */
		if (!rac_cas_strong_acquire(&green->handle, &free, 1))
			continue;
		rac_store_relaxed(&green->device, (uint32_t)device);
		rac_store_relaxed(&green->context, 0);
		rac_store_release(&green->handle, (uint64_t)(uintptr_t)handle);
		rac_fetch_add_relaxed(&state->primary_holds[device], 1);
		return;
	}
}

/* The program may never have asked for the primary context itself. It is active, so holding it for
 * a moment costs nothing. */
static void learn_primary(struct rac_state *state, CUdevice device)
{
	const struct rac_driver *driver = rac_driver();
	CUcontext primary;

	if (rac_context_primary(state, device) != NULL ||
		driver->cuDevicePrimaryCtxRetain(&primary, device) != CUDA_SUCCESS)
		return;
	rac_context_note_primary(state, device, primary);
	driver->cuDevicePrimaryCtxRelease_v2(device);
}

RAC_EXPORT CUresult cuGreenCtxCreate(
	CUgreenCtx *phCtx, CUdevResourceDesc desc, CUdevice dev, unsigned int flags)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_untracked_look look;

	if (phCtx == NULL || dev < 0 || dev >= RAC_MAX_DEVICES || !rac_enter())
		return driver->cuGreenCtxCreate(phCtx, desc, dev, flags);
	CUgreenCtx before = *phCtx;

	rac_untracked_begin_primary(&look, RAC_HOOK_cuGreenCtxCreate, dev);
	CUresult result = driver->cuGreenCtxCreate(phCtx, desc, dev, flags);

	if (!rac_untracked_end(&look, result)) {
		driver->cuGreenCtxDestroy(*phCtx);
		*phCtx = before;
		rac_untracked_refused(&look);
		result = CUDA_ERROR_OUT_OF_MEMORY;
	}
	if (result == CUDA_SUCCESS) {
		learn_primary(rac_state(), dev);
		green_keep(rac_state(), *phCtx, dev);
	}
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuCtxFromGreenCtx(CUcontext *pContext, CUgreenCtx hCtx)
{
	const struct rac_driver *driver = rac_driver();

	if (pContext == NULL || !rac_enter())
		return driver->cuCtxFromGreenCtx(pContext, hCtx);
	CUresult result = driver->cuCtxFromGreenCtx(pContext, hCtx);
	struct rac_state *state = rac_state();
	struct rac_green *green = result == CUDA_SUCCESS ? green_find(state, hCtx) : NULL;

	if (green != NULL) {
		CUcontext primary =
			rac_context_primary(state, (CUdevice)rac_load_relaxed(&green->device));

		/* Should a driver hand out the primary context itself, that is no other name. */
		if (*pContext != primary) {
			rac_store_relaxed(&green->context, (uint64_t)(uintptr_t)*pContext);
			rac_context_note_alias(state, *pContext, primary);
		}
	}
	rac_leave();
	return result;
}

/* Before the driver's call the handle is forgotten, after it another green context may have it. */
static CUresult green_destroy(struct rac_state *state, struct rac_green *green, CUgreenCtx handle)
{
	CUdevice device = (CUdevice)rac_load_relaxed(&green->device);
	CUcontext alias = (CUcontext)(uintptr_t)rac_load_relaxed(&green->context);
	struct rac_primary_release r;

	rac_store_relaxed(&green->handle, 1);
	if (alias != NULL)
		rac_context_forget_alias(state, alias);
	rac_primary_release_begin(&r, state, RAC_HOOK_cuGreenCtxDestroy, device);
	CUresult result = rac_driver()->cuGreenCtxDestroy(handle);

	rac_primary_release_finish(&r, state, result);
	if (result != CUDA_SUCCESS && alias != NULL)
		rac_context_note_alias(state, alias, rac_context_primary(state, device));
	rac_store_release(&green->handle, result != CUDA_SUCCESS ? (uint64_t)(uintptr_t)handle : 0);
	return result;
}

RAC_EXPORT CUresult cuGreenCtxDestroy(CUgreenCtx hCtx)
{
	const struct rac_driver *driver = rac_driver();

	if (!rac_enter())
		return driver->cuGreenCtxDestroy(hCtx);
	struct rac_green *green = green_find(rac_state(), hCtx);
	CUresult result = green != NULL ? green_destroy(rac_state(), green, hCtx)
					: driver->cuGreenCtxDestroy(hCtx);

	rac_leave();
	return result;
}
