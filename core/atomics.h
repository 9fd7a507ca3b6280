/*
 * atomics.h - atomic access with the memory order in the name; which order is right is said where
 * it is used.
 *
 * Every shared word is a 64- or 32-bit unsigned integer, because two processes may read it and
 * because such words are lock-free on every machine we build for.
 */
#ifndef RAC_ATOMICS_H
#define RAC_ATOMICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Two neighbouring lines are fetched together on x86-64, but 64 is what false sharing costs by. */
#define RAC_CACHE_LINE 64

typedef _Atomic uint64_t rac_atomic_u64;
typedef _Atomic uint32_t rac_atomic_u32;

#define rac_load_relaxed(p)         atomic_load_explicit((p), memory_order_relaxed)
#define rac_load_acquire(p)         atomic_load_explicit((p), memory_order_acquire)
#define rac_store_relaxed(p, v)     atomic_store_explicit((p), (v), memory_order_relaxed)
#define rac_store_release(p, v)     atomic_store_explicit((p), (v), memory_order_release)
#define rac_fetch_add_relaxed(p, v) atomic_fetch_add_explicit((p), (v), memory_order_relaxed)
#define rac_fetch_add_release(p, v) atomic_fetch_add_explicit((p), (v), memory_order_release)
#define rac_fetch_sub_relaxed(p, v) atomic_fetch_sub_explicit((p), (v), memory_order_relaxed)
#define rac_fetch_sub_release(p, v) atomic_fetch_sub_explicit((p), (v), memory_order_release)
#define rac_fetch_or_relaxed(p, v)  atomic_fetch_or_explicit((p), (v), memory_order_relaxed)
#define rac_fetch_and_release(p, v) atomic_fetch_and_explicit((p), (v), memory_order_release)
#define rac_exchange_acq_rel(p, v)  atomic_exchange_explicit((p), (v), memory_order_acq_rel)
#define rac_cas_weak_relaxed(p, e, v)          \
	atomic_compare_exchange_weak_explicit( \
		(p), (e), (v), memory_order_relaxed, memory_order_relaxed)
#define rac_cas_weak_acquire(p, e, v)          \
	atomic_compare_exchange_weak_explicit( \
		(p), (e), (v), memory_order_acquire, memory_order_relaxed)
#define rac_cas_strong_acquire(p, e, v)          \
	atomic_compare_exchange_strong_explicit( \
		(p), (e), (v), memory_order_acquire, memory_order_relaxed)
#define rac_cas_strong_acq_rel(p, e, v)          \
	atomic_compare_exchange_strong_explicit( \
		(p), (e), (v), memory_order_acq_rel, memory_order_acquire)

/* One total order over all of them, for words that two threads each write and then read the other's. */
#define rac_load_seq_cst(p)         atomic_load_explicit((p), memory_order_seq_cst)
#define rac_store_seq_cst(p, v)     atomic_store_explicit((p), (v), memory_order_seq_cst)
#define rac_fetch_add_seq_cst(p, v) atomic_fetch_add_explicit((p), (v), memory_order_seq_cst)
#define rac_fetch_sub_seq_cst(p, v) atomic_fetch_sub_explicit((p), (v), memory_order_seq_cst)

/* A full fence where an atomic read-modify-write comes directly before it: on x86 that is one itself. */
static inline void rac_fence_after_rmw(void)
{
#if defined(__x86_64__)
	atomic_signal_fence(memory_order_seq_cst);
#else
	atomic_thread_fence(memory_order_seq_cst);
#endif
}

/* Raises *p to at least value; says whether it was lower. The loop ends at once when *p is already as
 * high, which is the rule: a peak is written seldom and read at each allocation. */
static inline bool rac_max_relaxed(rac_atomic_u64 *p, uint64_t value)
{
	uint64_t seen = rac_load_relaxed(p);

	while (seen < value)
		if (rac_cas_weak_relaxed(p, &seen, value))
			return true;
	return false;
}

#endif
