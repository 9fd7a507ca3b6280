/*
 * wrap_ipc.c - wrappers of the functions that open and close memory of another process: its owner
 * is charged, so here it is only recorded, that its return be known.
 *
 * A handle that is open already gives the same address once more (header of cuIpcOpenMemHandle), and
 * a program may open one thousands of times. The ledger has few places for equal entries, so an
 * address is one entry that counts its opens.
 */
#include "account.h"
#include "context.h"
#include "driver.h"
#include "thread.h"

static void record(enum rac_hook hook, CUdeviceptr address)
{
	struct rac_state *state = rac_state();
	struct rac_ledger_taken unused;
	struct rac_entry entry = {
		.space = RAC_SPACE_IPC,
		.value = address,
		.site = rac_label_or(hook),
		.kind = RAC_KIND_BORROWED,
	};

	rac_state_note_use(state);
	if (rac_ledger_refs_add(&state->ledger, RAC_SPACE_IPC, address, 1, 0, &unused) == RAC_OK)
		return;
	/* The first open, or one more than an entry can count. */
	entry.context = rac_context_number(state, rac_context_current());
	entry.extra = rac_ledger_refs(&state->ledger, 1);
	if (rac_ledger_insert(&state->ledger, &entry) != RAC_OK)
		rac_tracker_unrecorded(state->tracker);
}

static CUresult open_memory(__typeof__(cuIpcOpenMemHandle) *call, enum rac_hook hook,
	CUdeviceptr *address, CUipcMemHandle handle, unsigned int flags)
{
	CUresult result = call(address, handle, flags);

	if (result == CUDA_SUCCESS)
		record(hook, *address);
	return result;
}

RAC_EXPORT CUresult cuIpcOpenMemHandle(
	CUdeviceptr *pdptr, CUipcMemHandle handle, unsigned int Flags)
{
	const struct rac_driver *driver = rac_driver();

	if (pdptr == NULL || !rac_enter())
		return driver->cuIpcOpenMemHandle(pdptr, handle, Flags);
	CUresult result = open_memory(
		driver->cuIpcOpenMemHandle, RAC_HOOK_cuIpcOpenMemHandle, pdptr, handle, Flags);

	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuIpcOpenMemHandle_v2(
	CUdeviceptr *pdptr, CUipcMemHandle handle, unsigned int Flags)
{
	const struct rac_driver *driver = rac_driver();

	if (pdptr == NULL || !rac_enter())
		return driver->cuIpcOpenMemHandle_v2(pdptr, handle, Flags);
	CUresult result = open_memory(driver->cuIpcOpenMemHandle_v2, RAC_HOOK_cuIpcOpenMemHandle_v2,
		pdptr, handle, Flags);

	rac_leave();
	return result;
}

static bool is_gone(CUresult result)
{
	return result == CUDA_SUCCESS || result == CUDA_ERROR_DEINITIALIZED ||
		result == CUDA_ERROR_CONTEXT_IS_DESTROYED;
}

/* The open is taken off before the driver's call: after it another thread may get the address. */
static CUresult close_memory(CUdeviceptr address)
{
	struct rac_state *state = rac_state();
	struct rac_ledger_taken taken;
	enum rac_status status =
		rac_ledger_refs_leave(&state->ledger, RAC_SPACE_IPC, address, 1, 0, &taken);
	CUresult result = rac_driver()->cuIpcCloseMemHandle(address);

	if (status != RAC_OK && address != 0)
		rac_tracker_unknown_free(state->tracker);
	else if (status == RAC_OK && !is_gone(result))
		rac_ledger_refs_back(&state->ledger, &taken, 1, 0);
	else if (status == RAC_OK && rac_ledger_refs_left(&state->ledger, &taken))
		rac_ledger_drop(&state->ledger, &taken);
	return result;
}

RAC_EXPORT CUresult cuIpcCloseMemHandle(CUdeviceptr dptr)
{
	if (!rac_enter())
		return rac_driver()->cuIpcCloseMemHandle(dptr);
	CUresult result = close_memory(dptr);

	rac_leave();
	return result;
}
