/*
 * wrap_pool.c - wrappers of stream-ordered allocation and of pools; their arithmetic is in pool.c.
 *
 * In a stream that is being captured an allocation becomes a node of a graph and takes no memory now
 * (see wrap_graph.c), so it passes.
 */
#include "account.h"
#include "budget.h"
#include "device.h"
#include "driver.h"
#include "events.h"
#include "graph.h"
#include "pool.h"
#include "refusal.h"
#include "site.h"
#include "stream.h"
#include "thread.h"

/* The driver functions of one stream flavour. */
struct flavour {
	__typeof__(cuMemAllocAsync) *alloc;
	__typeof__(cuMemAllocFromPoolAsync) *alloc_from_pool;
	__typeof__(cuMemFreeAsync) *free;
	__typeof__(cuStreamIsCapturing) *is_capturing;
};

static struct flavour legacy(void)
{
	const struct rac_driver *d = rac_driver();

	return (struct flavour){d->cuMemAllocAsync, d->cuMemAllocFromPoolAsync, d->cuMemFreeAsync,
		d->cuStreamIsCapturing};
}

static struct flavour per_thread(void)
{
	const struct rac_driver *d = rac_driver();

	return (struct flavour){d->cuMemAllocAsync_ptsz, d->cuMemAllocFromPoolAsync_ptsz,
		d->cuMemFreeAsync_ptsz, d->cuStreamIsCapturing_ptsz};
}

/* A capture that cannot be asked about (the legacy stream during one) makes the call itself fail. */
static bool is_capturing(const struct flavour *f, CUstream stream)
{
	CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;

	return f->is_capturing(stream, &status) == CUDA_SUCCESS &&
		status == CU_STREAM_CAPTURE_STATUS_ACTIVE;
}

static CUresult call(const struct flavour *f, CUdeviceptr *dptr, size_t bytes, CUmemoryPool from,
	CUstream stream)
{
	return from != NULL ? f->alloc_from_pool(dptr, bytes, from, stream)
			    : f->alloc(dptr, bytes, stream);
}

/* What the driver gave, with its site: before the pool's growth is looked at, which may raise the peak. */
static struct rac_entry note(
	struct rac_pool *pool, enum rac_hook hook, CUdeviceptr address, uint64_t bytes)
{
	struct rac_state *state = rac_state();
	uint8_t device = (uint8_t)rac_pool_device(pool);

	rac_thread.last_taken = ~(uint64_t)address;
	return (struct rac_entry){
		.space = RAC_SPACE_DEVICE,
		.value = address,
		.bytes = bytes,
		.site = rac_site_taken(state, rac_label_or(hook), RAC_KIND_POOL, device, bytes),
		.context = rac_pool_number(state, pool),
		.device = device,
		.kind = RAC_KIND_POOL,
	};
}

static void record(const struct rac_entry *entry)
{
	struct rac_state *state = rac_state();

	rac_tracker_note_allocation(state->tracker, rac_thread_lane(state, entry->device),
		entry->device, RAC_KIND_POOL, entry->bytes);
	if (rac_ledger_insert(&state->ledger, entry) != RAC_OK)
		rac_tracker_unrecorded(state->tracker);
}

static CUresult alloc_on_host(const struct flavour *f, enum rac_hook hook, CUdeviceptr *dptr,
	size_t bytes, CUmemoryPool from, CUstream stream)
{
	CUresult result = call(f, dptr, bytes, from, stream);

	if (result == CUDA_SUCCESS)
		rac_pinned_record(RAC_SPACE_DEVICE, rac_label_or(hook), *dptr, bytes);
	return result;
}

/* What one attempt of an allocation is made with. */
struct request {
	const struct flavour *f;
	enum rac_hook hook;
	struct rac_pool *pool;
	CUdeviceptr *dptr;
	size_t bytes;
	CUmemoryPool from;
	CUstream stream;
};

static bool has_cap(const struct rac_state *state, uint32_t device)
{
	return rac_tracker_limit(state->tracker, device) != RAC_NO_LIMIT &&
		state->settings.on_limit != RAC_ON_LIMIT_WARN;
}

/*
 * Freed memory that a pool caches may be of no use yet to another stream: then it grows although it has
 * room. So as much is reserved for the time of the call; where the cap has no room for that, growth past
 * it is undone, and *undone says so.
 */
static CUresult attempt(const struct request *q, bool *undone)
{
	struct rac_state *state = rac_state();
	const CUdeviceptr before = *q->dptr;
	uint32_t device = rac_pool_device(q->pool);
	struct rac_reservation guard;
	bool capped = has_cap(state, device);

	enum rac_status status = rac_pool_use(state, q->pool, q->hook, q->bytes);

	*undone = false;
	if (status == RAC_OOM)
		return CUDA_ERROR_OUT_OF_MEMORY;
	if (status != RAC_OK)
		return call(q->f, q->dptr, q->bytes, q->from, q->stream);
	bool guarded = capped && rac_budget_reserve(state, device, q->bytes, &guard) == RAC_OK;
	uint64_t charge_before = rac_pool_charge(q->pool);
	CUresult result = call(q->f, q->dptr, q->bytes, q->from, q->stream);

	if (guarded)
		rac_budget_cancel(state, &guard);
	if (result != CUDA_SUCCESS) {
		rac_pool_unuse(state, q->pool, q->bytes);
		rac_refusal_by_driver(state, rac_label_or(q->hook), device, q->bytes, result);
		return result;
	}
	struct rac_entry entry = note(q->pool, q->hook, *q->dptr, q->bytes);

	rac_event_taken(state, &entry, 0);
	rac_pool_refresh(state, q->pool);
	if (capped && !guarded && rac_pool_charge(q->pool) > charge_before &&
		rac_budget_used(state, device) > rac_tracker_limit(state->tracker, device) &&
		q->f->free(*q->dptr, q->stream) == CUDA_SUCCESS) {
		*q->dptr = before;
		rac_site_undone(state, &entry);
		rac_event_given(state, &entry);
		rac_pool_unuse(state, q->pool, q->bytes);
		*undone = true;
		return CUDA_ERROR_OUT_OF_MEMORY;
	}
	record(&entry);
	return result;
}

static CUresult alloc_in_pool(const struct request *q)
{
	struct rac_state *state = rac_state();
	uint32_t device = rac_pool_device(q->pool);
	bool undone;
	CUresult result = attempt(q, &undone);

	if (undone) {
		/* What is cached was of no use; without it the request may fit. */
		rac_pools_reclaim(state, device);
		result = attempt(q, &undone);
	}
	if (undone) {
		rac_pools_reclaim(state, device);
		rac_refusal_report(state, rac_label_or(q->hook), device, q->bytes);
	}
	return result;
}

/* More pools live than the table holds: the allocation is charged by itself, without what its pool
 * caches. */
static CUresult alloc_unpooled(const struct flavour *f, enum rac_hook hook, CUdevice device,
	CUdeviceptr *dptr, size_t bytes, CUmemoryPool from, CUstream stream)
{
	struct rac_charge charge;

	CUresult result = rac_charge_reserve_on(&charge, hook, device, bytes);

	if (result != CUDA_SUCCESS)
		return result;
	result = call(f, dptr, bytes, from, stream);

	rac_charge_settle(&charge, result, RAC_KIND_POOL, RAC_SPACE_DEVICE,
		result == CUDA_SUCCESS ? *dptr : 0);
	return result;
}

/* Where the driver tells neither device nor pool, but why it does not. */
static CUresult call_unplaced(const struct flavour *f, CUdeviceptr *dptr, size_t bytes,
	CUmemoryPool from, CUstream stream, CUresult why)
{
	CUresult result = rac_charge_unplaced(why);

	if (result != CUDA_SUCCESS)
		return result;
	result = call(f, dptr, bytes, from, stream);
	if (result == CUDA_SUCCESS)
		rac_tracker_unrecorded(rac_state()->tracker);
	return result;
}

/* `from` is NULL for the current pool of the stream's device. */
static CUresult alloc_async(const struct flavour *f, enum rac_hook hook, CUdeviceptr *dptr,
	size_t bytes, CUmemoryPool from, CUstream stream)
{
	struct rac_state *state = rac_state();
	CUmemoryPool handle = from;
	CUdevice device;
	CUresult result;

	if (is_capturing(f, stream)) {
		rac_graphs_note(state);
		return call(f, dptr, bytes, from, stream);
	}
	result = rac_stream_device(stream, &device);
	if (result == CUDA_SUCCESS && from == NULL)
		result = rac_driver()->cuDeviceGetMemPool(&handle, device);
	if (result != CUDA_SUCCESS)
		return call_unplaced(f, dptr, bytes, from, stream, result);
	if (from != NULL && !rac_pool_has_place(rac_pool_known(state, from)))
		device = rac_pool_home(from, device);
	struct rac_pool *pool = rac_pool_find(state, handle, device);

	if (pool == NULL)
		return alloc_unpooled(f, hook, device, dptr, bytes, from, stream);
	if (rac_pool_is_on_host(pool))
		return alloc_on_host(f, hook, dptr, bytes, from, stream);
	if (!rac_device_prepare(state, (CUdevice)rac_pool_device(pool)))
		return alloc_unpooled(
			f, hook, (CUdevice)rac_pool_device(pool), dptr, bytes, from, stream);
	return alloc_in_pool(&(struct request){f, hook, pool, dptr, bytes, from, stream});
}

/* The twins differ in the driver functions they call, not in what is done. */
#define ALLOC_ASYNC(symbol, functions)                                                     \
	RAC_EXPORT CUresult symbol(CUdeviceptr *dptr, size_t bytesize, CUstream hStream)   \
	{                                                                                  \
		if (dptr == NULL || bytesize == 0 || !rac_enter())                         \
			return rac_driver()->symbol(dptr, bytesize, hStream);              \
		struct flavour f = functions();                                            \
		CUresult result =                                                          \
			alloc_async(&f, RAC_HOOK_##symbol, dptr, bytesize, NULL, hStream); \
                                                                                           \
		rac_leave();                                                               \
		return result;                                                             \
	}

ALLOC_ASYNC(cuMemAllocAsync, legacy)
ALLOC_ASYNC(cuMemAllocAsync_ptsz, per_thread)
#undef ALLOC_ASYNC

#define ALLOC_FROM_POOL(symbol, functions)                                                 \
	RAC_EXPORT CUresult symbol(                                                        \
		CUdeviceptr *dptr, size_t bytesize, CUmemoryPool pool, CUstream hStream)   \
	{                                                                                  \
		if (dptr == NULL || bytesize == 0 || pool == NULL || !rac_enter())         \
			return rac_driver()->symbol(dptr, bytesize, pool, hStream);        \
		struct flavour f = functions();                                            \
		CUresult result =                                                          \
			alloc_async(&f, RAC_HOOK_##symbol, dptr, bytesize, pool, hStream); \
                                                                                           \
		rac_leave();                                                               \
		return result;                                                             \
	}

ALLOC_FROM_POOL(cuMemAllocFromPoolAsync, legacy)
ALLOC_FROM_POOL(cuMemAllocFromPoolAsync_ptsz, per_thread)
#undef ALLOC_FROM_POOL

static CUresult free_async(const struct flavour *f, CUdeviceptr dptr, CUstream stream)
{
	struct rac_return given;

	/* In a capture it becomes a node; what it frees is the graph's. */
	if (is_capturing(f, stream))
		return f->free(dptr, stream);
	rac_return_take(&given, RAC_SPACE_DEVICE, dptr);
	CUresult result = f->free(dptr, stream);

	rac_return_settle(&given, result);
	return result;
}

#define FREE_ASYNC(symbol, functions)                                  \
	RAC_EXPORT CUresult symbol(CUdeviceptr dptr, CUstream hStream) \
	{                                                              \
		if (!rac_enter())                                      \
			return rac_driver()->symbol(dptr, hStream);    \
		struct flavour f = functions();                        \
		CUresult result = free_async(&f, dptr, hStream);       \
                                                                       \
		rac_leave();                                           \
		return result;                                         \
	}

FREE_ASYNC(cuMemFreeAsync, legacy)
FREE_ASYNC(cuMemFreeAsync_ptsz, per_thread)
#undef FREE_ASYNC

RAC_EXPORT CUresult cuMemPoolCreate(CUmemoryPool *pool, const CUmemPoolProps *poolProps)
{
	if (pool == NULL || poolProps == NULL || !rac_enter())
		return rac_driver()->cuMemPoolCreate(pool, poolProps);
	CUresult result = rac_driver()->cuMemPoolCreate(pool, poolProps);
	bool on_device = poolProps->location.type == CU_MEM_LOCATION_TYPE_DEVICE;

	if (result == CUDA_SUCCESS)
		rac_pool_find(rac_state(), *pool, on_device ? poolProps->location.id : -1);
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuMemPoolDestroy(CUmemoryPool pool)
{
	if (pool == NULL || !rac_enter())
		return rac_driver()->cuMemPoolDestroy(pool);
	struct rac_pool *known = rac_pool_destroy_begin(rac_state(), pool);
	CUresult result = rac_driver()->cuMemPoolDestroy(pool);

	rac_pool_destroy_finish(rac_state(), known, result == CUDA_SUCCESS);
	rac_leave();
	return result;
}

static void refresh(CUmemoryPool handle)
{
	struct rac_pool *pool = rac_pool_known(rac_state(), handle);

	if (pool != NULL)
		rac_pool_refresh(rac_state(), pool);
}

RAC_EXPORT CUresult cuMemPoolTrimTo(CUmemoryPool pool, size_t minBytesToKeep)
{
	if (!rac_enter())
		return rac_driver()->cuMemPoolTrimTo(pool, minBytesToKeep);
	CUresult result = rac_driver()->cuMemPoolTrimTo(pool, minBytesToKeep);

	refresh(pool);
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuMemPoolSetAttribute(CUmemoryPool pool, CUmemPool_attribute attr, void *value)
{
	if (!rac_enter())
		return rac_driver()->cuMemPoolSetAttribute(pool, attr, value);
	CUresult result = rac_driver()->cuMemPoolSetAttribute(pool, attr, value);

	refresh(pool);
	rac_leave();
	return result;
}
