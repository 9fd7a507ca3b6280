/*
 * Events: since streams are always idle, an event is done as soon as it is recorded. Recording one in a
 * capturing stream and waiting for it in another makes the other capture too.
 */
#include "sim.h"

#include <stdlib.h>
#include <time.h>

struct CUevent_st {
	struct sim_object object;
	unsigned int flags;
	bool recorded;
	struct timespec when;
	struct CUgraph_st *capturing;
};

static void end_event(struct sim_object *object)
{
	sim_object_remove(object);
	free(object);
}

CUresult cuEventCreate(CUevent *event, unsigned int flags)
{
	struct CUevent_st *made;
	CUcontext ctx;
	CUresult status;

	SIM_ENTER(cuEventCreate);
	if (!event || flags > 7)
		return CUDA_ERROR_INVALID_VALUE;
	made = calloc(1, sizeof(*made));
	if (!made)
		return CUDA_ERROR_OUT_OF_MEMORY;
	sim_lock();
	status = sim_context_current(&ctx);
	if (status == CUDA_SUCCESS) {
		made->flags = flags;
		sim_object_add(&made->object, SIM_EVENT, ctx, end_event);
		*event = made;
	} else {
		free(made);
	}
	sim_unlock();
	return status;
}

static CUresult destroy(CUevent event)
{
	struct CUevent_st *found;

	sim_lock();
	found = sim_object_find(event, SIM_EVENT);
	if (found)
		end_event(&found->object);
	sim_unlock();
	return found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

CUresult cuEventDestroy(CUevent event)
{
	SIM_ENTER(cuEventDestroy);
	return destroy(event);
}

CUresult cuEventDestroy_v2(CUevent event)
{
	SIM_ENTER(cuEventDestroy_v2);
	return destroy(event);
}

static CUresult record(CUevent event, CUstream stream)
{
	struct CUevent_st *found;
	CUcontext ctx;
	CUresult status;

	sim_lock();
	status = sim_stream_context(stream, &ctx);
	found = sim_object_find(event, SIM_EVENT);
	if (!found)
		status = CUDA_ERROR_INVALID_HANDLE;
	if (status == CUDA_SUCCESS) {
		found->capturing = sim_capture_graph(stream);
		found->recorded = true;
		clock_gettime(CLOCK_MONOTONIC, &found->when);
	}
	sim_unlock();
	return status;
}

SIM_TWINS(cuEventRecord, _ptsz, (CUevent event, CUstream stream),
	record(event, stream ? stream : sim_default))
SIM_TWINS(cuEventRecordWithFlags, _ptsz, (CUevent event, CUstream stream, unsigned int flags),
	flags > 1 ? CUDA_ERROR_INVALID_VALUE : record(event, stream ? stream : sim_default))

static CUresult wait_event(CUstream stream, CUevent event, unsigned int flags)
{
	struct CUevent_st *found;
	CUcontext ctx;
	CUresult status;

	if (flags > 1)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	status = sim_stream_context(stream, &ctx);
	found = sim_object_find(event, SIM_EVENT);
	if (!found)
		status = CUDA_ERROR_INVALID_HANDLE;
	if (status == CUDA_SUCCESS && found->capturing)
		status = sim_capture_join(stream, found->capturing);
	sim_unlock();
	return status;
}

SIM_TWINS(cuStreamWaitEvent, _ptsz, (CUstream stream, CUevent event, unsigned int flags),
	wait_event(stream ? stream : sim_default, event, flags))

static CUresult finished(CUevent event, bool synchronizes)
{
	struct CUevent_st *found;
	CUresult status = CUDA_SUCCESS;

	sim_lock();
	found = sim_object_find(event, SIM_EVENT);
	if (!found)
		status = CUDA_ERROR_INVALID_HANDLE;
	else if (found->capturing && sim_object_find(found->capturing, SIM_GRAPH))
		status = CUDA_ERROR_CAPTURED_EVENT;
	else if (synchronizes && found->object.ctx)
		sim_synchronized(found->object.ctx->device);
	sim_unlock();
	return status;
}

CUresult cuEventQuery(CUevent event)
{
	SIM_ENTER(cuEventQuery);
	return finished(event, false);
}

CUresult cuEventSynchronize(CUevent event)
{
	SIM_ENTER(cuEventSynchronize);
	return finished(event, true);
}

static CUresult elapsed(float *ms, CUevent start, CUevent end)
{
	struct CUevent_st *first, *last;
	CUresult status = CUDA_SUCCESS;

	if (!ms)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	first = sim_object_find(start, SIM_EVENT);
	last = sim_object_find(end, SIM_EVENT);
	if (!first || !last || !first->recorded || !last->recorded ||
		((first->flags | last->flags) & CU_EVENT_DISABLE_TIMING))
		status = CUDA_ERROR_INVALID_HANDLE;
	else
		*ms = (float)(last->when.tv_sec - first->when.tv_sec) * 1e3f +
			(float)(last->when.tv_nsec - first->when.tv_nsec) / 1e6f;
	sim_unlock();
	return status;
}

CUresult cuEventElapsedTime(float *ms, CUevent start, CUevent end)
{
	SIM_ENTER(cuEventElapsedTime);
	return elapsed(ms, start, end);
}

CUresult cuEventElapsedTime_v2(float *ms, CUevent start, CUevent end)
{
	SIM_ENTER(cuEventElapsedTime_v2);
	return elapsed(ms, start, end);
}
