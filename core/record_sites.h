/*
 * record_sites.h - copies the sites of a record, with their stacks and modules, so that they can be read
 * as those of a process are. It prints and symbolises nothing.
 */
#ifndef RAC_RECORD_SITES_H
#define RAC_RECORD_SITES_H

#include "record_view.h"
#include "report_sites.h"

/* A copy, in memory that the caller handed in. */
struct rac_record_sites {
	struct rac_sites sites;
	struct rac_arena arena;
	struct rac_site_tables tables; /* of the two, for rac_report_sites */
	bool is_partial;               /* some could not be read, or were more than is believable */
};

/* Bytes of memory for the copy: at most what the record is long, and never more than 1 GiB. */
size_t rac_record_sites_bytes(const struct rac_record_view *view);

/*
 * Copies them. *out borrows from `memory`, which has rac_record_sites_bytes bytes, and from the view, and
 * must not be moved. Figures of a live process are each exact at some instant during the call.
 */
void rac_record_sites_read(
	struct rac_record_view *view, void *memory, size_t bytes, struct rac_record_sites *out);

/* Whether there are call stacks, or no more than callers; which of the two decides how sites are shown. */
enum rac_sites_style rac_record_sites_style(const struct rac_record_sites *sites);

#endif
