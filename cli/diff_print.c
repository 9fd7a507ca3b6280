/*
 * diff_print.c - the difference of two reports as a table and as JSON.
 */
#include "diff.h"

#include "emit.h"
#include "report_parts.h"
#include "site_words.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WORD_SHOWN 96

static void put_foreign(struct rac_emit *e, const char *text)
{
	rac_emit_foreign(e, rac_or_empty(text), strlen(rac_or_empty(text)), WORD_SHOWN);
}

static void put_source(struct rac_emit *e, const char *which, const struct rac_loaded *loaded)
{
	const struct rac_report_process *p = &loaded->report.process;

	rac_emit_string(e, which);
	put_foreign(e, loaded->name);
	rac_emit_string(e, ", pid ");
	rac_emit_u64(e, p->pid);
	if (rac_or_empty(p->host)[0] != '\0') {
		rac_emit_string(e, " on ");
		put_foreign(e, p->host);
	}
	if (p->rank != NULL) {
		rac_emit_string(e, ", rank ");
		put_foreign(e, p->rank);
	}
	rac_emit_string(e, ", ");
	rac_words_end(e, p);
	rac_emit_string(e, "\n");
}

static void put_device(struct rac_emit *e, const struct rac_device_snapshot *device)
{
	rac_emit_string(e, "device ");
	rac_emit_u64(e, device->ordinal);
}

static void put_site(struct rac_emit *e, const struct rac_report_site *site)
{
	const struct rac_report_frame *frame = rac_site_frame(site);
	char words[512];
	struct rac_text t;

	rac_emit_string(e, "site ");
	put_foreign(e, site->id);
	if (site->kind == RAC_KIND_PINNED) {
		rac_emit_string(e, " on the host: ");
	} else {
		rac_emit_string(e, " on device ");
		rac_emit_u64(e, site->device);
		rac_emit_string(e, ": ");
	}
	put_foreign(e, site->api);
	rac_emit_string(e, " by ");
	put_foreign(e, site->owner);
	if (frame == NULL)
		return;
	rac_text_init(&t, words, sizeof(words));
	rac_frame_words(&t, frame);
	rac_emit_string(e, ", ");
	rac_emit_foreign(e, words, t.used, 2 * WORD_SHOWN);
}

static void put_title(struct rac_emit *e, const struct rac_diff_row *row)
{
	switch (row->section) {
	case RAC_DIFF_PROCESS:
		rac_emit_string(e, "process");
		break;
	case RAC_DIFF_PINNED:
		rac_emit_string(e, "pinned host memory");
		break;
	case RAC_DIFF_DEVICE:
		put_device(e, row->device);
		rac_emit_string(e, ", ");
		rac_emit_foreign(e, row->device->name,
			strnlen(row->device->name, sizeof(row->device->name)), WORD_SHOWN);
		break;
	case RAC_DIFF_KIND:
		put_device(e, row->device);
		rac_emit_string(e, ", kind ");
		rac_emit_string(e, rac_kind_name(row->kind));
		break;
	default:
		put_site(e, row->site);
	}
	if (!row->in_old || !row->in_new)
		rac_emit_string(
			e, row->in_new ? " (only in the new report)" : " (only in the old)");
	rac_emit_string(e, "\n");
}

static void put_amount(char *to, size_t capacity, enum rac_diff_class class, uint64_t value)
{
	char size[RAC_SIZE_TEXT_MAX];

	rac_size_text(size, value);
	if (class == RAC_DIFF_BYTES)
		snprintf(to, capacity, "%s", size);
	else
		snprintf(to, capacity, "%" PRIu64, value);
}

/* "  live    2.00 GiB -> 3.00 GiB  +1.00 GiB (+50.0%)" */
static void put_figure(
	struct rac_emit *e, const struct rac_diff_figure *figure, uint64_t old, uint64_t new)
{
	uint64_t change = old > new ? old - new : new - old;
	char from[32], to[32], by[32], line[160];
	int n;

	put_amount(from, sizeof(from), figure->class, old);
	put_amount(to, sizeof(to), figure->class, new);
	put_amount(by, sizeof(by), figure->class, change);
	if (change == 0) {
		n = snprintf(line, sizeof(line), "  %-32s %12s     the same\n", figure->words, to);
		rac_emit_bytes(e, line, (size_t)n);
		return;
	}
	n = snprintf(line, sizeof(line), "  %-32s %12s  -> %12s  %c%s", figure->words, from, to,
		new > old ? '+' : '-', by);
	rac_emit_bytes(e, line, (size_t)n);
	if (old > 0) {
		rac_emit_string(e, new > old ? " (+" : " (-");
		rac_words_percent(e, change, old);
		rac_emit_string(e, ")");
	}
	rac_emit_string(e, "\n");
}

/* Of devices, live and peak are always shown; of all else what differs. */
static void put_row(struct rac_emit *e, const struct rac_diff_row *row)
{
	const struct rac_diff_figures *list = &rac_diff_figures[row->section];

	if (row->differing == 0 && row->section != RAC_DIFF_DEVICE)
		return;
	put_title(e, row);
	for (size_t i = 0; i < list->count; i++)
		if (row->differs[i] || (row->section == RAC_DIFF_DEVICE && i < 2))
			put_figure(e, &list->figures[i], row->old[i], row->new[i]);
}

void rac_diff_print(const struct rac_diff *diff, const struct rac_loaded *old,
	const struct rac_loaded *new, const char *tolerance, struct rac_sink *sink)
{
	struct rac_emit e;

	rac_emit_init(&e, sink);
	put_source(&e, "old: ", old);
	put_source(&e, "new: ", new);
	for (size_t i = 0; i < diff->count && !e.refused; i++)
		put_row(&e, &diff->rows[i]);
	if (diff->differing == 0)
		rac_emit_string(&e, "no figure differs");
	else
		rac_words_count(&e, diff->differing, "figure");
	if (diff->differing > 0)
		rac_emit_string(&e, diff->differing == 1 ? " differs" : " differ");
	if (tolerance != NULL) {
		rac_emit_string(&e, " by more than ");
		put_foreign(&e, tolerance);
	}
	rac_emit_string(&e, "\n");
	rac_emit_finish(&e);
}

static void put_json_source(struct rac_emit *e, const char *key, const struct rac_loaded *loaded)
{
	const struct rac_report_process *p = &loaded->report.process;

	rac_json_object_begin(e, key);
	rac_json_string(e, "file", loaded->name);
	rac_json_u64(e, "pid", p->pid);
	rac_json_string(e, "host", p->host);
	if (p->rank != NULL)
		rac_json_string(e, "rank", p->rank);
	else
		rac_json_null(e, "rank");
	rac_json_object_end(e);
}

static void put_json_figures(struct rac_emit *e, const struct rac_diff_row *row)
{
	const struct rac_diff_figures *list = &rac_diff_figures[row->section];

	rac_json_object_begin(e, "figures");
	for (size_t i = 0; i < list->count; i++) {
		rac_json_object_begin(e, list->figures[i].key);
		rac_json_u64(e, "old", row->old[i]);
		rac_json_u64(e, "new", row->new[i]);
		rac_json_bool(e, "differs", row->differs[i]);
		rac_json_object_end(e);
	}
	rac_json_object_end(e);
}

static void put_json_row(struct rac_emit *e, const struct rac_diff_row *row)
{
	static const char *const names[RAC_DIFF_SECTIONS] = {
		"process", "pinned", "device", "kind", "site"};

	rac_json_object_begin(e, NULL);
	rac_json_string(e, "of", names[row->section]);
	if (row->device != NULL)
		rac_json_u64(e, "device", row->device->ordinal);
	if (row->section == RAC_DIFF_KIND)
		rac_json_string(e, "kind", rac_kind_name(row->kind));
	if (row->site != NULL) {
		rac_json_string(e, "id", row->site->id);
		if (row->site->kind == RAC_KIND_PINNED)
			rac_json_null(e, "device");
		else
			rac_json_u64(e, "device", row->site->device);
		rac_json_string(e, "kind", rac_report_kind_name(row->site->kind));
		rac_json_string(e, "api", row->site->api);
		rac_json_string(e, "owner", row->site->owner);
	}
	rac_json_bool(e, "in_old", row->in_old);
	rac_json_bool(e, "in_new", row->in_new);
	rac_json_bool(e, "differs", row->differing > 0);
	put_json_figures(e, row);
	rac_json_object_end(e);
}

void rac_diff_print_json(const struct rac_diff *diff, const struct rac_loaded *old,
	const struct rac_loaded *new, const char *tolerance, struct rac_sink *sink)
{
	struct rac_emit e;

	rac_emit_init(&e, sink);
	rac_json_object_begin(&e, NULL);
	rac_json_string(&e, "schema", "rac.diff/1");
	put_json_source(&e, "old", old);
	put_json_source(&e, "new", new);
	rac_json_string(&e, "tolerance", tolerance != NULL ? tolerance : "0");
	rac_json_u64(&e, "differing", diff->differing);
	rac_json_array_begin(&e, "rows");
	for (size_t i = 0; i < diff->count && !e.refused; i++)
		put_json_row(&e, &diff->rows[i]);
	rac_json_array_end(&e);
	rac_json_object_end(&e);
	rac_emit_string(&e, "\n");
	rac_emit_finish(&e);
}
