/*
 * thread.h - what the shim keeps per thread: how deep it is in driver hooks, and under which runtime
 * function.
 *
 * initial-exec: the general model may allocate on first access, inside whatever lock our caller
 * holds. A preloaded library always gets its share of the static block.
 */
#ifndef RAC_THREAD_H
#define RAC_THREAD_H

#include "account.h"
#include "hooks.h"
#include "scope.h"
#include "state.h"

/* What site the requests of a caller are, and what must not have changed for it to be so: the state, the code
 * of the process, the scope of the thread and what is asked for. */
struct rac_site_memo {
	const struct rac_state *state;
	const void *caller;
	uint64_t epoch, scope;
	uint32_t what, id;
};

#define RAC_SITE_MEMO_BITS 2

struct rac_thread {
	/* Driver hooks that this thread is in. The driver calling itself is counted once. */
	unsigned depth;
	/* The runtime function that this thread is in, or RAC_HOOK_NONE. */
	enum rac_hook label;
	/* Where in the program that runtime function was called, and where this driver hook was. */
	const void *label_caller, *caller;
	/* What this thread took last, inverted, so that a search for addresses does not find it: given back next, it was
	 * temporary. */
	uint64_t last_taken;
	/* What a runtime hook reserved for a driver call that it may not see; see account.h. */
	struct rac_offer *offer;
	/* A runtime hook refused and is having its runtime say so: driver hooks beneath just refuse. */
	bool refused;
	/* Counts driver hooks entered: a runtime hook sees whether one ran beneath it. */
	unsigned long driver_calls;
	/* It is among those that are counted. */
	bool counted;
	/* Where it counts its calls on a device, in the state of which it is; see rac_thread_lane. */
	uint32_t lane_device;
	const struct rac_state *lane_state;
	struct rac_lane *lane;
	/* The number of the context that was current last; of use only if that still has it. */
	uint16_t context;
	/* The sites that it took memory at, found by caller. */
	struct rac_site_memo sites[1 << RAC_SITE_MEMO_BITS];
	/* What the program says that this thread is doing. */
	struct rac_named_scope scope;
};

extern __thread struct rac_thread rac_thread __attribute__((tls_model("initial-exec")));

/*
 * Where RAC_SCOPE=process asks for measurements, threads are counted that are in driver hooks: what such
 * a call does to the driver and to the ledger is not one instant, so nothing is measured beside it.
 */
bool rac_enter_slowly(void);
void rac_leave_counted(void);

/*
 * Enters a driver hook. False: pass the call straight through, uncounted, and do not call
 * rac_leave; either a hook is under way in this thread, or the shim is inert. Only in exported
 * functions: it takes their return address for the program's.
 */
static inline __attribute__((always_inline)) bool rac_enter(void)
{
	if (rac_thread.depth != 0)
		return false;
	if (__builtin_expect(!rac_state_is_plain(), 0) && !rac_enter_slowly())
		return false;
	rac_thread.depth = 1;
	rac_thread.caller = __builtin_return_address(0);
	rac_thread.driver_calls++;
	if (__builtin_expect(rac_thread.offer != NULL, 0)) {
		rac_offer_withdraw(rac_thread.offer);
		rac_thread.offer = NULL;
	}
	return true;
}

static inline void rac_leave(void)
{
	rac_thread.depth = 0;
	if (__builtin_expect(rac_thread.counted, 0))
		rac_leave_counted();
}

/* For a thread that counts for the first time since its process has this state, or on another device. */
struct rac_lane *rac_thread_find_lane(struct rac_state *state, uint32_t device);

/* Where this thread counts its calls on a device; NULL: where all threads do. */
static inline struct rac_lane *rac_thread_lane(struct rac_state *state, uint32_t device)
{
	if (__builtin_expect(rac_thread.lane_state == state && rac_thread.lane_device == device, 1))
		return rac_thread.lane;
	return rac_thread_find_lane(state, device);
}

/* Where in the program the call under way comes from. */
static inline const void *rac_thread_caller(void)
{
	return rac_thread.label != RAC_HOOK_NONE ? rac_thread.label_caller : rac_thread.caller;
}

/* The name under which an allocation in `hook` is reported: the runtime function around it, if any. */
static inline enum rac_hook rac_label_or(enum rac_hook hook)
{
	return rac_thread.label != RAC_HOOK_NONE ? rac_thread.label : hook;
}

#endif
