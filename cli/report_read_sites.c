/*
 * report_read_sites.c - sites and their call stacks of a JSON report.
 */
#include "report_read_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct rac_field site_fields[] = {
	OPTIONAL("id", TEXT, struct rac_report_site, id),
	OPTIONAL("api", TEXT, struct rac_report_site, api),
	OPTIONAL("owner", TEXT, struct rac_report_site, owner),
	OPTIONAL("owner_name", TEXT, struct rac_report_site, owner_name),
	OPTIONAL("scope", TEXT, struct rac_report_site, scope),
	NEEDED("live_bytes", COUNT, struct rac_report_site, live_bytes),
	NEEDED("live_count", COUNT, struct rac_report_site, live_count),
	NEEDED("peak_bytes", COUNT, struct rac_report_site, peak_bytes),
	NEEDED("total_bytes", COUNT, struct rac_report_site, total_bytes),
	NEEDED("total_count", COUNT, struct rac_report_site, total_count),
	OPTIONAL("temporary_count", COUNT, struct rac_report_site, temporary_count),
	OPTIONAL("first_ns", COUNT, struct rac_report_site, first_ns),
	OPTIONAL("last_ns", COUNT, struct rac_report_site, last_ns),
	OPTIONAL("lost_bytes", COUNT, struct rac_report_site, lost_bytes),
	OPTIONAL("lost_count", COUNT, struct rac_report_site, lost_count),
	OPTIONAL("possibly_count", COUNT, struct rac_report_site, inside_count),
};

static const struct rac_field device_field =
	NEEDED("device", SMALL, struct rac_report_site, device);

static const struct rac_field frame_fields[] = {
	OPTIONAL("module", TEXT, struct rac_report_frame, module),
	OPTIONAL("build_id", TEXT, struct rac_report_frame, build_id),
	OPTIONAL("offset", COUNT, struct rac_report_frame, offset),
	OPTIONAL("function", TEXT, struct rac_report_frame, function),
	OPTIONAL("file", TEXT, struct rac_report_frame, file),
	OPTIONAL("line", COUNT, struct rac_report_frame, line),
	OPTIONAL("language", TEXT, struct rac_report_frame, language),
};

/* The last one is RAC_KIND_PINNED, whose number does not follow on the others'. */
static const char *const kind_names[] = {
#define RAC_KIND(id, name, covers) [RAC_KIND_##id] = (name),
#include "kinds.def"
#undef RAC_KIND
	"pinned",
};

static const char *const grade_names[] = {
#define X(id, name) [RAC_GRADE_##id] = (name),
	RAC_GRADE_LIST(X)
#undef X
};

static const char *const trend_names[] = {
#define X(id, name) [RAC_TREND_##id] = (name),
	RAC_TREND_LIST(X)
#undef X
};

void *rac_reading_room(struct rac_report_reading *r, size_t count, size_t size)
{
	/* One more than asked for, so that NULL always means failure. */
	void *memory = calloc(count + 1, size);
	struct rac_quote quote;

	if (memory == NULL)
		rac_complain(
			r->fields.c, "no memory to read %s", rac_quote(&quote, r->fields.document));
	r->out->memory[r->memories++] = memory;
	return memory;
}

bool rac_reading_word(const struct rac_report_reading *r, const struct rac_place *place,
	const struct rac_node *object, const char *key, const char *const *names, size_t count,
	unsigned *out)
{
	const struct rac_node *value = rac_node_get(object, key);
	const char *word = rac_node_string(value);
	char right[160] = "one of";
	size_t used = strlen(right);

	for (unsigned i = 0; i < count; i++) {
		if (word != NULL && strcmp(word, names[i]) == 0) {
			*out = i;
			return true;
		}
		used += (size_t)snprintf(
			right + used, sizeof(right) - used, "%s %s", i > 0 ? "," : "", names[i]);
	}
	return rac_field_complain(&r->fields, place, key, value, right);
}

static bool read_frames(struct rac_report_reading *r, const struct rac_place *site_place,
	const struct rac_node *frames, struct rac_report_frame *to)
{
	for (size_t i = 0; i < rac_node_length(frames); i++) {
		const struct rac_place place = {site_place, "frames", i};
		const struct rac_node *frame = rac_node_at(frames, i);

		if (rac_node_kind(frame) != RAC_NODE_OBJECT)
			return rac_field_complain(&r->fields, &place, NULL, frame, "an object");
		if (!rac_fields_read(
			    &r->fields, &place, frame, frame_fields, COUNT(frame_fields), &to[i]))
			return false;
	}
	return true;
}

/* Memory of the host lies on none. */
static bool read_device(struct rac_report_reading *r, const struct rac_place *place,
	const struct rac_node *site, struct rac_report_site *out)
{
	const struct rac_report *report = &r->out->report;

	if (out->kind == RAC_KIND_PINNED)
		return true;
	if (!rac_fields_read(&r->fields, place, site, &device_field, 1, out))
		return false;
	return rac_report_device_index(report, out->device) < report->device_count ||
		rac_field_complain(&r->fields, place, "device", rac_node_get(site, "device"),
			"the ordinal of one of devices");
}

static bool read_site(struct rac_report_reading *r, const struct rac_place *place,
	const struct rac_node *site, struct rac_report_site *out, struct rac_report_frame *frames)
{
	const struct rac_node *stack = rac_node_get(site, "frames");
	unsigned kind, grade = RAC_GRADE_LEAK, trend = RAC_TREND_UNKNOWN;

	if (rac_node_kind(site) != RAC_NODE_OBJECT)
		return rac_field_complain(&r->fields, place, NULL, site, "an object");
	out->first_ns = out->last_ns = RAC_REPORT_TIME_UNKNOWN;
	out->is_searched = rac_node_get(site, "lost_count") != NULL;
	if (!rac_fields_read(&r->fields, place, site, site_fields, COUNT(site_fields), out) ||
		!rac_reading_word(r, place, site, "kind", kind_names, COUNT(kind_names), &kind))
		return false;
	if (rac_node_get(site, "grade") != NULL &&
		!rac_reading_word(r, place, site, "grade", grade_names, COUNT(grade_names), &grade))
		return false;
	if (rac_node_get(site, "trend") != NULL &&
		!rac_reading_word(r, place, site, "trend", trend_names, COUNT(trend_names), &trend))
		return false;
	out->trend = (enum rac_trend)trend;
	out->kind = kind < RAC_KIND_COUNT ? kind : RAC_KIND_PINNED;
	out->grade = (enum rac_grade)grade;
	if (!read_device(r, place, site, out))
		return false;
	if (stack != NULL && rac_node_kind(stack) != RAC_NODE_ARRAY)
		return rac_field_complain(&r->fields, place, "frames", stack, "an array");
	out->frames = frames;
	out->frame_count = rac_node_length(stack);
	return read_frames(r, place, stack, frames);
}

bool rac_reading_sites(struct rac_report_reading *r, struct rac_report *out)
{
	const struct rac_node *sites = rac_node_get(r->document, "sites");
	size_t count = rac_node_length(sites), frame_count = 0;
	struct rac_report_frame *frames;
	struct rac_report_site *to;

	if (sites != NULL && rac_node_kind(sites) != RAC_NODE_ARRAY)
		return rac_field_complain(&r->fields, NULL, "sites", sites, "an array");
	for (size_t i = 0; i < count; i++)
		frame_count += rac_node_length(rac_node_get(rac_node_at(sites, i), "frames"));
	out->sites = to = rac_reading_room(r, count, sizeof(*to));
	frames = rac_reading_room(r, frame_count, sizeof(*frames));
	if (to == NULL || frames == NULL)
		return false;
	for (; out->site_count < count; out->site_count++) {
		const struct rac_place place = {NULL, "sites", out->site_count};
		struct rac_report_site *site = &to[out->site_count];

		if (!read_site(r, &place, rac_node_at(sites, out->site_count), site, frames))
			return false;
		frames += site->frame_count;
	}
	return true;
}
