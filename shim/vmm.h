/*
 * vmm.h - the ledger's side of the virtual memory API: objects with handles and mappings.
 *
 * A change of an object's references is begun before the driver's call and finished after it. The
 * change that drops the last reference hides the object at once, since the driver may give its
 * handle out again before the call returns; the bytes stay charged until then.
 */
#ifndef RAC_VMM_H
#define RAC_VMM_H

#include "cuda_abi.h"
#include "hooks.h"
#include "ledger.h"

struct rac_vmm_change {
	enum { RAC_VMM_UNKNOWN, RAC_VMM_LIVES, RAC_VMM_ENDS } object;
	CUmemGenericAllocationHandle handle;
	int handles, maps;
	struct rac_ledger_taken taken;
};

/* Records an object that no limit holds for, with one handle. */
void rac_vmm_record(
	enum rac_hook hook, CUmemGenericAllocationHandle handle, uint64_t bytes, uint8_t kind);

void rac_vmm_begin(
	struct rac_vmm_change *c, CUmemGenericAllocationHandle handle, int handles, int maps);
void rac_vmm_finish(struct rac_vmm_change *c, CUresult result);

/* One handle more, after the driver gave it. False: no such object is known. */
bool rac_vmm_retain(CUmemGenericAllocationHandle handle);

/* Remembers where the object of a finished change is mapped. */
void rac_vmm_note_mapping(const struct rac_vmm_change *c, CUdeviceptr address, uint64_t bytes);

/* Around an unmapping, which may cover many mappings at once. */
void rac_vmm_unmap_begin(CUdeviceptr address, uint64_t bytes);
void rac_vmm_unmap_finish(CUdeviceptr address, uint64_t bytes, bool done);

#endif
