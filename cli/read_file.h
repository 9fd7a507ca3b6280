/*
 * read_file.h - a whole file in memory, with a bound; what the bytes mean is the caller's affair.
 */
#ifndef RAC_READ_FILE_H
#define RAC_READ_FILE_H

#include "complaint.h"

/*
 * Reads all of a file, of a pipe, or of stdin where path is "-". The caller frees it. NULL: it cannot be
 * read, or has more than `most` bytes; *c says which.
 */
char *rac_file_read(const char *path, size_t most, size_t *n, struct rac_complaint *c);

#endif
