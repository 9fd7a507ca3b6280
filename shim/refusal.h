/*
 * refusal.h - what is said and done when a request does not fit the cap, and what is said when the
 * driver itself is out of memory.
 */
#ifndef RAC_REFUSAL_H
#define RAC_REFUSAL_H

#include "hooks.h"
#include "state.h"

/*
 * Counts the refusal and says in one line what was asked and by whom, what is in use, the cap and where
 * it comes from, who holds most, and what lies outside of the count; the first times each, later ever
 * more rarely. Returns true when the request is to pass all the same (RAC_ON_LIMIT=warn), never returns
 * with RAC_ON_LIMIT=abort, else returns false.
 */
bool rac_refusal_report(
	struct rac_state *state, enum rac_hook hook, uint32_t device, uint64_t bytes);

/* Counts a request that the driver failed. Where it is out of memory, says the same of it, and what
 * neighbours on the device hold, where NVML is there to tell. */
void rac_refusal_by_driver(struct rac_state *state, enum rac_hook hook, uint32_t device,
	uint64_t bytes, CUresult result);

/* At the end, where no report on stderr says it: how many there were, if not all were shown. */
void rac_refusal_say_total(const struct rac_state *state);

#endif
