/*
 * report_read_timeline.c - the timeline of a JSON report: columns of one length into a list of events.
 */
#include "report_read_parts.h"

#define WHOLE "a whole number from 0 to 2^64-1"

static const struct rac_place timeline_place = {NULL, "timeline", RAC_NO_INDEX};

enum { AT, SITE, DEVICE, LIVE, DEVICE_BYTES, MOST, STANDS_FOR, COLUMNS };

static const char *const keys[COLUMNS] = {
	"at_ns", "site", "device", "live_bytes", "device_bytes", "most_bytes", "stands_for"};

struct columns {
	const struct rac_node *of[COLUMNS];
	size_t length;
};

static bool find_columns(
	struct rac_report_reading *r, const struct rac_node *timeline, struct columns *out)
{
	for (unsigned i = 0; i < COLUMNS; i++) {
		out->of[i] = rac_field_need(
			&r->fields, &timeline_place, timeline, keys[i], RAC_NODE_ARRAY);
		if (out->of[i] == NULL)
			return false;
		if (i == AT)
			out->length = rac_node_length(out->of[i]);
		if (rac_node_length(out->of[i]) != out->length)
			return rac_field_complain(&r->fields, &timeline_place, keys[i], out->of[i],
				"as long as timeline.at_ns");
	}
	return true;
}

static bool complain(struct rac_report_reading *r, const struct columns *columns, unsigned which,
	size_t at, const char *right)
{
	const struct rac_place place = {&timeline_place, keys[which], at};

	return rac_field_complain(
		&r->fields, &place, NULL, rac_node_at(columns->of[which], at), right);
}

static bool read_count(struct rac_report_reading *r, const struct columns *columns, unsigned which,
	size_t at, uint64_t *out)
{
	return rac_node_count(rac_node_at(columns->of[which], at), out) ||
		complain(r, columns, which, at, WHOLE);
}

/* A number, or what null stands for. */
static bool read_number(
	const struct columns *columns, unsigned which, size_t at, uint32_t none, uint64_t *out)
{
	const struct rac_node *node = rac_node_at(columns->of[which], at);

	*out = none;
	return rac_node_kind(node) == RAC_NODE_NULL || rac_node_count(node, out);
}

static bool read_device(struct rac_report_reading *r, const struct columns *columns, size_t at,
	struct rac_report_event *out)
{
	const struct rac_report *report = &r->out->report;
	uint64_t device;

	if (!read_number(columns, DEVICE, at, RAC_MAX_DEVICES, &device) ||
		(device != RAC_MAX_DEVICES &&
			(device > RAC_MAX_DEVICES ||
				rac_report_device_index(report, (uint32_t)device) ==
					report->device_count)))
		return complain(r, columns, DEVICE, at, "the ordinal of one of devices, or null");
	out->device = (uint32_t)device;
	return true;
}

static bool read_site(struct rac_report_reading *r, const struct columns *columns, size_t at,
	struct rac_report_event *out)
{
	const struct rac_report *report = &r->out->report;
	uint64_t site;

	if (!read_number(columns, SITE, at, RAC_REPORT_NO_SITE, &site) ||
		(site != RAC_REPORT_NO_SITE && site >= report->site_count))
		return complain(r, columns, SITE, at, "the position of one of sites, or null");
	out->site = (uint32_t)site;
	if (site == RAC_REPORT_NO_SITE)
		return true;
	const struct rac_report_site *of = &report->sites[site];

	return (of->kind == RAC_KIND_PINNED ? RAC_MAX_DEVICES : of->device) == out->device ||
		complain(r, columns, DEVICE, at, "that of the site");
}

static bool read_event(struct rac_report_reading *r, const struct columns *columns, size_t at,
	struct rac_report_event *out)
{
	if (!rac_node_count(rac_node_at(columns->of[AT], at), &out->at_ns) ||
		(at > 0 && out->at_ns < out[-1].at_ns))
		return complain(r, columns, AT, at,
			"a whole number, and not before the one in front of it");
	return read_device(r, columns, at, out) && read_site(r, columns, at, out) &&
		read_count(r, columns, LIVE, at, &out->live_bytes) &&
		read_count(r, columns, DEVICE_BYTES, at, &out->device_bytes) &&
		read_count(r, columns, MOST, at, &out->most_bytes) &&
		read_count(r, columns, STANDS_FOR, at, &out->stands_for);
}

bool rac_reading_timeline(struct rac_report_reading *r, struct rac_report *out)
{
	static const struct rac_field fields[] = {
		OPTIONAL("coarse_until_ns", COUNT, struct rac_report_timeline, coarse_until_ns),
		OPTIONAL("missed", COUNT, struct rac_report_timeline, missed),
	};
	const struct rac_node *timeline = rac_node_get(r->document, "timeline");
	struct rac_report_event *events;
	struct columns columns = {.length = 0};

	if (timeline == NULL)
		return true;
	if (rac_node_kind(timeline) != RAC_NODE_OBJECT)
		return rac_field_complain(&r->fields, NULL, "timeline", timeline, "an object");
	if (!find_columns(r, timeline, &columns) ||
		!rac_fields_read(&r->fields, &timeline_place, timeline, fields, COUNT(fields),
			&out->timeline))
		return false;
	out->timeline.events = events = rac_reading_room(r, columns.length, sizeof(*events));
	out->timeline.count = columns.length;
	for (size_t i = 0; events != NULL && i < columns.length; i++)
		if (!read_event(r, &columns, i, &events[i]))
			return false;
	return events != NULL;
}
