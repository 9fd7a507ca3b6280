/*
 * run_records.h - the records that `rac run` has its processes keep, from which it reports them whatever way they
 * ended; what a report says is not its business.
 *
 * They lie in a folder of our own (mode 0700) in $XDG_RUNTIME_DIR, else $TMPDIR, else /tmp. Its name says
 * which `rac run` it belongs to, so that the next one of the same user can tell what a killed one left.
 */
#ifndef RAC_CLI_RUN_RECORDS_H
#define RAC_CLI_RUN_RECORDS_H

#include "merge.h"
#include "record.h"
#include "report_load.h"
#include "run_verdict.h"
#include "settings.h"
#include <limits.h>
#include <sys/types.h>

struct rac_run_records {
	char folder[PATH_MAX]; /* "": none is kept */
	const struct rac_settings *settings;
	struct rac_run_verdict *verdict; /* that is to be reached */
};

/*
 * Makes the folder and sets RAC_RECORD in our own environment to lie in it. A RAC_RECORD of the user's stays as it
 * is, and each process puts a link to its record into the folder. Reports and clears first what killed runs left. Says where it cannot.
 */
void rac_run_records_begin(struct rac_run_records *r, const struct rac_settings *settings,
	struct rac_run_verdict *verdict);

/*
 * Reports the processes that ended without doing so, lists all of them where there were several, and
 * removes the records of those that are gone. `status` is how the child ended, as wait has it.
 */
void rac_run_records_end(const struct rac_run_records *r, pid_t child, int status);

/*
 * For the verb of that name: of the records in a folder, reports those of processes that ended without doing so
 * and removes those of all that are gone. Of process `ended`, if not 0, `status` is how, as wait has it.
 */
void rac_run_records_collect(const char *folder, const struct rac_settings *settings,
	const char *verb, pid_t ended, int status);

/* The parts of it. */

/* Makes a folder for this process. False: *c says why, and `out` is "". */
bool rac_run_folder_make(char out[PATH_MAX], struct rac_complaint *c);

/*
 * The next folder that a killed run of this user left, now ours alone to clear. False: there are no more.
 * Start with *visited == 0.
 */
bool rac_run_folder_claim(char out[PATH_MAX], unsigned *visited);

/* Calls visit for each folder of records of this user, whatever became of the run. */
void rac_run_folder_each(void (*visit)(void *context, const char *folder), void *context);

/* Calls visit with the path of each record in the folder; what it says may go is removed, and the folder,
 * too, once it is empty. */
void rac_run_folder_sweep(
	const char *folder, bool (*visit)(void *context, const char *path), void *context);

/* Delivers a report as the process would have: to stderr, or to the file that the settings name. `verb` is
 * whose messages they are. */
void rac_run_deliver(
	const struct rac_report *report, const struct rac_settings *settings, const char *verb);

/*
 * Puts the report, which now has names and a verdict, in the place of the one that the process itself wrote to a
 * file. Leaves alone what another process wrote.
 */
void rac_run_deliver_again(const struct rac_report *report, const struct rac_settings *settings);

/* A table of several processes, to stderr in one piece. */
void rac_run_deliver_table(const struct rac_merge *all);

#endif
