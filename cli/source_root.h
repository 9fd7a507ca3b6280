/*
 * source_root.h - which files belong to the repository, and what they are called in it.
 */
#ifndef RAC_SOURCE_ROOT_H
#define RAC_SOURCE_ROOT_H

#include "complaint.h"
#include <limits.h>

struct rac_source_root {
	char path[PATH_MAX]; /* without links and dots */
};

/*
 * The folder itself, or where it is NULL the git repository around the current folder, or else the current
 * folder. False: *c says what is wrong with it.
 */
bool rac_source_root_open(
	struct rac_source_root *root, const char *folder, struct rac_complaint *c);

/*
 * A file's name relative to the root, in `out`. False: it lies elsewhere. A name without folder counts from
 * the root, and only if it is there.
 */
bool rac_source_root_find(const struct rac_source_root *root, const char *file, char out[PATH_MAX]);

#endif
