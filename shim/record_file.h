/*
 * record_file.h - the files in which a record outlives its process or is published to others; what is in
 * them is core's.
 *
 * RAC_RECORD names the record's own file, for this user's eyes. RAC_STATUS_DIR is a folder where another
 * file holds the counters, for everybody's: a head without a body, that says who and how much, but not
 * the command's arguments, the settings or any address. While it is there the record's counters are in it,
 * and when the process ends they are copied to where they belong.
 *
 * No descriptor is kept: to grow, the file is opened anew by its name. Where that or anything else fails
 * the tables go on in private memory: the cap holds, and only readers of the file miss something.
 *
 * Of several threads that start at once each makes its own files under temporary names; one wins and
 * publishes his, the others discard theirs.
 */
#ifndef RAC_RECORD_FILE_H
#define RAC_RECORD_FILE_H

#include "atomics.h"
#include "record.h"
#include "shared_file.h"
#include <stdbool.h>

struct rac_state;

struct rac_record_file {
	struct rac_shared_file file;
	void *head;              /* NULL: there is no file */
	rac_atomic_u64 end;      /* bytes of it that are given out */
	rac_atomic_u32 has_name; /* it is at path; before that, at temporary */
	bool is_linked; /* in the folder of the `rac run` around; written before has_name */
	char path[RAC_FILE_NAME_MAX], temporary[RAC_FILE_NAME_MAX];
	char link[RAC_FILE_NAME_MAX];    /* see run_reader.h */
	char scratch[RAC_FILE_NAME_MAX]; /* of the thread that starts or publishes */
	char complaint[512];             /* why there is none; "": no reason to complain */
};

struct rac_status_file {
	struct rac_shared_file file;
	struct rac_record_parts parts; /* header NULL: there is no file */
	char path[RAC_RECORD_PATH_MAX];
	char complaint[512];
};

/* Moves a record that is not ready yet into the files that the settings ask for. */
void rac_record_file_start(struct rac_state *state);

/* Gives the record its name and says what went wrong; or takes the files back. */
void rac_record_file_publish(struct rac_state *state);
void rac_record_file_discard(struct rac_state *state);

/* Up to whole pages. */
uint64_t rac_record_file_round(uint64_t bytes);

/* `bytes` bytes of the file, mapped; a multiple of a page. NULL: errno says why. */
void *rac_record_file_grow(struct rac_state *state, uint64_t bytes, uint64_t *offset);
void rac_record_file_shrink(struct rac_state *state, uint64_t offset, uint64_t bytes);

/*
 * Says how the process ends, in both files, and completes the record; what is published goes away, unless
 * an exec follows, which may fail. resume is for then.
 */
void rac_record_file_end(struct rac_state *state, const struct rac_record_fate *ended);
void rac_record_file_resume(struct rac_state *state);

#endif
