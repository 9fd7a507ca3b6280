/*
 * merge_print.c - the processes of a job as a table and as JSON.
 */
#include "merge.h"

#include "emit.h"
#include "report_parts.h"
#include "site_words.h"
#include "size_text.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CELL 80

static const struct {
	const char *key, *words;
	bool is_count;
} figures[] = {
#define X(field, words) {#field, words, RAC_MERGE_##field == RAC_MERGE_refused},
	RAC_MERGE_FIGURES(X)
#undef X
};

/* A cell of a table, `width` columns of it, on the left where that is negative. */
static void put_cell(struct rac_emit *e, int width, const char *text)
{
	char cell[CELL];
	int n = snprintf(cell, sizeof(cell), "%*s  ", width, text);

	rac_emit_bytes(e, cell, n < CELL ? (size_t)n : CELL - 1);
}

static void put_foreign(struct rac_emit *e, int width, const char *text, size_t most)
{
	char cell[CELL];
	struct rac_text t;

	rac_text_init(&t, cell, sizeof(cell));
	rac_text_foreign(&t, rac_or_empty(text), strlen(rac_or_empty(text)), most);
	put_cell(e, width, cell);
}

static void put_number(struct rac_emit *e, int width, uint64_t number)
{
	char cell[CELL];

	snprintf(cell, sizeof(cell), "%" PRIu64, number);
	put_cell(e, width, cell);
}

static void put_size(struct rac_emit *e, int width, uint64_t bytes)
{
	char size[RAC_SIZE_TEXT_MAX];

	rac_size_text(size, bytes);
	put_cell(e, width, size);
}

static void put_end(struct rac_emit *e, const struct rac_merge_row *row)
{
	char cell[CELL];

	if (row->end == RAC_END_RUNNING || row->end == RAC_END_EXEC ||
		row->status == RAC_REPORT_STATUS_UNKNOWN)
		snprintf(cell, sizeof(cell), "%s", rac_end_name(row->end));
	else
		snprintf(cell, sizeof(cell), "%s %" PRId64, rac_end_name(row->end), row->status);
	put_cell(e, -12, cell);
}

static void put_share(struct rac_emit *e, const struct rac_device_snapshot *d)
{
	char cell[CELL] = "no cap";
	__extension__ typedef unsigned __int128 wide;

	if (d->limit_bytes != RAC_NO_LIMIT) {
		wide tenths = (wide)d->peak_bytes * 1000 / d->limit_bytes;

		if (tenths > 10000)
			snprintf(cell, sizeof(cell), ">1000%%");
		else
			snprintf(cell, sizeof(cell), "%u.%u%%", (unsigned)tenths / 10,
				(unsigned)tenths % 10);
	}
	put_cell(e, 8, cell);
}

static void put_row(struct rac_emit *e, const struct rac_merge_row *row)
{
	char refused[32];

	put_foreign(e, 5, row->rank_text != NULL ? row->rank_text : "-", 16);
	put_foreign(e, -16, row->host, 32);
	put_number(e, 8, row->pid);
	put_end(e, row);
	if (!row->has_device) {
		rac_emit_string(e, "no device used\n");
		return;
	}
	put_number(e, 6, row->device.ordinal);
	put_size(e, 10, row->device.peak_bytes);
	put_share(e, &row->device);
	put_size(e, 11, row->device.live_bytes);
	snprintf(refused, sizeof(refused), "%7" PRIu64 "\n", row->device.refused);
	rac_emit_string(e, refused);
}

static void value_text(char text[32], enum rac_merge_figure figure, uint64_t value)
{
	char size[RAC_SIZE_TEXT_MAX];

	rac_size_text(size, value);
	if (figures[figure].is_count)
		snprintf(text, 32, "%" PRIu64, value);
	else
		snprintf(text, 32, "%s", size);
}

static void put_value(struct rac_emit *e, int width, enum rac_merge_figure figure, uint64_t value)
{
	char text[32];

	value_text(text, figure, value);
	put_cell(e, width, text);
}

static void put_figure(
	struct rac_emit *e, enum rac_merge_figure figure, const struct rac_merge_summary *s)
{
	const struct rac_merge_row *worst = s->worst;
	char sum[32], line[CELL];

	put_cell(e, -16, figures[figure].words);
	put_value(e, 10, figure, s->most);
	put_value(e, 10, figure, s->least);
	put_value(e, 10, figure, s->most - s->least);
	value_text(sum, figure, s->sum);
	snprintf(line, sizeof(line), "%10s", sum);
	rac_emit_string(e, line);
	if (s->most > 0) {
		rac_emit_string(e, worst->rank_text != NULL ? "  rank " : "  pid ");
		if (worst->rank_text != NULL)
			rac_emit_foreign(e, worst->rank_text, strlen(worst->rank_text), 16);
		else
			rac_emit_u64(e, worst->pid);
		rac_emit_string(e, ", device ");
		rac_emit_u64(e, worst->device.ordinal);
	}
	rac_emit_string(e, "\n");
}

static void put_missing(struct rac_emit *e, const struct rac_merge *merge)
{
	if (merge->missing_count == 0)
		return;
	rac_emit_string(e, merge->missing_count == 1 ? "no report of rank" : "no report of ranks");
	for (size_t i = 0; merge->missing[i] != RAC_NO_RANK; i++) {
		rac_emit_string(e, i > 0 ? ", " : " ");
		rac_emit_u64(e, merge->missing[i]);
		if (merge->missing[i + 1] == RAC_NO_RANK && merge->missing_count > i + 1) {
			rac_emit_string(e, " and ");
			rac_emit_u64(e, merge->missing_count - i - 1);
			rac_emit_string(e, " more");
		}
	}
	rac_emit_string(e, "\n");
}

void rac_merge_print(const struct rac_merge *merge, struct rac_sink *sink)
{
	struct rac_emit e;

	rac_emit_init(&e, sink);
	rac_emit_string(&e,
		" rank  host                   pid  ended         device        peak"
		"    of cap  live at end  refused\n");
	for (size_t i = 0; i < merge->count && !e.refused; i++)
		put_row(&e, &merge->rows[i]);
	if (merge->used > 0)
		rac_emit_string(&e,
			"\n                        most       least      spread"
			"         sum  most of\n");
	for (unsigned figure = 0; figure < RAC_MERGE_FIGURE_COUNT && merge->used > 0; figure++)
		put_figure(&e, (enum rac_merge_figure)figure, &merge->figures[figure]);
	rac_emit_string(&e, "\n");
	put_missing(&e, merge);
	rac_words_count(&e, merge->processes, "report");
	rac_emit_string(&e, ", ");
	rac_words_count(&e, merge->used, "device");
	rac_emit_string(&e, " used\n");
	rac_emit_finish(&e);
}

static void put_json_row(struct rac_emit *e, const char *key, const struct rac_merge_row *row)
{
	const struct rac_device_snapshot *d = &row->device;

	rac_json_object_begin(e, key);
	if (row->rank_text != NULL)
		rac_json_string(e, "rank", row->rank_text);
	else
		rac_json_null(e, "rank");
	rac_json_string(e, "host", row->host);
	rac_json_u64(e, "pid", row->pid);
	rac_json_string(e, "file", row->name);
	rac_json_string(e, "how", rac_end_name(row->end));
	if (row->status != RAC_REPORT_STATUS_UNKNOWN)
		rac_json_i64(e, "status", row->status);
	else
		rac_json_null(e, "status");
	rac_json_i64(e, "exit_code", row->exit_code);
	if (!row->has_device) {
		rac_json_null(e, "device");
		rac_json_object_end(e);
		return;
	}
	rac_json_u64(e, "device", d->ordinal);
	rac_json_bytes(e, "uuid", d->uuid, strnlen(d->uuid, sizeof(d->uuid)));
	if (d->limit_bytes != RAC_NO_LIMIT)
		rac_json_u64(e, "limit_bytes", d->limit_bytes);
	else
		rac_json_null(e, "limit_bytes");
	for (unsigned figure = 0; figure < RAC_MERGE_FIGURE_COUNT; figure++)
		rac_json_u64(
			e, figures[figure].key, rac_merge_value(d, (enum rac_merge_figure)figure));
	rac_json_u64(e, "allocations", d->allocations);
	rac_json_u64(e, "frees", d->frees);
	rac_json_object_end(e);
}

static void put_json_figure(
	struct rac_emit *e, enum rac_merge_figure figure, const struct rac_merge_summary *s)
{
	rac_json_object_begin(e, figures[figure].key);
	rac_json_u64(e, "most", s->most);
	rac_json_u64(e, "least", s->least);
	rac_json_u64(e, "spread", s->most - s->least);
	rac_json_u64(e, "sum", s->sum);
	if (s->worst != NULL)
		put_json_row(e, "worst", s->worst);
	else
		rac_json_null(e, "worst");
	rac_json_object_end(e);
}

void rac_merge_print_json(const struct rac_merge *merge, struct rac_sink *sink)
{
	struct rac_emit e;

	rac_emit_init(&e, sink);
	rac_json_object_begin(&e, NULL);
	rac_json_string(&e, "schema", "rac.merge/1");
	rac_json_u64(&e, "processes", merge->processes);
	rac_json_u64(&e, "devices", merge->used);
	rac_json_u64(&e, "missing_ranks", merge->missing_count);
	rac_json_array_begin(&e, "missing");
	for (size_t i = 0; merge->missing[i] != RAC_NO_RANK; i++)
		rac_json_u64(&e, NULL, merge->missing[i]);
	rac_json_array_end(&e);
	rac_json_array_begin(&e, "rows");
	for (size_t i = 0; i < merge->count && !e.refused; i++)
		put_json_row(&e, NULL, &merge->rows[i]);
	rac_json_array_end(&e);
	rac_json_object_begin(&e, "figures");
	for (unsigned figure = 0; figure < RAC_MERGE_FIGURE_COUNT; figure++)
		put_json_figure(&e, (enum rac_merge_figure)figure, &merge->figures[figure]);
	rac_json_object_end(&e);
	rac_json_object_end(&e);
	rac_emit_string(&e, "\n");
	rac_emit_finish(&e);
}
