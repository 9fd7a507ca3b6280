/*
 * output.h - where the result of a verb goes: stdout, or a file that appears when it is complete.
 */
#ifndef RAC_OUTPUT_H
#define RAC_OUTPUT_H

#include "complaint.h"
#include "report.h"
#include <stdio.h>

struct rac_output {
	struct rac_sink sink;
	FILE *stream;
	const char *path; /* NULL: stdout */
	char *temporary;
};

/*
 * Opens the output; path is NULL or "-" for stdout. binary: refuses a terminal. False: *c says why, and
 * there is nothing to close.
 */
bool rac_output_open(
	struct rac_output *out, const char *path, bool binary, struct rac_complaint *c);

/*
 * Closes it. keep: what was written becomes the file, in place of one that was there; else it is as if
 * nothing had been written. False: *c says why.
 */
bool rac_output_close(struct rac_output *out, bool keep, struct rac_complaint *c);

#endif
