/*
 * stdatomic.h - what code under the model check gets in the place of the compiler's <stdatomic.h>: the
 * same names, each a step of the simulated machine (../model.h). The simulation is not here.
 */
#ifndef RAC_MODEL_STDATOMIC_H
#define RAC_MODEL_STDATOMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
	memory_order_relaxed = __ATOMIC_RELAXED,
	memory_order_acquire = __ATOMIC_ACQUIRE,
	memory_order_release = __ATOMIC_RELEASE,
	memory_order_acq_rel = __ATOMIC_ACQ_REL,
	memory_order_seq_cst = __ATOMIC_SEQ_CST,
} memory_order;

typedef _Atomic _Bool atomic_bool;
typedef _Atomic int atomic_int;
typedef _Atomic unsigned long long atomic_ullong;

enum model_change { MODEL_ADD, MODEL_SUB, MODEL_OR, MODEL_AND, MODEL_SET };

uint64_t model_load(const volatile void *at, size_t size, memory_order order, const char *where);
void model_store(
	volatile void *at, size_t size, uint64_t value, memory_order order, const char *where);
uint64_t model_modify(volatile void *at, size_t size, enum model_change change, uint64_t operand,
	memory_order order, const char *where);
bool model_exchange_if(volatile void *at, size_t size, void *expected, uint64_t value,
	memory_order success, memory_order failure, bool weak, const char *where);
void model_fence(memory_order order, const char *where);

#define MODEL_TEXT_(line) #line
#define MODEL_TEXT(line)  MODEL_TEXT_(line)
#define MODEL_WHERE       __FILE__ ":" MODEL_TEXT(__LINE__)

/* The value of an atomic object, without _Atomic; and anything that goes into one, as 64 bits. */
#define MODEL_TYPE(p) __typeof__((void)0, *(p))
#define MODEL_BITS(v) ((uint64_t)(uintptr_t)(v))

#define atomic_load_explicit(p, order) \
	((MODEL_TYPE(p))(uintptr_t)model_load((p), sizeof(*(p)), (order), MODEL_WHERE))
#define atomic_store_explicit(p, v, order) \
	model_store((p), sizeof(*(p)), MODEL_BITS(v), (order), MODEL_WHERE)
/* A statement expression, so that its value may go unused. */
#define MODEL_MODIFY(p, change, v, order)                                                  \
	__extension__({                                                                    \
		MODEL_TYPE(p)                                                              \
		model_old_ = (MODEL_TYPE(p))(uintptr_t)model_modify(                       \
			(p), sizeof(*(p)), (change), MODEL_BITS(v), (order), MODEL_WHERE); \
		model_old_;                                                                \
	})
#define atomic_fetch_add_explicit(p, v, order) MODEL_MODIFY(p, MODEL_ADD, v, order)
#define atomic_fetch_sub_explicit(p, v, order) MODEL_MODIFY(p, MODEL_SUB, v, order)
#define atomic_fetch_or_explicit(p, v, order)  MODEL_MODIFY(p, MODEL_OR, v, order)
#define atomic_fetch_and_explicit(p, v, order) MODEL_MODIFY(p, MODEL_AND, v, order)
#define atomic_exchange_explicit(p, v, order)  MODEL_MODIFY(p, MODEL_SET, v, order)
#define MODEL_EXCHANGE_IF(p, e, v, success, failure, weak) \
	model_exchange_if(                                 \
		(p), sizeof(*(p)), (e), MODEL_BITS(v), (success), (failure), (weak), MODEL_WHERE)
#define atomic_compare_exchange_strong_explicit(p, e, v, success, failure) \
	MODEL_EXCHANGE_IF(p, e, v, success, failure, false)
#define atomic_compare_exchange_weak_explicit(p, e, v, success, failure) \
	MODEL_EXCHANGE_IF(p, e, v, success, failure, true)
#define atomic_thread_fence(order) model_fence((order), MODEL_WHERE)

/* Stands where a read-modify-write has just been made, on a machine that orders all by it. */
void model_signal_fence(memory_order order, const char *where);
#define atomic_signal_fence(order) model_signal_fence((order), MODEL_WHERE)

#define atomic_load(p)         atomic_load_explicit((p), memory_order_seq_cst)
#define atomic_store(p, v)     atomic_store_explicit((p), (v), memory_order_seq_cst)
#define atomic_fetch_add(p, v) atomic_fetch_add_explicit((p), (v), memory_order_seq_cst)
#define atomic_fetch_sub(p, v) atomic_fetch_sub_explicit((p), (v), memory_order_seq_cst)

#endif
