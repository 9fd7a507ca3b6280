/*
 * untracked.h - what the driver charges to this process on a device beyond what the ledger holds:
 * contexts, code, stacks, rounding, memory of other interfaces. It is measured or not known, never
 * estimated.
 *
 * Sources, the better one first; both need an NVML that the program itself loaded and initialised,
 * for none is brought in by us:
 *
 *	nvml	what NVML says this process uses, less what the ledger charges
 *	context	by how much the device's free memory fell while contexts were made, less what the
 *		ledger charged meanwhile; where NVML does not know this process by its pid
 *
 * Without NVML there is no source: the driver tells a device's free memory only to a thread that
 * has a context on it, so what the first context took cannot be seen.
 *
 * Measured is when a context is made, when its limits are set and, where a program asks for its
 * free memory, once for each 64 MiB by which the charged bytes have changed; never while memory is
 * allocated and never at the end, when the driver may be gone. Between these the figure is that of
 * the last time.
 *
 * Any thread may call anything here, inside rac_enter. Nothing here waits, and errno is kept.
 */
#ifndef RAC_UNTRACKED_H
#define RAC_UNTRACKED_H

#include "atomics.h"
#include "cuda_abi.h"
#include "rac_track.h"

struct rac_state;

struct rac_untracked {
	rac_atomic_u64 contexts[RAC_MAX_DEVICES]; /* bytes that contexts took */
	rac_atomic_u64 asked_at[RAC_MAX_DEVICES]; /* charged bytes when last asked */
	rac_atomic_u64 measuring;   /* one bit each: a thread is between begin and end */
	rac_atomic_u64 incomplete;  /* one bit each: `contexts` is not all of them */
	rac_atomic_u32 pid_is_ours; /* the pid that NVML lists is this process */
};

struct rac_untracked_look {
	uint32_t device;
	bool wanted, owner;
	bool makes_context;
	bool pid_was_absent;
	bool has_used;
	uint64_t used, charged;
};

/* Around a driver call that makes a context on the device, or only changes what one holds. */
void rac_untracked_begin(struct rac_untracked_look *look, CUdevice device, bool makes_context);
void rac_untracked_end(struct rac_untracked_look *look, CUresult result);

/* Around a call that makes the primary context unless it is there already. */
void rac_untracked_begin_primary(struct rac_untracked_look *look, CUdevice device);

/* A context ended: what was seen when contexts were made is no longer what they hold. */
void rac_untracked_context_ended(struct rac_state *state);

/* Measures anew if enough has changed since the last time. */
void rac_untracked_refresh(struct rac_state *state, CUdevice device);

/* Whether the pid by which NVML lists a process is this one's, as it is outside of containers. */
bool rac_untracked_knows_pid(struct rac_state *state);

#endif
