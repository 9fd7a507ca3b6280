/*
 * tracker_snapshot.c - copies a tracker's figures for readers, of this process or of another that
 * mapped the record; it changes nothing.
 */
#include "tracker_parts.h"

#include <string.h>

/* The loads are not one instant; what a reader may rely on is put right here. */
static void put_right(struct rac_counts *c)
{
	if (is_below_zero(c->live_bytes))
		c->live_bytes = 0;
	if (c->frees > c->allocations)
		c->frees = c->allocations;
	if (c->peak_bytes < c->live_bytes)
		c->peak_bytes = c->live_bytes;
}

static void add_calls(const struct call_counters *calls, struct rac_counts *out)
{
	for (int k = 0; k < RAC_KIND_COUNT; k++) {
		out[k].frees += rac_load_relaxed(&calls->frees[k]);
		out[k].allocations += rac_load_relaxed(&calls->allocations[k]);
	}
}

static void copy_kinds(const struct rac_tracker *t, uint32_t device, struct rac_counts *out)
{
	const struct device_counters *d = &t->devices[device];

	add_calls(&d->calls, out);
	for (int i = 0; i < LANES; i++)
		if (rac_load_relaxed(&t->lanes[i].claimed) == device + 1)
			add_calls(&t->lanes[i].calls, out);
	for (int k = 0; k < RAC_KIND_COUNT; k++) {
		out[k].live_bytes = rac_load_relaxed(&d->live[k]);
		out[k].peak_bytes = rac_load_relaxed(&d->kind_peaks[k]);
		put_right(&out[k]);
	}
}

static void copy_device(const struct device_counters *d, struct rac_device_snapshot *out)
{
	memcpy(out->uuid, d->uuid, sizeof(out->uuid));
	memcpy(out->name, d->name, sizeof(out->name));
	/* The bytes may come from a foreign or damaged record. */
	out->uuid[sizeof(out->uuid) - 1] = '\0';
	out->name[sizeof(out->name) - 1] = '\0';
	out->total_bytes = rac_load_relaxed(&d->total);
	out->limit_bytes = rac_load_relaxed(&d->limit);
	out->charged_bytes = rac_load_relaxed(&d->charged);
	out->beyond_bytes = rac_load_relaxed(&d->beyond);
	out->peak_bytes = rac_load_relaxed(&d->peak);
	out->refused = rac_load_relaxed(&d->refused);
	out->refused_bytes = rac_load_relaxed(&d->refused_bytes);
	out->largest_bytes = rac_load_relaxed(&d->largest);
	out->over_bytes = rac_load_relaxed(&d->over);
	out->driver_failures = rac_load_relaxed(&d->driver_failures);
}

enum rac_status rac_tracker_snapshot(
	const struct rac_tracker *t, uint32_t device, struct rac_device_snapshot *out)
{
	if (device >= RAC_MAX_DEVICES)
		return RAC_INVALID;
	const struct device_counters *d = &t->devices[device];
	/* Pairs with the release in rac_tracker_describe. */
	bool described = rac_load_acquire(&d->described) != 0;

	memset(out, 0, sizeof(*out));
	out->ordinal = device;
	copy_device(d, out);
	copy_kinds(t, device, out->kinds);
	for (int k = 0; k < RAC_KIND_COUNT; k++) {
		out->live_bytes += out->kinds[k].live_bytes;
		out->allocations += out->kinds[k].allocations;
		out->frees += out->kinds[k].frees;
	}
	if (out->peak_bytes < out->live_bytes)
		out->peak_bytes = out->live_bytes;
	return described || out->allocations > 0 || out->refused > 0 ? RAC_OK : RAC_UNKNOWN;
}

void rac_tracker_host_snapshot(const struct rac_tracker *t, struct rac_counts *out)
{
	*out = (struct rac_counts){
		.frees = rac_load_relaxed(&t->host.frees),
		.allocations = rac_load_relaxed(&t->host.allocations),
		.live_bytes = rac_load_relaxed(&t->host.live),
		.peak_bytes = rac_load_relaxed(&t->host.peak),
	};
	put_right(out);
}
