/*
 * estimate_compare.c - sets an estimate beside the report of a run.
 */
#include "estimate_compare.h"

#include "checked.h"
#include "json.h"
#include "model_source.h"
#include "size_text.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool choose_device(const struct rac_node *devices, uint64_t wanted,
	struct rac_comparison *out, const struct rac_node **chosen)
{
	uint64_t ordinal, peak;

	*chosen = NULL;
	for (size_t i = 0; i < rac_node_length(devices); i++) {
		const struct rac_node *device = rac_node_at(devices, i);

		if (!rac_node_u64(rac_node_get(device, "ordinal"), &ordinal) ||
			!rac_node_u64(rac_node_get(device, "peak_bytes"), &peak))
			return false;
		if (wanted != UINT64_MAX ? ordinal == wanted
					 : *chosen == NULL || peak > out->tracked) {
			*chosen = device;
			out->device = ordinal;
			out->tracked = peak;
		}
	}
	return true;
}

static bool compare(const struct rac_node *report, const char *name, uint64_t wanted,
	struct rac_comparison *out, struct rac_complaint *c)
{
	const char *schema = rac_node_string(rac_node_get(report, "schema"));
	const struct rac_node *devices = rac_node_get(report, "devices"), *device;
	struct rac_quote quote;
	uint64_t untracked;

	if (schema == NULL || strcmp(schema, "rac.report/1") != 0)
		return rac_complain(
			c, "%s is not a report of schema rac.report/1", rac_quote(&quote, name));
	if (!choose_device(devices, wanted, out, &device))
		return rac_complain(c, "%s has a device without ordinal or peak_bytes",
			rac_quote(&quote, name));
	if (device == NULL && wanted != UINT64_MAX)
		return rac_complain(c, "%s has no device %" PRIu64 " of --device",
			rac_quote(&quote, name), wanted);
	if (device == NULL)
		return rac_complain(
			c, "%s has no device: the run used no GPU", rac_quote(&quote, name));
	out->has_driver = rac_node_u64(rac_node_get(device, "untracked_bytes"), &untracked) &&
		rac_checked_add(out->tracked, untracked, &out->driver);
	return true;
}

bool rac_compare(uint64_t estimated, const char *report, size_t n, const char *name,
	uint64_t device, struct rac_comparison *out, struct rac_complaint *c)
{
	struct rac_node *document = rac_node_parse(report, n, name, c);
	bool done;

	*out = (struct rac_comparison){.estimated = estimated};
	done = document != NULL && compare(document, name, device, out, c);
	rac_node_free(document);
	return done;
}

bool rac_compare_file(uint64_t estimated, const char *path, uint64_t device,
	struct rac_comparison *out, struct rac_complaint *c)
{
	size_t n;
	char *bytes = rac_document_read(path, &n, c);
	bool done = bytes != NULL && rac_compare(estimated, bytes, n, path, device, out, c);

	free(bytes);
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
