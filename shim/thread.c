/*
 * thread.c - counts the threads that are in driver hooks, where measurements need that; see thread.h.
 */
#include "thread.h"

#include "untracked_parts.h"

bool rac_enter_slowly(void)
{
	if (!rac_state_start())
		return false;
	struct rac_untracked *u = &rac_state()->untracked;

	if (rac_untracked_is_covered(rac_state())) {
		/* Seq_cst, as the loads in look_at_ledger: who finds nobody inside, and nobody who came
		 * since, has seen all that calls before did, and nothing of calls after. */
		rac_fetch_add_seq_cst(&u->inside, 1);
		rac_fetch_add_seq_cst(&u->entered, 1);
		rac_thread.counted = true;
	}
	return true;
}

void rac_leave_counted(void)
{
	rac_thread.counted = false;
	rac_fetch_sub_seq_cst(&rac_state()->untracked.inside, 1);
}
