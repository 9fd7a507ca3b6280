/*
 * diff.h - what two reports have in common and where they differ; how that is printed is
 * diff_print.c's.
 *
 * A difference is a set of rows, each of which sets the figures of one thing in the old report beside
 * those in the new one: the process, its pinned host memory, a device, a kind of memory on it, a site.
 * What one report lacks counts as zero there.
 */
#ifndef RAC_DIFF_H
#define RAC_DIFF_H

#include "report_load.h"
#include "size_text.h"

enum rac_diff_class {
	RAC_DIFF_BYTES,
	RAC_DIFF_CALLS,   /* that went well */
	RAC_DIFF_TROUBLE, /* that did not */
};

struct rac_diff_figure {
	const char *key, *words;
	enum rac_diff_class class;
	size_t offset; /* of a uint64_t in what the section is about */
};

enum rac_diff_section {
	RAC_DIFF_PROCESS, /* struct rac_report */
	RAC_DIFF_PINNED,  /* struct rac_counts */
	RAC_DIFF_DEVICE,  /* struct rac_device_snapshot */
	RAC_DIFF_KIND,    /* struct rac_counts */
	RAC_DIFF_SITE,    /* struct rac_report_site */
	RAC_DIFF_SECTIONS
};

/* The figures of a section. */
struct rac_diff_figures {
	const struct rac_diff_figure *figures;
	size_t count;
};
extern const struct rac_diff_figures rac_diff_figures[RAC_DIFF_SECTIONS];

#define RAC_DIFF_FIGURES_MAX 12

struct rac_diff_row {
	enum rac_diff_section section;
	const struct rac_device_snapshot
		*device;    /* of a device and of a kind; the new report's, if there */
	enum rac_kind kind; /* of a kind */
	const struct rac_report_site *site; /* of a site; the new report's, if there */
	bool in_old, in_new;
	uint64_t old[RAC_DIFF_FIGURES_MAX], new[RAC_DIFF_FIGURES_MAX];
	bool differs[RAC_DIFF_FIGURES_MAX]; /* by more than is tolerated */
	size_t differing;
};

struct rac_diff {
	struct rac_diff_row *rows; /* devices each followed by its kinds; sites last, worst first */
	size_t count;
	size_t differing; /* figures */
	void *sites;      /* that the rows borrow */
};

/*
 * Compares. tolerance: by how much a figure may differ; a percentage holds for all of them, of what the
 * old report says, a size for bytes alone, and then numbers of calls that went well are not looked at. The
 * reports must outlive the result. False: no memory.
 */
bool rac_diff_make(const struct rac_report *old, const struct rac_report *new,
	const struct rac_amount *tolerance, struct rac_diff *out);
void rac_diff_free(struct rac_diff *diff);

/* What is printed of it: as a table, and as one JSON object of schema rac.diff/1. */
void rac_diff_print(const struct rac_diff *diff, const struct rac_loaded *old,
	const struct rac_loaded *new, const char *tolerance, struct rac_sink *sink);
void rac_diff_print_json(const struct rac_diff *diff, const struct rac_loaded *old,
	const struct rac_loaded *new, const char *tolerance, struct rac_sink *sink);

#endif
