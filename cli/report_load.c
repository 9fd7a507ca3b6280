/*
 * report_load.c - finds out what a word of the command line names, and has it read.
 */
#include "report_load.h"

#include "json.h"
#include "read_file.h"
#include "record_open.h"
#include "record_sites.h"
#include "record_timeline.h"
#include "references.h"
#include "report_modules.h"
#include "report_timeline.h"
#include "verdict.h"
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A JSON report of 64 thousand sites is a quarter of it; parsed, it takes some ten times the bytes. */
#define BYTES_MOST ((size_t)128 << 20)
/* Of a record; thousands of sites take a few MiB. */
#define SITES_MOST (UINT64_C(1) << 30)

/* Zeroed memory of which only what is used is taken. */
static void *reserve(
	struct rac_loaded *out, unsigned which, uint64_t bytes, struct rac_complaint *c)
{
	struct rac_quote quote;

	if (bytes <= SITES_MOST)
		out->memory[which] = calloc(1, bytes > 0 ? (size_t)bytes : 1);
	if (out->memory[which] == NULL)
		rac_complain(c, "%s has tables that take %llu bytes of memory; the most is %llu",
			rac_quote(&quote, out->name), (unsigned long long)bytes,
			(unsigned long long)SITES_MOST);
	return out->memory[which];
}

/* By what is built in: rules of a user are those of a run. */
static void grade(struct rac_report *report)
{
	const char *program = report->process.executable;
	struct rac_judge judge = {.has_builtin = true,
		.application = program != NULL ? rac_module_file(program) : NULL};

	/* They lie in memory of this report. */
	rac_judge_sites(
		&judge, (struct rac_report_site *)(uintptr_t)report->sites, report->site_count);
}

static bool load_timeline(struct rac_record_view *view, const struct rac_site_positions *positions,
	struct rac_loaded *out, struct rac_complaint *c)
{
	uint64_t bytes = rac_record_timeline_bytes(view);
	const struct rac_timeline_point *points;
	struct rac_timeline_about about;

	if (bytes == 0)
		return true;
	void *copy = reserve(out, 4, bytes, c);

	if (copy == NULL)
		return false;
	size_t count = rac_record_timeline_read(view, copy, &points, &about);
	void *events = reserve(out, 5, rac_report_timeline_bytes(&out->report, count), c);

	if (events != NULL)
		rac_report_timeline(&out->report, positions, points, count, &about,
			rac_record_view_parts(view)->header->process.started_mono_ns, events);
	return events != NULL;
}

static bool load_sites(
	struct rac_record_view *view, struct rac_loaded *out, struct rac_complaint *c)
{
	struct rac_record_sites *sites = reserve(out, 1, sizeof(*sites), c);
	size_t bytes = rac_record_sites_bytes(view);
	void *copies = reserve(out, 2, bytes, c);
	struct rac_site_positions positions;

	if (sites == NULL || copies == NULL)
		return false;
	rac_record_sites_read(view, copies, bytes, sites);
	bytes = rac_report_sites_bytes(&sites->tables);
	void *room = reserve(out, 3, bytes, c);

	if (room == NULL)
		return false;
	out->report.site_count = rac_report_sites(&sites->tables, rac_record_sites_style(sites),
		room, bytes, &out->report.sites, &positions);
	out->report.checkpoints = sites->tables.checkpoints;
	rac_references_tell(
		sites->tables.references, sites->tables.reference_bytes, &out->report.search);
	grade(&out->report);
	return load_timeline(view, &positions, out, c);
}

/* Its strings stay in the view. */
bool rac_report_load_opened(
	struct rac_opened *o, const char *name, struct rac_loaded *out, struct rac_complaint *c)
{
	const struct rac_record_fate fate = rac_record_fate(o);

	*out = (struct rac_loaded){.name = name};
	rac_record_view_report(o->view, &fate, &out->report);
	bool done = load_sites(o->view, out, c);

	out->memory[0] = rac_record_keep_view(o);
	if (!done)
		rac_report_unload(out);
	return done;
}

/* A plain file that begins like a record; it may be large, so it is not read as a whole. -1: none. */
static int open_record(const char *path)
{
	uint64_t beginning = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0 && pread(fd, &beginning, sizeof(beginning), 0) == sizeof(beginning) &&
		rac_record_begins(&beginning, sizeof(beginning)))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool load_bytes(
	char *bytes, size_t n, const char *name, struct rac_loaded *out, struct rac_complaint *c)
{
	struct rac_opened o;

	if (!rac_record_begins(bytes, n))
		return rac_report_read_json(bytes, n, name, out, c);
	return rac_record_open_bytes(bytes, n, name, &o, c) &&
		rac_report_load_opened(&o, name, out, c);
}

/* Whether the word is a pid; a file of that name comes first. 0: it is not. */
static pid_t pid_of(const char *word)
{
	char *end;
	long pid = strtol(word, &end, 10);

	return word[0] >= '1' && word[0] <= '9' && *end == '\0' && pid <= INT_MAX &&
			access(word, F_OK) != 0
		? (pid_t)pid
		: 0;
}

bool rac_report_load(const char *word, struct rac_loaded *out, struct rac_complaint *c)
{
	pid_t pid = pid_of(word);
	bool is_stdin = strcmp(word, "-") == 0;
	const char *name = is_stdin ? "stdin" : word;
	int fd = is_stdin ? -1 : open_record(word);
	struct rac_opened o;
	size_t n;

	if (pid > 0)
		return rac_record_open_pid(pid, name, &o, c) &&
			rac_report_load_opened(&o, name, out, c);
	if (fd >= 0)
		return rac_record_open(fd, name, &o, c) && rac_report_load_opened(&o, name, out, c);
	char *bytes = rac_file_read(word, BYTES_MOST, &n, c);
	bool done = bytes != NULL && load_bytes(bytes, n, name, out, c);

	free(bytes);
	return done;
}

void rac_report_unload(struct rac_loaded *loaded)
{
	for (size_t i = 0; i < sizeof(loaded->memory) / sizeof(loaded->memory[0]); i++)
		free(loaded->memory[i]);
	rac_pool_free(&loaded->pool);
	rac_node_free(loaded->document);
	*loaded = (struct rac_loaded){.name = loaded->name};
}

size_t rac_report_device_index(const struct rac_report *report, uint32_t ordinal)
{
	size_t i = 0;

	while (i < report->device_count && report->devices[i].ordinal != ordinal)
		i++;
	return i;
}

size_t rac_report_event_place(const struct rac_report *report, const struct rac_report_event *event)
{
	return event->device == RAC_MAX_DEVICES ? report->device_count
						: rac_report_device_index(report, event->device);
}

const struct rac_device_snapshot *rac_report_site_device(
	const struct rac_report *report, const struct rac_report_site *site)
{
	return site->kind == RAC_KIND_PINNED
		? NULL
		: &report->devices[rac_report_device_index(report, site->device)];
}
