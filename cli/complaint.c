/*
 * complaint.c - words a complaint once and makes foreign bytes in it safe to print.
 */
#include "complaint.h"

#include "text.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool rac_complain(struct rac_complaint *c, const char *format, ...)
{
	va_list arguments;

	if (c->text[0] != '\0')
		return false;
	va_start(arguments, format);
	vsnprintf(c->text, sizeof(c->text), format, arguments);
	va_end(arguments);
	return false;
}

const char *rac_quote_bytes(struct rac_quote *q, const char *bytes, size_t n)
{
	struct rac_text text;

	rac_text_init(&text, q->text, sizeof(q->text));
	rac_text_quoted(&text, bytes, n, RAC_QUOTE_MOST);
	return q->text;
}

const char *rac_quote(struct rac_quote *q, const char *text)
{
	return rac_quote_bytes(q, text, strlen(text));
}
