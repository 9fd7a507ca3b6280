/*
 * compare.c - see compare.h.
 */
#include "compare.h"

#include "../sim/simcuda.h"
#include "graph.h"
#include "pool.h"
#include "state.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const enum simcuda_kind truth_of[RAC_KIND_COUNT] = {
	[RAC_KIND_DEVICE] = SIMCUDA_DEVICE,
	[RAC_KIND_MANAGED] = SIMCUDA_MANAGED,
	[RAC_KIND_ARRAY] = SIMCUDA_ARRAY,
	[RAC_KIND_VMM] = SIMCUDA_VMM,
	[RAC_KIND_POOL] = SIMCUDA_POOL,
	[RAC_KIND_GRAPH] = SIMCUDA_GRAPH,
};

static bool equal(const char *what, int device, uint64_t ledger, uint64_t truth)
{
	if (ledger == truth)
		return true;
	printf("device %d, %s: the ledger has %" PRIu64 ", the device %" PRIu64 "\n", device, what,
		ledger, truth);
	return false;
}

/* What destroyed pools on a device are charged until their last allocation is freed: nothing can be
 * asked about them, so this is an upper bound. */
static uint64_t slack_of_destroyed_pools(struct rac_state *state, int device)
{
	uint64_t slack = 0;

	for (int i = 0; i < RAC_POOLS; i++)
		if (state->pools[i].destroyed != 0 && state->pools[i].place == (uint64_t)device + 1)
			slack += state->pools[i].kept;
	return slack;
}

static bool compare_kind(struct rac_state *state, int device, enum rac_kind kind, uint64_t ledger)
{
	uint64_t truth = simcuda_kind_bytes(device, truth_of[kind]);
	uint64_t slack = kind == RAC_KIND_POOL ? slack_of_destroyed_pools(state, device) : 0;

	return (ledger >= truth && ledger - truth <= slack) ||
		equal(rac_kind_name(kind), device, ledger, truth);
}

static bool compare_device(struct rac_state *state, int device)
{
	struct rac_device_snapshot s;
	uint64_t sum = 0;
	bool same = true;

	if (rac_tracker_snapshot(state->tracker, (uint32_t)device, &s) == RAC_INVALID)
		return false;
	for (int k = 0; k < RAC_KIND_COUNT; k++) {
		same &= compare_kind(state, device, (enum rac_kind)k, s.kinds[k].live_bytes);
		sum += s.kinds[k].live_bytes;
	}
	if (s.limit_bytes == RAC_NO_LIMIT)
		same &= equal("refused without a cap", device, s.refused, 0);
	return same & equal("charged", device, s.charged_bytes, sum);
}

/* What the sites of each kind and device hold together; pinned memory comes after the devices. */
struct site_sums {
	uint64_t bytes[RAC_MAX_DEVICES + 1][RAC_KIND_COUNT],
		count[RAC_MAX_DEVICES + 1][RAC_KIND_COUNT];
};

static bool add_site(void *context, uint32_t id, const struct rac_site *site)
{
	struct site_sums *sums = context;
	struct rac_site_snapshot s;

	(void)id;
	if (!rac_site_read(site, 0, &s))
		return true;
	bool pinned = s.about.kind == RAC_KIND_PINNED;

	sums->bytes[pinned ? RAC_MAX_DEVICES : s.about.device][pinned ? 0 : s.about.kind] +=
		s.live_bytes;
	sums->count[pinned ? RAC_MAX_DEVICES : s.about.device][pinned ? 0 : s.about.kind] +=
		s.live_count;
	return true;
}

/* Graphs and what pools cache belong to no site. */
static bool compare_sites(struct rac_state *state, int devices)
{
	static struct site_sums sums;
	struct rac_device_snapshot s;
	struct rac_counts host;
	bool same = true;

	memset(&sums, 0, sizeof(sums));
	rac_sites_each(&state->sites, add_site, &sums);
	for (int device = 0; device < devices; device++) {
		rac_tracker_snapshot(state->tracker, (uint32_t)device, &s);
		for (int k = 0; k < RAC_KIND_GRAPH; k++) {
			const struct rac_counts *c = &s.kinds[k];

			if (k != RAC_KIND_POOL)
				same &= equal("bytes of sites", device, sums.bytes[device][k],
					c->live_bytes);
			same &= equal("allocations of sites", device, sums.count[device][k],
				c->allocations - c->frees);
		}
	}
	rac_tracker_host_snapshot(state->tracker, &host);
	return same &
		equal("pinned bytes of sites", -1, sums.bytes[RAC_MAX_DEVICES][0], host.live_bytes);
}

bool compare_all(int devices, bool failures)
{
	struct rac_state *state = rac_state();
	struct rac_counts host;
	bool same = true;

	/* What a pool gave back at a wait that no hook sees is learned at its next use. */
	rac_pools_refresh(state, -1);
	for (int device = 0; device < devices; device++)
		same &= compare_device(state, device);
	if (state->settings.stacks != 0)
		same &= compare_sites(state, devices);
	rac_tracker_host_snapshot(state->tracker, &host);
	same &= equal("pinned", -1, host.live_bytes, simcuda_pinned_bytes());
	/* A free that fails on request does not reach the simulator's own count. */
	if (!failures)
		same &= equal("unknown frees", -1, rac_tracker_unknown_frees(state->tracker),
			simcuda_unknown_frees());
	same &= equal("unrecorded", -1, rac_tracker_unrecorded_count(state->tracker), 0);
	return same & equal("mismatches", -1, rac_tracker_mismatches(state->tracker), 0);
}

bool compare_would_fit(int device, uint64_t bytes)
{
	return rac_tracker_would_fit(rac_state()->tracker, (uint32_t)device, bytes);
}

bool compare_peaks(int devices, uint64_t limit, bool exact, bool alone)
{
	bool within = true;

	for (int device = 0; limit != 0 && device < devices; device++) {
		struct rac_device_snapshot s;
		uint64_t peak = simcuda_peak_bytes(device);
		uint64_t over = peak > limit ? peak - limit : 0;

		rac_tracker_snapshot(rac_state()->tracker, (uint32_t)device, &s);
		if (over > 0 || s.over_bytes > 0)
			printf("device %d: over the cap by %" PRIu64 " at most, reported %" PRIu64
			       "\n",
				device, over, s.over_bytes);
		within &= (!alone || s.over_bytes >= over) && !(exact && over > 0);
	}
	return within;
}
