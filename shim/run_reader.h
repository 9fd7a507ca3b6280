/*
 * run_reader.h - whether a `rac run` keeps the record of this process and will report from it; how records
 * are kept is record_file.h's.
 */
#ifndef RAC_RUN_READER_H
#define RAC_RUN_READER_H

#include "state.h"
#include <stdbool.h>

/*
 * Puts a link to the record, which has its path, into the folder that a `rac run` named, since the record lies
 * elsewhere. False: there is no such run any more, or it takes no link.
 */
bool rac_run_reader_link(struct rac_state *state);

/*
 * Whether the report that would go to stderr is better left to the `rac run` around: it can name functions. Only
 * where that process is there and the record lacks nothing. For the end of the process: it asks /proc.
 */
bool rac_run_reader_reports(const struct rac_state *state);

#endif
