/*
 * account.c - see account.h; which device a call means is device.c's business, what is said about a
 * refusal is refusal.c's.
 */
#include "account.h"

#include "budget.h"
#include "context.h"
#include "device.h"
#include "driver.h"
#include "events.h"
#include "pool.h"
#include "refusal.h"
#include "site.h"
#include "state.h"
#include "thread.h"

__thread struct rac_thread rac_thread;

struct rac_lane *rac_thread_find_lane(struct rac_state *state, uint32_t device)
{
	/* A lane is for one thread at a time: outside of hooks a signal handler might come in between.
	 * The first device of a thread gets it; a thread that changes devices shares words on the others. */
	if (rac_thread.depth == 0 || rac_thread.lane_state == state)
		return NULL;
	rac_thread.lane = rac_tracker_lane(state->tracker, device);
	rac_thread.lane_device = device;
	rac_thread.lane_state = state;
	return rac_thread.lane;
}

/* After a refusal: tries to find room, and says what is to be said where there is none. */
static __attribute__((noinline)) enum rac_status reserve_anew(
	struct rac_state *state, struct rac_charge *c, bool open, uint64_t bytes)
{
	uint32_t device = c->reservation.device;
	enum rac_status status = RAC_OOM;

	for (bool again = open; again && status == RAC_OOM;) {
		again = rac_budget_make_room(state, device, bytes);
		status = rac_budget_reserve(state, device, bytes, &c->reservation);
	}
	if (status == RAC_OOM && rac_refusal_report(state, c->hook, device, bytes))
		status = rac_budget_reserve_past_limit(state, device, bytes, &c->reservation);
	return status;
}

static CUresult reserve(struct rac_charge *c, uint64_t bytes)
{
	struct rac_state *state = rac_state();
	uint32_t device = c->reservation.device;
	enum rac_status status = RAC_OOM;
	bool open = rac_device_may_allocate(state, device);

	if (__builtin_expect(state->settings.scope == RAC_SCOPE_PROCESS, 0))
		rac_untracked_granted(state, device, bytes);
	if (open)
		status = rac_budget_reserve(state, device, bytes, &c->reservation);
	if (__builtin_expect(status == RAC_OOM, 0))
		status = reserve_anew(state, c, open, bytes);
	c->tracked = status == RAC_OK;
	/* RAC_OVERFLOW without a limit: no device has as much, so the driver refuses by itself. */
	return status != RAC_OOM ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult rac_charge_unplaced(CUresult why)
{
	const struct rac_settings *settings = &rac_state()->settings;
	bool capped = settings->limit.count > 0 || settings->limit_is_broken;

	if (!capped || settings->on_limit == RAC_ON_LIMIT_WARN ||
		why == CUDA_ERROR_INVALID_CONTEXT || why == CUDA_ERROR_NOT_INITIALIZED ||
		why == CUDA_ERROR_DEINITIALIZED)
		return CUDA_SUCCESS;
	return why;
}

/* A device that there is not, the driver refuses by itself. */
static __attribute__((noinline)) CUresult unprepared(void)
{
	int count;

	return rac_charge_unplaced(rac_driver()->cuDeviceGetCount(&count));
}

static inline CUresult reserve_on(struct rac_charge *c, CUdevice device, uint64_t bytes)
{
	if (rac_thread.refused)
		return CUDA_ERROR_OUT_OF_MEMORY;
	if (!rac_device_prepare(rac_state(), device))
		return unprepared();
	c->reservation.device = (uint32_t)device;
	return reserve(c, bytes);
}

CUresult rac_charge_reserve_on(
	struct rac_charge *c, enum rac_hook hook, CUdevice device, uint64_t bytes)
{
	*c = (struct rac_charge){.hook = rac_label_or(hook)};
	return reserve_on(c, device, bytes);
}

CUresult rac_charge_reserve(struct rac_charge *c, enum rac_hook hook, uint64_t bytes)
{
	CUdevice device;

	*c = (struct rac_charge){.hook = rac_label_or(hook)};
	CUresult result = rac_driver()->cuCtxGetDevice(&device);

	/* Without a context the driver refuses by itself; none is made for it here. */
	if (result != CUDA_SUCCESS)
		return rac_charge_unplaced(result);
	result = reserve_on(c, device, bytes);
	if (result != CUDA_SUCCESS)
		return result;
	c->context = rac_context_number(rac_state(), rac_context_current());
	c->context_handle = rac_context_handle(rac_state(), c->context);
	return CUDA_SUCCESS;
}

bool rac_charge_adjust(struct rac_charge *c, uint64_t bytes)
{
	struct rac_state *state = rac_state();

	if (!c->tracked)
		return true;
	enum rac_status status = rac_budget_adjust(state, &c->reservation, bytes);
	uint64_t more = rac_saturating_sub(bytes, c->reservation.bytes);

	for (bool again = true; again && status == RAC_OOM;) {
		again = rac_budget_make_room(state, c->reservation.device, more);
		status = rac_budget_adjust(state, &c->reservation, bytes);
	}
	if (status == RAC_OOM && rac_refusal_report(state, c->hook, c->reservation.device, bytes))
		status = rac_budget_adjust_past_limit(state, &c->reservation, bytes);
	c->refused = status != RAC_OK;
	return status == RAC_OK;
}

/* Its bytes stay charged if it cannot be recorded: the cap holds, and the report says so. */
static void insert(struct rac_state *state, const struct rac_entry *entry)
{
	if (__builtin_expect(rac_ledger_insert(&state->ledger, entry) != RAC_OK, 0))
		rac_tracker_unrecorded(state->tracker);
}

/*
 * A context that ended between the driver's call and the insertion has been swept already, and the memory
 * went with it: then the entry is taken out again. The sweep marks the number before it walks, we insert
 * before we look: with both in one total order, which the caller's fence makes, one of us sees the other.
 */
static void take_out_if_swept(
	struct rac_state *state, const struct rac_entry *entry, uint64_t context_handle)
{
	struct rac_ledger_taken taken;

	if (entry->context != RAC_CONTEXT_UNKNOWN &&
		__builtin_expect(rac_context_handle(state, entry->context) != context_handle, 0) &&
		rac_ledger_take(&state->ledger, entry->space, entry->value, &taken) == RAC_OK)
		rac_return_end(&taken);
}

void rac_charge_settle(struct rac_charge *c, CUresult result, enum rac_kind kind,
	enum rac_space space, uint64_t value)
{
	struct rac_state *state = rac_state();

	if (!c->tracked) {
		if (result == CUDA_SUCCESS)
			rac_tracker_unrecorded(state->tracker);
		return;
	}
	if (result != CUDA_SUCCESS) {
		rac_budget_cancel(state, &c->reservation);
		if (!c->refused)
			rac_refusal_by_driver(state, c->hook, c->reservation.device,
				c->reservation.bytes, result);
		return;
	}
	struct rac_entry entry = {
		.space = space,
		.value = value,
		.bytes = c->reservation.bytes,
		.context = c->context,
		.device = (uint8_t)c->reservation.device,
		.kind = (uint8_t)kind,
	};

	/* The site first: holding may raise the peak, of which this is a part. */
	entry.site = rac_site_taken(state, c->hook, entry.kind, entry.device, entry.bytes);
	rac_tracker_note_allocation(state->tracker, rac_thread_lane(state, entry.device),
		entry.device, kind, entry.bytes);
	rac_event_taken(state, &entry, c->reservation.charged_after);
	rac_thread.last_taken = ~value;
	if (c->counted)
		entry.extra = rac_ledger_refs(&state->ledger, 1);
	insert(state, &entry);
	/* After the insertion: the addition in it makes the fence cheap. */
	rac_tracker_hold(state->tracker, &c->reservation, kind);
	rac_fence_after_rmw();
	take_out_if_swept(state, &entry, c->context_handle);
}

void rac_host_record(enum rac_hook hook, const void *address, uint64_t bytes)
{
	struct rac_state *state = rac_state();
	uint16_t context = rac_context_number(state, rac_context_current());
	uint64_t handle = rac_context_handle(state, context);
	struct rac_entry entry = {
		.space = RAC_SPACE_HOST,
		.value = (uintptr_t)address,
		.bytes = bytes,
		.context = context,
		.kind = RAC_KIND_PINNED,
	};

	rac_state_note_use(state);
	entry.site = rac_site_taken(state, rac_label_or(hook), RAC_KIND_PINNED, 0, bytes);
	rac_event_taken(state, &entry, rac_tracker_host_add(state->tracker, bytes));
	insert(state, &entry);
	atomic_thread_fence(memory_order_seq_cst);
	take_out_if_swept(state, &entry, handle);
}

void rac_pinned_record(enum rac_space space, enum rac_hook label, uint64_t address, uint64_t bytes)
{
	struct rac_state *state = rac_state();
	struct rac_entry entry = {
		.space = space,
		.value = address,
		.bytes = bytes,
		.kind = RAC_KIND_PINNED,
	};

	rac_state_note_use(state);
	entry.site = rac_site_taken(state, label, RAC_KIND_PINNED, 0, bytes);
	rac_event_taken(state, &entry, rac_tracker_host_add(state->tracker, bytes));
	insert(state, &entry);
}

void rac_return_bytes(struct rac_state *state, const struct rac_entry *entry)
{
	if (entry->kind != RAC_KIND_BORROWED) {
		rac_site_given(state, entry);
		rac_event_given(state, entry);
	}
	if (entry->kind == RAC_KIND_POOL && rac_pool_is_number(entry->context)) {
		rac_pool_freed(state, entry);
		return;
	}
	switch (entry->kind) {
	case RAC_KIND_BORROWED:
		break;
	case RAC_KIND_PINNED:
		rac_tracker_host_remove(state->tracker, entry->bytes);
		break;
	default:
		rac_tracker_note_free(state->tracker, rac_thread_lane(state, entry->device),
			entry->device, (enum rac_kind)entry->kind);
		rac_budget_let_go(state, entry->device, (enum rac_kind)entry->kind, entry->bytes);
	}
}

void rac_return_end(const struct rac_ledger_taken *taken)
{
	struct rac_state *state = rac_state();

	rac_return_bytes(state, &taken->entry);
	rac_ledger_drop(&state->ledger, taken);
}

void rac_return_take(struct rac_return *r, enum rac_space space, uint64_t value)
{
	r->silent = value == 0;
	r->known = !r->silent &&
		rac_ledger_take(&rac_state()->ledger, space, value, &r->taken) == RAC_OK;
}

void rac_return_settle(struct rac_return *r, CUresult result)
{
	struct rac_state *state = rac_state();

	if (!r->known) {
		if (!r->silent)
			rac_tracker_unknown_free(state->tracker);
		return;
	}
	/* After the driver's end, or the context's, the memory is gone although the call fails. */
	if (result != CUDA_SUCCESS && result != CUDA_ERROR_DEINITIALIZED &&
		result != CUDA_ERROR_CONTEXT_IS_DESTROYED) {
		rac_ledger_restore(&state->ledger, &r->taken);
		return;
	}
	rac_return_end(&r->taken);
}
