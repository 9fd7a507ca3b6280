/*
 * clean.c - see clean.h.
 */
#include "clean.h"

#include "text.h"
#include "utf8.h"
#include <stdlib.h>
#include <string.h>

struct rac_clean_copy {
	struct rac_clean_copy *next;
	char text[];
};

static bool is_clean(const char *text, size_t n)
{
	if (n > RAC_CLEAN_MOST)
		return false;
	for (size_t at = 0; at < n;) {
		size_t length = rac_utf8_length(text + at, n - at);

		if (length == 0 || rac_utf8_is_control(text + at, length))
			return false;
		at += length;
	}
	return true;
}

const char *rac_clean(struct rac_cleaner *cleaner, const char *text)
{
	char clean[4 * RAC_CLEAN_MOST + 8];
	struct rac_clean_copy *copy;
	struct rac_text t;

	if (text == NULL || is_clean(text, strlen(text)))
		return text != NULL ? text : "";
	rac_text_init(&t, clean, sizeof(clean));
	rac_text_foreign(&t, text, strlen(text), RAC_CLEAN_MOST);
	copy = malloc(sizeof(*copy) + t.used + 1);
	if (copy == NULL) {
		cleaner->failed = true;
		return "";
	}
	memcpy(copy->text, clean, t.used + 1);
	copy->next = cleaner->copies;
	cleaner->copies = copy;
	return copy->text;
}

void rac_cleaner_free(struct rac_cleaner *cleaner)
{
	while (cleaner->copies != NULL) {
		struct rac_clean_copy *next = cleaner->copies->next;

		free(cleaner->copies);
		cleaner->copies = next;
	}
}
