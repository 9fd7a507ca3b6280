/*
 * report_file.h - writes a report to a path so that a reader never sees half of one and nobody
 * else's file is lost.
 */
#ifndef RAC_REPORT_FILE_H
#define RAC_REPORT_FILE_H

#include "report.h"
#include "state.h"

/*
 * Makes the folders, writes under a temporary name beside the path and renames. Where the path holds
 * a file that was written after this process started, ".PID" is appended to ours. Says what failed
 * on stderr. buffer is room for `capacity` bytes of output.
 */
void rac_report_file_write(struct rac_state *state, const char *path,
	const struct rac_report *report, bool json, char *buffer, size_t capacity);

#endif
