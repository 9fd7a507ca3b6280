/*
 * preload_text.c - see preload_text.h.
 */
#include "preload_text.h"

#include <stdbool.h>
#include <string.h>

#define SEPARATORS " :" /* see ld.so(8) */

char rac_preload_refuses(const char *path)
{
	return path[strcspn(path, SEPARATORS "$")];
}

static bool is_library(const char *entry, size_t length)
{
	size_t name = strlen(RAC_LIBRARY);

	return length >= name && memcmp(entry + length - name, RAC_LIBRARY, name) == 0 &&
		(length == name || entry[length - name - 1] == '/');
}

void rac_preload_join(char *out, const char *library, const char *entries)
{
	size_t used = strlen(library);

	memcpy(out, library, used);
	for (;;) {
		size_t length;

		entries += strspn(entries, SEPARATORS);
		length = strcspn(entries, SEPARATORS);
		if (length == 0)
			break;
		if (!is_library(entries, length)) {
			out[used++] = ':';
			memcpy(out + used, entries, length);
			used += length;
		}
		entries += length;
	}
	out[used] = '\0';
}
