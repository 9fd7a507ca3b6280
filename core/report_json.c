/*
 * report_json.c - the report as JSON: which keys, in which order. Their meaning is in docs/report.md.
 */
#include "checkpoints.h"
#include "emit.h"
#include "rules.h"
#include "time_text.h"
#include <string.h>

static void emit_command(struct rac_emit *e, const struct rac_report_process *p)
{
	const char *at = p->command, *end;

	rac_json_array_begin(e, "command");
	for (size_t left = at != NULL ? p->command_bytes : 0; left > 0 && !e->refused;) {
		end = memchr(at, '\0', left);
		size_t n = end != NULL ? (size_t)(end - at) : left;
		size_t step = end != NULL ? n + 1 : n;

		rac_json_bytes(e, NULL, at, n);
		at += step;
		left -= step;
	}
	rac_json_array_end(e);
}

static void emit_process(struct rac_emit *e, const struct rac_report_process *p)
{
	char started[RAC_TIME_TEXT_MAX], seconds[RAC_SECONDS_TEXT_MAX];
	bool has_seconds = p->elapsed_ns != RAC_REPORT_TIME_UNKNOWN;

	rac_time_text(started, p->started_unix_ns);
	rac_seconds_text(seconds, p->elapsed_ns, 6);
	rac_json_object_begin(e, "process");
	rac_json_u64(e, "pid", p->pid);
	rac_json_u64(e, "ppid", p->ppid);
	rac_json_string(e, "executable", p->executable);
	emit_command(e, p);
	rac_json_string(e, "host", p->host);
	if (p->rank != NULL)
		rac_json_string(e, "rank", p->rank);
	else
		rac_json_null(e, "rank");
	rac_json_string(e, "started", started);
	if (has_seconds)
		rac_json_number(e, "seconds", seconds);
	else
		rac_json_null(e, "seconds");
	rac_json_object_begin(e, "end");
	rac_json_string(e, "how", rac_end_name(p->end));
	if (p->status != RAC_REPORT_STATUS_UNKNOWN)
		rac_json_i64(e, "status", p->status);
	else
		rac_json_null(e, "status");
	rac_json_object_end(e);
	rac_json_object_end(e);
}

static void emit_counts(struct rac_emit *e, const char *key, const struct rac_counts *c)
{
	rac_json_object_begin(e, key);
	rac_json_u64(e, "live_bytes", c->live_bytes);
	rac_json_u64(e, "peak_bytes", c->peak_bytes);
	rac_json_u64(e, "allocations", c->allocations);
	rac_json_u64(e, "frees", c->frees);
	rac_json_object_end(e);
}

static void emit_kinds(struct rac_emit *e, const struct rac_device_snapshot *d)
{
	rac_json_object_begin(e, "kinds");
	for (unsigned kind = 0; kind < RAC_KIND_COUNT; kind++) {
		if (rac_counts_occurred(&d->kinds[kind]))
			emit_counts(e, rac_kind_name((enum rac_kind)kind), &d->kinds[kind]);
	}
	rac_json_object_end(e);
}

static void emit_untracked(struct rac_emit *e, const struct rac_report_untracked *u)
{
	if (u != NULL && u->known) {
		rac_json_u64(e, "untracked_bytes", u->bytes);
		rac_json_string(e, "untracked_source", u->source);
	} else {
		rac_json_null(e, "untracked_bytes");
		rac_json_null(e, "untracked_source");
	}
}

static void emit_device(struct rac_emit *e, const struct rac_device_snapshot *d,
	const struct rac_report_untracked *untracked, const struct rac_report_group *group)
{
	rac_json_object_begin(e, NULL);
	rac_json_u64(e, "ordinal", d->ordinal);
	rac_json_bytes(e, "uuid", d->uuid, strnlen(d->uuid, sizeof(d->uuid)));
	rac_json_bytes(e, "name", d->name, strnlen(d->name, sizeof(d->name)));
	rac_json_u64(e, "total_bytes", d->total_bytes);
	if (d->limit_bytes != RAC_NO_LIMIT)
		rac_json_u64(e, "limit_bytes", d->limit_bytes);
	else
		rac_json_null(e, "limit_bytes");
	if (group != NULL && group->name != NULL) {
		rac_json_string(e, "group", group->name);
		rac_json_u64(e, "group_bytes", group->used_bytes);
	}
	rac_json_u64(e, "live_bytes", d->live_bytes);
	rac_json_u64(e, "peak_bytes", d->peak_bytes);
	rac_json_u64(e, "allocations", d->allocations);
	rac_json_u64(e, "frees", d->frees);
	rac_json_u64(e, "largest_bytes", d->largest_bytes);
	rac_json_u64(e, "refused", d->refused);
	rac_json_u64(e, "refused_bytes", d->refused_bytes);
	rac_json_u64(e, "over_bytes", d->over_bytes);
	rac_json_u64(e, "driver_failures", d->driver_failures);
	emit_untracked(e, untracked);
	emit_kinds(e, d);
	rac_json_object_end(e);
}

static void emit_frame(struct rac_emit *e, const struct rac_report_frame *f)
{
	rac_json_object_begin(e, NULL);
	rac_json_string(e, "module", f->module);
	rac_json_string(e, "build_id", f->build_id);
	rac_json_u64(e, "offset", f->offset);
	rac_json_string(e, "function", f->function);
	rac_json_string(e, "file", f->file);
	rac_json_u64(e, "line", f->line);
	rac_json_string(e, "language", f->language);
	rac_json_object_end(e);
}

static void emit_time(struct rac_emit *e, const char *key, uint64_t ns)
{
	if (ns != RAC_REPORT_TIME_UNKNOWN)
		rac_json_u64(e, key, ns);
	else
		rac_json_null(e, key);
}

static void emit_site(struct rac_emit *e, const struct rac_report_site *s)
{
	rac_json_object_begin(e, NULL);
	rac_json_string(e, "id", s->id);
	if (s->kind != RAC_KIND_PINNED)
		rac_json_u64(e, "device", s->device);
	else
		rac_json_null(e, "device");
	rac_json_string(e, "kind", rac_report_kind_name(s->kind));
	rac_json_string(e, "api", s->api);
	rac_json_string(e, "owner", s->owner);
	if (s->owner_name != NULL)
		rac_json_string(e, "owner_name", s->owner_name);
	rac_json_u64(e, "live_bytes", s->live_bytes);
	rac_json_u64(e, "live_count", s->live_count);
	rac_json_u64(e, "peak_bytes", s->peak_bytes);
	rac_json_u64(e, "total_bytes", s->total_bytes);
	rac_json_u64(e, "total_count", s->total_count);
	rac_json_u64(e, "temporary_count", s->temporary_count);
	emit_time(e, "first_ns", s->first_ns);
	emit_time(e, "last_ns", s->last_ns);
	if (s->is_searched) {
		rac_json_u64(e, "lost_bytes", s->lost_bytes);
		rac_json_u64(e, "lost_count", s->lost_count);
		rac_json_u64(e, "possibly_count", s->inside_count);
	}
	rac_json_string(e, "grade", rac_grade_name(s->grade));
	if (s->scope != NULL)
		rac_json_string(e, "scope", s->scope);
	if (s->trend != RAC_TREND_UNKNOWN)
		rac_json_string(e, "trend", rac_trend_name(s->trend));
	rac_json_array_begin(e, "frames");
	for (size_t i = 0; i < s->frame_count && !e->refused; i++)
		emit_frame(e, &s->frames[i]);
	rac_json_array_end(e);
	rac_json_object_end(e);
}

struct column {
	const char *key;
	size_t offset; /* of its field in an event */
};

static void emit_column(
	struct rac_emit *e, const struct rac_report_timeline *t, const struct column *column)
{
	rac_json_array_begin(e, column->key);
	for (size_t i = 0; i < t->count && !e->refused; i++) {
		uint64_t value;

		memcpy(&value, (const char *)&t->events[i] + column->offset, sizeof(value));
		rac_json_u64(e, NULL, value);
	}
	rac_json_array_end(e);
}

static void emit_number_or_null(struct rac_emit *e, uint32_t number, uint32_t none)
{
	if (number != none)
		rac_json_u64(e, NULL, number);
	else
		rac_json_null(e, NULL);
}

/* In columns, which is short and easy to draw. */
static void emit_timeline(struct rac_emit *e, const struct rac_report_timeline *t)
{
	static const struct column columns[] = {
		{"live_bytes", offsetof(struct rac_report_event, live_bytes)},
		{"device_bytes", offsetof(struct rac_report_event, device_bytes)},
		{"most_bytes", offsetof(struct rac_report_event, most_bytes)},
		{"stands_for", offsetof(struct rac_report_event, stands_for)},
	};
	static const struct column times = {"at_ns", offsetof(struct rac_report_event, at_ns)};

	if (t->count == 0)
		return;
	rac_json_object_begin(e, "timeline");
	rac_json_u64(e, "coarse_until_ns", t->coarse_until_ns);
	rac_json_u64(e, "missed", t->missed);
	emit_column(e, t, &times);
	rac_json_array_begin(e, "site");
	for (size_t i = 0; i < t->count && !e->refused; i++)
		emit_number_or_null(e, t->events[i].site, RAC_REPORT_NO_SITE);
	rac_json_array_end(e);
	rac_json_array_begin(e, "device");
	for (size_t i = 0; i < t->count && !e->refused; i++)
		emit_number_or_null(e, t->events[i].device, RAC_MAX_DEVICES);
	rac_json_array_end(e);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		emit_column(e, t, &columns[i]);
	rac_json_object_end(e);
}

static void emit_checkpoints(struct rac_emit *e, const struct rac_checkpoints *c)
{
	if (rac_checkpoints_count(c) == 0)
		return;
	rac_json_array_begin(e, "checkpoints");
	for (size_t i = 0; i < rac_checkpoints_kept(c) && !e->refused; i++) {
		struct rac_report_checkpoint one;

		rac_checkpoint_read(c, i, &one);
		rac_json_object_begin(e, NULL);
		rac_json_u64(e, "number", one.number);
		rac_json_string(e, "name", one.name);
		rac_json_u64(e, "at_ns", one.at_ns);
		rac_json_u64(e, "live_bytes", one.live_bytes);
		rac_json_object_end(e);
	}
	rac_json_array_end(e);
}

static void emit_search(struct rac_emit *e, const struct rac_report_search *s)
{
	if (!s->is_asked)
		return;
	rac_json_object_begin(e, "search");
	if (s->failed != NULL)
		rac_json_string(e, "failed", s->failed);
	else
		rac_json_null(e, "failed");
	rac_json_u64(e, "bytes", s->bytes);
	rac_json_u64(e, "driver_copies", s->driver_copies);
	rac_json_object_end(e);
}

static void emit_rule(struct rac_emit *e, const struct rac_rule *rule)
{
	rac_json_object_begin(e, NULL);
	rac_json_bytes(e, "rule", rule->text, rule->text_bytes);
	rac_json_u64(e, "bytes", rule->bytes);
	rac_json_u64(e, "count", rule->count);
	rac_json_bool(e, "exceeded", rac_rule_is_exceeded(rule));
	rac_json_object_end(e);
}

static void emit_verdict(struct rac_emit *e, const struct rac_report *r)
{
	rac_json_object_begin(e, "verdict");
	rac_json_array_begin(e, "conditions");
	for (size_t i = 0; i < r->condition_count && !e->refused; i++) {
		const struct rac_report_condition *c = &r->conditions[i];

		rac_json_object_begin(e, NULL);
		rac_json_string(e, "condition", c->condition);
		rac_json_u64(e, "value", c->value);
		rac_json_bool(e, "failed", c->failed);
		if (c->unjudged != NULL)
			rac_json_string(e, "unjudged", c->unjudged);
		rac_json_object_end(e);
	}
	rac_json_array_end(e);
	rac_json_i64(e, "exit_code", r->exit_code);
	if (r->rule_count > 0) {
		rac_json_array_begin(e, "rules");
		for (size_t i = 0; i < r->rule_count && !e->refused; i++)
			emit_rule(e, &r->rules[i]);
		rac_json_array_end(e);
	}
	rac_json_object_end(e);
}

bool rac_report_json(const struct rac_report *report, struct rac_sink *sink)
{
	struct rac_emit e;

	rac_emit_init(&e, sink);
	rac_json_object_begin(&e, NULL);
	rac_json_string(&e, "schema", "rac.report/1");
	rac_json_string(&e, "version", report->version != NULL ? report->version : RAC_VERSION);
	emit_process(&e, &report->process);
	rac_json_array_begin(&e, "devices");
	for (size_t i = 0; i < report->device_count && !e.refused; i++)
		emit_device(&e, &report->devices[i],
			report->untracked != NULL ? &report->untracked[i] : NULL,
			report->groups != NULL ? &report->groups[i] : NULL);
	rac_json_array_end(&e);
	rac_json_object_begin(&e, "host");
	emit_counts(&e, "pinned", &report->host_pinned);
	rac_json_object_end(&e);
	rac_json_u64(&e, "unknown_frees", report->unknown_frees);
	rac_json_u64(&e, "unrecorded", report->unrecorded);
	rac_json_u64(&e, "lost_bytes", report->lost_bytes);
	rac_json_u64(&e, "lost_errno", report->lost_error);
	rac_json_u64(&e, "unread_python", report->unread_python);
	rac_json_array_begin(&e, "sites");
	for (size_t i = 0; i < report->site_count && !e.refused; i++)
		emit_site(&e, &report->sites[i]);
	rac_json_array_end(&e);
	emit_timeline(&e, &report->timeline);
	emit_checkpoints(&e, report->checkpoints);
	emit_search(&e, &report->search);
	emit_verdict(&e, report);
	rac_json_object_end(&e);
	rac_emit_bytes(&e, "\n", 1);
	return rac_emit_finish(&e);
}
