/*
 * run_records.c - see run_records.h: what is reported when, of this run and of those that were killed.
 *
 * A process that ends in an orderly way and reports to a file writes it itself; it is written again here, with
 * the names of functions. What goes to stderr is left to us as long as we are there. A process whose record does
 * not say how it ended could not report: it is reported here, too.
 */
#include "run_records.h"

#include "cli.h"
#include "path_pattern.h"
#include "run.h"
#include "symbolise.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct ending {
	const char *verb;
	const struct rac_settings *settings;
	struct rac_run_verdict *verdict; /* NULL: the run is another's */
	struct rac_merge all;
	pid_t child; /* 0: not known, the run is another's */
	int status;
	bool is_left;
};

static uint64_t unix_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* What the kernel told us of the child, the record could not know. */
static void correct(struct rac_report_process *p, const struct ending *e)
{
	uint64_t now = unix_ns();

	if (WIFSIGNALED(e->status)) {
		p->end = WTERMSIG(e->status) == SIGKILL ? RAC_END_KILLED : RAC_END_SIGNAL;
		p->status = WTERMSIG(e->status);
	} else {
		p->end = RAC_END_UNDERSCORE_EXIT;
		p->status = WEXITSTATUS(e->status);
	}
	p->elapsed_ns = now > p->started_unix_ns ? now - p->started_unix_ns : 0;
}

/* Naming functions takes reading the files that ran, so it is done where somebody sees the names. */
static bool needs_names(const struct ending *e, bool is_silent)
{
	return is_silent ||
		(e->verdict != NULL &&
			(e->verdict->is_asked || e->settings->report_to == RAC_REPORT_PATH));
}

/* True: the record has served. */
static bool report_one(void *context, const char *path)
{
	struct ending *e = context;
	struct rac_complaint c = {""};
	struct rac_loaded loaded;

	if (!rac_report_load(path, &loaded, &c)) {
		rac_warn(e->verb, "%s", c.text);
		return true;
	}
	struct rac_report_process *p = &loaded.report.process;
	bool is_cut = p->end == RAC_END_KILLED && p->status == 0;
	bool is_silent = is_cut || p->is_left_to_reader;
	bool runs = p->end == RAC_END_RUNNING;

	if (is_cut && e->child > 0 && p->pid == (uint64_t)e->child)
		correct(p, e);
	if (runs)
		rac_warn(e->verb, "process %llu goes on; see it with: rac report %s",
			(unsigned long long)p->pid, path);
	if (is_silent && e->is_left)
		rac_warn(e->verb, "this is of an earlier run, which was killed:");
	if (needs_names(e, is_silent) &&
		!rac_symbolise(&loaded, &(struct rac_symbol_options){0}, e->verb, &c))
		rac_warn(e->verb, "%s", c.text);
	if (e->verdict != NULL && !runs)
		rac_run_verdict_add(e->verdict, &loaded);
	if (is_silent)
		rac_run_deliver(&loaded.report, e->settings, e->verb);
	else if (e->verdict != NULL && !runs)
		rac_run_deliver_again(&loaded.report, e->settings);
	if (e->verdict != NULL && !runs)
		rac_run_verdict_print(e->verdict, &loaded.report,
			is_silent && e->settings->report_to == RAC_REPORT_STDERR);
	rac_merge_add(&e->all, &loaded);
	rac_report_unload(&loaded);
	return !runs;
}

static void clear_left(const struct rac_settings *settings)
{
	struct ending e = {.verb = RAC_RUN, .settings = settings, .is_left = true};
	char folder[PATH_MAX];
	unsigned visited = 0;

	while (rac_run_folder_claim(folder, &visited))
		rac_run_folder_sweep(folder, report_one, &e);
	rac_merge_free(&e.all);
}

void rac_run_records_begin(struct rac_run_records *r, const struct rac_settings *settings,
	struct rac_run_verdict *verdict)
{
	static char pattern[PATH_MAX];
	struct rac_complaint c = {""};

	const char *set = getenv("RAC_RECORD");

	*r = (struct rac_run_records){.settings = settings, .verdict = verdict};
	clear_left(settings);
	/* Of a run around this one, which reports what is in its folder. */
	if (set != NULL && strstr(set, "/" RAC_RECORD_RUN_FOLDER) != NULL)
		return;
	if (set != NULL && set[0] != '\0') {
		r->pattern = set;
		return;
	}
	if (!rac_run_folder_make(r->folder, &c)) {
		rac_warn(RAC_RUN, "%s; a program that is killed will not be reported", c.text);
		return;
	}
	/* A percent sign in the folder's own name would be taken for a pattern. */
	size_t used = 0;

	for (const char *at = r->folder; *at != '\0' && used < sizeof(pattern) - 8; at++) {
		if (*at == '%')
			pattern[used++] = '%';
		pattern[used++] = *at;
	}
	memcpy(pattern + used, "/%p", 4);
	setenv("RAC_RECORD", pattern, 1);
	rac_run_verdict_take_over(verdict);
}

static const char *lookup(void *context, const char *name)
{
	(void)context;
	return getenv(name);
}

/* Where the user's own RAC_RECORD put the child's record, if it is there. */
static bool find_by_pattern(
	const struct rac_run_records *r, pid_t child, const char *program, char out[PATH_MAX])
{
	char host[256] = "", message[512];
	const char *slash = strrchr(program, '/');
	struct rac_text path, why;
	struct stat status;
	const struct rac_path_values values = {
		.pid = (uint64_t)child,
		.host = host,
		.program = slash != NULL ? slash + 1 : program,
		.variable = lookup,
	};

	gethostname(host, sizeof(host) - 1);
	rac_text_init(&path, out, PATH_MAX);
	rac_text_init(&why, message, sizeof(message));
	return rac_path_expand(&path, "RAC_RECORD", r->pattern, &values, &why) == RAC_OK &&
		stat(out, &status) == 0 && S_ISREG(status.st_mode);
}

void rac_run_records_end(
	const struct rac_run_records *r, pid_t child, int status, const char *program)
{
	struct ending e = {.verb = RAC_RUN,
		.settings = r->settings,
		.verdict = r->verdict,
		.child = child,
		.status = status};
	char path[PATH_MAX];

	if (r->pattern != NULL && find_by_pattern(r, child, program, path))
		report_one(&e, path);
	if (r->folder[0] == '\0')
		return;
	rac_run_folder_sweep(r->folder, report_one, &e);
	rac_merge_finish(&e.all);
	/* One process has said all there is. */
	if (e.all.processes > 1 && r->settings->report_to != RAC_REPORT_NONE)
		rac_run_deliver_table(&e.all);
	rac_merge_free(&e.all);
}

void rac_run_records_collect(const char *folder, const struct rac_settings *settings,
	const char *verb, pid_t ended, int status)
{
	struct ending e = {.verb = verb, .settings = settings, .child = ended, .status = status};

	rac_run_folder_sweep(folder, report_one, &e);
	rac_merge_free(&e.all);
}
