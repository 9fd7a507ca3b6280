/*
 * file_name.h - how a file of ours comes to its name: it is made beside it under a temporary one and then
 * given the name, so that no reader sees half of it and nobody else's file is lost.
 *
 * Paths have room for RAC_FILE_NAME_MAX bytes. All of this is system calls: no thread is cancelled here,
 * and nothing is allocated. errno says what failed.
 */
#ifndef RAC_FILE_NAME_H
#define RAC_FILE_NAME_H

#include "shared_file.h"
#include "state.h"
#include "text.h"

/* open without the C library's, which is a cancellation point; the descriptor is closed on exec. */
int rac_file_open(const char *path, int flags, unsigned mode);
void rac_file_close(int fd);

/*
 * Makes the folders that are missing, as the umask has it, and a file of our own beside the path. Its
 * name is left in `temporary`. -1: it cannot be made.
 */
int rac_file_name_create(const struct rac_state *state, const struct rac_text *path,
	char temporary[RAC_FILE_NAME_MAX], int flags, unsigned mode);

/*
 * Gives it the name. A file that is there is replaced if may_replace says so of its path, and also of
 * what came off when the two were exchanged; otherwise ".PID" is appended to ours, and to *path. The
 * temporary name is gone afterwards. False: it has no name but the temporary one.
 */
bool rac_file_name_take(const struct rac_state *state, const char *temporary, struct rac_text *path,
	bool (*may_replace)(const struct rac_state *state, const char *path));

#endif
