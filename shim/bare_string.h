/*
 * bare_string.h - comparing strings where the C library's functions may not work yet: a sanitizer that
 * stands in for them looks up the real ones, through our dlsym, before it can answer any.
 */
#ifndef RAC_BARE_STRING_H
#define RAC_BARE_STRING_H

#include <stdbool.h>

static inline bool rac_begins_with(const char *text, const char *beginning)
{
	while (*beginning != '\0' && *text == *beginning) {
		text++;
		beginning++;
	}
	return *beginning == '\0';
}

static inline bool rac_contains(const char *text, const char *part)
{
	while (*text != '\0' && !rac_begins_with(text, part))
		text++;
	return *text != '\0';
}

static inline bool rac_same_text(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

#endif
