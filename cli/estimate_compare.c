/*
 * estimate_compare.c - sets an estimate beside the report of a run.
 */
#include "estimate_compare.h"

#include "checked.h"
#include "size_text.h"
#include <inttypes.h>
#include <stdio.h>

/* NULL: there is none. */
static const struct rac_device_snapshot *choose(const struct rac_report *report, uint64_t wanted)
{
	const struct rac_device_snapshot *chosen = NULL;

	for (size_t i = 0; i < report->device_count; i++) {
		const struct rac_device_snapshot *d = &report->devices[i];

		if (wanted != UINT64_MAX ? d->ordinal == wanted
					 : chosen == NULL || d->peak_bytes > chosen->peak_bytes)
			chosen = d;
	}
	return chosen;
}

bool rac_compare(uint64_t estimated, const struct rac_loaded *run, uint64_t device,
	struct rac_comparison *out, struct rac_complaint *c)
{
	const struct rac_report *report = &run->report;
	const struct rac_device_snapshot *chosen = choose(report, device);
	const struct rac_report_untracked *untracked;
	struct rac_quote quote;

	if (chosen == NULL && device != UINT64_MAX)
		return rac_complain(c, "%s has no device %" PRIu64 " of --device",
			rac_quote(&quote, run->name), device);
	if (chosen == NULL)
		return rac_complain(
			c, "%s has no device: the run used no GPU", rac_quote(&quote, run->name));
	untracked = &report->untracked[chosen - report->devices];
	*out = (struct rac_comparison){
		.device = chosen->ordinal,
		.estimated = estimated,
		.tracked = chosen->peak_bytes,
	};
	out->has_driver =
		untracked->known && rac_checked_add(out->tracked, untracked->bytes, &out->driver);
	return true;
}

bool rac_compare_file(uint64_t estimated, const char *path, uint64_t device,
	struct rac_comparison *out, struct rac_complaint *c)
{
	struct rac_loaded run;

	if (!rac_report_load(path, &run, c))
		return false;
	bool done = rac_compare(estimated, &run, device, out, c);

	rac_report_unload(&run);
	return done;
}

static void print_row(const char *words, uint64_t bytes, const char *remark)
{
	char size[RAC_SIZE_TEXT_MAX];

	rac_size_text(size, bytes);
	printf("%-40s %10s %20" PRIu64 "%s\n", words, size, bytes, remark);
}

void rac_compare_print(const struct rac_comparison *k)
{
	bool above = k->tracked > k->estimated;
	uint64_t off = above ? k->tracked - k->estimated : k->estimated - k->tracked, permille;
	char remark[64] = "";

	/* Of what was tracked: an estimate of twice that is 100 % too high. */
	if (k->tracked > 0 && rac_checked_scale_up(off, 1000, k->tracked, &permille))
		snprintf(remark, sizeof(remark),
			"  the estimate is %" PRIu64 ".%" PRIu64 " %% too %s", permille / 10,
			permille % 10, above ? "low" : "high");
	printf("\nGPU %" PRIu64 "\n", k->device);
	print_row("estimated", k->estimated, "");
	print_row("tracked at the peak", k->tracked, off > 0 ? remark : "  as estimated");
	if (!k->has_driver) {
		printf("%-40s %10s\n", "charged by the driver", "not known");
		return;
	}
	print_row("charged by the driver", k->driver, "");
	print_row("unaccounted: context, modules, others", k->driver - k->tracked, "");
}

void rac_compare_print_json(struct rac_emit *out, const struct rac_comparison *k)
{
	rac_json_object_begin(out, "compare");
	rac_json_u64(out, "device", k->device);
	rac_json_u64(out, "estimated_bytes", k->estimated);
	rac_json_u64(out, "tracked_bytes", k->tracked);
	if (k->has_driver) {
		rac_json_u64(out, "driver_bytes", k->driver);
		rac_json_u64(out, "unaccounted_bytes", k->driver - k->tracked);
	} else {
		rac_json_null(out, "driver_bytes");
		rac_json_null(out, "unaccounted_bytes");
	}
	rac_json_object_end(out);
}
