/*
 * record_file_parts.h - what the files behind record_file.h share; private to them.
 */
#ifndef RAC_RECORD_FILE_PARTS_H
#define RAC_RECORD_FILE_PARTS_H

#include "record_file.h"
#include "state.h"

/* Begins a relative path with the folder that the process is in; `room` has RAC_FILE_NAME_MAX bytes. */
void rac_record_file_begin_here(struct rac_text *path, char *room);

/* Words why there is no file. */
void rac_record_file_complain(
	char complaint[512], const char *what, const char *path, int error, const char *advice);

/* Publishes the record's counters in the folder of RAC_STATUS_DIR. */
void rac_status_file_start(struct rac_state *state);
void rac_status_file_remove(struct rac_state *state);

#endif
