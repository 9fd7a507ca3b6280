/*
 * html_words.c - text, numbers and lengths in HTML; see html_parts.h.
 */
#include "html_parts.h"

#include "size_text.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void rac_html_put(struct rac_html *h, const char *markup)
{
	rac_emit_string(&h->e, markup);
}

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void rac_html_text(struct rac_html *h, const char *text)
{
	/* What goes the wrong way round or hides is left to the reader's font; controls are made
	 * visible here. */
	for (const char *at = rac_clean(&h->stacks.cleaner, text); *at != '\0'; at++) {
		const char *word = entity(*at);

		if (word != NULL)
			rac_emit_string(&h->e, word);
		else
			rac_emit_bytes(&h->e, at, 1);
	}
}

void rac_html_number(struct rac_html *h, uint64_t number)
{
	rac_emit_u64(&h->e, number);
}

void rac_html_size_text(struct rac_html *h, uint64_t bytes)
{
	char text[RAC_SIZE_TEXT_MAX];

	rac_size_text(text, bytes);
	rac_emit_string(&h->e, text);
}

void rac_html_size(struct rac_html *h, uint64_t bytes)
{
	rac_html_put(h, "<span title=\"");
	rac_html_number(h, bytes);
	rac_html_put(h, " bytes\">");
	rac_html_size_text(h, bytes);
	rac_html_put(h, "</span>");
}

void rac_html_share(struct rac_html *h, uint64_t part, uint64_t whole)
{
	__extension__ typedef unsigned __int128 wide;
	uint64_t scaled = whole > 0 ? (uint64_t)((wide)part * 1000000 / whole) : 0;
	char text[48];

	snprintf(text, sizeof(text), "%" PRIu64 ".%04" PRIu64, scaled / 10000, scaled % 10000);
	rac_emit_string(&h->e, text);
}
