/*
 * verdict.h - grades what is left at the end and judges a report by the conditions of RAC_FAIL_ON; what is done
 * about a verdict is the caller's affair.
 *
 * Grades are tried in the order of enum rac_grade; the first that fits counts:
 *
 *	suppressed	a suppression fits, and all that it fits stays within its max and count
 *	pool, library	the first rule that fits the owner says so: the user's, then those built in
 *	once		made before the first checkpoint, and the site never held more
 *	referenced	a search of the program's memory found an address of each allocation
 *	leak		all else; after a search, what it found no address of
 */
#ifndef RAC_VERDICT_H
#define RAC_VERDICT_H

#include "conditions.h"
#include "report.h"
#include "rules.h"
#include "text.h"

/* Checkpoints that it takes to tell growth. */
#define RAC_CHECKPOINTS_LEAST 4

/* By what is judged. */
struct rac_judge {
	const struct rac_conditions *conditions;
	struct rac_rule *rules; /* the user's; what they match is added to their figures */
	size_t rule_count;
	bool has_builtin;        /* the rules built in hold, too */
	bool is_uncached;        /* what is built in as a pool has no cache in this run */
	bool has_symbols;        /* frames have functions and files */
	uint64_t checkpoints;    /* that there were */
	const char *application; /* the file of the program itself; NULL: not known */
	bool has_baseline;
	const char *const *baseline; /* ids of its sites, sorted */
	size_t baseline_count;
	bool is_run;   /* who judges sees all processes */
	int exit_code; /* what a failed verdict asks for */
};

/* Grades the sites and names their owners. */
void rac_judge_sites(struct rac_judge *judge, struct rac_report_site *sites, size_t count);

/*
 * Judges a report whose sites are graded: fills its conditions, which borrow from the judge and lie in `room`, and
 * its exit code. nocuda, which is about all processes, is left to rac_judge_cuda.
 */
void rac_judge_report(const struct rac_judge *judge, struct rac_report *report,
	struct rac_report_condition room[RAC_CONDITIONS_MAX]);

/* Whether it fails that so many processes used CUDA. */
bool rac_judge_cuda(const struct rac_judge *judge, uint64_t processes);

/* What failed, with what was measured: "leak>1M (3.00 MiB), refused (2)". */
void rac_judge_put_failed(struct rac_text *t, const struct rac_report *report);

#endif
