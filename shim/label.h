/*
 * label.h - what the wrappers of the runtime's functions do around the real call: a label for the driver
 * hooks beneath, and a second net for a runtime whose driver calls we cannot see.
 *
 * A label makes the report say cudaMalloc where the program said so. It reserves nothing while the
 * runtime's driver calls are visible. A runtime of which none has been seen yet is not trusted:
 * the label reserves (or takes the entry) first and makes an offer of it, which a driver hook
 * beneath withdraws before it does its own accounting. So one allocation is counted once, whichever way it
 * goes.
 */
#ifndef RAC_LABEL_H
#define RAC_LABEL_H

#include "account.h"
#include "runtime.h"

/* Which runtime a call is meant for, and where in the program it comes from. */
struct rac_origin {
	struct rac_runtime *runtime;
	const void *caller;
};

struct rac_label {
	struct rac_runtime *runtime;
	enum rac_hook before;
	unsigned long driver_calls;
	bool guarded; /* an offer may be due */
	bool refused;
	struct rac_offer offer;
};

void rac_label_enter(struct rac_label *l, enum rac_hook hook, struct rac_origin origin);
void rac_label_leave(struct rac_label *l);

/* Between the two. l->refused afterwards: the limit does, and the real call is to fail. */
void rac_label_offer_allocation(struct rac_label *l, enum rac_hook hook, uint64_t bytes);
void rac_label_offer_free(struct rac_label *l, enum rac_space space, const void *address);

/* After the real call: what was offered and not seen beneath is settled here. */
void rac_label_settle(
	struct rac_label *l, cudaError_t result, enum rac_kind kind, const void *address);
void rac_label_settle_host(struct rac_label *l, enum rac_hook hook, cudaError_t result,
	void *const *host, uint64_t bytes);

/* What a runtime passes on to the driver when it is to fail: no device has as much. A refusal of ours
 * goes this way too, so that the runtime itself says cudaErrorMemoryAllocation, and
 * cudaGetLastError after it. */
#define RAC_HOPELESS ((size_t)1 << 62)

#define RAC_UNPACK(...) __VA_ARGS__

#define RAC_LOOKED_UP(number, symbol, parameters, arguments)                                 \
	static cudaError_t symbol##_##number parameters                                      \
	{                                                                                    \
		return do_##symbol(RAC_UNPACK arguments,                                     \
			(struct rac_origin){                                                 \
				rac_runtime_numbered(number), __builtin_return_address(0)}); \
	}

/*
 * Defines the wrapper of a runtime function whose work is in the do_SYMBOL that follows: exported, for
 * callers that are linked with a runtime, and once for each runtime that functions are looked up in.
 */
#define RAC_RUNTIME_WRAPPER(symbol, parameters, arguments)                               \
	static cudaError_t do_##symbol(RAC_UNPACK parameters, struct rac_origin origin); \
	RAC_EXPORT cudaError_t symbol parameters                                         \
	{                                                                                \
		const void *caller = __builtin_return_address(0);                        \
                                                                                         \
		return do_##symbol(RAC_UNPACK arguments,                                 \
			(struct rac_origin){rac_runtime_of(caller), caller});            \
	}                                                                                \
	RAC_LOOKED_UP(0, symbol, parameters, arguments)                                  \
	RAC_LOOKED_UP(1, symbol, parameters, arguments)                                  \
	RAC_LOOKED_UP(2, symbol, parameters, arguments)                                  \
	RAC_LOOKED_UP(3, symbol, parameters, arguments)                                  \
	void *rac_looked_up_##symbol(unsigned runtime)                                   \
	{                                                                                \
		_Static_assert(RAC_RUNTIMES_LOOKED_UP == 4, "one wrapper for each");     \
		switch (runtime) {                                                       \
		case 0:                                                                  \
			return (__extension__(void *) & symbol##_0);                     \
		case 1:                                                                  \
			return (__extension__(void *) & symbol##_1);                     \
		case 2:                                                                  \
			return (__extension__(void *) & symbol##_2);                     \
		default:                                                                 \
			return (__extension__(void *) & symbol##_3);                     \
		}                                                                        \
	}                                                                                \
	static cudaError_t do_##symbol(RAC_UNPACK parameters, struct rac_origin origin)

/* The wrapper of a function for the runtime with that number. */
#define RUNTIME_HOOK(symbol, effect) void *rac_looked_up_##symbol(unsigned runtime);
#include "hooks.def"

/* The same by the hook; NULL for what is no runtime function. */
void *rac_label_wrapper(enum rac_hook hook, unsigned runtime);

#endif
