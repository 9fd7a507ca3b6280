/*
 * run_verdict.h - the verdict of `rac run` over every process that it started; grades and conditions are core's
 * (verdict.h), where the records lie is run_records.h's.
 */
#ifndef RAC_CLI_RUN_VERDICT_H
#define RAC_CLI_RUN_VERDICT_H

#include "report_load.h"
#include "rule_files.h"
#include "settings.h"
#include "verdict.h"

struct rac_run_verdict {
	bool is_asked; /* there is something to judge by */
	struct rac_judge judge;
	struct rac_rule_files files;
	struct rac_rule *totals; /* what each rule matched in all processes */
	struct rac_loaded baseline;
	const char **ids; /* of the baseline's sites, sorted */
	size_t processes; /* that used CUDA and were judged */
	size_t unjudged;  /* whose record could not be read */
	char failed[512]; /* by what, for the last line */
	int exit_code;
};

/* Reads the files that a verdict takes. 0, or the status to end with: why has been printed. */
int rac_run_verdict_begin(struct rac_run_verdict *v, const struct rac_settings *settings);

/* Takes the settings of the verdict out of our environment, so that processes leave it to us. */
void rac_run_verdict_take_over(const struct rac_run_verdict *v);

/* Judges a process whose sites have names. */
void rac_run_verdict_add(struct rac_run_verdict *v, struct rac_loaded *loaded);

/* Says what there is to say of all of them. Returns the status that is asked for; 0: none. */
int rac_run_verdict_end(struct rac_run_verdict *v);

/* Prints what failed in a process that was judged, to stderr in one piece; nothing where there is
 * nothing to judge by. is_shown: a report on stderr has said already which conditions hold. */
void rac_run_verdict_print(
	const struct rac_run_verdict *v, const struct rac_report *report, bool is_shown);

#endif
