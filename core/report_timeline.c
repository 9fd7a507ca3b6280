/*
 * report_timeline.c - see report_timeline.h.
 */
#include "report_timeline.h"

#include "checked.h"

struct levels {
	struct rac_report *report;
	const struct rac_site_positions *positions;
	struct rac_report_event *events;
	size_t count;
	uint64_t *sites; /* what each holds, by position; differences wrap around 0 */
	uint64_t devices[RAC_TIMELINE_PLACES];
	uint64_t latest_ns;
};

size_t rac_report_timeline_bytes(const struct rac_report *report, size_t points)
{
	/* At the end one more for each site and each device, and for pinned memory. */
	size_t events = points + report->site_count + report->device_count + 1;

	return events * sizeof(struct rac_report_event) + report->site_count * sizeof(uint64_t);
}

static uint32_t device_of(const struct rac_report_site *site)
{
	return site->kind == RAC_KIND_PINNED || site->device >= RAC_MAX_DEVICES
		? RAC_TIMELINE_PINNED
		: site->device;
}

/* A record that was made up may say a place that is not its site's. */
static uint32_t site_of(const struct levels *l, const struct rac_timeline_point *p)
{
	uint32_t number = rac_timeline_site(p);
	uint32_t at = number < l->positions->count ? l->positions->of[number] : 0;

	return at > 0 && device_of(&l->report->sites[at - 1]) == rac_timeline_place(p)
		? at - 1
		: RAC_REPORT_NO_SITE;
}

/* A level that fell below 0 is that of a place whose events were missed. */
static uint64_t level(uint64_t sum)
{
	return (int64_t)sum < 0 ? 0 : sum;
}

/* Adds bytes to what a site and a device hold; to either alone where the other is left out. */
static void shift(struct levels *l, uint32_t site, uint32_t device, uint64_t bytes,
	uint64_t device_bytes, struct rac_report_event event)
{
	if (site != RAC_REPORT_NO_SITE)
		event.live_bytes = level(l->sites[site] += bytes);
	l->devices[device] += device_bytes;
	event.site = site;
	event.device = device;
	event.device_bytes = level(l->devices[device]);
	if (event.most_bytes < event.device_bytes)
		event.most_bytes = event.device_bytes;
	l->events[l->count++] = event;
	l->latest_ns = event.at_ns;
}

static void add_point(struct levels *l, const struct rac_timeline_point *p, uint64_t started_ns)
{
	const struct rac_report_event event = {
		.at_ns = rac_saturating_sub(p->at_ns, started_ns),
		.most_bytes = p->most,
		.stands_for = p->count,
	};

	shift(l, site_of(l, p), rac_timeline_place(p), p->bytes,
		rac_timeline_is_inside(p) ? 0 : p->bytes, event);
}

/* What the points lack: first what falls, so that no device rises above what it held on the way. */
static void make_up_sites(struct levels *l, uint64_t at_ns)
{
	const struct rac_report *r = l->report;
	const struct rac_report_event event = {.at_ns = at_ns};

	for (unsigned rising = 0; rising < 2; rising++) {
		for (size_t i = 0; i < r->site_count; i++) {
			uint64_t lacks = r->sites[i].live_bytes - l->sites[i];

			if (lacks != 0 && ((int64_t)lacks > 0) == (rising == 1))
				shift(l, (uint32_t)i, device_of(&r->sites[i]), lacks, 0, event);
		}
	}
}

static void make_up(struct levels *l, uint64_t at_ns)
{
	const struct rac_report *r = l->report;
	const struct rac_report_event event = {.at_ns = at_ns};
	uint64_t lacks = r->host_pinned.live_bytes - l->devices[RAC_TIMELINE_PINNED];

	make_up_sites(l, at_ns);
	for (size_t i = 0; i < r->device_count; i++) {
		uint32_t ordinal = r->devices[i].ordinal;
		uint64_t more = r->devices[i].live_bytes - l->devices[ordinal];

		if (more != 0)
			shift(l, RAC_REPORT_NO_SITE, ordinal, 0, more, event);
	}
	if (lacks != 0)
		shift(l, RAC_REPORT_NO_SITE, RAC_TIMELINE_PINNED, 0, lacks, event);
}

void rac_report_timeline(struct rac_report *report, const struct rac_site_positions *positions,
	const struct rac_timeline_point *points, size_t count,
	const struct rac_timeline_about *about, uint64_t started_ns, void *memory)
{
	struct levels l = {.report = report, .positions = positions, .events = memory};
	uint64_t missed_ns = rac_saturating_sub(about->missed_at_ns, started_ns);

	if (count == 0)
		return;
	l.sites = (uint64_t *)(void *)(l.events + count + report->site_count +
		report->device_count + 1);
	for (size_t i = 0; i < count; i++) {
		add_point(&l, &points[i], started_ns);
		if (i < about->folded)
			report->timeline.coarse_until_ns = l.latest_ns;
	}
	make_up(&l, missed_ns > l.latest_ns ? missed_ns : l.latest_ns);
	report->timeline.events = l.events;
	report->timeline.count = l.count;
	report->timeline.missed = about->missed;
}
