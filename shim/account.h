/*
 * account.h - the life of an allocation as wrappers see it: reserve, call the driver, commit or
 * cancel; take, call the driver, drop or put back. Here core's numbers meet CUDA's calls.
 *
 * A wrapper that allocates:
 *
 *	struct rac_charge charge;
 *
 *	result = rac_charge_reserve(&charge, RAC_HOOK_x, bytes);
 *	if (result == CUDA_SUCCESS) {
 *		result = driver->x(...);
 *		rac_charge_settle(&charge, result, RAC_KIND_y, RAC_SPACE_z, the address);
 *	}
 *
 * A wrapper that frees:
 *
 *	struct rac_return given;
 *
 *	rac_return_take(&given, RAC_SPACE_z, the address);
 *	result = driver->x(...);
 *	rac_return_settle(&given, result);
 *
 * Between take and settle the bytes stay charged: released earlier, they would let a neighbour in
 * before the driver has them back; erased later, the entry could be one that the driver has given
 * out anew meanwhile.
 *
 * All may be called by any thread inside rac_enter; none takes a lock, allocates (but for the
 * ledger's growth) or makes a system call, except to word a refusal.
 */
#ifndef RAC_ACCOUNT_H
#define RAC_ACCOUNT_H

#include "hooks.h"
#include "ledger.h"
#include "rac_track.h"
#include "state.h"

struct rac_charge {
	enum rac_hook hook;
	bool tracked; /* false: no context, or the sum is absurd; the driver will say so */
	uint16_t context;
	uint64_t context_handle; /* what the number stood for at the reservation */
	bool counted;            /* handles and mappings keep it alive: see ledger.h */
	bool refused;            /* by the limit, after the driver's call */
	struct rac_reservation reservation;
};

struct rac_return {
	bool known;
	bool silent; /* NULL: every runtime frees it, nobody means anything by it */
	struct rac_ledger_taken taken;
};

/*
 * Reserves on the device of the current context. Otherwise what the call is to return, the driver unasked: out of
 * memory where the limit refuses, and it was said why; or see rac_charge_unplaced.
 */
CUresult rac_charge_reserve(struct rac_charge *c, enum rac_hook hook, uint64_t bytes);

/* The same for a device that the call names, for memory that belongs to no context. */
CUresult rac_charge_reserve_on(
	struct rac_charge *c, enum rac_hook hook, CUdevice device, uint64_t bytes);

/*
 * What becomes of a call of which the driver does not tell the device, but `why`: CUDA_SUCCESS, it is made, uncounted,
 * where the driver will refuse it by itself or there is no cap; else it ends with `why`, for past a cap nothing is let.
 */
CUresult rac_charge_unplaced(CUresult why);

/* Corrects what was reserved to what the driver took. False: it passes the limit; the caller undoes
 * the driver's call and then settles with CUDA_ERROR_OUT_OF_MEMORY. */
bool rac_charge_adjust(struct rac_charge *c, uint64_t bytes);

/* Records the allocation if the driver succeeded, else gives the reservation back. */
void rac_charge_settle(struct rac_charge *c, CUresult result, enum rac_kind kind,
	enum rac_space space, uint64_t value);

/* Host memory is not limited, so there is nothing to reserve. The first form is for memory that goes
 * with the current context. */
void rac_host_record(enum rac_hook hook, const void *address, uint64_t bytes);
void rac_pinned_record(enum rac_space space, enum rac_hook label, uint64_t address, uint64_t bytes);

void rac_return_take(struct rac_return *r, enum rac_space space, uint64_t value);
void rac_return_settle(struct rac_return *r, CUresult result);

/* Gives back the bytes of an entry that was taken and is gone for the driver, and drops it. */
void rac_return_end(const struct rac_ledger_taken *taken);

/* The bytes alone, for an entry that the ledger has dropped already. */
void rac_return_bytes(struct rac_state *state, const struct rac_entry *entry);

/*
 * What a runtime hook does on behalf of a driver call that it may never see: a charge or a return
 * held ready. A driver hook beneath withdraws it before its own accounting; without one the runtime
 * hook settles it.
 */
struct rac_offer {
	enum { RAC_OFFER_NOTHING, RAC_OFFER_CHARGE, RAC_OFFER_RETURN } what;
	struct rac_charge charge;
	struct rac_return given;
};

void rac_offer_init(struct rac_offer *o);
bool rac_offer_charge(struct rac_offer *o, enum rac_hook hook, CUdevice device, uint64_t bytes);
void rac_offer_return(struct rac_offer *o, enum rac_space space, uint64_t value);
void rac_offer_withdraw(struct rac_offer *o);
void rac_offer_settle(struct rac_offer *o, CUresult result, enum rac_kind kind, uint64_t value);

#endif
