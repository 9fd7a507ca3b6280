/*
 * complaint.h - how a function that finds an error hands its words to the verb that prints them.
 */
#ifndef RAC_COMPLAINT_H
#define RAC_COMPLAINT_H

#include <stdbool.h>
#include <stddef.h>

/* One line for stderr that says what is wrong and what would be right. */
struct rac_complaint {
	char text[1024];
};

/* Words a complaint; the first one stays. Returns false, so that it can be a function's result. */
__attribute__((format(printf, 2, 3))) bool rac_complain(
	struct rac_complaint *c, const char *format, ...);

/* Foreign bytes, cut and made safe for a terminal, between quotes. */
#define RAC_QUOTE_MOST 120
struct rac_quote {
	char text[4 * RAC_QUOTE_MOST + 8];
};
const char *rac_quote_bytes(struct rac_quote *q, const char *bytes, size_t n);
const char *rac_quote(struct rac_quote *q, const char *text);

#endif
