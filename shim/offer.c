/*
 * offer.c - what a runtime hook holds ready for a driver call that it may not see; see account.h.
 */
#include "account.h"

#include "budget.h"
#include "state.h"
#include <string.h>

void rac_offer_init(struct rac_offer *o)
{
	o->what = RAC_OFFER_NOTHING;
}

bool rac_offer_charge(struct rac_offer *o, enum rac_hook hook, CUdevice device, uint64_t bytes)
{
	if (rac_charge_reserve_on(&o->charge, hook, device, bytes) != CUDA_SUCCESS)
		return false;
	o->what = RAC_OFFER_CHARGE;
	return true;
}

void rac_offer_return(struct rac_offer *o, enum rac_space space, uint64_t value)
{
	rac_return_take(&o->given, space, value);
	o->what = RAC_OFFER_RETURN;
}

void rac_offer_withdraw(struct rac_offer *o)
{
	struct rac_state *state = rac_state();

	if (o->what == RAC_OFFER_CHARGE && o->charge.tracked)
		rac_budget_cancel(state, &o->charge.reservation);
	if (o->what == RAC_OFFER_RETURN && o->given.known)
		rac_ledger_restore(&state->ledger, &o->given.taken);
	o->what = RAC_OFFER_NOTHING;
}

void rac_offer_settle(struct rac_offer *o, CUresult result, enum rac_kind kind, uint64_t value)
{
	if (o->what == RAC_OFFER_CHARGE)
		rac_charge_settle(&o->charge, result, kind, RAC_SPACE_DEVICE, value);
	if (o->what == RAC_OFFER_RETURN)
		rac_return_settle(&o->given, result);
	o->what = RAC_OFFER_NOTHING;
}
