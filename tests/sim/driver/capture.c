/*
 * Stream capture: while a stream captures, work given to it becomes nodes of a graph. Also what a capture
 * forbids: touching it through the legacy stream, waiting for it, and calls that are unsafe beside one.
 * Lock held for everything but the exported functions.
 */
#include "graph.h"

static __thread CUstreamCaptureMode thread_mode = CU_STREAM_CAPTURE_MODE_GLOBAL;
static __thread char thread_mark;
static unsigned int active;
static unsigned long long last_id;

static unsigned long long this_thread(void)
{
	return (unsigned long long)(uintptr_t)&thread_mark;
}

static bool legacy(CUstream stream)
{
	return !stream || stream == CU_STREAM_LEGACY;
}

struct query {
	CUcontext ctx;
	const struct CUgraph_st *graph;
	CUstreamCaptureMode mode;
	struct CUstream_st *found;
};

static void find_blocking(struct sim_object *object, void *argument)
{
	struct CUstream_st *stream = (struct CUstream_st *)object;
	struct query *query = argument;

	if (stream->capture != CU_STREAM_CAPTURE_STATUS_NONE && object->ctx == query->ctx &&
		!(stream->flags & CU_STREAM_NON_BLOCKING))
		query->found = stream;
}

/* A blocking stream orders itself after the legacy one, which would pull that into its capture. */
static struct CUstream_st *captures_beside_legacy(CUstream stream)
{
	struct query query = {0};

	if (!active || !legacy(stream) || sim_context_current(&query.ctx) != CUDA_SUCCESS)
		return NULL;
	sim_object_walk(SIM_STREAM, find_blocking, &query);
	return query.found;
}

static CUresult conflict(CUstream stream)
{
	struct CUstream_st *other = captures_beside_legacy(stream);

	if (!other)
		return CUDA_SUCCESS;
	other->capture = CU_STREAM_CAPTURE_STATUS_INVALIDATED;
	return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
}

/* The capturing stream that a handle means, or NULL with the status that the call has then. */
static struct CUstream_st *capturing(CUstream stream, CUresult *status)
{
	struct CUstream_st *found = active ? sim_stream_find(stream) : NULL;

	*status = CUDA_SUCCESS;
	if (!found) {
		*status = conflict(stream);
		return NULL;
	}
	if (found->capture == CU_STREAM_CAPTURE_STATUS_NONE)
		return NULL;
	if (found->capture == CU_STREAM_CAPTURE_STATUS_INVALIDATED) {
		*status = CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
		return NULL;
	}
	return found;
}

CUresult sim_capture(CUstream stream, const struct sim_work *work, bool *recorded)
{
	CUresult status;
	struct CUstream_st *found = capturing(stream, &status);

	*recorded = found != NULL;
	return found ? sim_node_work(found->capturing, found->last != NULL, work, &found->last)
		     : status;
}

CUresult sim_capture_alloc(
	CUstream stream, int device, uint64_t bytes, uint64_t *address, bool *recorded)
{
	CUresult status;
	struct CUstream_st *found = capturing(stream, &status);

	*recorded = found != NULL;
	if (!found)
		return status;
	if (device < 0)
		return CUDA_ERROR_NOT_SUPPORTED;
	status = sim_node_alloc(found->capturing, found->last != NULL, device, bytes, &found->last);
	if (status == CUDA_SUCCESS)
		*address = found->last->memory->space.address;
	return status;
}

CUresult sim_capture_free(CUstream stream, uint64_t address, bool *recorded)
{
	CUresult status;
	struct CUstream_st *found = capturing(stream, &status);

	*recorded = found != NULL;
	if (!found)
		return status;
	return sim_node_free(found->capturing, found->last != NULL, address, &found->last);
}

CUresult sim_capture_forbids(CUstream stream)
{
	CUresult status;
	struct CUstream_st *found = capturing(stream, &status);

	if (!found)
		return status;
	found->capture = CU_STREAM_CAPTURE_STATUS_INVALIDATED;
	return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
}

/* Captures that the thread's mode says it might disturb. */
static void find_disturbed(struct sim_object *object, void *argument)
{
	struct CUstream_st *stream = (struct CUstream_st *)object;
	struct query *query = argument;
	bool own = stream->thread == this_thread();

	if (stream->capture != CU_STREAM_CAPTURE_STATUS_ACTIVE || stream->joined)
		return;
	if ((own && stream->mode != CU_STREAM_CAPTURE_MODE_RELAXED) ||
		(!own && query->mode == CU_STREAM_CAPTURE_MODE_GLOBAL &&
			stream->mode == CU_STREAM_CAPTURE_MODE_GLOBAL))
		query->found = stream;
}

CUresult sim_capture_unsafe(void)
{
	struct query query = {.mode = thread_mode};

	if (!active || thread_mode == CU_STREAM_CAPTURE_MODE_RELAXED)
		return CUDA_SUCCESS;
	sim_object_walk(SIM_STREAM, find_disturbed, &query);
	if (!query.found)
		return CUDA_SUCCESS;
	query.found->capture = CU_STREAM_CAPTURE_STATUS_INVALIDATED;
	return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
}

struct CUgraph_st *sim_capture_graph(CUstream stream)
{
	struct CUstream_st *found = active ? sim_stream_find(stream) : NULL;

	return found && found->capture == CU_STREAM_CAPTURE_STATUS_ACTIVE ? found->capturing : NULL;
}

/* A stream that waits for an event of a capture takes part in it from then on. */
CUresult sim_capture_join(CUstream stream, struct CUgraph_st *graph)
{
	struct CUstream_st *found = sim_stream_find(stream);

	if (!active || !sim_object_find(graph, SIM_GRAPH))
		return CUDA_SUCCESS;
	if (!found)
		return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
	if (found->capture == CU_STREAM_CAPTURE_STATUS_NONE) {
		found->capture = CU_STREAM_CAPTURE_STATUS_ACTIVE;
		found->capturing = graph;
		found->capture_id = last_id;
		found->joined = true;
		active++;
		return CUDA_SUCCESS;
	}
	return found->capturing == graph ? CUDA_SUCCESS : CUDA_ERROR_STREAM_CAPTURE_MERGE;
}

static void leave(struct CUstream_st *stream)
{
	stream->capture = CU_STREAM_CAPTURE_STATUS_NONE;
	stream->capturing = NULL;
	stream->joined = false;
	stream->borrowed = false;
	stream->last = NULL;
	active--;
}

static void leave_if_joined(struct sim_object *object, void *argument)
{
	struct CUstream_st *stream = (struct CUstream_st *)object;

	if (stream->joined && stream->capturing == argument)
		leave(stream);
}

/* The stream goes away while it captures. */
void sim_capture_abandon(struct CUstream_st *stream)
{
	struct CUgraph_st *graph = stream->capturing;
	bool ends = !stream->joined && !stream->borrowed;

	if (stream->capture == CU_STREAM_CAPTURE_STATUS_NONE)
		return;
	leave(stream);
	if (ends) {
		sim_object_walk(SIM_STREAM, leave_if_joined, graph);
		sim_graph_end(graph);
	}
}

static CUresult begin(CUstream stream, CUstreamCaptureMode mode, CUgraph graph)
{
	struct CUstream_st *found;
	CUresult status = CUDA_SUCCESS;

	if (mode > CU_STREAM_CAPTURE_MODE_RELAXED)
		return CUDA_ERROR_INVALID_VALUE;
	if (legacy(stream) || stream == CU_STREAM_PER_THREAD)
		return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
	sim_lock();
	found = sim_stream_find(stream);
	if (!found)
		status = CUDA_ERROR_INVALID_HANDLE;
	else if (found->capture != CU_STREAM_CAPTURE_STATUS_NONE)
		status = CUDA_ERROR_ILLEGAL_STATE;
	else if (graph && !sim_object_find(graph, SIM_GRAPH))
		status = CUDA_ERROR_INVALID_VALUE;
	else if (!graph)
		status = sim_graph_new(&found->capturing);
	if (status == CUDA_SUCCESS) {
		found->capture = CU_STREAM_CAPTURE_STATUS_ACTIVE;
		found->borrowed = graph != NULL;
		if (graph)
			found->capturing = graph;
		found->mode = mode;
		found->thread = this_thread();
		found->capture_id = ++last_id;
		found->last = NULL;
		active++;
	}
	sim_unlock();
	return status;
}

SIM_TWINS(cuStreamBeginCapture, _ptsz, (CUstream stream),
	begin(stream ? stream : sim_default, CU_STREAM_CAPTURE_MODE_GLOBAL, NULL))
SIM_TWINS(cuStreamBeginCapture_v2, _ptsz, (CUstream stream, CUstreamCaptureMode mode),
	begin(stream ? stream : sim_default, mode, NULL))
SIM_TWINS(cuStreamBeginCaptureToGraph, _ptsz,
	(CUstream stream, CUgraph graph, const CUgraphNode *dependencies,
		const CUgraphEdgeData *edges, size_t count, CUstreamCaptureMode mode),
	((void)edges,
		!graph || (count && !dependencies)
			? CUDA_ERROR_INVALID_VALUE
			: begin(stream ? stream : sim_default, mode, graph)))

/* Lock held. */
static CUresult end_locked(struct CUstream_st *stream, CUgraph *out)
{
	struct CUgraph_st *graph = stream->capturing;
	bool broken = stream->capture == CU_STREAM_CAPTURE_STATUS_INVALIDATED,
	     borrowed = stream->borrowed;

	if (stream->capture == CU_STREAM_CAPTURE_STATUS_NONE)
		return CUDA_ERROR_ILLEGAL_STATE;
	if (stream->joined)
		return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
	if (stream->thread != this_thread() && stream->mode != CU_STREAM_CAPTURE_MODE_RELAXED)
		return CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD;
	sim_object_walk(SIM_STREAM, leave_if_joined, graph);
	leave(stream);
	if (!broken) {
		*out = graph;
		return CUDA_SUCCESS;
	}
	if (!borrowed)
		sim_graph_end(graph);
	*out = NULL;
	return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
}

static CUresult end(CUstream stream, CUgraph *graph)
{
	struct CUstream_st *found;
	CUresult status;

	if (!graph)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_stream_find(stream);
	status = found ? end_locked(found, graph) : CUDA_ERROR_ILLEGAL_STATE;
	sim_unlock();
	return status;
}

SIM_TWINS(cuStreamEndCapture, _ptsz, (CUstream stream, CUgraph *graph),
	end(stream ? stream : sim_default, graph))

/* What a stream captures; pointers other than status may be NULL. */
static CUresult info(CUstream stream, CUstreamCaptureStatus *status, cuuint64_t *id, CUgraph *graph,
	const CUgraphNode **dependencies, size_t *count)
{
	struct CUstream_st *found;
	CUcontext ctx;
	CUresult result;

	if (!status)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	result = sim_stream_context(stream, &ctx);
	if (result == CUDA_SUCCESS && captures_beside_legacy(stream))
		result = CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
	found = sim_stream_find(stream);
	if (result == CUDA_SUCCESS) {
		*status = found ? found->capture : CU_STREAM_CAPTURE_STATUS_NONE;
		if (found && found->capture == CU_STREAM_CAPTURE_STATUS_ACTIVE) {
			if (id)
				*id = found->capture_id;
			if (graph)
				*graph = found->capturing;
			if (dependencies)
				*dependencies = &found->last;
			if (count)
				*count = found->last != NULL;
		}
	}
	sim_unlock();
	return result;
}

SIM_TWINS(cuStreamIsCapturing, _ptsz, (CUstream stream, CUstreamCaptureStatus *status),
	info(stream ? stream : sim_default, status, NULL, NULL, NULL, NULL))
SIM_TWINS(cuStreamGetCaptureInfo, _ptsz,
	(CUstream stream, CUstreamCaptureStatus *status, cuuint64_t *id),
	info(stream ? stream : sim_default, status, id, NULL, NULL, NULL))
SIM_TWINS(cuStreamGetCaptureInfo_v2, _ptsz,
	(CUstream stream, CUstreamCaptureStatus *status, cuuint64_t *id, CUgraph *graph,
		const CUgraphNode **dependencies, size_t *count),
	info(stream ? stream : sim_default, status, id, graph, dependencies, count))
SIM_TWINS(cuStreamGetCaptureInfo_v3, _ptsz,
	(CUstream stream, CUstreamCaptureStatus *status, cuuint64_t *id, CUgraph *graph,
		const CUgraphNode **dependencies, const CUgraphEdgeData **edges, size_t *count),
	((void)(edges ? *edges = NULL : NULL),
		info(stream ? stream : sim_default, status, id, graph, dependencies, count)))

CUresult cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode *mode)
{
	CUstreamCaptureMode old = thread_mode;

	SIM_ENTER(cuThreadExchangeStreamCaptureMode);
	if (!mode || *mode > CU_STREAM_CAPTURE_MODE_RELAXED)
		return CUDA_ERROR_INVALID_VALUE;
	thread_mode = *mode;
	*mode = old;
	return CUDA_SUCCESS;
}
