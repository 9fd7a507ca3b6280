/*
 * run_reader.h - whether a `rac run` keeps the record of this process and will report from it; how records
 * are kept is record_file.h's.
 */
#ifndef RAC_RUN_READER_H
#define RAC_RUN_READER_H

#include "state.h"
#include <stdbool.h>

/*
 * Whether the report that would go to stderr is better left to the `rac run` around: it can name functions. Only
 * where that process is there and the record lacks nothing. For the end of the process: it asks /proc.
 */
bool rac_run_reader_reports(const struct rac_state *state);

#endif
