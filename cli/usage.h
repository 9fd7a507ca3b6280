/*
 * usage.h - how a verb is used, as text for a terminal (--help), as a manual page and as completion of
 * shells; all three from the tables of args.h and of core/settings.def.
 */
#ifndef RAC_USAGE_H
#define RAC_USAGE_H

#include "args.h"

/* A verb as main.c's list has it. */
struct rac_verb {
	const char *name, *help;
	int (*run)(int argc, char **argv);
	const struct rac_usage *const *(*usages)(void);
};

/* --help, on stdout. */
void rac_usage_help(const struct rac_usage *usage);

/*
 * Prints a manual page in roff on stdout: "rac", "rac-VERB" or "librac_track". False: there is no such
 * page.
 */
bool rac_manual_print(const char *page, const struct rac_verb *verbs, size_t count);

/* The names of all pages, one a line, each with its section: "rac-run.1". */
void rac_manual_list(const struct rac_verb *verbs, size_t count);

/* What "bash", "zsh" or "fish" reads to complete `rac`. False: it is another shell. */
bool rac_completion_print(const char *shell, const struct rac_verb *verbs, size_t count);

/* What the status of a verb means, on one line. */
const char *rac_usage_statuses(const struct rac_usage *usage);

#endif
