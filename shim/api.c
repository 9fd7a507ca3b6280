/*
 * api.c - what a program may call of its own accord; rac.h is the manual. None of it starts the count: before the
 * first use of CUDA there is nothing to count, and a program that never uses it pays nothing.
 */
#include "checkpoints.h"
#include "ledger.h"
#include "process_info.h"
#include "record_memory.h"
#include "site.h"
#include "thread.h"
#include <errno.h>
#include <sys/mman.h>

#define API RAC_EXPORT

/* Checkpoints before the first use of CUDA. */
static rac_atomic_u64 before_cuda;

static struct rac_state *state_in_use(void)
{
	struct rac_state *state = rac_state_if_started();

	return state != NULL && !state->is_quiet ? state : NULL;
}

/* The table, made by the thread that comes first; who comes second at the same moment hands his back. */
static struct rac_checkpoints *table_of(struct rac_state *state)
{
	/* Acquire and release: who finds the table finds it zeroed. */
	struct rac_checkpoints *table =
		atomic_load_explicit(&state->checkpoints, memory_order_acquire);
	const struct rac_memory memory = rac_record_memory(state);
	uint32_t slot = 0;

	if (table != NULL)
		return table;
	struct rac_checkpoints *fresh =
		memory.map(memory.context, RAC_SEGMENT_CHECKPOINTS, 0, sizeof(*fresh), &slot);

	if (fresh == NULL ||
		atomic_compare_exchange_strong_explicit(&state->checkpoints, &table, fresh,
			memory_order_acq_rel, memory_order_acquire))
		return fresh;
	memory.unmap(memory.context, fresh, sizeof(*fresh), slot);
	return table;
}

static uint64_t live_everywhere(const struct rac_state *state)
{
	struct rac_device_snapshot s;
	uint64_t sum = 0;

	for (uint32_t device = 0; device < RAC_MAX_DEVICES; device++)
		if (rac_tracker_snapshot(state->tracker, device, &s) == RAC_OK)
			sum += s.live_bytes;
	return sum;
}

void rac_checkpoint(const char *name);
API void rac_checkpoint(const char *name)
{
	struct rac_state *state = state_in_use();
	int saved = errno;

	if (state == NULL) {
		rac_fetch_add_relaxed(&before_cuda, 1);
		return;
	}
	struct rac_checkpoints *table = table_of(state);
	const struct rac_report_checkpoint checkpoint = {
		.name = name != NULL ? name : "",
		.at_ns = rac_monotonic_ns() - state->record.header->process.started_mono_ns,
		.live_bytes = live_everywhere(state),
	};

	if (table != NULL)
		rac_checkpoint_make(
			table, &state->sites, rac_load_relaxed(&before_cuda), &checkpoint);
	errno = saved;
}

void rac_scope_push(const char *name);
API void rac_scope_push(const char *name)
{
	rac_scope_enter(&rac_thread.scope, name != NULL ? name : "");
}

void rac_scope_pop(void);
API void rac_scope_pop(void)
{
	rac_scope_leave(&rac_thread.scope);
}

/* The entry goes to a site of its own kind, so that what is ignored is counted by itself. */
static bool ignore_in(struct rac_state *state, enum rac_space space, uint64_t address)
{
	struct rac_ledger_taken taken;

	if (rac_ledger_take(&state->ledger, space, address, &taken) != RAC_OK)
		return false;
	struct rac_entry entry = taken.entry;

	entry.site = rac_site_ignored(state, &taken.entry);
	if (entry.site == 0 || rac_ledger_insert(&state->ledger, &entry) != RAC_OK) {
		rac_ledger_restore(&state->ledger, &taken);
		return true;
	}
	rac_site_move(state, &taken.entry, &entry);
	rac_ledger_drop(&state->ledger, &taken);
	return true;
}

int rac_ignore(uint64_t address);
API int rac_ignore(uint64_t address)
{
	struct rac_state *state = state_in_use();
	int saved = errno;
	bool known = state != NULL && address != 0 &&
		(ignore_in(state, RAC_SPACE_DEVICE, address) ||
			ignore_in(state, RAC_SPACE_HOST, address));

	errno = saved;
	return known;
}

/* False: the device is not known, or not used yet. */
static bool snapshot(int device, struct rac_device_snapshot *out)
{
	const struct rac_state *state = state_in_use();

	return state != NULL && device >= 0 && device < RAC_MAX_DEVICES &&
		rac_tracker_snapshot(state->tracker, (uint32_t)device, out) == RAC_OK;
}

uint64_t rac_live_bytes(int device);
API uint64_t rac_live_bytes(int device)
{
	struct rac_device_snapshot s;

	return snapshot(device, &s) ? s.live_bytes : 0;
}

uint64_t rac_peak_bytes(int device);
API uint64_t rac_peak_bytes(int device)
{
	struct rac_device_snapshot s;

	return snapshot(device, &s) ? s.peak_bytes : 0;
}

void rac_reset_peak(int device);
API void rac_reset_peak(int device)
{
	struct rac_state *state = state_in_use();
	struct rac_device_snapshot s;

	if (!snapshot(device, &s))
		return;
	rac_max_relaxed(&state->record.devices[device].peak_before, s.peak_bytes);
	rac_tracker_mark(state->tracker, (uint32_t)device);
}
