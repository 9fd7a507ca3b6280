/*
 * wrap_context.c - wrappers of the functions that begin and end contexts: with a context end linear
 * memory, arrays and pinned memory that were allocated in it.
 *
 * VMM objects and pools outlive contexts (header of cuCtxDestroy) and have no context in the ledger.
 */
#include "context.h"
#include "driver.h"
#include "thread.h"
#include "untracked.h"

RAC_EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext *pctx, CUdevice dev)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_untracked_look look;

	if (pctx == NULL || !rac_enter())
		return driver->cuDevicePrimaryCtxRetain(pctx, dev);
	CUcontext before = *pctx;

	rac_untracked_begin_primary(&look, RAC_HOOK_cuDevicePrimaryCtxRetain, dev);
	CUresult result = driver->cuDevicePrimaryCtxRetain(pctx, dev);

	/* What passes the cap is given back, and was never handed out. */
	if (!rac_untracked_end(&look, result)) {
		driver->cuDevicePrimaryCtxRelease_v2(dev);
		*pctx = before;
		rac_untracked_refused(&look);
		result = CUDA_ERROR_OUT_OF_MEMORY;
	}
	if (result == CUDA_SUCCESS && dev >= 0 && dev < RAC_MAX_DEVICES) {
		rac_context_note_primary(rac_state(), dev, *pctx);
		rac_fetch_add_relaxed(&rac_state()->primary_holds[dev], 1);
	}
	rac_leave();
	return result;
}

static CUresult release_primary(
	__typeof__(cuDevicePrimaryCtxRelease) *release, enum rac_hook hook, CUdevice dev)
{
	struct rac_primary_release r;

	rac_primary_release_begin(&r, rac_state(), hook, dev);
	CUresult result = release(dev);

	rac_primary_release_finish(&r, rac_state(), result);
	return result;
}

RAC_EXPORT CUresult cuDevicePrimaryCtxRelease(CUdevice dev)
{
	const struct rac_driver *driver = rac_driver();

	if (dev < 0 || dev >= RAC_MAX_DEVICES || !rac_enter())
		return driver->cuDevicePrimaryCtxRelease(dev);
	CUresult result = release_primary(
		driver->cuDevicePrimaryCtxRelease, RAC_HOOK_cuDevicePrimaryCtxRelease, dev);

	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice dev)
{
	const struct rac_driver *driver = rac_driver();

	if (dev < 0 || dev >= RAC_MAX_DEVICES || !rac_enter())
		return driver->cuDevicePrimaryCtxRelease_v2(dev);
	CUresult result = release_primary(
		driver->cuDevicePrimaryCtxRelease_v2, RAC_HOOK_cuDevicePrimaryCtxRelease_v2, dev);

	rac_leave();
	return result;
}

static CUresult reset_primary(
	__typeof__(cuDevicePrimaryCtxReset) *reset, enum rac_hook hook, CUdevice dev)
{
	struct rac_state *state = rac_state();
	CUcontext context = rac_context_primary(state, dev);
	struct rac_untracked_look look;

	rac_untracked_begin(&look, hook, RAC_EVENT_ENDS, dev);
	rac_context_end_begin(state, context);
	CUresult result = reset(dev);
	bool ended = rac_context_is_gone(result) || !rac_primary_is_active(dev);

	rac_context_end_finish(state, context, ended);
	rac_untracked_end(&look, result);
	/* Holds of the context that was reset mean nothing to the next one. */
	if (ended && dev >= 0 && dev < RAC_MAX_DEVICES)
		rac_store_relaxed(&state->primary_holds[dev], 0);
	return result;
}

RAC_EXPORT CUresult cuDevicePrimaryCtxReset(CUdevice dev)
{
	const struct rac_driver *driver = rac_driver();

	if (!rac_enter())
		return driver->cuDevicePrimaryCtxReset(dev);
	CUresult result = reset_primary(
		driver->cuDevicePrimaryCtxReset, RAC_HOOK_cuDevicePrimaryCtxReset, dev);

	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuDevicePrimaryCtxReset_v2(CUdevice dev)
{
	const struct rac_driver *driver = rac_driver();

	if (!rac_enter())
		return driver->cuDevicePrimaryCtxReset_v2(dev);
	CUresult result = reset_primary(
		driver->cuDevicePrimaryCtxReset_v2, RAC_HOOK_cuDevicePrimaryCtxReset_v2, dev);

	rac_leave();
	return result;
}

/* -1: not known. Nobody looks where nothing is measured. */
static CUdevice device_of(const struct rac_state *state, CUcontext context)
{
	const struct rac_driver *driver = rac_driver();
	CUdevice device;
	CUcontext popped;

	if (!rac_untracked_is_wanted(state) || driver->cuCtxPushCurrent_v2(context) != CUDA_SUCCESS)
		return -1;
	if (driver->cuCtxGetDevice(&device) != CUDA_SUCCESS)
		device = -1;
	driver->cuCtxPopCurrent_v2(&popped);
	return device;
}

static CUresult destroy(
	__typeof__(cuCtxDestroy) *destroy_context, enum rac_hook hook, CUcontext context)
{
	struct rac_state *state = rac_state();
	struct rac_untracked_look look;

	rac_untracked_begin(&look, hook, RAC_EVENT_ENDS, device_of(state, context));
	rac_context_end_begin(state, context);
	CUresult result = destroy_context(context);
	unsigned int version;

	/* An error of work done before may come back from a call that ended the context all the same. */
	rac_context_end_finish(state, context,
		rac_context_is_gone(result) ||
			rac_driver()->cuCtxGetApiVersion(context, &version) != CUDA_SUCCESS);
	rac_untracked_end(&look, result);
	return result;
}

RAC_EXPORT CUresult cuCtxDestroy(CUcontext ctx)
{
	const struct rac_driver *driver = rac_driver();

	if (ctx == NULL || !rac_enter())
		return driver->cuCtxDestroy(ctx);
	CUresult result = destroy(driver->cuCtxDestroy, RAC_HOOK_cuCtxDestroy, ctx);

	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuCtxDestroy_v2(CUcontext ctx)
{
	const struct rac_driver *driver = rac_driver();

	if (ctx == NULL || !rac_enter())
		return driver->cuCtxDestroy_v2(ctx);
	CUresult result = destroy(driver->cuCtxDestroy_v2, RAC_HOOK_cuCtxDestroy_v2, ctx);

	rac_leave();
	return result;
}

/* Ends the context when it was the last of its uses; whether it was, the driver is asked. */
RAC_EXPORT CUresult cuCtxDetach(CUcontext ctx)
{
	const struct rac_driver *driver = rac_driver();
	unsigned int version;

	if (ctx == NULL || !rac_enter())
		return driver->cuCtxDetach(ctx);
	struct rac_untracked_look look;

	rac_untracked_begin(
		&look, RAC_HOOK_cuCtxDetach, RAC_EVENT_CHANGES, device_of(rac_state(), ctx));
	CUresult result = driver->cuCtxDetach(ctx);

	if (result == CUDA_SUCCESS && driver->cuCtxGetApiVersion(ctx, &version) != CUDA_SUCCESS) {
		rac_context_end_begin(rac_state(), ctx);
		rac_context_end_finish(rac_state(), ctx, true);
		look.event = RAC_EVENT_ENDS;
	}
	rac_untracked_end(&look, result);
	rac_leave();
	return result;
}
