/*
 * run_verdict.c - see run_verdict.h; the lines about a process are run_verdict_print.c's.
 */
#include "run_verdict.h"

#include "checkpoints.h"
#include "cli.h"
#include "report_modules.h"
#include "run.h"
#include "symbolise.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What leaked there before is known; what was there and did not leak is not. */
static bool load_baseline(struct rac_run_verdict *v, const char *path, struct rac_complaint *c)
{
	const struct rac_symbol_options options = {0};

	if (!rac_report_load_named(path, &options, RAC_RUN, &v->baseline, c))
		return false;
	const struct rac_report *report = &v->baseline.report;

	v->ids = calloc(report->site_count + 1, sizeof(*v->ids));
	if (v->ids == NULL)
		return rac_complain(c, "no memory for the baseline");
	for (size_t i = 0; i < report->site_count; i++)
		if (report->sites[i].live_count > 0 && report->sites[i].id != NULL)
			v->ids[v->judge.baseline_count++] = report->sites[i].id;
	qsort(v->ids, v->judge.baseline_count, sizeof(*v->ids), compare_ids);
	v->judge.baseline = v->ids;
	v->judge.has_baseline = true;
	return true;
}

static bool begin(
	struct rac_run_verdict *v, const struct rac_settings *settings, struct rac_complaint *c)
{
	const char *baseline = getenv("RAC_BASELINE");

	if (!rac_rule_files_load(settings->suppressions, &v->files, c))
		return false;
	v->totals = calloc(v->files.count + 1, sizeof(*v->totals));
	if (v->totals == NULL)
		return rac_complain(c, "no memory for suppressions");
	v->judge = (struct rac_judge){
		.conditions = &settings->fail_on,
		.rules = v->files.rules,
		.rule_count = v->files.count,
		.has_builtin = v->files.has_builtin,
		.has_symbols = true,
		.is_run = true,
		.exit_code = settings->exit_code,
	};
	return baseline == NULL || strcmp(baseline, "none") == 0 || load_baseline(v, baseline, c);
}

int rac_run_verdict_begin(struct rac_run_verdict *v, const struct rac_settings *settings)
{
	struct rac_complaint c = {""};

	*v = (struct rac_run_verdict){
		.is_asked = settings->fail_on.count > 0 || settings->suppressions[0] != '\0'};
	if (begin(v, settings, &c))
		return 0;
	return rac_fail(RAC_RUN, RAC_EXIT_FAILED, "%s", c.text);
}

void rac_run_verdict_take_over(const struct rac_run_verdict *v)
{
	unsetenv("RAC_BASELINE");
	if (!v->is_asked)
		return;
	unsetenv("RAC_FAIL_ON");
	unsetenv("RAC_EXIT_CODE");
	unsetenv("RAC_SUPPRESSIONS");
}

static const char *program_of(const struct rac_report *report)
{
	const char *path = report->process.executable;

	return path != NULL ? rac_module_file(path) : NULL;
}

/* For the last line: "leak>1M (3.00 MiB in process 4711)". */
static void note_failed(struct rac_run_verdict *v, const struct rac_report *report)
{
	struct rac_text t;

	v->exit_code = v->judge.exit_code;
	/* The first that failed stands for all. */
	if (v->failed[0] != '\0')
		return;
	rac_text_init(&t, v->failed, sizeof(v->failed));
	rac_judge_put_failed(&t, report);
	rac_text_string(&t, " in process ");
	rac_text_u64(&t, report->process.pid);
}

/* Rules count anew in each process; a bound that was passed in one stays passed. */
static void add_totals(struct rac_run_verdict *v)
{
	for (size_t i = 0; i < v->files.count; i++) {
		v->totals[i].bytes += v->files.rules[i].bytes;
		v->totals[i].count += v->files.rules[i].count;
	}
}

void rac_run_verdict_add(struct rac_run_verdict *v, struct rac_loaded *loaded)
{
	struct rac_report *report = &loaded->report;
	struct rac_report_condition *room =
		rac_pool_take(&loaded->pool, RAC_CONDITIONS_MAX, sizeof(*room));
	struct rac_rule *rules = rac_pool_take(&loaded->pool, v->files.count + 1, sizeof(*rules));

	if (!v->is_asked || room == NULL || rules == NULL)
		return;
	v->processes++;
	for (size_t i = 0; i < v->files.count; i++)
		v->files.rules[i].bytes = v->files.rules[i].count = 0;
	v->judge.application = program_of(report);
	v->judge.checkpoints = rac_checkpoints_count(report->checkpoints);
	/* They lie in memory of this report. */
	rac_judge_sites(
		&v->judge, (struct rac_report_site *)(uintptr_t)report->sites, report->site_count);
	rac_judge_report(&v->judge, report, room);
	add_totals(v);
	for (size_t i = 0; i < v->files.count; i++)
		rules[i] = v->files.rules[i];
	report->rules = rules;
	if (report->exit_code != 0)
		note_failed(v, report);
}

static void say_unmatched(const struct rac_run_verdict *v)
{
	struct rac_quote quote;

	for (size_t i = 0; v->processes > 0 && i < v->files.count; i++)
		if (v->totals[i].count == 0)
			rac_warn(RAC_RUN, "rule %s matched nothing",
				rac_quote_bytes(&quote, v->files.rules[i].text,
					v->files.rules[i].text_bytes));
}

static void end(struct rac_run_verdict *v)
{
	bool no_cuda = rac_judge_cuda(&v->judge, v->processes);

	say_unmatched(v);
	if (no_cuda)
		v->exit_code = v->judge.exit_code;
	if (v->exit_code != 0) {
		rac_fail(RAC_RUN, 0, "verdict: failed by %s%s; exit code %d",
			no_cuda ? "nocuda: no process used CUDA" : "", v->failed, v->exit_code);
	} else if (v->judge.conditions->count > 0 && v->unjudged > 0) {
		v->exit_code = RAC_EXIT_FAILED;
		rac_fail(RAC_RUN, 0,
			"verdict: none, since not every process could be judged; exit code %d",
			v->exit_code);
	} else if (v->judge.conditions->count > 0 && v->processes == 0) {
		rac_warn(RAC_RUN, "verdict: nothing was judged, since no process used CUDA");
	} else if (v->judge.conditions->count > 0) {
		rac_fail(RAC_RUN, 0, "verdict: passed");
	}
}

int rac_run_verdict_end(struct rac_run_verdict *v)
{
	if (v->is_asked)
		end(v);
	rac_rule_files_free(&v->files);
	rac_report_unload(&v->baseline);
	free(v->totals);
	free(v->ids);
	return v->exit_code;
}
