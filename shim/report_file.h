/*
 * report_file.h - writes a report to a path so that a reader never sees half of one and nobody
 * else's file is lost.
 */
#ifndef RAC_REPORT_FILE_H
#define RAC_REPORT_FILE_H

#include "report.h"
#include "state.h"
#include "text.h"

/*
 * Makes the folders, writes under a temporary name beside the path and renames. Where the path
 * holds a file that was written after this process started, ".PID" is appended to ours, and to
 * *path. A file that an earlier call made and nobody removed is replaced, at once. A path that is a pipe, a terminal or another device, or a descriptor of this process
 * ("/dev/stdout", "/dev/fd/N"), is written to as it stands. Says what failed on stderr.
 *
 * For the one thread that reports: it uses the rooms for the report in *state, and little stack.
 */
enum rac_delivery rac_report_file_write(
	struct rac_state *state, struct rac_text *path, const struct rac_report *report, bool json);

/* Removes the file that the call above made, if it is still there. What that replaced is gone. */
void rac_report_file_remove(struct rac_state *state);

#endif
