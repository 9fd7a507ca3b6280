/*
 * pool.c - see pool.h.
 *
 * The table is searched from a handle's home slot on, through all slots; a slot is taken by a
 * compare-and-swap of its handle. A destroyed pool keeps its slot, unfindable, until its last
 * allocation is freed: the driver keeps its memory as long (header of cuMemPoolDestroy). Since nothing can
 * be asked about it any more, what it reserved at its end, trimmed, stays charged until then: an upper
 * bound.
 *
 * A thread that asks the driver about a pool which is not an argument of its own call pins it first: a
 * destruction marks the pool and waits for the pins to go, a pin that finds the mark lets go again. So
 * the driver is never asked about a pool that is gone. That wait is the only one in the shim, and it is
 * for a few questions, not for a call that could itself wait for the device.
 */
#include "pool.h"

#include "budget.h"
#include "context.h"
#include "device.h"
#include "driver.h"
#include "refusal.h"
#include "state.h"
#include "thread.h"
#include <sched.h>

#define RETIRING UINT64_C(1) /* a handle that no pool has */
#define RETIRED  2           /* of `destroyed`: the slot is being cleared */

static unsigned home_of(CUmemoryPool handle)
{
	return (unsigned)(((uint64_t)(uintptr_t)handle * UINT64_C(0x9e3779b97f4a7c15)) >> 40) %
		RAC_POOLS;
}

/* The handle again after the mark: a slot that is being cleared loses its handle before its mark. */
static bool is_alive(const struct rac_pool *pool, uint64_t handle)
{
	return rac_load_acquire(&pool->handle) == handle &&
		rac_load_acquire(&pool->destroyed) == 0 &&
		rac_load_acquire(&pool->handle) == handle;
}

struct rac_pool *rac_pool_known(struct rac_state *state, CUmemoryPool handle)
{
	unsigned home = home_of(handle);

	for (unsigned step = 0; handle != NULL && step < RAC_POOLS; step++) {
		struct rac_pool *pool = &state->pools[(home + step) % RAC_POOLS];

		if (is_alive(pool, (uint64_t)(uintptr_t)handle))
			return pool;
	}
	return NULL;
}

/* Threads that meet a new pool together compute the same place. */
static struct rac_pool *with_place(struct rac_pool *pool, CUdevice device)
{
	uint64_t place = device >= 0 ? (uint64_t)device + 1 : RAC_POOL_ON_HOST;

	if (rac_load_relaxed(&pool->place) == 0)
		rac_store_relaxed(&pool->place, place);
	return pool;
}

/* The slot of two that hold one handle that counts: one with a place, else the first. */
static struct rac_pool *settle_duplicates(struct rac_state *state, struct rac_pool *mine)
{
	uint64_t handle = rac_load_acquire(&mine->handle);

	for (struct rac_pool *p = state->pools; p < state->pools + RAC_POOLS; p++) {
		if (p == mine || !is_alive(p, handle))
			continue;
		if (rac_load_acquire(&p->place) == 0 && p > mine)
			continue;
		rac_store_release(&mine->handle, 0);
		return p;
	}
	return mine;
}

struct rac_pool *rac_pool_find(struct rac_state *state, CUmemoryPool handle, CUdevice device)
{
	struct rac_pool *known = rac_pool_known(state, handle);
	unsigned home = home_of(handle);

	if (known != NULL)
		return with_place(known, device);
	rac_store_relaxed(&state->pools_used, 1);
	for (unsigned step = 0; handle != NULL && step < RAC_POOLS; step++) {
		struct rac_pool *pool = &state->pools[(home + step) % RAC_POOLS];
		uint64_t seen = 0;

		if (rac_cas_strong_acq_rel(&pool->handle, &seen, (uint64_t)(uintptr_t)handle))
			return with_place(settle_duplicates(state, pool), device);
		if (is_alive(pool, (uint64_t)(uintptr_t)handle))
			return with_place(pool, device);
	}
	return NULL;
}

CUdevice rac_pool_home(CUmemoryPool handle, CUdevice otherwise)
{
	const struct rac_driver *driver = rac_driver();
	CUmemoryPool pool;
	int count = 0;

	if (driver->cuDeviceGetCount(&count) != CUDA_SUCCESS)
		return otherwise;
	for (int device = 0; device < count; device++)
		if (driver->cuDeviceGetDefaultMemPool(&pool, device) == CUDA_SUCCESS &&
			pool == handle)
			return device;
	return otherwise;
}

bool rac_pool_has_place(const struct rac_pool *pool)
{
	return pool != NULL && rac_load_acquire(&pool->place) != 0;
}

bool rac_pool_is_on_host(const struct rac_pool *pool)
{
	return rac_load_relaxed(&pool->place) == RAC_POOL_ON_HOST;
}

uint32_t rac_pool_device(const struct rac_pool *pool)
{
	return (uint32_t)(rac_load_relaxed(&pool->place) - 1);
}

uint16_t rac_pool_number(const struct rac_state *state, const struct rac_pool *pool)
{
	return RAC_POOL_NUMBER(pool - state->pools);
}

/* Keeps the slot from going to another pool. False: it is about to. */
static bool hold(struct rac_pool *pool)
{
	do {
		/* Seq_cst, as the marks of destruction and retirement: one of the two sees the other. */
		rac_fetch_add_seq_cst(&pool->pins, 1);
		if (rac_load_seq_cst(&pool->destroyed) != RETIRED &&
			rac_load_acquire(&pool->handle) > RETIRING)
			return true;
		rac_fetch_sub_seq_cst(&pool->pins, 1);
		/* Taken back because of our pin? Then it is for us to see to it. */
	} while (rac_load_seq_cst(&pool->destroyed) == 1 &&
		rac_load_acquire(&pool->handle) > RETIRING);
	return false;
}

static void let_go(struct rac_pool *pool)
{
	rac_fetch_sub_seq_cst(&pool->pins, 1);
}

/* As hold, and keeps the pool itself from being destroyed. */
static bool pin(struct rac_pool *pool)
{
	if (!hold(pool))
		return false;
	if (rac_load_seq_cst(&pool->destroyed) == 0)
		return true;
	let_go(pool);
	return false;
}

static CUmemoryPool handle_of(const struct rac_pool *pool)
{
	return (CUmemoryPool)(uintptr_t)rac_load_acquire(&pool->handle);
}

static bool read_reserved(void *context, uint64_t *reserved)
{
	struct rac_pool *pool = context;
	cuuint64_t value = 0;

	if (!pin(pool)) {
		*reserved = rac_load_acquire(&pool->account.used) != 0
			? rac_load_relaxed(&pool->kept)
			: 0;
		return true;
	}
	CUresult result = rac_driver()->cuMemPoolGetAttribute(
		handle_of(pool), CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT, &value);

	let_go(pool);
	*reserved = value;
	return rac_context_is_gone(result);
}

static struct rac_elastic_owner owner_on(struct rac_pool *pool, uint32_t device)
{
	return (struct rac_elastic_owner){device, RAC_KIND_POOL, read_reserved, pool};
}

enum rac_status rac_pool_use(
	struct rac_state *state, struct rac_pool *pool, enum rac_hook hook, uint64_t bytes)
{
	struct rac_elastic_owner owner = owner_on(pool, rac_pool_device(pool));

	rac_untracked_granted(state, owner.device, bytes);
	enum rac_status status = rac_elastic_use(state, &pool->account, &owner, bytes, false);

	for (bool again = rac_device_may_allocate(state, owner.device);
		again && status == RAC_OOM;) {
		again = rac_budget_make_room(state, owner.device, bytes);
		status = rac_elastic_use(state, &pool->account, &owner, bytes, false);
	}
	if (status == RAC_OOM && rac_refusal_report(state, rac_label_or(hook), owner.device, bytes))
		status = rac_elastic_use(state, &pool->account, &owner, bytes, true);
	return status;
}

void rac_pool_unuse(struct rac_state *state, struct rac_pool *pool, uint64_t bytes)
{
	rac_elastic_unuse(&pool->account, bytes);
	rac_pool_refresh(state, pool);
}

/* Takes a destroyed pool's slot for clearing. False: somebody holds it, or has it already; who holds it
 * tries when he lets go. */
static bool take_for_clearing(struct rac_pool *pool)
{
	do {
		uint32_t destroyed = 1;

		if (!rac_cas_strong_acq_rel(&pool->destroyed, &destroyed, RETIRED))
			return false;
		atomic_thread_fence(memory_order_seq_cst);
		if (rac_load_seq_cst(&pool->pins) == 0)
			return true;
		rac_store_seq_cst(&pool->destroyed, 1);
		/* He may have let go, and seen our mark, just before we took it back. */
	} while (rac_load_seq_cst(&pool->pins) == 0);
	return false;
}

static bool is_empty(const struct rac_pool *pool)
{
	return rac_load_acquire(&pool->account.used) == 0 &&
		rac_load_acquire(&pool->account.room) == 0 &&
		rac_load_acquire(&pool->account.live) == 0;
}

/* Gives the slot of a destroyed pool without allocations to the next pool. */
static void retire(struct rac_pool *pool)
{
	if (!is_empty(pool) || !take_for_clearing(pool))
		return;
	/* Another pool may have got the slot between the two. */
	if (!is_empty(pool)) {
		rac_store_seq_cst(&pool->destroyed, 1);
		return;
	}
	/* A handle that no pool has, until the slot is clean: nobody finds it, nobody takes it. */
	rac_store_release(&pool->handle, RETIRING);
	rac_store_release(&pool->place, 0);
	rac_store_release(&pool->kept, 0);
	rac_store_release(&pool->destroyed, 0);
	rac_store_release(&pool->handle, 0);
}

void rac_pool_freed(struct rac_state *state, const struct rac_entry *entry)
{
	struct rac_pool *pool = &state->pools[entry->context & (RAC_POOLS - 1)];

	rac_tracker_note_free(state->tracker, rac_thread_lane(state, entry->device), entry->device,
		RAC_KIND_POOL);
	/* Held, since the account looks empty for a moment. It holds this entry, so it is not retired. */
	bool held = hold(pool);

	rac_elastic_unuse(&pool->account, entry->bytes);
	if (held)
		let_go(pool);
	rac_pool_refresh(state, pool);
}

void rac_pool_refresh(struct rac_state *state, struct rac_pool *pool)
{
	if (!hold(pool))
		return;
	uint64_t place = rac_load_acquire(&pool->place);

	if (place != 0 && place != RAC_POOL_ON_HOST) {
		struct rac_elastic_owner owner = owner_on(pool, (uint32_t)(place - 1));

		rac_elastic_refresh(state, &pool->account, &owner);
	}
	let_go(pool);
	if (rac_load_seq_cst(&pool->destroyed) == 1)
		retire(pool);
}

static bool is_on(const struct rac_pool *pool, CUdevice device)
{
	uint64_t place = rac_load_acquire(&pool->place);

	return rac_load_acquire(&pool->handle) != 0 && place != 0 && place != RAC_POOL_ON_HOST &&
		(device < 0 || place == (uint64_t)device + 1);
}

void rac_pools_refresh(struct rac_state *state, CUdevice device)
{
	if (rac_load_relaxed(&state->pools_used) == 0)
		return;
	for (unsigned i = 0; i < RAC_POOLS; i++)
		if (is_on(&state->pools[i], device))
			rac_pool_refresh(state, &state->pools[i]);
}

void rac_pools_reclaim(struct rac_state *state, uint32_t device)
{
	if (rac_load_relaxed(&state->pools_used) == 0)
		return;
	for (unsigned i = 0; i < RAC_POOLS; i++) {
		struct rac_pool *pool = &state->pools[i];

		if (!is_on(pool, (CUdevice)device) || !rac_elastic_caches(&pool->account))
			continue;
		if (pin(pool)) {
			rac_driver()->cuMemPoolTrimTo(handle_of(pool), 0);
			let_go(pool);
		}
		rac_pool_refresh(state, pool);
	}
}

void rac_pools_refresh_after_wait(struct rac_state *state)
{
	if (rac_load_relaxed(&state->pools_used) == 0)
		return;
	for (unsigned i = 0; i < RAC_POOLS; i++)
		if (is_on(&state->pools[i], -1) && rac_elastic_caches(&state->pools[i].account))
			rac_pool_refresh(state, &state->pools[i]);
}

struct rac_pool *rac_pool_destroy_begin(struct rac_state *state, CUmemoryPool handle)
{
	struct rac_pool *pool = rac_pool_known(state, handle);
	cuuint64_t reserved = 0;
	uint32_t alive = 0;

	/* Held until the finish, so that the slot is ours to mark and to unmark. */
	if (pool == NULL || !hold(pool))
		return NULL;
	rac_driver()->cuMemPoolTrimTo(handle, 0);
	if (rac_driver()->cuMemPoolGetAttribute(
		    handle, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT, &reserved) == CUDA_SUCCESS)
		rac_store_relaxed(&pool->kept, reserved);
	if (!atomic_compare_exchange_strong_explicit(
		    &pool->destroyed, &alive, 1, memory_order_seq_cst, memory_order_seq_cst)) {
		/* Two threads destroy one pool: the driver will refuse one of them. */
		let_go(pool);
		return NULL;
	}
	while (rac_load_seq_cst(&pool->pins) != 1)
		sched_yield();
	return pool;
}

void rac_pool_destroy_finish(struct rac_state *state, struct rac_pool *pool, bool destroyed)
{
	if (pool == NULL)
		return;
	if (!destroyed)
		rac_store_seq_cst(&pool->destroyed, 0);
	let_go(pool);
	rac_pool_refresh(state, pool);
}
