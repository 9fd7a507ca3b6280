/*
 * report_read_timeline.c - the timeline of a JSON report: three columns into a list of events.
 */
#include "report_read_parts.h"

static const struct rac_place timeline_place = {NULL, "timeline", RAC_NO_INDEX};

/* NULL: the column is not there or not as long as the others, which is said. */
static const struct rac_node *column(struct rac_report_reading *r, const struct rac_node *timeline,
	const char *key, size_t length)
{
	const struct rac_node *values =
		rac_field_need(&r->fields, &timeline_place, timeline, key, RAC_NODE_ARRAY);

	if (values == NULL || rac_node_length(values) == length)
		return values;
	rac_field_complain(&r->fields, &timeline_place, key, values, "as long as timeline.at_ns");
	return NULL;
}

static bool complain(struct rac_report_reading *r, const char *key, size_t at,
	const struct rac_node *value, const char *right)
{
	const struct rac_place place = {&timeline_place, key, at};

	return rac_field_complain(&r->fields, &place, NULL, value, right);
}

static bool read_event(struct rac_report_reading *r, size_t at, const struct rac_node *times,
	const struct rac_node *sites, const struct rac_node *bytes, struct rac_report_event *out)
{
	uint64_t site;

	if (!rac_node_count(rac_node_at(times, at), &out->at_ns) ||
		(at > 0 && out->at_ns < out[-1].at_ns))
		return complain(r, "at_ns", at, rac_node_at(times, at),
			"a whole number, and not before the one in front of it");
	if (!rac_node_count(rac_node_at(sites, at), &site) || site >= r->out->report.site_count)
		return complain(
			r, "site", at, rac_node_at(sites, at), "the position of one of sites");
	if (!rac_node_count(rac_node_at(bytes, at), &out->live_bytes))
		return complain(r, "live_bytes", at, rac_node_at(bytes, at),
			"a whole number from 0 to 2^64-1");
	out->site = (uint32_t)site;
	return true;
}

bool rac_reading_timeline(struct rac_report_reading *r, struct rac_report *out)
{
	const struct rac_node *timeline = rac_node_get(r->document, "timeline");
	const struct rac_field coarse = {"coarse_until_ns", RAC_FIELD_COUNT, false,
		offsetof(struct rac_report_timeline, coarse_until_ns), 0};
	const struct rac_node *times, *sites, *bytes;
	struct rac_report_event *events;
	size_t count;

	if (timeline == NULL)
		return true;
	if (rac_node_kind(timeline) != RAC_NODE_OBJECT)
		return rac_field_complain(&r->fields, NULL, "timeline", timeline, "an object");
	times = rac_field_need(&r->fields, &timeline_place, timeline, "at_ns", RAC_NODE_ARRAY);
	count = rac_node_length(times);
	sites = times != NULL ? column(r, timeline, "site", count) : NULL;
	bytes = sites != NULL ? column(r, timeline, "live_bytes", count) : NULL;
	if (bytes == NULL ||
		!rac_fields_read(&r->fields, &timeline_place, timeline, &coarse, 1, &out->timeline))
		return false;
	out->timeline.events = events = rac_reading_room(r, count, sizeof(*events));
	out->timeline.count = count;
	for (size_t i = 0; events != NULL && i < count; i++)
		if (!read_event(r, i, times, sites, bytes, &events[i]))
			return false;
	return events != NULL;
}
