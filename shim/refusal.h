/*
 * refusal.h - what is said and done when a request does not fit the cap.
 */
#ifndef RAC_REFUSAL_H
#define RAC_REFUSAL_H

#include "hooks.h"
#include "state.h"

/*
 * Counts the refusal and says in one line what was asked, what is in use, the cap and where it comes from; the first times
 * in full, later ever more rarely. Returns true when the request is to pass all the same
 * (RAC_ON_LIMIT=warn), never returns with RAC_ON_LIMIT=abort, else returns false.
 */
bool rac_refusal_report(
	struct rac_state *state, enum rac_hook hook, uint32_t device, uint64_t bytes);

#endif
