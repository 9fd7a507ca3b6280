/*
 * merge_make.c - puts the reports of a job in order and finds the extremes.
 */
#include "merge.h"

#include "args.h"
#include "checked.h"
#include "site_words.h"
#include <stdlib.h>
#include <string.h>

#define MISSING_LISTED (sizeof(((struct rac_merge *)NULL)->missing) / sizeof(uint64_t) - 1)

uint64_t rac_merge_value(const struct rac_device_snapshot *device, enum rac_merge_figure figure)
{
	switch (figure) {
#define X(field, words)         \
	case RAC_MERGE_##field: \
		return device->field;
		RAC_MERGE_FIGURES(X)
#undef X
	default:
		return 0;
	}
}

static bool was_used(const struct rac_device_snapshot *d)
{
	return (d->peak_bytes | d->live_bytes | d->allocations | d->frees | d->refused |
		       d->over_bytes | d->driver_failures) != 0;
}

static int compare_rows(const void *first, const void *second)
{
	const struct rac_merge_row *a = first, *b = second;
	int order;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	order = strcmp(rac_or_empty(a->rank_text), rac_or_empty(b->rank_text));
	if (order == 0)
		order = strcmp(a->host, b->host);
	if (order == 0 && a->pid != b->pid)
		order = a->pid < b->pid ? -1 : 1;
	if (order == 0 && a->device.ordinal != b->device.ordinal)
		order = a->device.ordinal < b->device.ordinal ? -1 : 1;
	return order;
}

/* device: NULL for a process that used none. */
static bool add_row(struct rac_merge *merge, const struct rac_loaded *loaded,
	const struct rac_device_snapshot *device)
{
	const struct rac_report_process *p = &loaded->report.process;
	struct rac_merge_row *row;

	if (merge->count == merge->room) {
		size_t room = merge->room * 2 + 16;
		struct rac_merge_row *rows = realloc(merge->rows, room * sizeof(*rows));

		if (rows == NULL)
			return false;
		merge->rows = rows;
		merge->room = room;
	}
	row = &merge->rows[merge->count];
	*row = (struct rac_merge_row){
		.name = loaded->name,
		.host = strdup(rac_or_empty(p->host)),
		.rank_text = p->rank != NULL ? strdup(p->rank) : NULL,
		.pid = p->pid,
		.end = p->end,
		.status = p->status,
		.exit_code = loaded->report.exit_code,
		.has_device = device != NULL,
	};
	merge->count++;
	if (p->rank == NULL || !rac_number_parse(p->rank, &row->rank))
		row->rank = RAC_NO_RANK;
	if (device != NULL)
		row->device = *device;
	merge->used += device != NULL;
	return row->host != NULL && (p->rank == NULL || row->rank_text != NULL);
}

bool rac_merge_add(struct rac_merge *merge, const struct rac_loaded *loaded)
{
	const struct rac_report *report = &loaded->report;
	bool used = false;

	merge->processes++;
	for (size_t i = 0; i < report->device_count; i++) {
		if (!was_used(&report->devices[i]))
			continue;
		used = true;
		if (!add_row(merge, loaded, &report->devices[i]))
			return false;
	}
	return used || add_row(merge, loaded, NULL);
}

static void summarise(
	const struct rac_merge_row *row, enum rac_merge_figure figure, struct rac_merge_summary *to)
{
	uint64_t value = rac_merge_value(&row->device, figure);

	if (to->worst == NULL || value > to->most) {
		to->worst = row;
		to->most = value;
	}
	if (value < to->least)
		to->least = value;
	if (!rac_checked_add(to->sum, value, &to->sum))
		to->sum = UINT64_MAX;
}

/* The rows are in the order of their ranks. */
static void find_missing(struct rac_merge *out)
{
	uint64_t next = 0;

	for (size_t i = 0; i < out->count && out->rows[i].rank != RAC_NO_RANK; i++) {
		uint64_t rank = out->rows[i].rank;

		for (uint64_t lacking = next;
			lacking < rank && out->missing_count + (lacking - next) < MISSING_LISTED;
			lacking++)
			out->missing[out->missing_count + (lacking - next)] = lacking;
		if (rank > next)
			out->missing_count += rank - next;
		if (rank >= next)
			next = rank + 1;
	}
	out->missing[out->missing_count < MISSING_LISTED ? out->missing_count : MISSING_LISTED] =
		RAC_NO_RANK;
}

void rac_merge_finish(struct rac_merge *merge)
{
	if (merge->count > 0)
		qsort(merge->rows, merge->count, sizeof(*merge->rows), compare_rows);
	for (unsigned figure = 0; figure < RAC_MERGE_FIGURE_COUNT; figure++) {
		struct rac_merge_summary *to = &merge->figures[figure];

		*to = (struct rac_merge_summary){.least = merge->used > 0 ? UINT64_MAX : 0};
		for (size_t i = 0; i < merge->count; i++)
			if (merge->rows[i].has_device)
				summarise(&merge->rows[i], (enum rac_merge_figure)figure, to);
	}
	find_missing(merge);
}

void rac_merge_free(struct rac_merge *merge)
{
	for (size_t i = 0; i < merge->count; i++) {
		free(merge->rows[i].host);
		free(merge->rows[i].rank_text);
	}
	free(merge->rows);
}
