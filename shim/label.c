/*
 * label.c - see label.h.
 */
#include "label.h"

#include "thread.h"

void rac_label_enter(struct rac_label *l, enum rac_hook hook, struct rac_origin origin)
{
	l->runtime = origin.runtime;
	l->before = rac_thread.label;
	if (l->before == RAC_HOOK_NONE) {
		rac_thread.label = hook;
		rac_thread.label_caller = origin.caller;
	}
	l->driver_calls = rac_thread.driver_calls;
	l->refused = false;
	/* Relaxed: see driver_was_seen. */
	l->guarded = rac_thread.depth == 0 && rac_thread.offer == NULL &&
		!atomic_load_explicit(&l->runtime->driver_seen, memory_order_relaxed);
	rac_offer_init(&l->offer);
}

void rac_label_leave(struct rac_label *l)
{
	rac_thread.refused = false;
	rac_thread.label = l->before;
}

static bool driver_was_seen(struct rac_label *l)
{
	if (rac_thread.driver_calls == l->driver_calls)
		return false;
	/* Relaxed: a thread that does not see it yet makes one offer too many, which is withdrawn. */
	atomic_store_explicit(&l->runtime->driver_seen, true, memory_order_relaxed);
	return true;
}

void rac_label_offer_allocation(struct rac_label *l, enum rac_hook hook, uint64_t bytes)
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

void rac_label_offer_free(struct rac_label *l, enum rac_space space, const void *address)
{
	if (!l->guarded || !rac_state_is_active())
		return;
	rac_offer_return(&l->offer, space, (uintptr_t)address);
	rac_thread.offer = &l->offer;
}

void rac_label_settle(
	struct rac_label *l, cudaError_t result, enum rac_kind kind, const void *address)
{
	if (!l->guarded)
		return;
	rac_thread.offer = NULL;
	if (!driver_was_seen(l))
		rac_offer_settle(&l->offer, (CUresult)result, kind, (uintptr_t)address);
}

void rac_label_settle_host(struct rac_label *l, enum rac_hook hook, cudaError_t result,
	void *const *host, uint64_t bytes)
{
	/* No limit holds for host memory, so there is nothing to offer beforehand. */
	if (l->guarded && !driver_was_seen(l) && result == cudaSuccess && host != NULL &&
		*host != NULL && rac_state_is_active())
		rac_host_record(hook, *host, bytes);
}

void *rac_label_wrapper(enum rac_hook hook, unsigned runtime)
{
	switch (hook) {
#define RUNTIME_HOOK(symbol, effect) \
	case RAC_HOOK_##symbol:      \
		return rac_looked_up_##symbol(runtime);
#include "hooks.def"
	default:
		return NULL;
	}
}
