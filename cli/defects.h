/*
 * defects.h - what a CI is to be told of reports: what was never freed and which conditions failed, each with a
 * place in the repository; how a CI wants to be told is up to the formats.
 *
 * What several processes or devices left at one place is one defect. Memory is a leak only once its process
 * has ended by itself: what a killed one held is none.
 */
#ifndef RAC_DEFECTS_H
#define RAC_DEFECTS_H

#include "clean.h"
#include "export.h"
#include "pool.h"
#include "source_root.h"

enum rac_defect_level {
	RAC_DEFECT_ERROR,   /* a condition says that it fails the run */
	RAC_DEFECT_WARNING, /* there is no condition */
	RAC_DEFECT_NOTE, /* there are conditions, and they tolerate it, or one that nobody judged */
	RAC_DEFECT_SUPPRESSED, /* by a rule */
	RAC_DEFECT_LEVELS
};

struct rac_defect {
	enum rac_defect_level level;
	const struct rac_report_site
		*site; /* of the first process; NULL: a condition is all there is */
	const struct rac_report_condition *condition; /* NULL: it is a leak */
	const char *program;                          /* the first process', a file name */
	uint64_t bytes, count;                        /* of a leak, in all processes */
	uint64_t processes;
	/* Without lines and addresses, and of its own among all: equal ones are counted, "9f2c5b1e-2". */
	const char *fingerprint;
	const char *title;   /* "GPU memory leak", "peak>20G failed" */
	const char *message; /* a sentence */
	/* The innermost frame inside the repository, relative to its root; else the program, and line 0. */
	const char *file;
	uint64_t line;
	bool is_in_sources;
	const char *
		function; /* of that frame, else of the place (report_frames.h); "": no name is known */
	/* Outermost last, and clean: the site's frames. */
	const struct rac_report_frame *frames;
	size_t frame_count;
};

struct rac_defects {
	struct rac_defect *list; /* the worst first */
	size_t count;
	size_t by_level[RAC_DEFECT_LEVELS];
	size_t conditions; /* that were judged */
	struct rac_source_root root;
	struct rac_pool pool;
	struct rac_cleaner cleaner;
};

/* All strings are clean, see clean.h. The reports must outlive them. False: *c says why, and there is
 * nothing to free. */
bool rac_defects_make(
	const struct rac_export *in, struct rac_defects *out, struct rac_complaint *c);
void rac_defects_free(struct rac_defects *defects);

/* "error", "warning", "note", "suppressed" */
const char *rac_defect_level_name(enum rac_defect_level level);

#endif
