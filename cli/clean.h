/*
 * clean.h - foreign strings as other programs can take them: UTF-8 without control characters, and not
 * endless. What is not is written as \\xNN; of a string of more than RAC_CLEAN_MOST bytes the beginning
 * is kept, and "...".
 */
#ifndef RAC_CLEAN_H
#define RAC_CLEAN_H

#include <stdbool.h>

#define RAC_CLEAN_MOST 2048

/* Start with {0}. Copies live until it is freed. */
struct rac_cleaner {
	struct rac_clean_copy *copies;
	bool failed; /* no memory: what follows is "" */
};

/* text itself if it is clean, else a clean copy; "" for NULL. */
const char *rac_clean(struct rac_cleaner *cleaner, const char *text);
void rac_cleaner_free(struct rac_cleaner *cleaner);

#endif
