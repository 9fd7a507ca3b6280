/*
 * report_timeline.h - turns the points of a timeline into those of a report: differences become levels,
 * numbers of sites their positions. Reading a timeline is timeline.h's.
 */
#ifndef RAC_REPORT_TIMELINE_H
#define RAC_REPORT_TIMELINE_H

#include "report_sites.h"
#include "timeline.h"

/* What rac_report_timeline needs beside the points, in bytes. */
size_t rac_report_timeline_bytes(const struct rac_report *report, size_t points);

/*
 * Puts the timeline into the report, which has its devices and sites. Times count from `started_ns` of the
 * clock that events were noted by. `memory` is zeroed, has rac_report_timeline_bytes bytes, and the report
 * borrows from it.
 *
 * What the events do not add up to, because some were missed or under way, is made up for at the end: the
 * last level of each site and each device is the one that the report states.
 */
void rac_report_timeline(struct rac_report *report, const struct rac_site_positions *positions,
	const struct rac_timeline_point *points, size_t count,
	const struct rac_timeline_about *about, uint64_t started_ns, void *memory);

#endif
