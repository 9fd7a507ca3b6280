/*
 * merge.h - the reports of the processes of one job side by side; how that is printed is
 * merge_print.c's.
 */
#ifndef RAC_MERGE_H
#define RAC_MERGE_H

#include "report_load.h"

/* One device that one process used, or one process that used none. It owns its strings, so that of many
 * large reports only this is kept. */
struct rac_merge_row {
	const char *name; /* of the report; the caller's */
	char *host;
	char *rank_text; /* NULL: none */
	uint64_t rank;   /* RAC_NO_RANK: it has none, or one that is no number */
	uint64_t pid;
	enum rac_end end;
	int64_t status;
	int exit_code; /* the verdict's */
	bool has_device;
	struct rac_device_snapshot device;
};
#define RAC_NO_RANK UINT64_MAX

/* What is compared between rows. */
#define RAC_MERGE_FIGURES(X)             \
	X(peak_bytes, "peak")            \
	X(live_bytes, "live at the end") \
	X(refused, "requests refused")   \
	X(over_bytes, "limit passed by")

enum rac_merge_figure {
#define X(field, words) RAC_MERGE_##field,
	RAC_MERGE_FIGURES(X)
#undef X
		RAC_MERGE_FIGURE_COUNT
};

/* Over the rows with a device. */
struct rac_merge_summary {
	const struct rac_merge_row *worst; /* the first of those with the most */
	uint64_t most, least, sum;         /* the sum stops at 2^64-1 */
};

struct rac_merge {
	struct rac_merge_row *rows; /* by rank; those without one last, by host and pid */
	size_t count, room;
	size_t processes;
	size_t used; /* rows with a device */
	struct rac_merge_summary figures[RAC_MERGE_FIGURE_COUNT];
	/* Ranks from 0 to the highest that no report has; the first of them, ended by RAC_NO_RANK. */
	uint64_t missing[33];
	uint64_t missing_count;
};

/* Start with a zeroed struct, add each report, then finish. False: no memory. */
bool rac_merge_add(struct rac_merge *merge, const struct rac_loaded *loaded);
void rac_merge_finish(struct rac_merge *merge);
void rac_merge_free(struct rac_merge *merge);

uint64_t rac_merge_value(const struct rac_device_snapshot *device, enum rac_merge_figure figure);

/* What is printed of it: as a table, and as one JSON object of schema rac.merge/1. */
void rac_merge_print(const struct rac_merge *merge, struct rac_sink *sink);
void rac_merge_print_json(const struct rac_merge *merge, struct rac_sink *sink);

#endif
