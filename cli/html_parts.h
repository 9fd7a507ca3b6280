/*
 * html_parts.h - what the files that make the HTML page share; private to them. The page itself is
 * report.html.
 */
#ifndef RAC_HTML_PARTS_H
#define RAC_HTML_PARTS_H

#include "emit.h"
#include "stacks.h"

/*
 * Modules by how much they took, all devices and the host together. The first ones have a colour of their
 * own, which is the same all over the page.
 */
#define RAC_HTML_COLOURS 7

enum {
	RAC_HTML_OTHERS = RAC_HTML_COLOURS, /* the colour of all further modules */
	RAC_HTML_UNACCOUNTED,               /* of what no site accounts for */
	RAC_HTML_SEVERAL,                   /* of a frame below which there are several colours */
	RAC_HTML_CLASSES = RAC_HTML_SEVERAL
};

struct rac_html_owner {
	const char *name;
	bool is_unaccounted;
	uint64_t peak, live;
};

struct rac_html {
	struct rac_emit e;
	const struct rac_report *report;
	struct rac_stacks stacks;
	struct rac_html_owner *owners; /* most first */
	size_t owner_count;
	size_t *owner_of; /* of each stack */
	bool failed;      /* no memory */
};

bool rac_html_find_owners(struct rac_html *h);

/* The colour of a stack: its number in the classes o0, o1, … of the page. */
unsigned rac_html_colour(const struct rac_html *h, size_t stack);

/* Markup as it is, and foreign text, which becomes harmless. NULL is nothing. */
void rac_html_put(struct rac_html *h, const char *markup);
void rac_html_text(struct rac_html *h, const char *text);
void rac_html_number(struct rac_html *h, uint64_t number);

/* "34.0 GiB", with the bytes as its title; and as text alone, for titles. */
void rac_html_size(struct rac_html *h, uint64_t bytes);
void rac_html_size_text(struct rac_html *h, uint64_t bytes);

/* part of whole as a percentage with four decimals, without the sign: a length in CSS. 0 of 0 is 0. */
void rac_html_share(struct rac_html *h, uint64_t part, uint64_t whole);

/* A flame graph of one figure for each place that has it. */
void rac_html_flame(struct rac_html *h, enum rac_value value);

#define HTML_PART(name) void rac_html_##name(struct rac_html *h);
#include "html_parts.def"
#undef HTML_PART

#endif
