/*
 * estimate_compare.h - how far an estimate was from what a run then took.
 */
#ifndef RAC_ESTIMATE_COMPARE_H
#define RAC_ESTIMATE_COMPARE_H

#include "complaint.h"
#include "emit.h"
#include "report_load.h"
#include <stdint.h>

/* One device of a run. */
struct rac_comparison {
	uint64_t device;
	uint64_t estimated;
	uint64_t tracked; /* the most that the ledger held at once */
	bool has_driver;  /* the report knows what the driver charged beside the ledger */
	uint64_t driver;  /* tracked and that */
};

/*
 * Takes the figures of a run from its report. `device` is an ordinal, or UINT64_MAX for the one with the
 * highest peak. False: *c says why.
 */
bool rac_compare(uint64_t estimated, const struct rac_loaded *run, uint64_t device,
	struct rac_comparison *out, struct rac_complaint *c);

/* The same from what a word of the command line names. */
bool rac_compare_file(uint64_t estimated, const char *path, uint64_t device,
	struct rac_comparison *out, struct rac_complaint *c);

/* Prints "estimated · tracked · driver · unaccounted", as a table or as a member of a JSON object. */
void rac_compare_print(const struct rac_comparison *k);
void rac_compare_print_json(struct rac_emit *out, const struct rac_comparison *k);

#endif
