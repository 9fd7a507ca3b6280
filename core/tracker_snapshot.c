/*
 * tracker_snapshot.c - copies a tracker's figures for readers, of this process or of another that
 * mapped the record; it changes nothing.
 */
#include "tracker_parts.h"

#include <string.h>

static void copy_counts(const struct kind_counters *k, struct rac_counts *out)
{
	out->frees = rac_load_relaxed(&k->frees);
	out->allocations = rac_load_relaxed(&k->allocations);
	out->live_bytes = rac_load_relaxed(&k->live);
	out->peak_bytes = rac_load_relaxed(&k->peak);
	if (is_below_zero(out->live_bytes))
		out->live_bytes = 0;
	/* The loads are not one instant; what a reader may rely on is put right here. */
	if (out->frees > out->allocations)
		out->frees = out->allocations;
	if (out->peak_bytes < out->live_bytes)
		out->peak_bytes = out->live_bytes;
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
	for (int k = 0; k < RAC_KIND_COUNT; k++) {
		copy_counts(&d->kinds[k], &out->kinds[k]);
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
	copy_counts(&t->host, out);
}
