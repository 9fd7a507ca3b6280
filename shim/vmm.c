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
		.site = rac_label_or(hook),
		.kind = kind,
		.extra = rac_ledger_refs(&state->ledger, 1),
	};

	if (kind == RAC_KIND_PINNED)
		rac_tracker_host_add(state->tracker, bytes);
	if (rac_ledger_insert(&state->ledger, &entry) != RAC_OK)
		rac_tracker_unrecorded(state->tracker);
}

void rac_vmm_begin(
	struct rac_vmm_change *c, CUmemGenericAllocationHandle handle, int handles, int maps)
{
	c->handle = handle;
	c->handles = handles;
	c->maps = maps;
	c->object = RAC_VMM_UNKNOWN;
	switch (rac_ledger_refs_change(
		&rac_state()->ledger, RAC_SPACE_VMM, handle, handles, maps, &c->taken)) {
	case RAC_OK:
		c->object = RAC_VMM_LIVES;
		break;
	case RAC_FULL:
		c->object = RAC_VMM_ENDS;
		break;
	default:
		break;
	}
}

static void undo(struct rac_vmm_change *c)
{
	struct rac_ledger *ledger = &rac_state()->ledger;
	struct rac_ledger_taken taken;

	if (c->object == RAC_VMM_ENDS)
		rac_ledger_refs_revive(ledger, &c->taken, -c->handles, -c->maps);
	if (c->object != RAC_VMM_LIVES)
		return;
	/* A mapping that failed may have been the last thing that kept the object. */
	if (rac_ledger_refs_change(
		    ledger, RAC_SPACE_VMM, c->handle, -c->handles, -c->maps, &taken) == RAC_FULL)
		rac_return_end(&taken);
}

void rac_vmm_finish(struct rac_vmm_change *c, CUresult result)
{
	bool done = result == CUDA_SUCCESS || result == CUDA_ERROR_DEINITIALIZED;

	if (!done)
		undo(c);
	else if (c->object == RAC_VMM_ENDS)
		rac_return_end(&c->taken);
	else if (c->object == RAC_VMM_UNKNOWN && c->handles < 0)
		rac_tracker_unknown_free(rac_state()->tracker);
}

bool rac_vmm_retain(CUmemGenericAllocationHandle handle)
{
	struct rac_ledger_taken unused;

	return rac_ledger_refs_change(
		       &rac_state()->ledger, RAC_SPACE_VMM, handle, +1, 0, &unused) == RAC_OK;
}

void rac_vmm_note_mapping(const struct rac_vmm_change *c, CUdeviceptr address, uint64_t bytes)
{
	struct rac_state *state = rac_state();
	struct rac_entry entry = {
		.space = RAC_SPACE_MAP,
		.value = address,
		.bytes = bytes,
		.kind = RAC_KIND_BORROWED,
		.extra = c->handle,
	};

	if (c->object != RAC_VMM_LIVES)
		return;
	entry.site = rac_ledger_refs_identity(&c->taken.entry);
	if (rac_ledger_insert(&state->ledger, &entry) != RAC_OK)
		rac_tracker_unrecorded(state->tracker);
}

/* An unmapping covers whole mappings without a gap (header), so a walk ends at the first one. */
static bool next_mapping(uint64_t at, uint64_t end, struct rac_entry *out)
{
	return at < end && rac_ledger_find(&rac_state()->ledger, RAC_SPACE_MAP, at, out) == RAC_OK;
}

void rac_vmm_unmap_begin(CUdeviceptr address, uint64_t bytes)
{
	struct rac_entry mapping;
	struct rac_ledger_taken unused;

	for (uint64_t at = address; next_mapping(at, address + bytes, &mapping);
		at += mapping.bytes)
		rac_ledger_refs_change(
			&rac_state()->ledger, RAC_SPACE_VMM, mapping.extra, 0, -1, &unused);
}

static void end_mapping(const struct rac_entry *mapping)
{
	struct rac_ledger *ledger = &rac_state()->ledger;
	struct rac_ledger_taken taken;

	if (rac_ledger_take(ledger, RAC_SPACE_MAP, mapping->value, &taken) == RAC_OK)
		rac_ledger_drop(ledger, &taken);
	/* Taken at the begin by the mapping that was the object's last reference. */
	if (rac_ledger_refs_taken(ledger, RAC_SPACE_VMM, mapping->extra, mapping->site, &taken) ==
		RAC_OK)
		rac_return_end(&taken);
}

static void keep_mapping(const struct rac_entry *mapping)
{
	struct rac_ledger *ledger = &rac_state()->ledger;
	struct rac_ledger_taken taken;

	if (rac_ledger_refs_taken(ledger, RAC_SPACE_VMM, mapping->extra, mapping->site, &taken) ==
		RAC_OK)
		rac_ledger_refs_revive(ledger, &taken, 0, +1);
	else
		rac_ledger_refs_change(ledger, RAC_SPACE_VMM, mapping->extra, 0, +1, &taken);
}

void rac_vmm_unmap_finish(CUdeviceptr address, uint64_t bytes, bool done)
{
	struct rac_entry mapping;

	for (uint64_t at = address; next_mapping(at, address + bytes, &mapping);
		at += mapping.bytes)
		if (done)
			end_mapping(&mapping);
		else
			keep_mapping(&mapping);
}
