/*
 * owners.h - the sites of a report summed up by who owns them, in a bounded number of sums.
 */
#ifndef RAC_OWNERS_H
#define RAC_OWNERS_H

#include "clean.h"
#include "report.h"

/* So many of a process are told apart; the smaller ones are summed up further, as RAC_OWNERS_OTHERS. */
#define RAC_OWNERS_MOST   32
#define RAC_OWNERS_OTHERS "(others)"

/*
 * One entry for each device (or pinned memory), kind, grade and owner, of which owner, live_bytes and peak_bytes are
 * true, in the room of as many sites as the report has. Returns how many: RAC_OWNERS_MOST, and one for each device,
 * kind and grade, at most. Owners are clean.
 */
size_t rac_owners_sum(
	const struct rac_report *report, struct rac_report_site *out, struct rac_cleaner *cleaner);

#endif
