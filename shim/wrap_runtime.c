/*
 * wrap_runtime.c - wrappers of the runtime's functions: labels for the driver hooks beneath them, and
 * a second net for a runtime whose driver calls we cannot see.
 *
 * A label makes the report say cudaMalloc where the program said so. It reserves nothing while the
 * runtime's driver calls are visible. A runtime of which none has been seen yet is not trusted:
 * the label reserves (or takes the entry) first and makes an offer of it, which a driver hook
 * beneath withdraws before it does its own accounting. So one allocation is counted once, whichever way it
 * goes.
 */
#include "account.h"
#include "checked.h"
#include "runtime.h"
#include "thread.h"

/* What a runtime passes on to the driver when it is to fail: no device has as much. A refusal of ours
 * goes this way too, so that the runtime itself says cudaErrorMemoryAllocation, and
 * cudaGetLastError after it. */
#define HOPELESS ((size_t)1 << 62)

struct label {
	struct rac_runtime *runtime;
	enum rac_hook before;
	unsigned long driver_calls;
	bool guarded; /* an offer may be due */
	bool refused;
	struct rac_offer offer;
};

static void enter(struct label *l, enum rac_hook hook, const void *return_address)
{
	l->runtime = rac_runtime_of(return_address);
	l->before = rac_thread.label;
	if (l->before == RAC_HOOK_NONE) {
		rac_thread.label = hook;
		rac_thread.label_caller = return_address;
	}
	l->driver_calls = rac_thread.driver_calls;
	l->refused = false;
	l->guarded = rac_thread.depth == 0 && rac_thread.offer == NULL &&
		!atomic_load_explicit(&l->runtime->driver_seen, memory_order_relaxed);
	rac_offer_init(&l->offer);
}

static void leave(struct label *l)
{
	rac_thread.refused = false;
	rac_thread.label = l->before;
}

static bool driver_was_seen(struct label *l)
{
	if (rac_thread.driver_calls == l->driver_calls)
		return false;
	/* Relaxed: a thread that does not see it yet makes one offer too many, which is withdrawn. */
	atomic_store_explicit(&l->runtime->driver_seen, true, memory_order_relaxed);
	return true;
}

static void offer_allocation(struct label *l, enum rac_hook hook, uint64_t bytes)
{
	int device;

	/* The question itself may show that the driver's calls are visible. */
	if (!l->guarded || l->runtime->cudaGetDevice(&device) != cudaSuccess ||
		driver_was_seen(l) || !rac_state_is_active())
		return;
	l->refused = !rac_offer_charge(&l->offer, hook, device, bytes);
	if (!l->refused)
		rac_thread.offer = &l->offer;
	rac_thread.refused = l->refused;
}

static void offer_free(struct label *l, enum rac_space space, const void *address)
{
	if (!l->guarded || !rac_state_is_active())
		return;
	rac_offer_return(&l->offer, space, (uintptr_t)address);
	rac_thread.offer = &l->offer;
}

static void settle(struct label *l, cudaError_t result, enum rac_kind kind, const void *address)
{
	if (!l->guarded)
		return;
	rac_thread.offer = NULL;
	if (!driver_was_seen(l))
		rac_offer_settle(&l->offer, (CUresult)result, kind, (uintptr_t)address);
}

RAC_EXPORT cudaError_t cudaMalloc(void **devPtr, size_t size)
{
	struct label l;
	void *nothing;

	enter(&l, RAC_HOOK_cudaMalloc, __builtin_return_address(0));
	if (devPtr != NULL && size > 0)
		offer_allocation(&l, RAC_HOOK_cudaMalloc, size);
	cudaError_t result = l.refused ? l.runtime->cudaMalloc(&nothing, HOPELESS)
				       : l.runtime->cudaMalloc(devPtr, size);

	settle(&l, result, RAC_KIND_DEVICE,
		result == cudaSuccess && devPtr != NULL ? *devPtr : NULL);
	leave(&l);
	return result;
}

RAC_EXPORT cudaError_t cudaMallocManaged(void **devPtr, size_t size, unsigned int flags)
{
	struct label l;
	void *nothing;

	enter(&l, RAC_HOOK_cudaMallocManaged, __builtin_return_address(0));
	if (devPtr != NULL && size > 0)
		offer_allocation(&l, RAC_HOOK_cudaMallocManaged, size);
	cudaError_t result = l.refused ? l.runtime->cudaMallocManaged(&nothing, HOPELESS, flags)
				       : l.runtime->cudaMallocManaged(devPtr, size, flags);

	settle(&l, result, RAC_KIND_MANAGED,
		result == cudaSuccess && devPtr != NULL ? *devPtr : NULL);
	leave(&l);
	return result;
}

RAC_EXPORT cudaError_t cudaMallocPitch(void **devPtr, size_t *pitch, size_t width, size_t height)
{
	struct label l;
	void *nothing;
	size_t unused;
	uint64_t bytes = 0;

	enter(&l, RAC_HOOK_cudaMallocPitch, __builtin_return_address(0));
	/* 512 bytes: as in wrap_linear.c. Without the driver's call the bound is what is charged. */
	if (devPtr != NULL && pitch != NULL && rac_checked_round_up(width, 512, &bytes) &&
		rac_checked_mul(bytes, height, &bytes) && bytes > 0)
		offer_allocation(&l, RAC_HOOK_cudaMallocPitch, bytes);
	cudaError_t result = l.refused ? l.runtime->cudaMallocPitch(&nothing, &unused, HOPELESS, 1)
				       : l.runtime->cudaMallocPitch(devPtr, pitch, width, height);

	settle(&l, result, RAC_KIND_DEVICE,
		result == cudaSuccess && devPtr != NULL ? *devPtr : NULL);
	leave(&l);
	return result;
}

RAC_EXPORT cudaError_t cudaFree(void *devPtr)
{
	struct label l;

	enter(&l, RAC_HOOK_cudaFree, __builtin_return_address(0));
	offer_free(&l, RAC_SPACE_DEVICE, devPtr);
	cudaError_t result = l.runtime->cudaFree(devPtr);

	settle(&l, result, RAC_KIND_DEVICE, NULL);
	leave(&l);
	return result;
}

static cudaError_t host_settled(
	struct label *l, enum rac_hook hook, cudaError_t result, void **host, uint64_t bytes)
{
	/* No limit holds for host memory, so there is nothing to offer beforehand. */
	if (l->guarded && !driver_was_seen(l) && result == cudaSuccess && host != NULL &&
		*host != NULL && rac_state_is_active())
		rac_host_record(hook, *host, bytes);
	leave(l);
	return result;
}

RAC_EXPORT cudaError_t cudaMallocHost(void **ptr, size_t size)
{
	struct label l;

	enter(&l, RAC_HOOK_cudaMallocHost, __builtin_return_address(0));
	cudaError_t result = l.runtime->cudaMallocHost(ptr, size);

	return host_settled(&l, RAC_HOOK_cudaMallocHost, result, ptr, size);
}

RAC_EXPORT cudaError_t cudaHostAlloc(void **pHost, size_t size, unsigned int flags)
{
	struct label l;

	enter(&l, RAC_HOOK_cudaHostAlloc, __builtin_return_address(0));
	cudaError_t result = l.runtime->cudaHostAlloc(pHost, size, flags);

	return host_settled(&l, RAC_HOOK_cudaHostAlloc, result, pHost, size);
}

RAC_EXPORT cudaError_t cudaFreeHost(void *ptr)
{
	struct label l;

	enter(&l, RAC_HOOK_cudaFreeHost, __builtin_return_address(0));
	offer_free(&l, RAC_SPACE_HOST, ptr);
	cudaError_t result = l.runtime->cudaFreeHost(ptr);

	settle(&l, result, RAC_KIND_DEVICE, NULL);
	leave(&l);
	return result;
}
