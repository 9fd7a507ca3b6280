/*
 * wrap_import.c - wrappers of the functions that open memory of another API or of an imported pool:
 * its owner is charged, so here it is only recorded, that its return be known. Memory of another
 * process is in wrap_ipc.c.
 */
#include "account.h"
#include "context.h"
#include "driver.h"
#include "thread.h"

static void record_in(uint16_t context, enum rac_hook hook, enum rac_space space, uint64_t value)
{
	struct rac_state *state = rac_state();
	struct rac_entry entry = {
		.space = space,
		.value = value,
		.site = rac_label_or(hook),
		.context = context,
		.kind = RAC_KIND_BORROWED,
	};

	rac_state_note_use(state);
	if (rac_ledger_insert(&state->ledger, &entry) != RAC_OK)
		rac_tracker_unrecorded(state->tracker);
}

static void record(enum rac_hook hook, enum rac_space space, uint64_t value)
{
	record_in(rac_context_number(rac_state(), rac_context_current()), hook, space, value);
}

RAC_EXPORT CUresult cuImportExternalMemory(
	CUexternalMemory *extMem_out, const CUDA_EXTERNAL_MEMORY_HANDLE_DESC *memHandleDesc)
{
	const struct rac_driver *driver = rac_driver();

	if (extMem_out == NULL || !rac_enter())
		return driver->cuImportExternalMemory(extMem_out, memHandleDesc);
	CUresult result = driver->cuImportExternalMemory(extMem_out, memHandleDesc);

	if (result == CUDA_SUCCESS)
		record(RAC_HOOK_cuImportExternalMemory, RAC_SPACE_EXTERNAL, (uintptr_t)*extMem_out);
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuDestroyExternalMemory(CUexternalMemory extMem)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_return given;

	if (!rac_enter())
		return driver->cuDestroyExternalMemory(extMem);
	rac_return_take(&given, RAC_SPACE_EXTERNAL, (uintptr_t)extMem);
	CUresult result = driver->cuDestroyExternalMemory(extMem);

	rac_return_settle(&given, result);
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuExternalMemoryGetMappedBuffer(CUdeviceptr *devPtr, CUexternalMemory extMem,
	const CUDA_EXTERNAL_MEMORY_BUFFER_DESC *bufferDesc)
{
	const struct rac_driver *driver = rac_driver();

	if (devPtr == NULL || !rac_enter())
		return driver->cuExternalMemoryGetMappedBuffer(devPtr, extMem, bufferDesc);
	CUresult result = driver->cuExternalMemoryGetMappedBuffer(devPtr, extMem, bufferDesc);

	if (result == CUDA_SUCCESS)
		record(RAC_HOOK_cuExternalMemoryGetMappedBuffer, RAC_SPACE_DEVICE, *devPtr);
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuExternalMemoryGetMappedMipmappedArray(CUmipmappedArray *mipmap,
	CUexternalMemory extMem, const CUDA_EXTERNAL_MEMORY_MIPMAPPED_ARRAY_DESC *mipmapDesc)
{
	const struct rac_driver *driver = rac_driver();

	if (mipmap == NULL || !rac_enter())
		return driver->cuExternalMemoryGetMappedMipmappedArray(mipmap, extMem, mipmapDesc);
	CUresult result =
		driver->cuExternalMemoryGetMappedMipmappedArray(mipmap, extMem, mipmapDesc);

	if (result == CUDA_SUCCESS)
		record(RAC_HOOK_cuExternalMemoryGetMappedMipmappedArray, RAC_SPACE_MIPMAP,
			(uintptr_t)*mipmap);
	rac_leave();
	return result;
}

/* Memory of pools belongs to no context. */
RAC_EXPORT CUresult cuMemPoolImportPointer(
	CUdeviceptr *ptr_out, CUmemoryPool pool, CUmemPoolPtrExportData *shareData)
{
	const struct rac_driver *driver = rac_driver();

	if (ptr_out == NULL || !rac_enter())
		return driver->cuMemPoolImportPointer(ptr_out, pool, shareData);
	CUresult result = driver->cuMemPoolImportPointer(ptr_out, pool, shareData);

	if (result == CUDA_SUCCESS)
		record_in(RAC_CONTEXT_UNKNOWN, RAC_HOOK_cuMemPoolImportPointer, RAC_SPACE_DEVICE,
			*ptr_out);
	rac_leave();
	return result;
}
