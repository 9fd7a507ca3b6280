/*
 * tracker.c - the counters of bytes behind rac_track.h; calls are counted in tracker_calls.c, and which
 * address holds which bytes is the ledger's job.
 *
 * Contract. All functions may run together. The word that decides is a device's `charged`: bytes
 * that are live plus bytes reserved by calls still under way. `beyond` is told from outside, now and
 * then: a reservation goes by what it finds.
 *
 *	reserve		takes effect at its successful compare-and-swap of `charged`; a refusal at the
 *			load that its comparison used
 *	cancel, release, let_go
 *			take effect at their subtraction from `charged`
 *	commit, hold	move no byte of `charged`; the kind's figures follow it
 *
 * Invariant: charged >= sum of the kinds' live bytes, at every instant. Reserve raises `charged`
 * before commit or hold raises `live`; release and let_go lower `live` before they lower `charged`.
 *
 * Orders. Counters publish nothing and are relaxed, with one exception: a release of bytes is a
 * release operation and a reservation acquires, so that the driver call admitted by freed room
 * happens after the driver call that freed it, also where hardware reorders.
 *
 * Peak is raised at commit, from the value that the reservation produced: one shared word gives the
 * exact maximum, where per-thread maxima merged later could not.
 */
#include "tracker_parts.h"

#include "checked.h"
#include <string.h>

const char *rac_kind_name(enum rac_kind kind)
{
	static const char *const names[] = {
#define RAC_KIND(id, name, covers) [RAC_KIND_##id] = (name),
#include "kinds.def"
#undef RAC_KIND
	};
	unsigned index = (unsigned)kind;

	return index < RAC_KIND_COUNT ? names[index] : NULL;
}

size_t rac_tracker_bytes(void)
{
	return sizeof(struct rac_tracker);
}

size_t rac_tracker_alignment(void)
{
	return _Alignof(struct rac_tracker);
}

struct rac_tracker *rac_tracker_init(void *memory, size_t bytes)
{
	if (memory == NULL || bytes < sizeof(struct rac_tracker))
		return NULL;
	if ((uintptr_t)memory % _Alignof(struct rac_tracker) != 0)
		return NULL;
	return memory;
}

enum rac_status rac_tracker_set_limit(struct rac_tracker *t, uint32_t device, uint64_t limit)
{
	if (device >= RAC_MAX_DEVICES)
		return RAC_INVALID;
	rac_store_relaxed(&t->devices[device].limit, limit);
	return RAC_OK;
}

static void copy_text(char *to, size_t capacity, const char *from)
{
	size_t n = from != NULL ? strnlen(from, capacity - 1) : 0;

	if (n > 0)
		memcpy(to, from, n);
	to[n] = '\0';
}

enum rac_status rac_tracker_describe(struct rac_tracker *t, uint32_t device, const char *uuid,
	const char *name, uint64_t total_bytes)
{
	if (device >= RAC_MAX_DEVICES)
		return RAC_INVALID;
	struct device_counters *d = &t->devices[device];

	copy_text(d->uuid, sizeof(d->uuid), uuid);
	copy_text(d->name, sizeof(d->name), name);
	rac_store_relaxed(&d->total, total_bytes);
	/* Pairs with the acquire in rac_tracker_snapshot: who sees the flag sees the strings. */
	rac_store_release(&d->described, 1);
	return RAC_OK;
}

/* Adds bytes to `charged` if the sum stays within what `beyond` leaves of the limit, or in any case when
 * `forced`. */
static enum rac_status charge(
	struct device_counters *d, uint64_t bytes, bool forced, uint64_t *after)
{
	uint64_t seen = rac_load_relaxed(&d->charged);
	uint64_t sum = 0;

	for (;;) {
		uint64_t limit = rac_load_relaxed(&d->limit);
		bool fits64 = bytes <= RAC_REQUEST_MAX && rac_checked_add(seen, bytes, &sum);

		*after = seen;
		if (!fits64 && (forced || limit == RAC_NO_LIMIT))
			return RAC_OVERFLOW;
		if (bytes > 0 && !forced && limit != RAC_NO_LIMIT &&
			(!fits64 || sum > rac_saturating_sub(limit, rac_load_relaxed(&d->beyond))))
			return RAC_OOM;
		/* Acquire: see "Orders" above. */
		if (rac_cas_weak_acquire(&d->charged, &seen, sum))
			break;
	}
	*after = sum;
	return RAC_OK;
}

static void count_refusal(struct device_counters *d, uint64_t bytes)
{
	rac_fetch_add_relaxed(&d->refused, 1);
	rac_fetch_add_relaxed(&d->refused_bytes, bytes);
}

static enum rac_status reserve(struct rac_tracker *t, uint32_t device, uint64_t bytes, bool forced,
	struct rac_reservation *r)
{
	if (device >= RAC_MAX_DEVICES)
		return RAC_INVALID;
	struct device_counters *d = &t->devices[device];
	enum rac_status status = charge(d, bytes, forced, &r->charged_after);

	r->device = device;
	r->bytes = status == RAC_OK ? bytes : 0;
	if (status == RAC_OOM)
		count_refusal(d, bytes);
	return status;
}

enum rac_status rac_tracker_reserve(
	struct rac_tracker *t, uint32_t device, uint64_t bytes, struct rac_reservation *r)
{
	return reserve(t, device, bytes, false, r);
}

enum rac_status rac_tracker_try_reserve(
	struct rac_tracker *t, uint32_t device, uint64_t bytes, struct rac_reservation *r)
{
	if (device >= RAC_MAX_DEVICES)
		return RAC_INVALID;
	enum rac_status status = charge(&t->devices[device], bytes, false, &r->charged_after);

	r->device = device;
	r->bytes = status == RAC_OK ? bytes : 0;
	return status;
}

static void note_overshoot(struct device_counters *d, uint64_t charged)
{
	uint64_t limit = rac_load_relaxed(&d->limit);
	uint64_t held = UINT64_MAX;

	rac_checked_add(charged, rac_load_relaxed(&d->beyond), &held);
	if (limit != RAC_NO_LIMIT)
		rac_max_relaxed(&d->over, rac_saturating_sub(held, limit));
}

enum rac_status rac_tracker_set_beyond(struct rac_tracker *t, uint32_t device, uint64_t bytes)
{
	if (device >= RAC_MAX_DEVICES)
		return RAC_INVALID;
	struct device_counters *d = &t->devices[device];

	rac_store_relaxed(&d->beyond, bytes);
	note_overshoot(d, rac_load_relaxed(&d->charged));
	return RAC_OK;
}

enum rac_status rac_tracker_reserve_past_limit(
	struct rac_tracker *t, uint32_t device, uint64_t bytes, struct rac_reservation *r)
{
	enum rac_status status = reserve(t, device, bytes, true, r);

	if (status == RAC_OK)
		note_overshoot(&t->devices[device], r->charged_after);
	return status;
}

static enum rac_status adjust(
	struct rac_tracker *t, struct rac_reservation *r, uint64_t new_bytes, bool forced)
{
	struct device_counters *d = &t->devices[r->device];
	uint64_t after;

	if (new_bytes <= r->bytes) {
		uint64_t given_back = r->bytes - new_bytes;

		/* The driver never took these bytes, so nothing is ordered before this. */
		rac_fetch_sub_relaxed(&d->charged, given_back);
		r->charged_after -= given_back;
		r->bytes = new_bytes;
		return RAC_OK;
	}
	enum rac_status status = charge(d, new_bytes - r->bytes, forced, &after);

	if (status != RAC_OK)
		return status;
	r->charged_after = after;
	r->bytes = new_bytes;
	return RAC_OK;
}

enum rac_status rac_tracker_adjust(
	struct rac_tracker *t, struct rac_reservation *r, uint64_t new_bytes)
{
	return adjust(t, r, new_bytes, false);
}

enum rac_status rac_tracker_adjust_past_limit(
	struct rac_tracker *t, struct rac_reservation *r, uint64_t new_bytes)
{
	enum rac_status status = adjust(t, r, new_bytes, true);

	if (status == RAC_OK)
		note_overshoot(&t->devices[r->device], r->charged_after);
	return status;
}

/* Says whether that is a new peak; *sum is what there is then. */
static bool raise_live(rac_atomic_u64 *live, rac_atomic_u64 *peak, uint64_t bytes, uint64_t *sum)
{
	*sum = rac_fetch_add_relaxed(live, bytes) + bytes;
	return !is_below_zero(*sum) && rac_max_relaxed(peak, *sum);
}

static void raise_peak(struct device_counters *d, uint64_t charged)
{
	if (rac_max_relaxed(&d->peak, charged))
		rac_fetch_add_relaxed(&d->peak_number, 1);
}

/* Lowers `live` by at most what it holds; returns by how much. */
static uint64_t lower_live(rac_atomic_u64 *live, uint64_t bytes)
{
	uint64_t seen = rac_load_relaxed(live);
	uint64_t taken;

	do
		taken = bytes < seen ? bytes : seen;
	while (!rac_cas_weak_relaxed(live, &seen, seen - taken));
	return taken;
}

uint64_t rac_tracker_grow(
	struct rac_tracker *t, uint32_t device, enum rac_kind kind, uint64_t bytes)
{
	struct device_counters *d = &t->devices[device];
	uint64_t charged = rac_load_relaxed(&d->charged), live;

	raise_peak(d, charged);
	raise_live(&d->live[kind], &d->kind_peaks[kind], bytes, &live);
	return charged;
}

void rac_tracker_hold(struct rac_tracker *t, const struct rac_reservation *r, enum rac_kind kind)
{
	struct device_counters *d = &t->devices[r->device];
	uint64_t live;

	raise_peak(d, r->charged_after);
	raise_live(&d->live[kind], &d->kind_peaks[kind], r->bytes, &live);
}

void rac_tracker_commit(struct rac_tracker *t, const struct rac_reservation *r, enum rac_kind kind)
{
	rac_tracker_hold(t, r, kind);
	rac_tracker_note_allocation(t, NULL, r->device, kind, r->bytes);
}

void rac_tracker_cancel(struct rac_tracker *t, const struct rac_reservation *r)
{
	/* Release: the failed driver call may have held the bytes for a moment. */
	rac_fetch_sub_release(&t->devices[r->device].charged, r->bytes);
}

/* Threads may come here before the growth that they take back: the sum is right when all have come,
 * and wraps below 0 only meanwhile. Readers show that as 0. */
void rac_tracker_shrink(struct rac_tracker *t, uint32_t device, enum rac_kind kind, uint64_t bytes)
{
	rac_fetch_sub_relaxed(&t->devices[device].live[kind], bytes);
}

void rac_tracker_let_go(struct rac_tracker *t, uint32_t device, enum rac_kind kind, uint64_t bytes)
{
	struct device_counters *d = &t->devices[device];

	rac_fetch_sub_relaxed(&d->live[kind], bytes);
	/* Cannot fall below 0: these bytes were reserved. Release: see "Orders". */
	rac_fetch_sub_release(&d->charged, bytes);
}

uint64_t rac_tracker_release(
	struct rac_tracker *t, uint32_t device, enum rac_kind kind, uint64_t bytes)
{
	if (device >= RAC_MAX_DEVICES) {
		rac_fetch_add_relaxed(&t->mismatches, 1);
		return 0;
	}
	struct device_counters *d = &t->devices[device];
	uint64_t taken = lower_live(&d->live[kind], bytes);

	rac_tracker_note_free(t, NULL, device, kind);
	if (taken != bytes)
		rac_fetch_add_relaxed(&t->mismatches, 1);
	/* Cannot fall below 0: charged >= live, and live held these bytes. Release: see "Orders". */
	rac_fetch_sub_release(&d->charged, taken);
	return taken;
}

void rac_tracker_note_overshoot(struct rac_tracker *t, uint32_t device, uint64_t over_bytes)
{
	if (device < RAC_MAX_DEVICES)
		rac_max_relaxed(&t->devices[device].over, over_bytes);
}

void rac_tracker_refuse(struct rac_tracker *t, uint32_t device, uint64_t bytes)
{
	if (device < RAC_MAX_DEVICES)
		count_refusal(&t->devices[device], bytes);
}

void rac_tracker_driver_failed(struct rac_tracker *t, uint32_t device)
{
	if (device < RAC_MAX_DEVICES)
		rac_fetch_add_relaxed(&t->devices[device].driver_failures, 1);
}

uint64_t rac_tracker_host_add(struct rac_tracker *t, uint64_t bytes)
{
	uint64_t live;

	if (raise_live(&t->host.live, &t->host.peak, bytes, &live))
		rac_fetch_add_relaxed(&t->host.peak_number, 1);
	rac_fetch_add_relaxed(&t->host.allocations, 1);
	return live;
}

void rac_tracker_host_remove(struct rac_tracker *t, uint64_t bytes)
{
	rac_fetch_add_relaxed(&t->host.frees, 1);
	if (lower_live(&t->host.live, bytes) != bytes)
		rac_fetch_add_relaxed(&t->mismatches, 1);
}

void rac_tracker_unknown_free(struct rac_tracker *t)
{
	rac_fetch_add_relaxed(&t->unknown_frees, 1);
}

void rac_tracker_unrecorded(struct rac_tracker *t)
{
	rac_fetch_add_relaxed(&t->unrecorded, 1);
}

/* Lowers a peak to `value`, then raises it to the present figure, which may have passed `value`
 * between the caller's load and our store. */
static void restart_peak(rac_atomic_u64 *peak, const rac_atomic_u64 *value)
{
	/* An exchange, so that the load after it is not done before it. */
	atomic_exchange_explicit(peak, rac_load_relaxed(value), memory_order_seq_cst);
	rac_max_relaxed(peak, rac_load_seq_cst(value));
}

void rac_tracker_mark(struct rac_tracker *t, uint32_t device)
{
	if (device >= RAC_MAX_DEVICES)
		return;
	struct device_counters *d = &t->devices[device];

	restart_peak(&d->peak, &d->charged);
	rac_fetch_add_relaxed(&d->peak_number, 1);
	for (int k = 0; k < RAC_KIND_COUNT; k++)
		restart_peak(&d->kind_peaks[k], &d->live[k]);
}

bool rac_tracker_would_fit(const struct rac_tracker *t, uint32_t device, uint64_t bytes)
{
	if (device >= RAC_MAX_DEVICES)
		return false;
	const struct device_counters *d = &t->devices[device];
	uint64_t limit = rac_load_relaxed(&d->limit);

	if (limit == RAC_NO_LIMIT || bytes == 0)
		return true;
	return bytes <= rac_saturating_sub(rac_saturating_sub(limit, rac_load_relaxed(&d->beyond)),
				rac_load_relaxed(&d->charged));
}

uint64_t rac_tracker_beyond(const struct rac_tracker *t, uint32_t device)
{
	return device < RAC_MAX_DEVICES ? rac_load_relaxed(&t->devices[device].beyond) : 0;
}

uint64_t rac_tracker_charged(const struct rac_tracker *t, uint32_t device)
{
	return device < RAC_MAX_DEVICES ? rac_load_relaxed(&t->devices[device].charged) : 0;
}

uint64_t rac_tracker_limit(const struct rac_tracker *t, uint32_t device)
{
	return device < RAC_MAX_DEVICES ? rac_load_relaxed(&t->devices[device].limit) : 0;
}

uint64_t rac_tracker_peak_number(const struct rac_tracker *t, uint32_t device)
{
	return rac_load_relaxed(
		device < RAC_MAX_DEVICES ? &t->devices[device].peak_number : &t->host.peak_number);
}

uint64_t rac_tracker_unknown_frees(const struct rac_tracker *t)
{
	return rac_load_relaxed(&t->unknown_frees);
}

uint64_t rac_tracker_unrecorded_count(const struct rac_tracker *t)
{
	return rac_load_relaxed(&t->unrecorded);
}

uint64_t rac_tracker_mismatches(const struct rac_tracker *t)
{
	return rac_load_relaxed(&t->mismatches);
}
