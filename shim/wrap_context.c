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
	rac_untracked_begin_primary(&look, dev);
	CUresult result = driver->cuDevicePrimaryCtxRetain(pctx, dev);

	rac_untracked_end(&look, result);
	if (result == CUDA_SUCCESS && dev >= 0 && dev < RAC_MAX_DEVICES) {
		rac_context_note_primary(rac_state(), dev, *pctx);
		rac_fetch_add_relaxed(&rac_state()->primary_holds[dev], 1);
	}
	rac_leave();
	return result;
}

static CUresult release_primary(__typeof__(cuDevicePrimaryCtxRelease) *release, CUdevice dev)
{
	struct rac_primary_release r;

	rac_primary_release_begin(&r, rac_state(), dev);
	CUresult result = release(dev);

	rac_primary_release_finish(&r, rac_state(), result);
	return result;
}

RAC_EXPORT CUresult cuDevicePrimaryCtxRelease(CUdevice dev)
{
	const struct rac_driver *driver = rac_driver();

	if (dev < 0 || dev >= RAC_MAX_DEVICES || !rac_enter())
		return driver->cuDevicePrimaryCtxRelease(dev);
	CUresult result = release_primary(driver->cuDevicePrimaryCtxRelease, dev);

	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice dev)
{
	const struct rac_driver *driver = rac_driver();

	if (dev < 0 || dev >= RAC_MAX_DEVICES || !rac_enter())
		return driver->cuDevicePrimaryCtxRelease_v2(dev);
	CUresult result = release_primary(driver->cuDevicePrimaryCtxRelease_v2, dev);

	rac_leave();
	return result;
}

static CUresult reset_primary(__typeof__(cuDevicePrimaryCtxReset) *reset, CUdevice dev)
{
	struct rac_state *state = rac_state();
	CUcontext context = rac_context_primary(state, dev);

	rac_context_end_begin(state, context);
	CUresult result = reset(dev);
	bool ended = rac_context_is_gone(result) || !rac_primary_is_active(dev);

	rac_context_end_finish(state, context, ended);
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
	CUresult result = reset_primary(driver->cuDevicePrimaryCtxReset, dev);

	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuDevicePrimaryCtxReset_v2(CUdevice dev)
{
	const struct rac_driver *driver = rac_driver();

	if (!rac_enter())
		return driver->cuDevicePrimaryCtxReset_v2(dev);
	CUresult result = reset_primary(driver->cuDevicePrimaryCtxReset_v2, dev);

	rac_leave();
	return result;
}

static CUresult destroy(__typeof__(cuCtxDestroy) *destroy_context, CUcontext context)
{
	struct rac_state *state = rac_state();

	rac_context_end_begin(state, context);
	CUresult result = destroy_context(context);
	unsigned int version;

	/* An error of work done before may come back from a call that ended the context all the same. */
	rac_context_end_finish(state, context,
		rac_context_is_gone(result) ||
			rac_driver()->cuCtxGetApiVersion(context, &version) != CUDA_SUCCESS);
	return result;
}

RAC_EXPORT CUresult cuCtxDestroy(CUcontext ctx)
{
	const struct rac_driver *driver = rac_driver();

	if (ctx == NULL || !rac_enter())
		return driver->cuCtxDestroy(ctx);
	CUresult result = destroy(driver->cuCtxDestroy, ctx);

	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuCtxDestroy_v2(CUcontext ctx)
{
	const struct rac_driver *driver = rac_driver();

	if (ctx == NULL || !rac_enter())
		return driver->cuCtxDestroy_v2(ctx);
	CUresult result = destroy(driver->cuCtxDestroy_v2, ctx);

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
	CUresult result = driver->cuCtxDetach(ctx);

	if (result == CUDA_SUCCESS && driver->cuCtxGetApiVersion(ctx, &version) != CUDA_SUCCESS) {
		rac_context_end_begin(rac_state(), ctx);
		rac_context_end_finish(rac_state(), ctx, true);
	}
	rac_leave();
	return result;
}
