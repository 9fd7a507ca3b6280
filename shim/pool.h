/*
 * pool.h - stream-ordered memory pools: which there are, where they lie, and what each is charged.
 */
#ifndef RAC_POOL_H
#define RAC_POOL_H

#include "cuda_abi.h"
#include "elastic.h"
#include "ledger.h"

#define RAC_POOLS 256

/* Ledger entries name their pool in the place of a context; contexts have smaller numbers. */
#define RAC_POOL_NUMBER(slot) ((uint16_t)(0x8000u | (slot)))

static inline bool rac_pool_is_number(uint16_t number)
{
	return number >= 0x8000u;
}

struct rac_pool {
	rac_atomic_u64 handle; /* see pool.c */
	rac_atomic_u64 place;  /* device + 1, or RAC_POOL_ON_HOST; 0: not known yet */
	rac_atomic_u32 destroyed;
	rac_atomic_u64 kept; /* what it reserved when it was destroyed */
	rac_atomic_u32 pins; /* threads that rely on the slot, or the pool, staying what it is */
	struct rac_elastic account;
};

#define RAC_POOL_ON_HOST UINT64_C(0x10000)

struct rac_state;

/* The pool behind a handle, entered at its first use as lying on `device`, or on the host if that
 * is negative. NULL: the table is full. */
struct rac_pool *rac_pool_find(struct rac_state *state, CUmemoryPool handle, CUdevice device);

/* The pool behind a handle, or NULL if it was never used. */
struct rac_pool *rac_pool_known(struct rac_state *state, CUmemoryPool handle);

/* The device whose default pool this is; `otherwise` if it is none's. */
CUdevice rac_pool_home(CUmemoryPool handle, CUdevice otherwise);

/* False for NULL, and for a pool that another thread is just entering. */
bool rac_pool_has_place(const struct rac_pool *pool);

bool rac_pool_is_on_host(const struct rac_pool *pool);
uint32_t rac_pool_device(const struct rac_pool *pool);
uint16_t rac_pool_number(const struct rac_state *state, const struct rac_pool *pool);

/* Before the driver's call. RAC_OOM: the cap refuses, and it was said. RAC_OVERFLOW: see elastic.h. */
enum rac_status rac_pool_use(
	struct rac_state *state, struct rac_pool *pool, enum rac_hook hook, uint64_t bytes);

/* What a pool is charged now. */
static inline uint64_t rac_pool_charge(const struct rac_pool *pool)
{
	return rac_load_acquire(&pool->account.used) + rac_load_acquire(&pool->account.room);
}

/* After a call that failed. */
void rac_pool_unuse(struct rac_state *state, struct rac_pool *pool, uint64_t bytes);

/* After an allocation of the pool was freed. */
void rac_pool_freed(struct rac_state *state, const struct rac_entry *entry);

/* Reads anew what one pool, or each pool of a device (negative: of all), reserves. */
void rac_pool_refresh(struct rac_state *state, struct rac_pool *pool);
void rac_pools_refresh(struct rac_state *state, CUdevice device);

/* Makes pools of a device give back what they hold beyond what is used. For a request that does not
 * fit otherwise; the driver does likewise when a device is full. */
void rac_pools_reclaim(struct rac_state *state, uint32_t device);

/* Refreshes all if any pool holds more than is used: else there is nothing that could have shrunk. */
void rac_pools_refresh_after_wait(struct rac_state *state);

/*
 * Around the destruction of a pool: its handle means another pool from then on. begin returns when no
 * other thread asks the driver about this pool any more; that is the time of a few questions at most. NULL:
 * the pool is not known.
 */
struct rac_pool *rac_pool_destroy_begin(struct rac_state *state, CUmemoryPool handle);
void rac_pool_destroy_finish(struct rac_state *state, struct rac_pool *pool, bool destroyed);

#endif
