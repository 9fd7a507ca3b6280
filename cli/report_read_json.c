/*
 * report_read_json.c - a JSON report of schema rac.report/1 into the structs that emitters take: which
 * keys there are, what they must be, and how they fit together. Keys that are not known are passed
 * over.
 */
#include "report_read_parts.h"

#include "time_read.h"
#include <string.h>

static const struct rac_field process_fields[] = {
	NEEDED("pid", COUNT, struct rac_report_process, pid),
	OPTIONAL("ppid", COUNT, struct rac_report_process, ppid),
	OPTIONAL("executable", TEXT, struct rac_report_process, executable),
	OPTIONAL("host", TEXT, struct rac_report_process, host),
	OPTIONAL("rank", TEXT, struct rac_report_process, rank),
};

static const struct rac_field device_fields[] = {
	NEEDED("ordinal", SMALL, struct rac_device_snapshot, ordinal),
	OPTIONAL("uuid", LETTERS, struct rac_device_snapshot, uuid),
	OPTIONAL("name", LETTERS, struct rac_device_snapshot, name),
	OPTIONAL("total_bytes", COUNT, struct rac_device_snapshot, total_bytes),
	OPTIONAL("limit_bytes", COUNT, struct rac_device_snapshot, limit_bytes),
	NEEDED("live_bytes", COUNT, struct rac_device_snapshot, live_bytes),
	NEEDED("peak_bytes", COUNT, struct rac_device_snapshot, peak_bytes),
	NEEDED("allocations", COUNT, struct rac_device_snapshot, allocations),
	NEEDED("frees", COUNT, struct rac_device_snapshot, frees),
	OPTIONAL("largest_bytes", COUNT, struct rac_device_snapshot, largest_bytes),
	NEEDED("refused", COUNT, struct rac_device_snapshot, refused),
	OPTIONAL("refused_bytes", COUNT, struct rac_device_snapshot, refused_bytes),
	OPTIONAL("over_bytes", COUNT, struct rac_device_snapshot, over_bytes),
	OPTIONAL("driver_failures", COUNT, struct rac_device_snapshot, driver_failures),
};

static const struct rac_field untracked_fields[] = {
	NEEDED("untracked_bytes", COUNT, struct rac_report_untracked, bytes),
	OPTIONAL("untracked_source", TEXT, struct rac_report_untracked, source),
};

static const struct rac_field group_fields[] = {
	OPTIONAL("group", TEXT, struct rac_report_group, name),
	OPTIONAL("group_bytes", COUNT, struct rac_report_group, used_bytes),
};

static const struct rac_field counts_fields[] = {
	NEEDED("live_bytes", COUNT, struct rac_counts, live_bytes),
	NEEDED("peak_bytes", COUNT, struct rac_counts, peak_bytes),
	NEEDED("allocations", COUNT, struct rac_counts, allocations),
	NEEDED("frees", COUNT, struct rac_counts, frees),
};

static const struct rac_field report_fields[] = {
	OPTIONAL("version", TEXT, struct rac_report, version),
	OPTIONAL("unknown_frees", COUNT, struct rac_report, unknown_frees),
	OPTIONAL("unrecorded", COUNT, struct rac_report, unrecorded),
	OPTIONAL("lost_bytes", COUNT, struct rac_report, lost_bytes),
	OPTIONAL("lost_errno", COUNT, struct rac_report, lost_error),
	OPTIONAL("unread_python", COUNT, struct rac_report, unread_python),
};

static const char *const end_names[] = {
#define X(id, name) [RAC_END_##id] = (name),
	RAC_END_LIST(X)
#undef X
};

static bool read_command(struct rac_report_reading *r, const struct rac_place *place,
	const struct rac_node *process, struct rac_report_process *out)
{
	const struct rac_node *command = rac_node_get(process, "command");
	size_t count = rac_node_length(command), bytes = 0, n;
	char *to;

	if (command != NULL && rac_node_kind(command) != RAC_NODE_ARRAY)
		return rac_field_complain(
			&r->fields, place, "command", command, "an array of strings");
	for (size_t i = 0; i < count; i++, bytes += n + 1) {
		const struct rac_node *argument = rac_node_at(command, i);
		const struct rac_place at = {place, "command", i};
		const char *from = rac_node_bytes(argument, &n);

		if (from == NULL || memchr(from, '\0', n) != NULL)
			return rac_field_complain(
				&r->fields, &at, NULL, argument, "a string without NUL");
	}
	out->command = to = rac_reading_room(r, bytes, 1);
	out->command_bytes = bytes;
	for (size_t i = 0; to != NULL && i < count; i++) {
		const char *from = rac_node_bytes(rac_node_at(command, i), &n);

		memcpy(to, from, n + 1);
		to += n + 1;
	}
	return out->command != NULL;
}

static bool read_times(struct rac_report_reading *r, const struct rac_place *place,
	const struct rac_node *process, struct rac_report_process *out)
{
	const struct rac_node *started = rac_node_get(process, "started");
	const struct rac_node *seconds = rac_node_get(process, "seconds");

	out->elapsed_ns = RAC_REPORT_TIME_UNKNOWN;
	if (started != NULL &&
		(rac_node_string(started) == NULL ||
			!rac_time_read(rac_node_string(started), &out->started_unix_ns)))
		return rac_field_complain(&r->fields, place, "started", started,
			"a time like \"2026-01-01T00:00:00Z\"");
	if (seconds != NULL &&
		(rac_node_digits(seconds) == NULL ||
			!rac_seconds_read(rac_node_digits(seconds), &out->elapsed_ns)))
		return rac_field_complain(
			&r->fields, place, "seconds", seconds, "a number of seconds from 0");
	return true;
}

static bool read_process(struct rac_report_reading *r, struct rac_report_process *out)
{
	const struct rac_place place = {NULL, "process", RAC_NO_INDEX};
	const struct rac_place end_place = {&place, "end", RAC_NO_INDEX};
	const struct rac_field status = {
		"status", RAC_FIELD_SIGNED, false, offsetof(struct rac_report_process, status), 0};
	const struct rac_node *process =
		rac_field_need(&r->fields, NULL, r->document, "process", RAC_NODE_OBJECT);
	const struct rac_node *end;
	unsigned how;

	if (process == NULL ||
		!rac_fields_read(
			&r->fields, &place, process, process_fields, COUNT(process_fields), out) ||
		!read_command(r, &place, process, out) || !read_times(r, &place, process, out))
		return false;
	end = rac_field_need(&r->fields, &place, process, "end", RAC_NODE_OBJECT);
	out->status = RAC_REPORT_STATUS_UNKNOWN;
	if (end == NULL || !rac_fields_read(&r->fields, &end_place, end, &status, 1, out) ||
		!rac_reading_word(r, &end_place, end, "how", end_names, COUNT(end_names), &how))
		return false;
	out->end = (enum rac_end)how;
	if (out->status == RAC_REPORT_STATUS_UNKNOWN && out->end != RAC_END_EXIT)
		out->status = 0;
	return true;
}

static bool read_counts(struct rac_report_reading *r, const struct rac_place *place,
	const struct rac_node *counts, struct rac_counts *out)
{
	if (rac_node_kind(counts) != RAC_NODE_OBJECT)
		return rac_field_complain(&r->fields, place, NULL, counts, "an object");
	return rac_fields_read(&r->fields, place, counts, counts_fields, COUNT(counts_fields), out);
}

static bool read_kinds(struct rac_report_reading *r, const struct rac_place *device_place,
	const struct rac_node *device, struct rac_device_snapshot *out)
{
	const struct rac_place kinds_place = {device_place, "kinds", RAC_NO_INDEX};
	const struct rac_node *kinds = rac_node_get(device, "kinds");

	if (kinds != NULL && rac_node_kind(kinds) != RAC_NODE_OBJECT)
		return rac_field_complain(&r->fields, device_place, "kinds", kinds, "an object");
	for (unsigned kind = 0; kind < RAC_KIND_COUNT; kind++) {
		const struct rac_node *counts =
			rac_node_get(kinds, rac_kind_name((enum rac_kind)kind));
		const struct rac_place place = {
			&kinds_place, rac_kind_name((enum rac_kind)kind), RAC_NO_INDEX};

		if (counts != NULL && !read_counts(r, &place, counts, &out->kinds[kind]))
			return false;
	}
	return true;
}

static bool read_device(struct rac_report_reading *r, const struct rac_place *place,
	const struct rac_node *device, struct rac_device_snapshot *out,
	struct rac_report_untracked *untracked, struct rac_report_group *group)
{
	if (rac_node_kind(device) != RAC_NODE_OBJECT)
		return rac_field_complain(&r->fields, place, NULL, device, "an object");
	if (!rac_fields_read(&r->fields, place, device, device_fields, COUNT(device_fields), out) ||
		!rac_fields_read(
			&r->fields, place, device, group_fields, COUNT(group_fields), group))
		return false;
	untracked->known = rac_node_get(device, "untracked_bytes") != NULL;
	return (!untracked->known ||
		       rac_fields_read(&r->fields, place, device, untracked_fields,
			       COUNT(untracked_fields), untracked)) &&
		read_kinds(r, place, device, out);
}

static bool read_devices(struct rac_report_reading *r, struct rac_report *out)
{
	const struct rac_node *devices =
		rac_field_need(&r->fields, NULL, r->document, "devices", RAC_NODE_ARRAY);
	size_t count = rac_node_length(devices);
	struct rac_device_snapshot *to;
	struct rac_report_untracked *untracked;
	struct rac_report_group *groups;
	struct rac_quote quote;

	if (devices == NULL)
		return false;
	_Static_assert(RAC_MAX_DEVICES == 64, "as a message says");
	if (count > RAC_MAX_DEVICES)
		return rac_complain(r->fields.c,
			"%s: devices has %zu elements; at most %d are read",
			rac_quote(&quote, r->fields.document), count, RAC_MAX_DEVICES);
	out->devices = to = rac_reading_room(r, count, sizeof(*to));
	out->untracked = untracked = rac_reading_room(r, count, sizeof(*untracked));
	out->groups = groups = rac_reading_room(r, count, sizeof(*groups));
	if (to == NULL || untracked == NULL || groups == NULL)
		return false;
	for (; out->device_count < count; out->device_count++) {
		size_t i = out->device_count;
		const struct rac_place place = {NULL, "devices", i};
		const struct rac_node *device = rac_node_at(devices, i);

		if (!read_device(r, &place, device, &to[i], &untracked[i], &groups[i]))
			return false;
		if (to[i].ordinal >= RAC_MAX_DEVICES)
			return rac_field_complain(&r->fields, &place, "ordinal",
				rac_node_get(device, "ordinal"), "a whole number from 0 to 63");
		if (rac_report_device_index(out, to[i].ordinal) < i)
			return rac_field_complain(&r->fields, &place, "ordinal",
				rac_node_get(device, "ordinal"), "different from the others'");
	}
	return true;
}

static bool read_report(struct rac_report_reading *r)
{
	const struct rac_node *schema = rac_node_get(r->document, "schema");
	const struct rac_place host_place = {NULL, "host", RAC_NO_INDEX};
	const struct rac_place pinned_place = {&host_place, "pinned", RAC_NO_INDEX};
	struct rac_report *out = &r->out->report;
	const struct rac_node *pinned;
	struct rac_quote quote;

	if (rac_node_string(schema) == NULL)
		return rac_complain(r->fields.c,
			"%s is no report: it does not begin with \"schema\": \"rac.report/1\"",
			rac_quote(&quote, r->fields.document));
	if (strcmp(rac_node_string(schema), "rac.report/1") != 0)
		return rac_field_complain(&r->fields, NULL, "schema", schema,
			"'rac.report/1' for this version of rac");
	if (!rac_fields_read(
		    &r->fields, NULL, r->document, report_fields, COUNT(report_fields), out) ||
		!read_process(r, &out->process) || !read_devices(r, out) ||
		!rac_reading_sites(r, out) || !rac_reading_timeline(r, out))
		return false;
	pinned = rac_node_get(rac_node_get(r->document, "host"), "pinned");
	if (pinned != NULL && !read_counts(r, &pinned_place, pinned, &out->host_pinned))
		return false;
	return rac_reading_verdict(r, out);
}

bool rac_report_read_json(const char *bytes, size_t n, const char *name, struct rac_loaded *out,
	struct rac_complaint *c)
{
	struct rac_report_reading r = {.fields = {name, c}, .out = out};

	*out = (struct rac_loaded){.name = name};
	out->document = rac_node_parse(bytes, n, name, c);
	r.document = out->document;
	if (out->document != NULL && read_report(&r))
		return true;
	rac_report_unload(out);
	return false;
}
