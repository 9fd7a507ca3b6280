/*
 * html_timeline.c - memory over time: for each device the modules on top of each other, with the cap and
 * the peak. Areas are drawn in a picture without proportions of its own, words beside it as text, so that
 * it fits any width.
 */
#include "html_parts.h"

#include "checked.h"
#include "time_text.h"
#include <stdlib.h>
#include <string.h>

#define STEPS      400 /* moments that are drawn */
#define GRID_LINES 6   /* at most */
#define SECOND     UINT64_C(1000000000)

struct chart {
	size_t place;
	uint64_t end_ns, top; /* what the axes go to */
	/* At the fullest moment of each step; in the first colours one after the other. */
	uint64_t levels[STEPS][RAC_HTML_CLASSES];
	uint64_t totals[STEPS];
	uint64_t highest, highest_ns;
	uint64_t folded, stand_for; /* entries, and the events that they stand for */
};

static uint64_t level_total(const uint64_t levels[RAC_HTML_CLASSES])
{
	uint64_t total = 0;

	for (unsigned i = 0; i < RAC_HTML_CLASSES; i++)
		if (!rac_checked_add(total, levels[i], &total))
			return UINT64_MAX;
	return total;
}

static size_t step_at(const struct chart *chart, uint64_t at_ns)
{
	__extension__ typedef unsigned __int128 wide;
	size_t step = (size_t)((wide)at_ns * STEPS / chart->end_ns);

	return step < STEPS ? step : STEPS - 1;
}

/* Keeps the levels for a step if it was not as full before. */
static void note(struct chart *chart, size_t step, const uint64_t levels[RAC_HTML_CLASSES])
{
	uint64_t total = level_total(levels);

	if (total < chart->totals[step])
		return;
	chart->totals[step] = total;
	memcpy(chart->levels[step], levels, sizeof(chart->levels[step]));
}

/* From the step of one event to that of the next, the levels are what they are. */
static void hold(
	struct chart *chart, size_t from, size_t to, const uint64_t levels[RAC_HTML_CLASSES])
{
	for (size_t step = from; step <= to; step++)
		note(chart, step, levels);
}

/* Where in the stacks to look; what each holds, by position; what all sites of the place do. */
struct walk {
	struct rac_html *h;
	struct chart *chart;
	const size_t *stack_of; /* of each site, its position and 1; 0: it has none */
	size_t rest;            /* what no site of the place accounts for, likewise */
	uint64_t *held;
	uint64_t levels[RAC_HTML_CLASSES];
	uint64_t sum;
};

static void shift(uint64_t *sum, uint64_t from, uint64_t to)
{
	*sum = rac_saturating_sub(*sum, from);
	if (!rac_checked_add(*sum, to, sum))
		*sum = UINT64_MAX;
}

static void set_level(struct walk *w, size_t stack, uint64_t bytes)
{
	if (stack == 0)
		return;
	shift(&w->levels[rac_html_colour(w->h, stack - 1)], w->held[stack - 1], bytes);
	w->held[stack - 1] = bytes;
}

static void take_event(struct walk *w, const struct rac_report_event *event)
{
	size_t stack = event->site != RAC_REPORT_NO_SITE ? w->stack_of[event->site] : 0;

	if (event->at_ns <= w->h->report->timeline.coarse_until_ns) {
		w->chart->folded++;
		rac_checked_add(w->chart->stand_for, event->stands_for, &w->chart->stand_for);
	}
	if (stack > 0) {
		shift(&w->sum, w->held[stack - 1], event->live_bytes);
		set_level(w, stack, event->live_bytes);
	}
	set_level(w, w->rest, rac_saturating_sub(event->device_bytes, w->sum));
	if (event->most_bytes > w->chart->highest) {
		w->chart->highest = event->most_bytes;
		w->chart->highest_ns = event->at_ns;
	}
}

static void follow(struct walk *w)
{
	const struct rac_report *report = w->h->report;
	const struct rac_report_timeline *t = &report->timeline;
	size_t before = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct rac_report_event *event = &t->events[i];
		size_t step = step_at(w->chart, event->at_ns);

		if (rac_report_event_place(report, event) != w->chart->place)
			continue;
		hold(w->chart, before, step, w->levels);
		before = step;
		take_event(w, event);
		note(w->chart, step, w->levels);
	}
	/* A step that something happened in keeps its fullest moment. */
	if (before + 1 < STEPS)
		hold(w->chart, before + 1, STEPS - 1, w->levels);
}

/* The stack of what no site of a place accounts for, and 1; 0: there is none. */
static size_t rest_of(const struct rac_html *h, size_t place)
{
	for (size_t i = 0; i < h->stacks.count; i++)
		if (h->stacks.stacks[i].site == NULL && h->stacks.stacks[i].place == place)
			return i + 1;
	return 0;
}

static void put_coordinate(struct rac_html *h, uint64_t part, uint64_t whole)
{
	rac_html_share(h, part, whole);
	rac_html_put(h, " ");
}

/* The area between the sums of the colours up to this one, in a picture of 100 by 100. */
static void put_area(struct rac_html *h, const struct chart *chart, unsigned colour)
{
	uint64_t sums[STEPS + 1], below[STEPS + 1];
	bool any = false;

	for (size_t step = 0; step < STEPS; step++) {
		below[step] = 0;
		for (unsigned i = 0; i < colour; i++)
			if (!rac_checked_add(below[step], chart->levels[step][i], &below[step]))
				below[step] = UINT64_MAX;
		sums[step] = below[step];
		if (!rac_checked_add(sums[step], chart->levels[step][colour], &sums[step]))
			sums[step] = UINT64_MAX;
		any = any || chart->levels[step][colour] > 0;
	}
	if (!any)
		return;
	rac_html_put(h, "<path class=\"f");
	rac_html_number(h, colour);
	rac_html_put(h, "\" d=\"M");
	for (size_t step = 0; step < STEPS; step++) {
		uint64_t height = sums[step] < chart->top ? sums[step] : chart->top;

		if (step > 0 && sums[step] == sums[step - 1])
			continue;
		rac_html_put(h, step > 0 ? "H" : "0 ");
		if (step > 0) {
			put_coordinate(h, step, STEPS);
			rac_html_put(h, "V");
		}
		put_coordinate(h, chart->top - height, chart->top);
	}
	rac_html_put(h, "H100 ");
	for (size_t step = STEPS; step-- > 0;) {
		uint64_t height = below[step] < chart->top ? below[step] : chart->top;

		if (step < STEPS - 1 && below[step] == below[step + 1])
			continue;
		if (step < STEPS - 1) {
			rac_html_put(h, "H");
			put_coordinate(h, step + 1, STEPS);
		}
		rac_html_put(h, "V");
		put_coordinate(h, chart->top - height, chart->top);
	}
	rac_html_put(h, "H0Z\"/>\n");
}

static void put_grid(struct rac_html *h, const struct chart *chart)
{
	uint64_t line = 1;

	while (line < UINT64_MAX / 2 && chart->top / line > GRID_LINES)
		line *= 2;
	for (uint64_t at = 0; at <= chart->top && chart->top - at >= line / 4; at += line) {
		if (at > 0) {
			rac_html_put(h, "<div class=\"grid\" style=\"bottom:");
			rac_html_share(h, at, chart->top);
			rac_html_put(h, "%\"></div>");
		}
		rac_html_put(h, "<div class=\"y\" style=\"bottom:");
		rac_html_share(h, at, chart->top);
		rac_html_put(h, "%\">");
		rac_html_size_text(h, at);
		rac_html_put(h, "</div>\n");
		if (at > UINT64_MAX - line)
			break;
	}
}

static void put_seconds(struct rac_html *h, uint64_t ns)
{
	char text[RAC_SECONDS_TEXT_MAX];

	rac_seconds_text(text, ns, 6);
	rac_html_put(h, text);
	rac_html_put(h, " s");
}

/* Steps of 1, 2 or 5 times a power of ten. */
static void put_times(struct rac_html *h, const struct chart *chart)
{
	static const uint64_t factors[] = {2, 5, 10};
	uint64_t unit = 1, line = 1, number = 0;

	for (unsigned i = 0; chart->end_ns / line > GRID_LINES; i++) {
		line = unit * factors[i % 3];
		if (i % 3 == 2)
			unit = line;
	}
	for (uint64_t at = 0; at <= chart->end_ns; at += line, number++) {
		bool last = chart->end_ns - at < line / 4;

		rac_html_put(h, number % 2 == 1 ? "<div class=\"x odd" : "<div class=\"x");
		rac_html_put(h, last ? " last\" style=\"left:" : "\" style=\"left:");
		rac_html_share(h, at, chart->end_ns);
		rac_html_put(h, "%\">");
		put_seconds(h, at);
		rac_html_put(h, "</div>\n");
		if (at > UINT64_MAX - line)
			break;
	}
}

static void put_rule(struct rac_html *h, const struct chart *chart, const char *class,
	const char *name, uint64_t at)
{
	rac_html_put(h, "<div class=\"");
	rac_html_put(h, class);
	rac_html_put(h, "\" style=\"bottom:");
	rac_html_share(h, at, chart->top);
	rac_html_put(h, "%\"><b>");
	rac_html_put(h, name);
	rac_html_size_text(h, at);
	rac_html_put(h, "</b></div>\n");
}

static void put_marks(struct rac_html *h, const struct chart *chart, uint64_t peak, uint64_t cap)
{
	uint64_t coarse = h->report->timeline.coarse_until_ns;

	if (cap > 0 && cap <= chart->top)
		put_rule(h, chart, "rule cap", "cap ", cap);
	if (peak > 0)
		put_rule(h, chart, "rule", "peak ", peak);
	if (chart->highest > 0) {
		rac_html_put(h, "<div class=\"dot\" style=\"left:");
		rac_html_share(h, chart->highest_ns, chart->end_ns);
		rac_html_put(h, "%;bottom:");
		rac_html_share(h, chart->highest, chart->top);
		rac_html_put(h, "%\" title=\"");
		rac_html_size_text(h, chart->highest);
		rac_html_put(h, " after ");
		put_seconds(h, chart->highest_ns);
		rac_html_put(h, "\"></div>\n");
	}
	if (coarse == 0)
		return;
	rac_html_put(h, "<div class=\"coarse\" style=\"width:");
	rac_html_share(h, coarse < chart->end_ns ? coarse : chart->end_ns, chart->end_ns);
	rac_html_put(h, "%\"><b>thinned out");
	if (chart->stand_for > chart->folded && chart->folded > 0) {
		rac_html_put(h, ", some ");
		rac_html_number(h, chart->stand_for / chart->folded);
		rac_html_put(h, " events to a point");
	}
	rac_html_put(h, "</b></div>\n");
}

/* The picture in words, for who cannot see it. */
static void put_label(struct rac_html *h, const struct chart *chart, uint64_t peak, uint64_t live)
{
	rac_html_put(h, h->stacks.places[chart->place]);
	rac_html_put(h, ": the peak is ");
	rac_html_size_text(h, peak);
	rac_html_put(h, ", the fullest moment of the picture is after ");
	put_seconds(h, chart->highest_ns);
	rac_html_put(h, " of ");
	put_seconds(h, chart->end_ns);
	rac_html_put(h, ", at the end it is ");
	rac_html_size_text(h, live);
}

static void put_chart(struct rac_html *h, const struct chart *chart, const char *name,
	uint64_t peak, uint64_t live, uint64_t cap)
{
	rac_html_put(h, "<h3>");
	rac_html_put(h, h->stacks.places[chart->place]);
	rac_html_put(h, " <small>");
	rac_html_text(h, name);
	rac_html_put(h, "</small></h3>\n");
	if (cap > chart->top) {
		rac_html_put(h, "<p class=\"soft\">The cap of ");
		rac_html_size(h, cap);
		rac_html_put(h, " is far above this picture.</p>\n");
	}
	rac_html_put(h, "<div class=\"chart\" role=\"img\" aria-label=\"");
	put_label(h, chart, peak, live);
	rac_html_put(h, "\">\n");
	put_grid(h, chart);
	rac_html_put(h,
		"<svg viewBox=\"0 0 100 100\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\n");
	for (unsigned colour = 0; colour < RAC_HTML_CLASSES; colour++)
		put_area(h, chart, colour);
	rac_html_put(h, "</svg>\n");
	put_marks(h, chart, peak, cap);
	put_times(h, chart);
	rac_html_put(h, "</div>\n");
}

static void set_top(struct chart *chart, uint64_t peak, uint64_t cap)
{
	chart->top = peak > chart->highest ? peak : chart->highest;
	if (cap > chart->top && cap / 2 <= chart->top)
		chart->top = cap;
	/* A line at the very top needs room. */
	if (!rac_checked_add(chart->top, chart->top / 16 + 1, &chart->top))
		chart->top = UINT64_MAX;
}

static void put_places(
	struct rac_html *h, struct chart *chart, const size_t *stack_of, uint64_t *held)
{
	const struct rac_report *r = h->report;
	uint64_t elapsed = r->process.elapsed_ns;
	uint64_t end_ns = r->timeline.events[r->timeline.count - 1].at_ns;

	if (elapsed != RAC_REPORT_TIME_UNKNOWN && elapsed > end_ns)
		end_ns = elapsed;
	for (size_t i = 0; i < h->stacks.place_count && !h->e.refused; i++) {
		bool is_host = i == r->device_count;
		uint64_t peak = is_host ? r->host_pinned.peak_bytes : r->devices[i].peak_bytes;
		uint64_t live = is_host ? r->host_pinned.live_bytes : r->devices[i].live_bytes;
		uint64_t cap = is_host ? 0 : r->devices[i].limit_bytes;

		memset(chart, 0, sizeof(*chart));
		memset(held, 0, h->stacks.count * sizeof(*held));
		chart->place = i;
		chart->end_ns = end_ns > 0 ? end_ns : SECOND;
		follow(&(struct walk){.h = h,
			.chart = chart,
			.stack_of = stack_of,
			.rest = rest_of(h, i),
			.held = held});
		if (chart->highest == 0)
			continue;
		set_top(chart, peak, cap);
		put_chart(
			h, chart, is_host ? "pinned memory" : r->devices[i].name, peak, live, cap);
	}
}

static void put_missed(struct rac_html *h)
{
	uint64_t missed = h->report->timeline.missed;

	if (missed == 0)
		return;
	rac_html_put(h, "<p class=\"soft\">Allocations and frees that there was no room for: ");
	rac_html_number(h, missed);
	rac_html_put(h, ". The pictures lack them until their ends.</p>\n");
}

void rac_html_timeline(struct rac_html *h)
{
	const struct rac_report *r = h->report;
	struct chart *chart;
	size_t *stack_of;
	uint64_t *held;

	if (r->timeline.count == 0) {
		rac_html_put(h,
			"<p>No timeline was kept of this run, so there is no picture of it. What was"
			" allocated at the peak and at the end is below.</p>\n");
		return;
	}
	chart = malloc(sizeof(*chart));
	stack_of = calloc(r->site_count + 1, sizeof(*stack_of));
	held = calloc(h->stacks.count + 1, sizeof(*held));
	if (chart != NULL && stack_of != NULL && held != NULL) {
		for (size_t i = 0; i < h->stacks.count; i++)
			if (h->stacks.stacks[i].site != NULL)
				stack_of[h->stacks.stacks[i].site - r->sites] = i + 1;
		put_places(h, chart, stack_of, held);
		put_missed(h);
	} else {
		h->failed = true;
	}
	free(chart);
	free(stack_of);
	free(held);
}
