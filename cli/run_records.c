/*
 * run_records.c - see run_records.h: what is reported when, of this run and of those that were killed.
 *
 * A process that ends in an orderly way and reports to a file writes it itself; it is written again here, with
 * the names of functions. What goes to stderr is left to us as long as we are there. A process whose record does
 * not say how it ended could not report: it is reported here, too.
 */
#include "run_records.h"

#include "cli.h"
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

/* Whether a link leads to the record of the process that made it: another may have taken the name meanwhile. */
static bool leads_to_its_own(const char *path, uint64_t pid)
{
	const char *name = strrchr(path, '/');
	struct stat status;

	return lstat(path, &status) != 0 || !S_ISLNK(status.st_mode) ||
		strtoull(name != NULL ? name + 1 : path, NULL, 10) == pid;
}

static void note_unjudged(struct ending *e)
{
	if (e->verdict != NULL)
		e->verdict->unjudged++;
}

/* True: the record has served. */
static bool report_one(void *context, const char *path)
{
	struct ending *e = context;
	struct rac_complaint c = {""};
	struct rac_loaded loaded;

	if (!rac_report_load(path, &loaded, &c)) {
		rac_warn(e->verb, "%s", c.text);
		note_unjudged(e);
		return true;
	}
	struct rac_report_process *p = &loaded.report.process;

	if (!leads_to_its_own(path, p->pid)) {
		rac_warn(e->verb,
			"a process is neither reported nor judged: process %llu put its record in "
			"the place of the other's; with %%p in RAC_RECORD each has its own",
			(unsigned long long)p->pid);
		note_unjudged(e);
		rac_report_unload(&loaded);
		return true;
	}
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

/* A path is the one of this run: among its reports those of another one would be taken for its own. */
static void clear_left(const struct rac_settings *settings)
{
	static struct rac_settings of_left;
	struct ending e = {.verb = RAC_RUN, .settings = &of_left, .is_left = true};
	char folder[PATH_MAX];
	unsigned visited = 0;

	of_left = *settings;
	if (of_left.report_to == RAC_REPORT_PATH) {
		of_left.report_to = RAC_REPORT_STDERR;
		of_left.format = RAC_FORMAT_TEXT;
	}
	while (rac_run_folder_claim(folder, &visited))
		rac_run_folder_sweep(folder, report_one, &e);
	rac_merge_free(&e.all);
}

void rac_run_records_begin(struct rac_run_records *r, const struct rac_settings *settings,
	struct rac_run_verdict *verdict)
{
	static char pattern[PATH_MAX];
	struct rac_complaint c = {""};

	const char *set = getenv("RAC_RECORD"), *around = getenv(RAC_RECORD_RUN_VARIABLE);

	*r = (struct rac_run_records){.settings = settings, .verdict = verdict};
	clear_left(settings);
	/* Of a run around this one, which reports what is in its folder. */
	if ((around != NULL && access(around, W_OK) == 0) ||
		(set != NULL && strstr(set, "/" RAC_RECORD_RUN_FOLDER) != NULL))
		return;
	if (!rac_run_folder_make(r->folder, &c)) {
		rac_warn(RAC_RUN, "%s; a program that is killed will not be reported", c.text);
		return;
	}
	rac_run_verdict_take_over(verdict);
	if (set != NULL && set[0] != '\0') {
		setenv(RAC_RECORD_RUN_VARIABLE, r->folder, 1);
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
}

void rac_run_records_end(const struct rac_run_records *r, pid_t child, int status)
{
	struct ending e = {.verb = RAC_RUN,
		.settings = r->settings,
		.verdict = r->verdict,
		.child = child,
		.status = status};

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
