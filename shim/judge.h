/*
 * judge.h - the verdict of a process that ends, from what it can tell of itself; grades and conditions are
 * core's (verdict.h), what becomes of the status is life.c's.
 */
#ifndef RAC_SHIM_JUDGE_H
#define RAC_SHIM_JUDGE_H

#include "report.h"
#include "state.h"

/* Reads what a verdict takes, and says in one line each what only `rac run` can judge. */
void rac_judge_announce(struct rac_state *state);

/* Grades the sites of a report, which lie in memory of ours, and judges it. */
void rac_judge_exit(struct rac_state *state, struct rac_report *report);

/* Says a failed verdict where the report does not go to stderr. */
void rac_judge_say(struct rac_state *state, const struct rac_report *report);

/* The status that the last report asks for; 0: none, or nothing failed. */
int rac_judge_status(void);

#endif
