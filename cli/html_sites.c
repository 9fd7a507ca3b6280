/*
 * html_sites.c - the table of sites, each with its call stack.
 */
#include "html_parts.h"

#include "site_words.h"
#include "time_text.h"
#include <stdlib.h>

#define ROWS_MOST 5000

/* The class of a cell: "n" is a number, "w" is not broken into lines. */
static const struct {
	const char *name, *class;
} columns[] = {
	{"where", ""},
	{"module", ""},
	{"call", "w"},
	{"kind", "w"},
	{"device", "w"},
	{"live", "n"},
	{"live count", "n"},
	{"at the peak", "n"},
	{"in all", "n"},
	{"calls", "n"},
	{"grade", "w"},
	{"id", "w"},
};
enum column {
	WHERE,
	MODULE,
	CALL,
	KIND,
	DEVICE,
	LIVE,
	LIVE_COUNT,
	AT_PEAK,
	IN_ALL,
	CALLS,
	GRADE,
	ID,
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void put_head(struct rac_html *h)
{
	rac_html_put(h, "<table class=\"sites\">\n<thead><tr>");
	for (size_t i = 0; i < COLUMNS; i++) {
		rac_html_put(h, "<th scope=\"col\" class=\"");
		rac_html_put(h, columns[i].class);
		rac_html_put(h, "\">");
		rac_html_put(h, columns[i].name);
		rac_html_put(h, "</th>");
	}
	rac_html_put(h, "</tr></thead>\n<tbody>\n");
}

static void cell_begin(struct rac_html *h, enum column column)
{
	rac_html_put(h, "<td class=\"");
	rac_html_put(h, columns[column].class);
	rac_html_put(h, "\" data-of=\"");
	rac_html_put(h, columns[column].name);
	rac_html_put(h, "\"");
}

static void put_text(struct rac_html *h, enum column column, const char *text)
{
	cell_begin(h, column);
	rac_html_put(h, ">");
	rac_html_text(h, text);
	rac_html_put(h, "</td>");
}

static void put_number(struct rac_html *h, enum column column, uint64_t number, bool is_size)
{
	cell_begin(h, column);
	rac_html_put(h, " data-v=\"");
	rac_html_number(h, number);
	rac_html_put(h, "\">");
	if (is_size)
		rac_html_size(h, number);
	else
		rac_html_number(h, number);
	rac_html_put(h, "</td>");
}

static void put_frame(struct rac_html *h, const struct rac_report_frame *frame)
{
	char words[2 * RAC_CLEAN_MOST];
	struct rac_text t;

	rac_text_init(&t, words, sizeof(words));
	rac_frame_words(&t, frame);
	rac_html_text(h, words);
}

static void put_seconds(struct rac_html *h, const char *before, uint64_t ns)
{
	char seconds[RAC_SECONDS_TEXT_MAX];

	rac_seconds_text(seconds, ns, 2);
	rac_html_put(h, before);
	rac_html_put(h, seconds);
	rac_html_put(h, " s");
}

/* "taken first at 0.10 s, last at 12.40 s; 3 of 40 given back before anything else was taken" */
static void put_when(struct rac_html *h, const struct rac_report_site *site)
{
	if (site->first_ns == RAC_REPORT_TIME_UNKNOWN || site->last_ns == RAC_REPORT_TIME_UNKNOWN)
		return;
	rac_html_put(h, "<p class=\"soft\">");
	put_seconds(h, "taken first at ", site->first_ns);
	put_seconds(h, ", last at ", site->last_ns);
	if (site->temporary_count > 0) {
		rac_html_put(h, "; ");
		rac_html_number(h, site->temporary_count);
		rac_html_put(h, " of ");
		rac_html_number(h, site->total_count);
		rac_html_put(h, " given back before anything else was taken");
	}
	rac_html_put(h, "</p>");
}

/* The frame that says most, and all of them behind it. */
static void put_where(struct rac_html *h, const struct rac_stack *stack)
{
	const struct rac_report_frame *shown = rac_site_frame(stack->site);

	cell_begin(h, WHERE);
	rac_html_put(h, ">");
	if (shown == NULL) {
		rac_html_put(h, "<span class=\"soft\">no call stack</span></td>");
		return;
	}
	rac_html_put(h, "<details><summary><code>");
	put_frame(h, shown);
	rac_html_put(h, "</code></summary><ol class=\"stack\" start=\"0\">");
	for (size_t i = 0; i < stack->frame_count && !h->e.refused; i++) {
		rac_html_put(h, "<li><code>");
		put_frame(h, &stack->frames[i]);
		rac_html_put(h, "</code></li>");
	}
	rac_html_put(h, "</ol>");
	put_when(h, stack->site);
	rac_html_put(h, "</details></td>");
}

static void put_row(struct rac_html *h, const struct rac_stack *stack)
{
	const struct rac_report_site *site = stack->site;

	rac_html_put(h, "<tr>");
	put_where(h, stack);
	cell_begin(h, MODULE);
	rac_html_put(h, "><span><span class=\"swatch o");
	rac_html_number(h, rac_html_colour(h, (size_t)(stack - h->stacks.stacks)));
	rac_html_put(h, "\"></span>");
	rac_html_text(h, stack->owner);
	rac_html_put(h, "</span></td>");
	put_text(h, CALL, site->api);
	put_text(h, KIND, rac_report_kind_name(site->kind));
	put_text(h, DEVICE, h->stacks.places[stack->place]);
	put_number(h, LIVE, site->live_bytes, true);
	put_number(h, LIVE_COUNT, site->live_count, false);
	put_number(h, AT_PEAK, site->peak_bytes, true);
	put_number(h, IN_ALL, site->total_bytes, true);
	put_number(h, CALLS, site->total_count, false);
	/* A grade is of what is still there. */
	put_text(h, GRADE, site->live_count > 0 ? rac_grade_name(site->grade) : "");
	put_text(h, ID, stack->id);
	rac_html_put(h, "</tr>\n");
}

/* Most live bytes first, then most at the peak, then most in all. */
static int compare(const void *a, const void *b)
{
	static const enum rac_value by[] = {
		RAC_VALUE_LIVE_BYTES, RAC_VALUE_PEAK_BYTES, RAC_VALUE_TOTAL_BYTES};
	const struct rac_stack *one = *(const struct rac_stack *const *)a;
	const struct rac_stack *other = *(const struct rac_stack *const *)b;

	for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++)
		if (one->values[by[i]] != other->values[by[i]])
			return one->values[by[i]] > other->values[by[i]] ? -1 : 1;
	return one < other ? -1 : one > other;
}

void rac_html_sites(struct rac_html *h)
{
	const struct rac_stack **order = calloc(h->stacks.count + 1, sizeof(struct rac_stack *));
	size_t count = 0;

	if (order == NULL) {
		h->failed = true;
		return;
	}
	for (size_t i = 0; i < h->stacks.count; i++)
		if (h->stacks.stacks[i].site != NULL)
			order[count++] = &h->stacks.stacks[i];
	qsort(order, count, sizeof(struct rac_stack *), compare);
	if (count == 0) {
		rac_html_put(h, "<p>The report names none.</p>\n");
	} else {
		put_head(h);
		for (size_t i = 0; i < count && i < ROWS_MOST && !h->e.refused; i++)
			put_row(h, order[i]);
		rac_html_put(h, "</tbody>\n</table>\n");
	}
	if (count > ROWS_MOST) {
		rac_html_put(h, "<p class=\"soft\">");
		rac_html_number(h, count - ROWS_MOST);
		rac_html_put(h, " more, which hold less, are in the JSON report.</p>\n");
	}
	free(order);
}
