/*
 * vmm.h - the ledger's side of the virtual memory API: objects with handles and mappings.
 *
 * What gives a reference back is begun before the driver's call and finished after it. From the begin
 * on an object without references is found no more, since the driver may give its handle out again
 * before the call returns; its bytes stay charged until the last such call is finished.
 */
#ifndef RAC_VMM_H
#define RAC_VMM_H

#include "cuda_abi.h"
#include "hooks.h"
#include "ledger.h"

struct rac_vmm_call {
	bool known;
	struct rac_ledger_taken object;
};

/* Records an object that no limit holds for, with one handle. */
void rac_vmm_record(
	enum rac_hook hook, CUmemGenericAllocationHandle handle, uint64_t bytes, uint8_t kind);

/* One handle more, after the driver gave it. False: no such object is known. */
bool rac_vmm_retain(CUmemGenericAllocationHandle handle);

/* Around a release of a handle. */
void rac_vmm_release_begin(struct rac_vmm_call *c, CUmemGenericAllocationHandle handle);
void rac_vmm_release_finish(struct rac_vmm_call *c, CUresult result);

/* Around a mapping: it counts from the begin on, so that a release beside it does not end the
 * object. */
void rac_vmm_map_begin(struct rac_vmm_call *c, CUmemGenericAllocationHandle handle);
void rac_vmm_map_finish(
	struct rac_vmm_call *c, CUresult result, CUdeviceptr address, uint64_t bytes);

/* Around an unmapping, which may cover many mappings at once. */
void rac_vmm_unmap_begin(CUdeviceptr address, uint64_t bytes);
void rac_vmm_unmap_finish(CUdeviceptr address, uint64_t bytes, CUresult result);

#endif
