/*
 * format_prometheus.c - metrics in Prometheus' text form (prometheus.io/docs/instrumenting/
 * exposition_formats), of any number of processes in one file, since two files of a textfile collector
 * may not describe the same metric. Which metrics there are is metrics.def's.
 */
#include "emit.h"
#include "export.h"
#include "owners.h"
#include "site_words.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum row_of { OF_PROCESS, OF_DEVICE, OF_UNTRACKED, OF_KIND, OF_OWNER, OF_PINNED_OWNER };

static const struct metric {
	const char *name, *type, *help;
	enum row_of of;
	size_t offset;
	bool zero_is_none;
} metrics[] = {
#define PROCESS      struct rac_report
#define DEVICE       struct rac_device_snapshot
#define UNTRACKED    struct rac_report_untracked
#define KIND         struct rac_counts
#define OWNER        struct rac_report_site
#define PINNED_OWNER struct rac_report_site
#define METRIC(name, type, of, field, help) \
	{#name, #type, (help), OF_##of, offsetof(of, field), false},
#define METRIC_IF_ANY(name, type, of, field, help) \
	{#name, #type, (help), OF_##of, offsetof(of, field), true},
#include "metrics.def"
#undef METRIC
#undef METRIC_IF_ANY
#undef PROCESS
#undef DEVICE
#undef UNTRACKED
#undef KIND
#undef OWNER
#undef PINNED_OWNER
};

/* What some of the metrics are about, and how it is labelled. */
struct row {
	enum row_of of;
	const void *object;
	char *labels;
	const char *file; /* of the report */
};

struct rows {
	struct row *rows;
	size_t count;
	struct rac_report_site *owners; /* sums over sites; objects of rows */
	struct rac_cleaner cleaner;
};

static void put_label(FILE *to, struct rows *rows, const char *name, const char *value)
{
	fprintf(to, "%s=\"", name);
	/* Clean, so it holds no newline. */
	for (const char *at = rac_clean(&rows->cleaner, value); *at != '\0'; at++) {
		if (*at == '"' || *at == '\\')
			putc('\\', to);
		putc(*at, to);
	}
	putc('"', to);
}

/* What labels a row further; NULL for what it has not. */
struct labelled {
	const struct rac_loaded *from;
	const char *user;
	const struct rac_device_snapshot *device;
	const char *owner, *kind, *grade;
};

static void put_process(FILE *to, struct rows *rows, const struct labelled *by)
{
	const struct rac_report *r = &by->from->report;

	put_label(to, rows, "host", r->process.host);
	fprintf(to, ",pid=\"%llu\",", (unsigned long long)r->process.pid);
	put_label(to, rows, "program", rac_base_name(rac_or_empty(r->process.executable)));
	if (r->process.rank != NULL) {
		putc(',', to);
		put_label(to, rows, "rank", r->process.rank);
	}
	if (by->user != NULL) {
		putc(',', to);
		put_label(to, rows, "user", by->user);
	}
}

static void put_device(FILE *to, struct rows *rows, const struct rac_device_snapshot *d)
{
	fprintf(to, ",device=\"%u\",", d->ordinal);
	put_label(to, rows, "uuid", d->uuid);
}

static bool add_row(
	struct rows *rows, enum row_of of, const void *object, const struct labelled *by)
{
	const char *const names[] = {"owner", "kind", "grade"};
	const char *const values[] = {by->owner, by->kind, by->grade};
	struct row *row = &rows->rows[rows->count];
	size_t n;
	FILE *to = open_memstream(&row->labels, &n);

	if (to == NULL)
		return false;
	rows->count++;
	row->of = of;
	row->object = object;
	row->file = by->from->name;
	put_process(to, rows, by);
	if (by->device != NULL)
		put_device(to, rows, by->device);
	for (size_t i = 0; i < 3; i++) {
		if (values[i] == NULL)
			continue;
		putc(',', to);
		put_label(to, rows, names[i], values[i]);
	}
	return fclose(to) == 0 && row->labels != NULL && !rows->cleaner.failed;
}

static bool add_device(
	struct rows *rows, const struct rac_loaded *from, const char *user, size_t index)
{
	const struct rac_device_snapshot *d = &from->report.devices[index];
	const struct rac_report_untracked *u = &from->report.untracked[index];
	struct labelled by = {.from = from, .user = user, .device = d};

	if (!add_row(rows, OF_DEVICE, d, &by) || (u->known && !add_row(rows, OF_UNTRACKED, u, &by)))
		return false;
	for (unsigned kind = 0; kind < RAC_KIND_COUNT; kind++) {
		by.kind = rac_kind_name((enum rac_kind)kind);
		if (rac_counts_occurred(&d->kinds[kind]) &&
			!add_row(rows, OF_KIND, &d->kinds[kind], &by))
			return false;
	}
	return true;
}

/* Uses `owners` up to the number of sites of the report. */
static bool add_owners(struct rows *rows, const struct rac_loaded *from, const char *user,
	struct rac_report_site *owners)
{
	const struct rac_report *r = &from->report;
	size_t n = rac_owners_sum(r, owners, &rows->cleaner);

	for (size_t i = 0; i < n; i++) {
		const struct labelled by = {
			.from = from,
			.user = user,
			.device = rac_report_site_device(r, &owners[i]),
			.owner = owners[i].owner,
			.kind = rac_report_kind_name(owners[i].kind),
			.grade = rac_grade_name(owners[i].grade),
		};

		if (!add_row(rows, by.device != NULL ? OF_OWNER : OF_PINNED_OWNER, &owners[i], &by))
			return false;
	}
	return true;
}

static bool add_reports(struct rows *rows, const struct rac_export *in)
{
	struct rac_report_site *owners = rows->owners;

	for (size_t i = 0; i < in->count; i++) {
		const struct rac_report *r = &in->reports[i].report;
		const char *user = in->users != NULL ? in->users[i] : NULL;
		const struct labelled by = {.from = &in->reports[i], .user = user};

		if (!add_row(rows, OF_PROCESS, r, &by))
			return false;
		for (size_t j = 0; j < r->device_count; j++)
			if (!add_device(rows, &in->reports[i], user, j))
				return false;
		if (!add_owners(rows, &in->reports[i], user, owners))
			return false;
		owners += r->site_count;
	}
	return true;
}

static int compare_processes(const void *first, const void *second)
{
	const struct row *a = *(const struct row *const *)first;
	const struct row *b = *(const struct row *const *)second;

	return strcmp(a->labels, b->labels);
}

/* Prometheus refuses a file in which a series comes twice. */
static bool are_different(const struct rows *rows, size_t reports, struct rac_complaint *c)
{
	const struct row **processes = calloc(reports + 1, sizeof(struct row *));
	struct rac_quote one, other;
	size_t n = 0;
	bool good = true;

	if (processes == NULL)
		return rac_complain(c, "no memory for the metrics");
	for (size_t i = 0; i < rows->count; i++)
		if (rows->rows[i].of == OF_PROCESS)
			processes[n++] = &rows->rows[i];
	qsort(processes, n, sizeof(struct row *), compare_processes);
	for (size_t i = 1; i < n && good; i++)
		if (compare_processes(&processes[i - 1], &processes[i]) == 0)
			good = rac_complain(c,
				"%s and %s are of the same host, pid, program and rank, so"
				" their metrics cannot be told apart; leave one away",
				rac_quote(&one, processes[i - 1]->file),
				rac_quote(&other, processes[i]->file));
	free(processes);
	return good;
}

static void put_metric(struct rac_emit *e, const struct metric *metric, const struct rows *rows)
{
	bool described = false;

	for (size_t i = 0; i < rows->count && !e->refused; i++) {
		const struct row *row = &rows->rows[i];
		uint64_t value;

		if (row->of != metric->of)
			continue;
		memcpy(&value, (const char *)row->object + metric->offset, sizeof(value));
		if (value == 0 && metric->zero_is_none)
			continue;
		if (!described) {
			const char *const head[] = {"# HELP ", metric->name, " ", metric->help,
				"\n# TYPE ", metric->name, " ", metric->type, "\n"};

			for (size_t part = 0; part < sizeof(head) / sizeof(head[0]); part++)
				rac_emit_string(e, head[part]);
			described = true;
		}
		rac_emit_string(e, metric->name);
		rac_emit_string(e, "{");
		rac_emit_string(e, row->labels);
		rac_emit_string(e, "} ");
		rac_emit_u64(e, value);
		rac_emit_string(e, "\n");
	}
}

bool rac_format_prometheus(
	const struct rac_export *in, struct rac_sink *sink, struct rac_complaint *c)
{
	size_t sites = 0, most = 0;
	struct rac_emit e;
	bool done;

	for (size_t i = 0; i < in->count; i++) {
		sites += in->reports[i].report.site_count;
		most += 1 + in->reports[i].report.device_count * (2 + RAC_KIND_COUNT);
	}
	struct rows rows = {
		.rows = calloc(most + sites + 1, sizeof(*rows.rows)),
		.owners = calloc(sites + 1, sizeof(*rows.owners)),
	};

	done = rows.rows != NULL && rows.owners != NULL && add_reports(&rows, in);
	if (!done)
		rac_complain(c, "no memory for the metrics");
	done = done && are_different(&rows, in->count, c);
	if (done) {
		rac_emit_init(&e, sink);
		for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
			put_metric(&e, &metrics[i], &rows);
		done = rac_emit_finish(&e);
	}
	for (size_t i = 0; i < rows.count; i++)
		free(rows.rows[i].labels);
	free(rows.rows);
	free(rows.owners);
	rac_cleaner_free(&rows.cleaner);
	return done;
}
