/*
 * html_devices.c - the head of the page and a card for each device, and for pinned host memory.
 */
#include "html_parts.h"

#include "checked.h"
#include "report_parts.h"
#include "site_words.h"
#include "time_text.h"
#include <string.h>

static void put_command(struct rac_html *h)
{
	const struct rac_report_process *p = &h->report->process;
	const char *at = p->command;

	if (p->command_bytes == 0) {
		rac_html_text(h,
			rac_or_empty(p->executable)[0] != '\0' ? p->executable : "program unknown");
		return;
	}
	/* Each argument ends in NUL, which who loaded it has seen to. */
	for (size_t left = p->command_bytes; left > 0;) {
		size_t n = strnlen(at, left);

		if (at != p->command)
			rac_html_put(h, " ");
		if (n < left)
			rac_html_text(h, at);
		at += n < left ? n + 1 : n;
		left -= n < left ? n + 1 : n;
	}
}

void rac_html_title(struct rac_html *h)
{
	rac_html_put(h, "GPU memory of ");
	rac_html_text(h, rac_base_name(rac_or_empty(h->report->process.executable)));
	rac_html_put(h, ", pid ");
	rac_html_number(h, h->report->process.pid);
}

static void put_findings(struct rac_html *h)
{
	const struct rac_report *r = h->report;

	for (size_t i = 0; i < r->condition_count; i++) {
		if (!r->conditions[i].failed)
			continue;
		rac_html_put(h, "<p class=\"bad\">failed: ");
		rac_html_text(h, r->conditions[i].condition);
		rac_html_put(h, ", measured ");
		rac_html_number(h, r->conditions[i].value);
		rac_html_put(h, "</p>\n");
	}
	if (r->unknown_frees > 0) {
		rac_html_put(h, "<p class=\"bad\">frees of memory that was never recorded: ");
		rac_html_number(h, r->unknown_frees);
		rac_html_put(h, "</p>\n");
	}
	if (r->unrecorded > 0) {
		rac_html_put(h, "<p class=\"bad\">allocations not recorded in full: ");
		rac_html_number(h, r->unrecorded);
		rac_html_put(h, "</p>\n");
	}
}

void rac_html_heading(struct rac_html *h)
{
	const struct rac_report_process *p = &h->report->process;
	char text[RAC_SECONDS_TEXT_MAX];

	rac_html_put(h, "<h1>");
	put_command(h);
	rac_html_put(h, "</h1>\n<p class=\"soft\">pid ");
	rac_html_number(h, p->pid);
	if (rac_or_empty(p->host)[0] != '\0') {
		rac_html_put(h, " on ");
		rac_html_text(h, p->host);
	}
	if (p->rank != NULL) {
		rac_html_put(h, ", rank ");
		rac_html_text(h, p->rank);
	}
	if (p->started_unix_ns > 0) {
		rac_time_text(text, p->started_unix_ns);
		rac_html_put(h, ", started ");
		rac_html_put(h, text);
	}
	rac_html_put(h, ", ");
	rac_words_end(&h->e, p);
	if (p->elapsed_ns != RAC_REPORT_TIME_UNKNOWN) {
		rac_seconds_text(text, p->elapsed_ns, 3);
		rac_html_put(h, " after ");
		rac_html_put(h, text);
		rac_html_put(h, " s");
	}
	rac_html_put(h, "</p>\n");
	put_findings(h);
}

static void figure_begin(struct rac_html *h, const char *name)
{
	rac_html_put(h, "<div><dt>");
	rac_html_put(h, name);
	rac_html_put(h, "</dt><dd>");
}

static void figure_end(struct rac_html *h)
{
	rac_html_put(h, "</dd></div>\n");
}

static void put_size_figure(struct rac_html *h, const char *name, uint64_t bytes)
{
	figure_begin(h, name);
	rac_html_size(h, bytes);
	figure_end(h);
}

static void put_count_figure(struct rac_html *h, const char *name, uint64_t count)
{
	figure_begin(h, name);
	rac_html_number(h, count);
	figure_end(h);
}

/* What a place held at one moment, by who took it, in proportion to `whole`. */
static void put_bar(struct rac_html *h, size_t place, enum rac_value value, const char *name,
	uint64_t whole, uint64_t cap)
{
	rac_html_put(h, "<div class=\"soft\">");
	rac_html_put(h, name);
	rac_html_put(h, "</div>\n<div class=\"bar\">");
	for (size_t owner = 0; owner < h->owner_count; owner++) {
		uint64_t bytes = 0;
		size_t stack = 0;

		for (size_t i = 0; i < h->stacks.count; i++) {
			if (h->owner_of[i] != owner || h->stacks.stacks[i].place != place)
				continue;
			stack = i;
			if (!rac_checked_add(bytes, h->stacks.stacks[i].values[value], &bytes))
				bytes = UINT64_MAX;
		}
		if (bytes == 0)
			continue;
		rac_html_put(h, "<span class=\"o");
		rac_html_number(h, rac_html_colour(h, stack));
		rac_html_put(h, "\" style=\"width:");
		rac_html_share(h, bytes, whole);
		rac_html_put(h, "%\" title=\"");
		rac_html_text(h, h->owners[owner].name);
		rac_html_put(h, ": ");
		rac_html_size_text(h, bytes);
		rac_html_put(h, "\">");
		/* Of a narrow one the figure would be cut. */
		if (bytes / 18 >= whole / 100) {
			rac_html_put(h, "&nbsp;");
			rac_html_size_text(h, bytes);
		}
		rac_html_put(h, "</span>");
	}
	if (cap > 0 && cap <= whole) {
		rac_html_put(h, "<i style=\"left:");
		rac_html_share(h, cap, whole);
		rac_html_put(h, "%\" title=\"cap: ");
		rac_html_size_text(h, cap);
		rac_html_put(h, "\"></i>");
	}
	rac_html_put(h, "</div>\n");
}

static const char *end_words(const struct rac_html *h)
{
	switch (h->report->process.end) {
	case RAC_END_RUNNING:
		return "allocated now";
	case RAC_END_SIGNAL:
	case RAC_END_KILLED:
		return "allocated when it died";
	case RAC_END_EXEC:
		return "allocated at exec";
	default:
		return "still allocated at exit";
	}
}

void rac_html_end_heading(struct rac_html *h)
{
	rac_html_put(h, "What was ");
	rac_html_put(h, end_words(h));
}

static void put_bars(struct rac_html *h, size_t place, uint64_t peak, uint64_t live, uint64_t cap)
{
	uint64_t whole = peak > live ? peak : live;
	uint64_t sites = rac_stacks_sum(&h->stacks, RAC_VALUE_PEAK_BYTES, place);

	/* Sites may claim more than the device says. */
	if (sites > whole)
		whole = sites;
	if (cap > whole)
		whole = cap;
	put_bar(h, place, RAC_VALUE_PEAK_BYTES, "at the peak", whole, cap);
	put_bar(h, place, RAC_VALUE_LIVE_BYTES, end_words(h), whole, cap);
}

static void put_peak(struct rac_html *h, const struct rac_device_snapshot *d)
{
	figure_begin(h, "peak");
	rac_html_size(h, d->peak_bytes);
	if (d->limit_bytes != RAC_NO_LIMIT) {
		rac_html_put(h, " <small>");
		rac_words_percent(&h->e, d->peak_bytes, d->limit_bytes);
		rac_html_put(h, " of the cap of ");
		rac_html_size_text(h, d->limit_bytes);
		rac_html_put(h, "</small>");
	}
	figure_end(h);
}

static void put_troubles(struct rac_html *h, const struct rac_device_snapshot *d)
{
	if (d->refused > 0) {
		rac_html_put(h, "<p class=\"bad\">");
		rac_words_count(&h->e, d->refused, "request");
		rac_html_put(h, " refused, ");
		rac_html_size(h, d->refused_bytes);
		rac_html_put(h, " in all</p>\n");
	}
	if (d->over_bytes > 0) {
		rac_html_put(h, "<p class=\"bad\">the cap was passed by ");
		rac_html_size(h, d->over_bytes);
		rac_html_put(h, "</p>\n");
	}
	if (d->driver_failures > 0) {
		rac_html_put(h, "<p class=\"bad\">");
		rac_words_count(&h->e, d->driver_failures, "call");
		rac_html_put(h, " failed by the driver</p>\n");
	}
}

static void put_device(struct rac_html *h, size_t place)
{
	const struct rac_device_snapshot *d = &h->report->devices[place];
	const struct rac_report_untracked *u =
		h->report->untracked != NULL ? &h->report->untracked[place] : NULL;

	rac_html_put(h, "<section class=\"card\">\n<h3>");
	rac_html_put(h, h->stacks.places[place]);
	rac_html_put(h, " <small>");
	rac_html_text(h, d->name);
	rac_html_put(h, "</small></h3>\n<dl class=\"figures\">\n");
	put_peak(h, d);
	put_size_figure(h, end_words(h), d->live_bytes);
	put_count_figure(h, "allocations", d->allocations);
	put_count_figure(h, "frees", d->frees);
	if (d->largest_bytes > 0)
		put_size_figure(h, "largest request", d->largest_bytes);
	if (u != NULL && u->known)
		put_size_figure(h, "beyond what is tracked", u->bytes);
	rac_html_put(h, "</dl>\n");
	put_troubles(h, d);
	put_bars(h, place, d->peak_bytes, d->live_bytes, d->limit_bytes);
	rac_html_put(h, "</section>\n");
}

void rac_html_devices(struct rac_html *h)
{
	const struct rac_counts *pinned = &h->report->host_pinned;

	for (size_t i = 0; i < h->report->device_count && !h->e.refused; i++)
		put_device(h, i);
	if (h->report->device_count == 0)
		rac_html_put(h, "<p>No device was used.</p>\n");
	if (!rac_counts_occurred(pinned))
		return;
	rac_html_put(h,
		"<section class=\"card\">\n<h3>host <small>pinned memory, which no cap"
		" covers</small></h3>\n<dl class=\"figures\">\n");
	put_size_figure(h, "peak", pinned->peak_bytes);
	put_size_figure(h, end_words(h), pinned->live_bytes);
	put_count_figure(h, "allocations", pinned->allocations);
	put_count_figure(h, "frees", pinned->frees);
	rac_html_put(h, "</dl>\n");
	put_bars(h, h->report->device_count, pinned->peak_bytes, pinned->live_bytes, 0);
	rac_html_put(h, "</section>\n");
}

void rac_html_footer(struct rac_html *h)
{
	rac_html_put(h,
		"rac " RAC_VERSION ". Sizes are in powers of 1024. What no site accounts for"
		" is what the device held beyond the sum of the places below.");
}
