/*
 * context.c - see context.h.
 *
 * The table is a fixed array of handles. A slot goes free -> handle -> ENDING -> free, or back to
 * handle where the driver refused to end the context. A handle may stand in two slots for a while,
 * when a context of the same address is made before the old one is swept away; whoever ends that
 * handle ends all slots that hold it.
 */
#include "context.h"

#include "account.h"
#include "driver.h"
#include "thread.h"

#define WINDOW 64          /* slots from the home slot on in which a handle may lie */
#define GONE   UINT64_C(2) /* swept, and no handle */
#define FREE   UINT64_C(0)

/* Handles are addresses with a free lowest bit. */
static uint64_t ending(CUcontext context)
{
	return (uint64_t)(uintptr_t)context | 1;
}

static unsigned home_of(CUcontext context)
{
	return (unsigned)(((uint64_t)(uintptr_t)context * UINT64_C(0x9e3779b97f4a7c15)) >> 40) %
		RAC_STATE_CONTEXTS;
}

/* Slot 0 stands for RAC_CONTEXT_UNKNOWN and is never given out. */
static unsigned slot_at(CUcontext context, unsigned step)
{
	return 1 + (home_of(context) + step) % (RAC_STATE_CONTEXTS - 1);
}

static unsigned slot_of(struct rac_state *state, CUcontext context)
{
	uint64_t handle = (uint64_t)(uintptr_t)context;

	for (unsigned step = 0; step < WINDOW; step++) {
		unsigned slot = slot_at(context, step);

		/* Relaxed: a slot is a number, nothing lies behind it. */
		if (rac_load_relaxed(&state->contexts[slot]) == handle)
			return slot;
	}
	for (unsigned step = 0; step < WINDOW; step++) {
		unsigned slot = slot_at(context, step);
		uint64_t seen = FREE;

		if (rac_cas_strong_acquire(&state->contexts[slot], &seen, handle))
			return slot;
		if (seen == handle)
			return slot;
	}
	return RAC_CONTEXT_UNKNOWN;
}

static __attribute__((noinline)) uint16_t find_number(struct rac_state *state, CUcontext context)
{
	unsigned slot = context != NULL ? slot_of(state, context) : RAC_CONTEXT_UNKNOWN;
	CUcontext of = (CUcontext)(uintptr_t)rac_load_relaxed(&state->context_aliases[slot]);

	return (uint16_t)(of != NULL ? slot_of(state, of) : slot);
}

uint16_t rac_context_number(struct rac_state *state, CUcontext context)
{
	uint16_t last = rac_thread.context;

	/* Mostly it is the one that this thread asked for last, whose slot may be free by now, which looks as
	 * no context does. Relaxed: as in slot_of. */
	if (__builtin_expect(context != NULL &&
			    rac_load_relaxed(&state->contexts[last]) ==
				    (uint64_t)(uintptr_t)context &&
			    rac_load_relaxed(&state->context_aliases[last]) == 0,
		    1))
		return last;
	rac_thread.context = find_number(state, context);
	return rac_thread.context;
}

void rac_context_note_alias(struct rac_state *state, CUcontext alias, CUcontext of)
{
	unsigned slot = slot_of(state, alias);

	if (slot != RAC_CONTEXT_UNKNOWN && alias != of)
		rac_store_relaxed(&state->context_aliases[slot], (uint64_t)(uintptr_t)of);
}

void rac_context_forget_alias(struct rac_state *state, CUcontext alias)
{
	unsigned slot = slot_of(state, alias);

	if (slot == RAC_CONTEXT_UNKNOWN)
		return;
	rac_store_relaxed(&state->context_aliases[slot], 0);
	/* Release: who gets the slot next sees no alias. */
	rac_store_release(&state->contexts[slot], FREE);
}

uint64_t rac_context_handle(const struct rac_state *state, uint16_t number)
{
	if (number >= RAC_STATE_CONTEXTS)
		return FREE;
	/* That it may be about to end decides nothing yet. Seq_cst: see insert in account.c. */
	return rac_load_seq_cst(&state->contexts[number]) & ~UINT64_C(1);
}

CUcontext rac_context_current(void)
{
	CUcontext context = NULL;

	return rac_driver()->cuCtxGetCurrent(&context) == CUDA_SUCCESS ? context : NULL;
}

void rac_context_end_begin(struct rac_state *state, CUcontext context)
{
	uint64_t handle = (uint64_t)(uintptr_t)context;

	for (unsigned step = 0; context != NULL && step < WINDOW; step++) {
		unsigned slot = slot_at(context, step);
		uint64_t seen = handle;

		if (!rac_cas_strong_acq_rel(&state->contexts[slot], &seen, ending(context)))
			continue;
		rac_ledger_doom(&state->ledger, (uint16_t)slot);
	}
}

static void release(void *context, const struct rac_entry *entry)
{
	rac_return_bytes(context, entry);
}

void rac_context_end_finish(struct rac_state *state, CUcontext context, bool ended)
{
	for (unsigned step = 0; context != NULL && step < WINDOW; step++) {
		unsigned slot = slot_at(context, step);

		if (rac_load_relaxed(&state->contexts[slot]) != ending(context))
			continue;
		if (ended) {
			rac_store_relaxed(&state->contexts[slot], GONE);
			/* Pairs with insert in account.c: what it recorded while the end was not
			 * certain is seen by this second walk, or it sees the mark. */
			atomic_thread_fence(memory_order_seq_cst);
			rac_ledger_doom(&state->ledger, (uint16_t)slot);
			rac_ledger_drop_doomed(&state->ledger, (uint16_t)slot, release, state);
		} else {
			rac_ledger_restore_doomed(&state->ledger, (uint16_t)slot);
		}
		/* Last: until here nobody else gets the number. */
		rac_store_release(
			&state->contexts[slot], ended ? FREE : (uint64_t)(uintptr_t)context);
	}
}

/* True when no hold is left after this release, as far as we saw them being taken. */
static bool drop_hold(struct rac_primary_release *r, struct rac_state *state)
{
	rac_atomic_u64 *holds = &state->primary_holds[r->device];
	uint64_t seen = rac_load_relaxed(holds);

	while (seen > 0 && !rac_cas_weak_relaxed(holds, &seen, seen - 1))
		;
	r->counted = seen > 0;
	return seen == 1;
}

void rac_primary_release_begin(
	struct rac_primary_release *r, struct rac_state *state, enum rac_hook hook, CUdevice device)
{
	*r = (struct rac_primary_release){
		.device = device, .context = rac_context_primary(state, device)};
	r->last = r->context != NULL && drop_hold(r, state);
	if (!r->last)
		return;
	rac_untracked_begin(&r->look, hook, RAC_EVENT_ENDS, device);
	rac_context_end_begin(state, r->context);
}

bool rac_primary_is_active(CUdevice device)
{
	unsigned int flags;
	int active = 1;

	return rac_driver()->cuDevicePrimaryCtxGetState(device, &flags, &active) != CUDA_SUCCESS ||
		active != 0;
}

void rac_primary_release_finish(
	struct rac_primary_release *r, struct rac_state *state, CUresult result)
{
	bool ended = result == CUDA_ERROR_DEINITIALIZED ||
		result == CUDA_ERROR_CONTEXT_IS_DESTROYED ||
		(result == CUDA_SUCCESS && !rac_primary_is_active(r->device));

	if (r->context != NULL && ended && !r->last)
		rac_context_end_begin(state, r->context);
	if (r->last || ended)
		rac_context_end_finish(state, r->context, ended);
	if (r->last)
		rac_untracked_end(&r->look, result);
	else if (ended)
		rac_untracked_context_ended(state);
	if (r->counted && result != CUDA_SUCCESS)
		rac_fetch_add_relaxed(&state->primary_holds[r->device], 1);
}

void rac_context_note_primary(struct rac_state *state, CUdevice device, CUcontext context)
{
	if (device >= 0 && device < RAC_MAX_DEVICES)
		rac_store_relaxed(&state->primaries[device], (uint64_t)(uintptr_t)context);
}

CUcontext rac_context_primary(const struct rac_state *state, CUdevice device)
{
	if (device < 0 || device >= RAC_MAX_DEVICES)
		return NULL;
	return (CUcontext)(uintptr_t)rac_load_relaxed(&state->primaries[device]);
}
