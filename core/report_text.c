/*
 * report_text.c - the report for people: which lines, in which order.
 */
#include "checked.h"
#include "report_parts.h"
#include "time_text.h"
#include <string.h>

/* Bytes shown of strings that have no bound of their own. */
#define COMMAND_SHOWN 256
#define WORD_SHOWN    64

/* Up to here the SUMMARY names the peak of each device. */
#define SUMMARY_DEVICES 8

static void put_command(struct rac_emit *e, const struct rac_report_process *p)
{
	/* Room to complete a character that begins within the bound. */
	char shown[COMMAND_SHOWN + 4];
	size_t n = p->command != NULL ? p->command_bytes : 0;

	if (n == 0) {
		const char *name = p->executable != NULL ? p->executable : "program unknown";

		rac_emit_foreign(e, name, strlen(name), COMMAND_SHOWN);
		return;
	}
	if (p->command[n - 1] == '\0')
		n--;
	if (n > sizeof(shown))
		n = sizeof(shown);
	for (size_t i = 0; i < n; i++)
		shown[i] = p->command[i] != '\0' ? p->command[i] : ' ';
	rac_emit_foreign(e, shown, n, COMMAND_SHOWN);
}

static void put_program(struct rac_emit *e, const struct rac_report *r)
{
	const struct rac_report_process *p = &r->process;
	char seconds[RAC_SECONDS_TEXT_MAX];

	rac_words_prefix(e, r);
	put_command(e, p);
	rac_emit_string(e, "\n");
	rac_words_prefix(e, r);
	rac_words_end(e, p);
	if (p->elapsed_ns != RAC_REPORT_TIME_UNKNOWN) {
		rac_seconds_text(seconds, p->elapsed_ns, 3);
		rac_emit_string(e, " after ");
		rac_emit_string(e, seconds);
		rac_emit_string(e, " s");
	}
	if (p->host != NULL && p->host[0] != '\0') {
		rac_emit_string(e, " on ");
		rac_emit_foreign(e, p->host, strlen(p->host), WORD_SHOWN);
	}
	if (p->rank != NULL) {
		rac_emit_string(e, ", rank ");
		rac_emit_foreign(e, p->rank, strlen(p->rank), WORD_SHOWN);
	}
	rac_emit_string(e, "\n");
}

static bool device_was_used(const struct rac_device_snapshot *d)
{
	return (d->peak_bytes | d->live_bytes | d->allocations | d->frees | d->refused |
		       d->over_bytes | d->driver_failures) != 0;
}

static void put_detail_start(struct rac_emit *e, const struct rac_report *r)
{
	rac_words_prefix(e, r);
	rac_emit_string(e, "  ");
}

static void put_counts(struct rac_emit *e, uint64_t allocations, uint64_t frees)
{
	rac_words_count(e, allocations, "allocation");
	rac_emit_string(e, ", ");
	rac_words_count(e, frees, "free");
}

static void put_device_peak(
	struct rac_emit *e, const struct rac_report *r, const struct rac_device_snapshot *d)
{
	size_t name_bytes = strnlen(d->name, sizeof(d->name));

	rac_words_prefix(e, r);
	rac_emit_string(e, "device ");
	rac_emit_u64(e, d->ordinal);
	if (name_bytes > 0) {
		rac_emit_string(e, ", ");
		rac_emit_foreign(e, d->name, name_bytes, sizeof(d->name));
	}
	rac_emit_string(e, ": peak ");
	rac_words_size(e, d->peak_bytes);
	if (d->limit_bytes != RAC_NO_LIMIT) {
		rac_emit_string(e, ", ");
		rac_words_percent(e, d->peak_bytes, d->limit_bytes);
		rac_emit_string(e, " of the limit of ");
		rac_words_size(e, d->limit_bytes);
	}
	rac_emit_string(e, "\n");
}

static void put_group(struct rac_emit *e, const struct rac_report *r, size_t index)
{
	const struct rac_report_group *group = r->groups != NULL ? &r->groups[index] : NULL;

	if (group == NULL || group->name == NULL)
		return;
	put_detail_start(e, r);
	rac_emit_string(e, "the limit is shared by group '");
	rac_emit_foreign(e, group->name, strlen(group->name), RAC_GROUP_NAME_MAX);
	rac_emit_string(e, "', which used ");
	rac_words_size(e, group->used_bytes);
	rac_emit_string(e, " in all\n");
}

static void put_device_troubles(
	struct rac_emit *e, const struct rac_report *r, const struct rac_device_snapshot *d)
{
	if (d->refused > 0) {
		put_detail_start(e, r);
		rac_words_count(e, d->refused, "request");
		rac_emit_string(e, " (");
		rac_words_size(e, d->refused_bytes);
		rac_emit_string(e, ") refused\n");
	}
	if (d->over_bytes > 0) {
		put_detail_start(e, r);
		rac_emit_string(e, "the limit was passed by ");
		rac_words_size(e, d->over_bytes);
		rac_emit_string(e, "\n");
	}
	if (d->driver_failures > 0) {
		put_detail_start(e, r);
		rac_words_count(e, d->driver_failures, "call");
		rac_emit_string(e, " failed by the driver\n");
	}
}

static void put_kinds(
	struct rac_emit *e, const struct rac_report *r, const struct rac_device_snapshot *d)
{
	unsigned occurred = 0;

	for (unsigned kind = 0; kind < RAC_KIND_COUNT; kind++)
		occurred += rac_counts_occurred(&d->kinds[kind]);
	for (unsigned kind = 0; kind < RAC_KIND_COUNT && occurred > 1; kind++) {
		const struct rac_counts *c = &d->kinds[kind];

		if (!rac_counts_occurred(c))
			continue;
		put_detail_start(e, r);
		rac_emit_string(e, rac_kind_name((enum rac_kind)kind));
		rac_emit_string(e, ": peak ");
		rac_words_size(e, c->peak_bytes);
		rac_emit_string(e, ", live ");
		rac_words_size(e, c->live_bytes);
		rac_emit_string(e, ", ");
		put_counts(e, c->allocations, c->frees);
		rac_emit_string(e, "\n");
	}
}

static void put_device(
	struct rac_emit *e, const struct rac_report *r, size_t index, enum rac_text_detail detail)
{
	const struct rac_device_snapshot *d = &r->devices[index];
	const struct rac_report_untracked *u = r->untracked != NULL ? &r->untracked[index] : NULL;

	put_device_peak(e, r, d);
	put_group(e, r, index);
	put_detail_start(e, r);
	rac_words_left(
		e, r->process.end, d->live_bytes, rac_saturating_sub(d->allocations, d->frees));
	rac_emit_string(e, "\n");
	rac_report_text_grades(e, r, d->ordinal);
	put_detail_start(e, r);
	put_counts(e, d->allocations, d->frees);
	if (d->largest_bytes > 0) {
		rac_emit_string(e, ", largest request ");
		rac_words_size(e, d->largest_bytes);
	}
	rac_emit_string(e, "\n");
	put_device_troubles(e, r, d);
	if (u != NULL && u->known) {
		put_detail_start(e, r);
		rac_emit_string(e, "beyond what is tracked: ");
		rac_words_size(e, u->bytes);
		if (u->source != NULL && u->source[0] != '\0') {
			rac_emit_string(e, " (");
			rac_emit_foreign(e, u->source, strlen(u->source), WORD_SHOWN);
			rac_emit_string(e, ")");
		}
		rac_emit_string(e, "\n");
	}
	put_kinds(e, r, d);
	rac_report_text_sites(e, r, d->ordinal, detail);
}

static void put_devices(struct rac_emit *e, const struct rac_report *r, enum rac_text_detail detail)
{
	uint64_t unused = 0;

	for (size_t i = 0; i < r->device_count && !e->refused; i++) {
		if (device_was_used(&r->devices[i]))
			put_device(e, r, i, detail);
		else
			unused++;
	}
	if (unused > 0) {
		rac_words_prefix(e, r);
		rac_words_count(e, unused, "device");
		rac_emit_string(e, " not used\n");
	}
}

/* Process-wide findings come before the devices, so that many devices cannot push them out. */
static void put_findings(struct rac_emit *e, const struct rac_report *r)
{
	rac_report_text_verdict(e, r);
	if (r->unknown_frees > 0) {
		rac_words_prefix(e, r);
		rac_words_count(e, r->unknown_frees, "free");
		rac_emit_string(e, " of memory that was never recorded\n");
	}
	if (r->unrecorded > 0) {
		rac_words_prefix(e, r);
		rac_words_count(e, r->unrecorded, "allocation");
		rac_emit_string(e, " not recorded in full: what is charged is never released\n");
	}
	if (r->lost_bytes > 0) {
		rac_words_prefix(e, r);
		rac_emit_string(e, "the record could not grow by ");
		rac_words_size(e, r->lost_bytes);
		rac_emit_string(e, " (errno ");
		rac_emit_u64(e, r->lost_error);
		rac_emit_string(e, "): figures are complete, its list of allocations is not\n");
	}
	if (r->unread_python != 0) {
		rac_words_prefix(e, r);
		rac_emit_string(e, "Python");
		if (r->unread_python >> 24 != 0) {
			rac_emit_string(e, " ");
			rac_emit_u64(e, r->unread_python >> 24);
			rac_emit_string(e, ".");
			rac_emit_u64(e, r->unread_python >> 16 & 0xff);
		}
		rac_emit_string(e,
			" as built here cannot be read: call stacks are without its functions\n");
	}
	if (rac_counts_occurred(&r->host_pinned)) {
		const struct rac_counts *c = &r->host_pinned;

		rac_words_prefix(e, r);
		rac_emit_string(e, "pinned host memory: peak ");
		rac_words_size(e, c->peak_bytes);
		rac_emit_string(e, ", ");
		rac_words_left(e, r->process.end, c->live_bytes,
			rac_saturating_sub(c->allocations, c->frees));
		rac_emit_string(e, "\n");
	}
}

/* That there is one, since this is no place to show it. */
static void put_timeline(struct rac_emit *e, const struct rac_report *r)
{
	const struct rac_report_timeline *t = &r->timeline;
	uint64_t events = 0;

	if (t->count == 0)
		return;
	for (size_t i = 0; i < t->count; i++)
		rac_checked_add(events, t->events[i].stands_for, &events);
	rac_words_prefix(e, r);
	rac_emit_string(e, "timeline: ");
	rac_words_count(e, t->count, "moment");
	rac_emit_string(e, " of ");
	rac_words_count(e, events, "event");
	if (t->missed > 0) {
		rac_emit_string(e, "; ");
		rac_words_count(e, t->missed, "more event");
		rac_emit_string(e, " had no room in it");
	}
	rac_emit_string(e, "; rac report --format html shows it\n");
}

void rac_report_text_body(
	struct rac_emit *e, const struct rac_report *report, enum rac_text_detail detail)
{
	put_program(e, report);
	put_findings(e, report);
	put_devices(e, report, detail);
	put_timeline(e, report);
}

static uint64_t add_capped(uint64_t a, uint64_t b)
{
	uint64_t sum = UINT64_MAX;

	rac_checked_add(a, b, &sum);
	return sum;
}

/* Each device's peak; of many devices only the highest, since the line must stay short. */
static void put_summary_peaks(struct rac_emit *e, const struct rac_report *r)
{
	const struct rac_device_snapshot *highest = NULL;
	size_t used = 0, named = 0;

	for (size_t i = 0; i < r->device_count; i++) {
		const struct rac_device_snapshot *d = &r->devices[i];

		if (!device_was_used(d))
			continue;
		used++;
		if (highest == NULL || d->peak_bytes > highest->peak_bytes)
			highest = d;
	}
	if (highest == NULL) {
		rac_emit_string(e, "no device used");
		return;
	}
	if (used > SUMMARY_DEVICES) {
		rac_emit_string(e, "highest peak of ");
		rac_words_count(e, used, "device");
		rac_emit_string(e, " ");
		rac_words_size(e, highest->peak_bytes);
		rac_emit_string(e, " on device ");
		rac_emit_u64(e, highest->ordinal);
		return;
	}
	rac_emit_string(e, "peak ");
	for (size_t i = 0; i < r->device_count; i++) {
		const struct rac_device_snapshot *d = &r->devices[i];

		if (!device_was_used(d))
			continue;
		rac_emit_string(e, named++ > 0 ? ", " : "");
		rac_words_size(e, d->peak_bytes);
		rac_emit_string(e, " on device ");
		rac_emit_u64(e, d->ordinal);
	}
}

void rac_report_text_summary(struct rac_emit *e, const struct rac_report *report)
{
	uint64_t live = 0, count = 0, refused = 0;

	for (size_t i = 0; i < report->device_count; i++) {
		const struct rac_device_snapshot *d = &report->devices[i];

		live = add_capped(live, d->live_bytes);
		count = add_capped(count, rac_saturating_sub(d->allocations, d->frees));
		refused = add_capped(refused, d->refused);
	}
	rac_words_prefix(e, report);
	rac_emit_string(e, "SUMMARY: ");
	put_summary_peaks(e, report);
	rac_emit_string(e, "; ");
	rac_words_left(e, report->process.end, live, count);
	rac_emit_string(e, "; ");
	rac_words_count(e, refused, "request");
	rac_emit_string(e, " refused");
	if (report->exit_code != 0) {
		rac_emit_string(e, "; verdict: failed, exit code ");
		rac_emit_i64(e, report->exit_code);
	} else if (report->condition_count > 0) {
		rac_emit_string(e, "; verdict: passed");
	}
	rac_emit_string(e, "\n");
}

bool rac_report_text(const struct rac_report *report, struct rac_sink *sink)
{
	struct rac_emit e;

	rac_emit_init(&e, sink);
	rac_report_text_body(&e, report, RAC_TEXT_WHOLE);
	rac_report_text_summary(&e, report);
	return rac_emit_finish(&e);
}
