/*
 * report_load.h - a report in memory, wherever it comes from; what is done with it is up to the verbs.
 *
 * Nothing that is read is trusted. What a loaded report says may be wrong, but it is well-formed: every
 * site is of pinned host memory or lies on a device that the report lists, each device is listed once,
 * ordinals are below RAC_MAX_DEVICES, and enums are in range. Strings may hold any bytes but NUL.
 */
#ifndef RAC_REPORT_LOAD_H
#define RAC_REPORT_LOAD_H

#include "complaint.h"
#include "pool.h"
#include "report.h"

struct rac_loaded {
	struct rac_report report; /* borrows from what follows, and from the source */
	const char *name;         /* what messages call it; the caller's */
	void *memory[12];         /* to be freed */
	struct rac_pool pool;     /* what was made of the report later */
	struct rac_node *document;
};

/*
 * Loads the report that a word of the command line names: a file, or "-" for stdin. The word must
 * outlive it. Of a number that is no file it is the process with that pid. False: *c says why, and there is nothing to unload.
 */
bool rac_report_load(const char *word, struct rac_loaded *out, struct rac_complaint *c);

/* Loads that of a record that is open, which it takes over, whether it succeeds or not. */
struct rac_opened;
bool rac_report_load_opened(
	struct rac_opened *o, const char *name, struct rac_loaded *out, struct rac_complaint *c);

void rac_report_unload(struct rac_loaded *loaded);

/* The reader for a JSON report of n bytes; `name` is what messages call it. As rac_report_load. */
bool rac_report_read_json(const char *bytes, size_t n, const char *name, struct rac_loaded *out,
	struct rac_complaint *c);

/* The position of a device in devices; device_count: the report has none of that ordinal. */
size_t rac_report_device_index(const struct rac_report *report, uint32_t ordinal);

/* Where an event of the timeline took place: the position of its device in devices, device_count for pinned
 * memory. */
size_t rac_report_event_place(
	const struct rac_report *report, const struct rac_report_event *event);

/* The device of a site; NULL: its memory is the host's. */
const struct rac_device_snapshot *rac_report_site_device(
	const struct rac_report *report, const struct rac_report_site *site);

#endif
