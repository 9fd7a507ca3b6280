/*
 * vmm.c - see vmm.h.
 *
 * A mapping is an entry of its own, by its address: its bytes are the length of the mapping, `extra`
 * is the handle, `site` the identity of the object, which tells it from a later object of the same
 * handle. Two mappings never overlap and an unmapping covers whole ones (the driver sees to that), so
 * a range is walked from one mapping to the next.
 */
#include "vmm.h"

#include "account.h"
#include "events.h"
#include "site.h"
#include "state.h"
#include "thread.h"

void rac_vmm_record(
	enum rac_hook hook, CUmemGenericAllocationHandle handle, uint64_t bytes, uint8_t kind)
{
	struct rac_state *state = rac_state();
	struct rac_entry entry = {
		.space = RAC_SPACE_VMM,
		.value = handle,
		.bytes = bytes,
		.kind = kind,
		.extra = rac_ledger_refs(&state->ledger, 1),
	};

	if (kind == RAC_KIND_PINNED) {
		entry.site = rac_site_taken(state, rac_label_or(hook), kind, 0, bytes);
		rac_event_taken(state, &entry, rac_tracker_host_add(state->tracker, bytes));
	}
	if (rac_ledger_insert(&state->ledger, &entry) != RAC_OK)
		rac_tracker_unrecorded(state->tracker);
}

bool rac_vmm_retain(CUmemGenericAllocationHandle handle)
{
	struct rac_ledger_taken unused;

	return rac_ledger_refs_add(&rac_state()->ledger, RAC_SPACE_VMM, handle, 1, 0, &unused) ==
		RAC_OK;
}

/* After the driver's end the objects are gone although calls fail. */
static bool is_done(CUresult result)
{
	return result == CUDA_SUCCESS || result == CUDA_ERROR_DEINITIALIZED ||
		result == CUDA_ERROR_CONTEXT_IS_DESTROYED;
}

static void leave_finish(
	const struct rac_ledger_taken *object, bool done, unsigned handles, unsigned maps)
{
	struct rac_ledger *ledger = &rac_state()->ledger;

	if (!done)
		rac_ledger_refs_back(ledger, object, handles, maps);
	else if (rac_ledger_refs_left(ledger, object))
		rac_return_end(object);
}

void rac_vmm_release_begin(struct rac_vmm_call *c, CUmemGenericAllocationHandle handle)
{
	c->known = rac_ledger_refs_leave(
			   &rac_state()->ledger, RAC_SPACE_VMM, handle, 1, 0, &c->object) == RAC_OK;
}

void rac_vmm_release_finish(struct rac_vmm_call *c, CUresult result)
{
	if (c->known)
		leave_finish(&c->object, is_done(result), 1, 0);
	else
		rac_tracker_unknown_free(rac_state()->tracker);
}

void rac_vmm_map_begin(struct rac_vmm_call *c, CUmemGenericAllocationHandle handle)
{
	c->known = rac_ledger_refs_add(
			   &rac_state()->ledger, RAC_SPACE_VMM, handle, 0, 1, &c->object) == RAC_OK;
}

static void note_mapping(const struct rac_entry *object, CUdeviceptr address, uint64_t bytes)
{
	struct rac_state *state = rac_state();
	struct rac_entry entry = {
		.space = RAC_SPACE_MAP,
		.value = address,
		.bytes = bytes,
		.site = rac_ledger_refs_identity(object),
		.kind = RAC_KIND_BORROWED,
		.extra = object->value,
	};

	if (rac_ledger_insert(&state->ledger, &entry) != RAC_OK)
		rac_tracker_unrecorded(state->tracker);
}

void rac_vmm_map_finish(
	struct rac_vmm_call *c, CUresult result, CUdeviceptr address, uint64_t bytes)
{
	if (!c->known)
		return;
	if (result == CUDA_SUCCESS) {
		note_mapping(&c->object.entry, address, bytes);
		return;
	}
	/* The mapping that was not made may be the last thing that keeps the object. */
	if (rac_ledger_refs_leave(&rac_state()->ledger, RAC_SPACE_VMM, c->object.entry.value, 0, 1,
		    &c->object) == RAC_OK)
		leave_finish(&c->object, true, 0, 1);
}

/* An unmapping covers whole mappings without a gap (header), so a walk ends at the first one. */
static bool next_mapping(uint64_t at, uint64_t end, struct rac_entry *out)
{
	return at < end &&
		rac_ledger_find(&rac_state()->ledger, RAC_SPACE_MAP, at, out) == RAC_OK &&
		out->bytes > 0;
}

void rac_vmm_unmap_begin(CUdeviceptr address, uint64_t bytes)
{
	struct rac_entry mapping;
	struct rac_ledger_taken unused;

	for (uint64_t at = address; next_mapping(at, address + bytes, &mapping);
		at += mapping.bytes)
		rac_ledger_refs_leave(
			&rac_state()->ledger, RAC_SPACE_VMM, mapping.extra, 0, 1, &unused);
}

void rac_vmm_unmap_finish(CUdeviceptr address, uint64_t bytes, CUresult result)
{
	struct rac_ledger *ledger = &rac_state()->ledger;
	struct rac_entry mapping;
	struct rac_ledger_taken taken;

	for (uint64_t at = address; next_mapping(at, address + bytes, &mapping);
		at += mapping.bytes) {
		if (is_done(result) &&
			rac_ledger_take(ledger, RAC_SPACE_MAP, mapping.value, &taken) == RAC_OK)
			rac_ledger_drop(ledger, &taken);
		if (rac_ledger_refs_locate(
			    ledger, RAC_SPACE_VMM, mapping.extra, mapping.site, &taken) == RAC_OK)
			leave_finish(&taken, is_done(result), 0, 1);
	}
}
