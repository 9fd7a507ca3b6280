/*
 * untracked.h - what the driver charges to this process on a device beyond what the ledger holds:
 * contexts, code, stacks, rounding, memory of other interfaces. It is measured or not known, never
 * estimated. With RAC_SCOPE=process it counts against the cap.
 *
 * Sources, the better one first:
 *
 *	nvml	what NVML says this process uses, less what the ledger charges
 *	context	by how much the device's free memory fell while contexts were made, less what the
 *		ledger charged meanwhile; where NVML does not know this process by its pid
 *
 * Both need NVML: the driver tells a device's free memory only to a thread that has a context on it, so
 * what the first context took is not to be seen there. With RAC_SCOPE=process NVML is loaded if the
 * program has not done so; where there is none, what comes after the first context is measured by
 * the driver's figures, so that the cap covers at least that. Otherwise none is brought in by us.
 *
 * Measured is when a context is made or ends, when its limits are set and, where a program asks for its
 * free memory, once for each 64 MiB by which the charged bytes have changed; with RAC_SCOPE=process also
 * when code is loaded or unloaded, after each 64 MiB granted, whenever the program asks for its free memory
 * and before a request is refused. Else
 * nothing is measured while memory is allocated, and never at the end, when the driver may be gone.
 * Between these the figure is that of the last time.
 *
 * Any thread may call anything here, inside rac_enter. Nothing here waits, and errno is kept.
 */
#ifndef RAC_UNTRACKED_H
#define RAC_UNTRACKED_H

#include "atomics.h"
#include "cuda_abi.h"
#include "hooks.h"
#include "nvml_protos.h"
#include "rac_track.h"

struct rac_state;

struct rac_untracked {
	rac_atomic_u64 contexts[RAC_MAX_DEVICES]; /* bytes that contexts, limits and code took */
	rac_atomic_u64 asked_at[RAC_MAX_DEVICES]; /* charged bytes when last asked */
	rac_atomic_u64 granted[RAC_MAX_DEVICES];  /* bytes since the last measurement */
	rac_atomic_u64 measuring;   /* one bit each: a thread is between begin and end */
	rac_atomic_u64 incomplete;  /* one bit each: `contexts` is not all of them */
	rac_atomic_u64 inside;      /* threads in driver hooks, where they are counted */
	rac_atomic_u64 entered;     /* how often one came in */
	rac_atomic_u32 pid_is_ours; /* the pid that NVML lists is this process */
	rac_atomic_u32 gap_said;    /* that the cap does not cover the first contexts */
};

/* What a driver call does to a device. */
enum rac_event {
	RAC_EVENT_CHANGES, /* what a context holds */
	RAC_EVENT_MAKES,   /* a context */
	RAC_EVENT_ENDS,    /* one, or may do so */
};

struct rac_untracked_look {
	enum rac_hook hook;
	enum rac_event event;
	uint32_t device;
	bool wanted, owner;
	bool pid_was_absent;
	bool has_used;
	nvmlDevice_t gpu; /* whom `used` is from; NULL: the driver */
	uint64_t used, charged, beyond;
	uint64_t grown; /* what the call took, as far as the cap covers it */
};

/* Whether a look would see anything: for who has to find out the device first. */
bool rac_untracked_is_wanted(const struct rac_state *state);

/*
 * Around a driver call. A device below 0 is one that is not known. With RAC_SCOPE=process, end returns
 * false where what the call took passes the cap: then the caller undoes it, calls
 * rac_untracked_refused, and returns CUDA_ERROR_OUT_OF_MEMORY.
 */
void rac_untracked_begin(
	struct rac_untracked_look *look, enum rac_hook hook, enum rac_event event, CUdevice device);
bool rac_untracked_end(struct rac_untracked_look *look, CUresult result);
void rac_untracked_refused(struct rac_untracked_look *look);

/* Around a call that makes the primary context unless it is there already. */
void rac_untracked_begin_primary(
	struct rac_untracked_look *look, enum rac_hook hook, CUdevice device);

/* A context ended without a look around it, somewhere. */
void rac_untracked_context_ended(struct rac_state *state);

/* Measures anew if enough has changed since the last time. */
void rac_untracked_refresh(struct rac_state *state, CUdevice device);

/* With RAC_SCOPE=process: measures anew, now, and when enough was granted. Otherwise nothing. */
void rac_untracked_measure(struct rac_state *state, uint32_t device);
void rac_untracked_granted(struct rac_state *state, uint32_t device, uint64_t bytes);

/* Whether the pid by which NVML lists a process is this one's, as it is outside of containers. */
bool rac_untracked_knows_pid(struct rac_state *state);

#endif
