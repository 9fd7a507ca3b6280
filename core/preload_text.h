/*
 * preload_text.h - the text of LD_PRELOAD with the library in it once; it sets nothing.
 */
#ifndef RAC_PRELOAD_TEXT_H
#define RAC_PRELOAD_TEXT_H

#include <stddef.h>

#define RAC_LIBRARY "librac_track.so"

/* The first character of a path that LD_PRELOAD cannot hold, since it separates or is replaced there; else '\0'. */
char rac_preload_refuses(const char *path);

/*
 * The library, and then the entries that were there, without those that are this library, from wherever: two copies
 * in one process would count everything twice. `out` holds both and two bytes more.
 */
void rac_preload_join(char *out, const char *library, const char *entries);

#endif
