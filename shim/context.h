/*
 * context.h - numbers for the driver's contexts, so that a ledger entry can say in two bytes which
 * context its memory lives and dies with.
 */
#ifndef RAC_CONTEXT_H
#define RAC_CONTEXT_H

#include "cuda_abi.h"
#include "state.h"

#define RAC_CONTEXT_UNKNOWN 0 /* also where more contexts live than the table holds */

/* The number of a context; given out at its first use. Lock-free. */
uint16_t rac_context_number(struct rac_state *state, CUcontext context);

/* What a number stands for now: changes when its context has ended. */
uint64_t rac_context_handle(const struct rac_state *state, uint16_t number);

/* The context that is current in this thread; NULL where there is none. */
CUcontext rac_context_current(void);

/*
 * Around a driver call that ends a context. begin hides the context's entries, so that an address
 * which the driver gives out again meets no old entry; what is allocated under the same handle from
 * then on counts as another context. finish drops the entries and releases their bytes, or puts
 * them back where the context did not end.
 */
void rac_context_end_begin(struct rac_state *state, CUcontext context);
void rac_context_end_finish(struct rac_state *state, CUcontext context, bool ended);

/* From now on `alias` is another handle of the context `of`: a green context's, which stands for the
 * primary one. forget is for the time when the driver may give the handle out anew. */
void rac_context_note_alias(struct rac_state *state, CUcontext alias, CUcontext of);
void rac_context_forget_alias(struct rac_state *state, CUcontext alias);

/*
 * Around a driver call that gives a hold on a device's primary context back. Only the last one ends
 * the context, and its entries must not vanish for a moment at any other. Holds that were taken
 * where no hook sees them make a release the last one unexpectedly; then the entries are swept
 * after the call.
 */
struct rac_primary_release {
	CUdevice device;
	CUcontext context;
	bool counted, last;
	struct rac_untracked_look look;
};

void rac_primary_release_begin(struct rac_primary_release *r, struct rac_state *state,
	enum rac_hook hook, CUdevice device);
void rac_primary_release_finish(
	struct rac_primary_release *r, struct rac_state *state, CUresult result);

/* True for a result that says that the context is gone: done, or there is no driver or context left. */
static inline bool rac_context_is_gone(CUresult result)
{
	return result == CUDA_SUCCESS || result == CUDA_ERROR_DEINITIALIZED ||
		result == CUDA_ERROR_CONTEXT_IS_DESTROYED;
}

/* Whether a device's primary context is active; true where the driver does not say. */
bool rac_primary_is_active(CUdevice device);

/* Remembers which context is a device's primary one; NULL where none is known. */
void rac_context_note_primary(struct rac_state *state, CUdevice device, CUcontext context);
CUcontext rac_context_primary(const struct rac_state *state, CUdevice device);

#endif
