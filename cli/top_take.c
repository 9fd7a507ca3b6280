/*
 * top_take.c - reads the records that `rac top` shows; where they are is top_find.c's.
 */
#include "top.h"

#include "record_open.h"
#include "run_records.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static struct rac_top_row *add_row(struct rac_top *t)
{
	if (t->count == t->room) {
		size_t room = t->room > 0 ? 2 * t->room : 64;
		struct rac_top_row *rows = realloc(t->rows, room * sizeof(*rows));

		if (rows == NULL)
			return NULL;
		t->rows = rows;
		t->room = room;
	}
	memset(&t->rows[t->count], 0, sizeof(t->rows[0]));
	return &t->rows[t->count++];
}

bool rac_top_has(const struct rac_top *t, uint64_t pid)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->rows[i].pid == pid)
			return true;
	return false;
}

/* Processes of several containers may have the same pid, and often that of their first one. */
static bool has_process(const struct rac_top *t, const struct rac_report_process *p)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->rows[i].pid == p->pid && t->rows[i].started_unix_ns == p->started_unix_ns)
			return true;
	return false;
}

static bool is_wanted(const struct rac_top *t, uint64_t pid)
{
	if (t->wanted == NULL)
		return true;
	for (const pid_t *wanted = t->wanted; *wanted != 0; wanted++)
		if ((uint64_t)*wanted == pid)
			return true;
	return false;
}

static bool was_used(const struct rac_device_snapshot *d)
{
	return (d->allocations | d->refused | d->peak_bytes) != 0;
}

static void fill_row(struct rac_top_row *row, const struct rac_report_process *p, uid_t uid,
	enum rac_top_source source)
{
	const char *slash = p->executable != NULL ? strrchr(p->executable, '/') : NULL;
	const char *program = slash != NULL ? slash + 1 : p->executable;

	row->pid = p->pid;
	row->started_unix_ns = p->started_unix_ns;
	row->uid = uid;
	row->source = source;
	row->state = p->end;
	row->calls_per_second = -1;
	snprintf(row->program, sizeof(row->program), "%s", program != NULL ? program : "");
	snprintf(row->host, sizeof(row->host), "%s", p->host != NULL ? p->host : "");
	snprintf(row->rank, sizeof(row->rank), "%s", p->rank != NULL ? p->rank : "");
}

/* A row for each device that is used; one without where none is. */
static void add_rows(
	struct rac_top *t, const struct rac_report *report, uid_t uid, enum rac_top_source source)
{
	size_t used = 0;

	for (size_t i = 0; i < report->device_count; i++) {
		struct rac_top_row *row;

		if (!was_used(&report->devices[i]) || (row = add_row(t)) == NULL)
			continue;
		fill_row(row, &report->process, uid, source);
		row->has_device = true;
		row->device = report->devices[i];
		used++;
	}
	if (used == 0) {
		struct rac_top_row *row = add_row(t);

		if (row != NULL)
			fill_row(row, &report->process, uid, source);
	}
	t->processes++;
}

static bool add_opened(
	struct rac_top *t, struct rac_opened *o, uid_t uid, enum rac_top_source source)
{
	const struct rac_record_fate fate = rac_record_fate(o);
	struct rac_report report;
	bool shown;

	rac_record_view_report(o->view, &fate, &report);
	/* Who said how he ended is gone; who was killed may have left what should be seen. */
	shown = (report.process.end == RAC_END_RUNNING || report.process.end == RAC_END_KILLED) &&
		is_wanted(t, report.process.pid) && !has_process(t, &report.process);
	if (shown)
		add_rows(t, &report, uid, source);
	if (shown && t->found != NULL)
		t->found(t->context, o, uid);
	else
		rac_record_close(o);
	return shown;
}

bool rac_top_add_file(struct rac_top *t, const char *path, enum rac_top_source source)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct rac_complaint unused = {""};
	struct rac_opened o;
	struct stat status;

	if (fd < 0)
		return false;
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
		close(fd);
		return false;
	}
	return rac_record_open(fd, path, &o, &unused) && add_opened(t, &o, status.st_uid, source);
}

bool rac_top_add_process(struct rac_top *t, pid_t pid)
{
	struct rac_complaint unused = {""};
	struct rac_opened o;
	struct stat status;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld", (long)pid);
	if (stat(path, &status) != 0 || !rac_record_open_pid(pid, path, &o, &unused))
		return false;
	return add_opened(t, &o, status.st_uid, o.pid > 0 ? RAC_TOP_MEMORY : RAC_TOP_FILE);
}

static uint64_t calls(const struct rac_top_row *row)
{
	return row->device.allocations + row->device.frees;
}

static void add_rates(struct rac_top *t, const struct rac_top *before)
{
	double seconds = (double)(t->taken_ns - before->taken_ns) / 1e9;

	for (size_t i = 0; i < t->count && seconds > 0; i++)
		for (size_t j = 0; j < before->count; j++) {
			const struct rac_top_row *old = &before->rows[j];
			struct rac_top_row *row = &t->rows[i];

			if (old->pid == row->pid && old->has_device && row->has_device &&
				old->device.ordinal == row->device.ordinal &&
				calls(row) >= calls(old))
				row->calls_per_second = (double)(calls(row) - calls(old)) / seconds;
		}
}

static int by_bytes(const void *a, const void *b)
{
	const struct rac_top_row *x = a, *y = b;

	if (x->device.live_bytes != y->device.live_bytes)
		return x->device.live_bytes < y->device.live_bytes ? 1 : -1;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->device.ordinal > y->device.ordinal) - (x->device.ordinal < y->device.ordinal);
}

bool rac_top_take(struct rac_top *out, const struct rac_top *before)
{
	out->rows = NULL;
	out->count = out->room = out->processes = 0;
	out->taken_ns = now_ns();
	rac_top_find(out);
	if (before != NULL)
		add_rates(out, before);
	if (out->count > 0)
		qsort(out->rows, out->count, sizeof(out->rows[0]), by_bytes);
	return true;
}

void rac_top_free(struct rac_top *top)
{
	free(top->rows);
	top->rows = NULL;
	top->count = top->room = 0;
}

const char *rac_top_source_name(enum rac_top_source source)
{
	static const char *const names[] = {
#define X(id, name) [RAC_TOP_##id] = (name),
		RAC_TOP_SOURCES(X)
#undef X
	};

	return names[source];
}
