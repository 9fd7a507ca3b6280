/*
 * report_sites.h - turns the tables of a record into the sites of a report: one line for each place that
 * allocates, with its owner and a stable id. Functions and lines are the command's to add.
 *
 * Owner: the file name of the innermost module of the stack that is not CUDA's own; see
 * report_modules.h.
 */
#ifndef RAC_REPORT_SITES_H
#define RAC_REPORT_SITES_H

#include "arena.h"
#include "modules.h"
#include "report.h"
#include "sites.h"

/* Where sites, their stacks and modules are: in this process, or copied from a record. */
struct rac_references;
struct rac_site_tables {
	struct rac_sites *sites;
	const struct rac_arena *arena;
	const struct rac_module_table *modules; /* NULL: none is known */
	size_t module_bytes;
	const struct rac_checkpoints *checkpoints; /* NULL: none was made */
	const struct rac_tracker *tracker;         /* for the number of each device's peak */
	const struct rac_references *references;   /* NULL: nobody looked for any */
	size_t reference_bytes;
};

/*
 * OWNERS: sites of one call, kind, device and owner are one line without frames: what a process says of
 * itself when it kept no more than its callers. FRAMES: each stack is a line.
 */
enum rac_sites_style { RAC_SITES_BY_OWNER, RAC_SITES_WITH_FRAMES };

/* Bytes of memory that rac_report_sites asks for; enough for the sites that there are now. */
size_t rac_report_sites_bytes(const struct rac_site_tables *tables);

/* Where the sites of the tables went: by number, 0 for none, else the position in the report and 1. */
struct rac_site_positions {
	const uint32_t *of;
	size_t count;
};

/*
 * Fills `memory` with the sites, most live bytes first, and returns how many. They borrow from the memory
 * and from the tables, and so does *positions, which may be NULL. Sites made meanwhile may be missing.
 */
size_t rac_report_sites(const struct rac_site_tables *tables, enum rac_sites_style style,
	void *memory, size_t bytes, const struct rac_report_site **out,
	struct rac_site_positions *positions);

/* Times and references of two sites that are shown as one: what is not known of one is not known of both. */
void rac_report_site_join(struct rac_report_site *to, const struct rac_report_site *more);

#endif
