/*
 * Streams: handles, what they answer, and running work in them. Work is done at the call, so a stream is
 * always idle; what remains of it is identity, ownership and, while it captures, where work is recorded.
 */
#include "sim.h"

#include <stdlib.h>

static unsigned long long last_id = 2;

static bool built_in(CUstream stream)
{
	return !stream || stream == CU_STREAM_LEGACY || stream == CU_STREAM_PER_THREAD;
}

struct CUstream_st *sim_stream_find(CUstream stream)
{
	return built_in(stream) ? NULL : sim_object_find(stream, SIM_STREAM);
}

CUresult sim_stream_context(CUstream stream, CUcontext *ctx)
{
	struct CUstream_st *found;

	if (built_in(stream))
		return sim_context_current(ctx);
	found = sim_object_find(stream, SIM_STREAM);
	if (!found)
		return CUDA_ERROR_INVALID_HANDLE;
	*ctx = found->object.ctx;
	return CUDA_SUCCESS;
}

static void end_stream(struct sim_object *object)
{
	sim_capture_abandon((struct CUstream_st *)object);
	sim_object_remove(object);
	free(object);
}

/* Lock held. */
CUresult sim_stream_new(CUcontext ctx, unsigned int flags, int priority, CUstream *out)
{
	struct CUstream_st *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return CUDA_ERROR_OUT_OF_MEMORY;
	stream->flags = flags;
	stream->priority = priority < -5 ? -5 : priority > 0 ? 0 : priority;
	stream->id = ++last_id;
	sim_object_add(&stream->object, SIM_STREAM, ctx, end_stream);
	*out = stream;
	return CUDA_SUCCESS;
}

static CUresult create(CUstream *stream, unsigned int flags, int priority)
{
	CUcontext ctx;
	CUresult status;

	if (!stream || flags > CU_STREAM_NON_BLOCKING)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	status = sim_context_current(&ctx);
	if (status == CUDA_SUCCESS)
		status = sim_stream_new(ctx, flags, priority, stream);
	sim_unlock();
	return status;
}

CUresult cuStreamCreate(CUstream *stream, unsigned int flags)
{
	SIM_ENTER(cuStreamCreate);
	return create(stream, flags, 0);
}

CUresult cuStreamCreateWithPriority(CUstream *stream, unsigned int flags, int priority)
{
	SIM_ENTER(cuStreamCreateWithPriority);
	return create(stream, flags, priority);
}

static CUresult destroy(CUstream stream)
{
	struct CUstream_st *found;

	sim_lock();
	found = sim_stream_find(stream);
	if (found)
		end_stream(&found->object);
	sim_unlock();
	return found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

CUresult cuStreamDestroy(CUstream stream)
{
	SIM_ENTER(cuStreamDestroy);
	return destroy(stream);
}

CUresult cuStreamDestroy_v2(CUstream stream)
{
	SIM_ENTER(cuStreamDestroy_v2);
	return destroy(stream);
}

/* Does one piece of work now. */
CUresult sim_work_do(const struct sim_work *work)
{
	switch (work->kind) {
	case SIM_WORK_COPY:
		return sim_copy(work->target, work->to_device, work->source, work->from_device,
			work->bytes);
	case SIM_WORK_FILL:
		return sim_fill_2d(work->target, work->pitch, work->value, work->width, work->bytes,
			work->rows);
	case SIM_WORK_BOX:
		return sim_copy_box(&work->box);
	case SIM_WORK_HOST:
		work->function(work->argument);
		return CUDA_SUCCESS;
	default:
		return CUDA_SUCCESS;
	}
}

/* Does the work, or records it where the stream captures. */
CUresult sim_stream_run(CUstream stream, const struct sim_work *work)
{
	CUcontext ctx;
	CUresult status;
	bool recorded = false;

	sim_lock();
	status = sim_stream_context(stream, &ctx);
	if (status == CUDA_SUCCESS)
		status = sim_capture(stream, work, &recorded);
	sim_unlock();
	return status == CUDA_SUCCESS && !recorded ? sim_work_do(work) : status;
}

static CUresult host_function(CUstream stream, CUhostFn function, void *argument)
{
	struct sim_work work = {.kind = SIM_WORK_HOST, .function = function, .argument = argument};

	return function ? sim_stream_run(stream, &work) : CUDA_ERROR_INVALID_VALUE;
}

SIM_TWINS(cuLaunchHostFunc, _ptsz, (CUstream stream, CUhostFn function, void *argument),
	host_function(stream ? stream : sim_default, function, argument))

/* Unlike cuLaunchHostFunc's, this one cannot be captured. */
static CUresult callback(CUstream stream, CUstream handed, CUstreamCallback function,
	void *argument, unsigned int flags)
{
	CUcontext ctx;
	CUresult status;

	if (!function || flags)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	status = sim_stream_context(stream, &ctx);
	if (status == CUDA_SUCCESS)
		status = sim_capture_forbids(stream);
	sim_unlock();
	if (status == CUDA_SUCCESS)
		function(handed, CUDA_SUCCESS, argument);
	return status;
}

SIM_TWINS(cuStreamAddCallback, _ptsz,
	(CUstream stream, CUstreamCallback function, void *argument, unsigned int flags),
	callback(stream ? stream : sim_default, stream, function, argument, flags))

static CUresult synchronize(CUstream stream)
{
	CUcontext ctx;
	CUresult status;

	sim_lock();
	status = sim_stream_context(stream, &ctx);
	if (status == CUDA_SUCCESS)
		status = sim_capture_forbids(stream);
	if (status == CUDA_SUCCESS)
		sim_synchronized(ctx->device);
	sim_unlock();
	return status;
}

static CUresult query(CUstream stream)
{
	CUcontext ctx;
	CUresult status;

	sim_lock();
	status = sim_stream_context(stream, &ctx);
	if (status == CUDA_SUCCESS)
		status = sim_capture_forbids(stream);
	sim_unlock();
	return status;
}

SIM_TWINS(cuStreamSynchronize, _ptsz, (CUstream stream), synchronize(stream ? stream : sim_default))
SIM_TWINS(cuStreamQuery, _ptsz, (CUstream stream), query(stream ? stream : sim_default))

/* What a stream answers about itself; any pointer may be NULL. */
static CUresult describe(CUstream stream, unsigned int *flags, int *priority,
	unsigned long long *id, CUcontext *ctx, CUdevice *device)
{
	struct CUstream_st *found;
	CUcontext owner;
	CUresult status;

	if (!flags && !priority && !id && !ctx && !device)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	status = sim_stream_context(stream, &owner);
	found = sim_stream_find(stream);
	if (status == CUDA_SUCCESS) {
		if (flags)
			*flags = found ? found->flags : 0;
		if (priority)
			*priority = found ? found->priority : 0;
		if (id)
			*id = found ? found->id : (unsigned long long)(uintptr_t)stream;
		if (ctx)
			*ctx = owner;
		if (device)
			*device = owner->device;
	}
	sim_unlock();
	return status;
}

SIM_TWINS(cuStreamGetFlags, _ptsz, (CUstream stream, unsigned int *flags),
	describe(stream ? stream : sim_default, flags, NULL, NULL, NULL, NULL))
SIM_TWINS(cuStreamGetPriority, _ptsz, (CUstream stream, int *priority),
	describe(stream ? stream : sim_default, NULL, priority, NULL, NULL, NULL))
SIM_TWINS(cuStreamGetId, _ptsz, (CUstream stream, unsigned long long *id),
	describe(stream ? stream : sim_default, NULL, NULL, id, NULL, NULL))
SIM_TWINS(cuStreamGetCtx, _ptsz, (CUstream stream, CUcontext *ctx),
	describe(stream ? stream : sim_default, NULL, NULL, NULL, ctx, NULL))
SIM_TWINS(cuStreamGetDevice, _ptsz, (CUstream stream, CUdevice *device),
	describe(stream ? stream : sim_default, NULL, NULL, NULL, NULL, device))

static CUresult green_of(CUstream stream, CUcontext *ctx, CUgreenCtx *green)
{
	struct CUstream_st *found;
	CUresult status = describe(stream, NULL, NULL, NULL, ctx, NULL);

	if (status != CUDA_SUCCESS || !green)
		return status;
	sim_lock();
	found = sim_stream_find(stream);
	*green = found ? found->green : NULL;
	sim_unlock();
	return CUDA_SUCCESS;
}

SIM_TWINS(cuStreamGetCtx_v2, _ptsz, (CUstream stream, CUcontext *ctx, CUgreenCtx *green),
	green_of(stream ? stream : sim_default, ctx, green))
