/*
 * top_print.c - the processes that `rac top` sees, as a table and as JSON.
 */
#include "top.h"

#include "emit.h"
#include "size_text.h"
#include "text.h"
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#define CELL 96

static void put_cell(struct rac_emit *e, int width, const char *text)
{
	char cell[CELL];
	int n = snprintf(cell, sizeof(cell), "%*s ", width, text);

	rac_emit_bytes(e, cell, n < CELL ? (size_t)n : CELL - 1);
}

/* Names come from other users' programs: what would move the cursor is made visible. */
static void put_foreign(struct rac_emit *e, int width, const char *text)
{
	char cell[CELL];
	struct rac_text t;

	rac_text_init(&t, cell, sizeof(cell));
	rac_text_foreign(&t, text, strlen(text), (size_t)(width < 0 ? -width : width) - 3);
	put_cell(e, width, cell);
}

static void put_user(struct rac_emit *e, uid_t uid)
{
	const struct passwd *user = getpwuid(uid);
	char number[32];

	snprintf(number, sizeof(number), "%lu", (unsigned long)uid);
	put_foreign(e, -12, user != NULL ? user->pw_name : number);
}

static void put_size(struct rac_emit *e, uint64_t bytes)
{
	char size[RAC_SIZE_TEXT_MAX];

	rac_size_text(size, bytes);
	put_cell(e, 10, size);
}

static void put_device(struct rac_emit *e, const struct rac_top_row *row)
{
	const struct rac_device_snapshot *d = &row->device;
	char cell[CELL];

	if (!row->has_device) {
		put_cell(e, 3, "-");
		return;
	}
	snprintf(cell, sizeof(cell), "%" PRIu32, d->ordinal);
	put_cell(e, 3, cell);
	put_size(e, d->live_bytes);
	put_size(e, d->peak_bytes);
	if (d->limit_bytes != RAC_NO_LIMIT)
		put_size(e, d->limit_bytes);
	else
		put_cell(e, 10, "none");
	if (row->calls_per_second >= 0)
		snprintf(cell, sizeof(cell), "%.0f", row->calls_per_second);
	else
		snprintf(cell, sizeof(cell), "-");
	put_cell(e, 8, cell);
	snprintf(cell, sizeof(cell), "%" PRIu64, d->refused);
	put_cell(e, 7, cell);
}

static void put_row(struct rac_emit *e, const struct rac_top_row *row)
{
	char pid[32];

	snprintf(pid, sizeof(pid), "%" PRIu64, row->pid);
	put_cell(e, 8, pid);
	put_user(e, row->uid);
	put_foreign(e, -19, row->program);
	put_cell(e, -8, row->state == RAC_END_KILLED ? "killed" : rac_top_source_name(row->source));
	put_device(e, row);
	rac_emit_string(e, "\n");
}

static void put_unseen(struct rac_emit *e, const struct rac_top *t)
{
	if (t->unseen == 0)
		return;
	rac_emit_u64(e, t->unseen);
	rac_emit_string(e,
		t->unseen == 1 ? " process of others cannot be looked into"
			       : " processes of others cannot be looked into");
	rac_emit_string(e,
		t->status_folder != NULL
			? "; those that publish themselves are shown\n"
			: "; with --status-dir those are shown that publish themselves there\n");
}

void rac_top_print(const struct rac_top *t, struct rac_sink *sink)
{
	struct rac_emit e;

	rac_emit_init(&e, sink);
	rac_emit_u64(&e, t->processes);
	rac_emit_string(&e,
		t->processes == 1 ? " process uses CUDA with the library\n"
				  : " processes use CUDA with the library\n");
	rac_emit_string(&e,
		"     pid user         program             from     gpu        now       peak        cap"
		"  calls/s refused\n");
	for (size_t i = 0; i < t->count && !e.refused; i++)
		put_row(&e, &t->rows[i]);
	put_unseen(&e, t);
	rac_emit_finish(&e);
}

static void put_json_row(struct rac_emit *e, const struct rac_top_row *row)
{
	char rate[64];

	rac_json_object_begin(e, NULL);
	rac_json_u64(e, "pid", row->pid);
	rac_json_u64(e, "uid", row->uid);
	rac_json_string(e, "program", row->program);
	rac_json_string(e, "host", row->host);
	if (row->rank[0] != '\0')
		rac_json_string(e, "rank", row->rank);
	else
		rac_json_null(e, "rank");
	rac_json_string(e, "source", rac_top_source_name(row->source));
	rac_json_string(e, "state", rac_end_name(row->state));
	if (row->has_device) {
		rac_json_u64(e, "ordinal", row->device.ordinal);
		rac_json_string(e, "uuid", row->device.uuid);
		rac_json_u64(e, "live_bytes", row->device.live_bytes);
		rac_json_u64(e, "peak_bytes", row->device.peak_bytes);
		if (row->device.limit_bytes != RAC_NO_LIMIT)
			rac_json_u64(e, "limit_bytes", row->device.limit_bytes);
		else
			rac_json_null(e, "limit_bytes");
		rac_json_u64(e, "refused", row->device.refused);
	} else {
		static const char *const keys[] = {
			"ordinal", "uuid", "live_bytes", "peak_bytes", "limit_bytes", "refused"};

		for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
			rac_json_null(e, keys[i]);
	}
	if (row->calls_per_second >= 0) {
		snprintf(rate, sizeof(rate), "%.1f", row->calls_per_second);
		rac_json_number(e, "calls_per_second", rate);
	} else {
		rac_json_null(e, "calls_per_second");
	}
	rac_json_object_end(e);
}

void rac_top_print_json(const struct rac_top *t, struct rac_sink *sink)
{
	struct rac_emit e;

	rac_emit_init(&e, sink);
	rac_json_object_begin(&e, NULL);
	rac_json_string(&e, "schema", "rac.top/1");
	rac_json_u64(&e, "processes", t->processes);
	rac_json_u64(&e, "unseen", t->unseen);
	rac_json_array_begin(&e, "rows");
	for (size_t i = 0; i < t->count && !e.refused; i++)
		put_json_row(&e, &t->rows[i]);
	rac_json_array_end(&e);
	rac_json_object_end(&e);
	rac_emit_string(&e, "\n");
	rac_emit_finish(&e);
}
