/*
 * run.h - the parts of `rac run`, in the order in which they are used.
 *
 * A part that fails has printed why and returns the status to end with; 0 is success.
 */
#ifndef RAC_CLI_RUN_H
#define RAC_CLI_RUN_H

#include "complaint.h"
#include "settings.h"
#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#define RAC_RUN "rac run"

struct rac_run_command {
	bool help;     /* --help was asked for; the rest does not count */
	bool uncached; /* --uncached: libraries are to allocate directly */
	char **argv;   /* the program and its arguments, ended by NULL */
};

/* Reads the flags, sets their RAC_* variables in our own environment and finds where CMD begins. */
int rac_run_flags(int argc, char **argv, struct rac_run_command *out);

/* Sets in our own environment what has another default here than in a bare preload, where it is not set; then
 * reads all settings and says what is wrong, where the program must not start. */
int rac_run_check_settings(struct rac_settings *out);

/* Sets the variables by which libraries do without caches of their own, but for those that are set otherwise, and
 * says which. */
int rac_run_uncached(void);

/* Puts the library first in LD_PRELOAD of our own environment, once. */
int rac_run_preload(void);

struct rac_run_target {
	char path[PATH_MAX]; /* what will be executed */
};

/* Finds the program as a shell would. RAC_EXIT_NOT_FOUND, RAC_EXIT_CANNOT_RUN. */
int rac_run_find(const char *command, struct rac_run_target *out);

/* The same without printing. False: *c says why not; the status of that is RAC_EXIT_NOT_FOUND or
 * RAC_EXIT_CANNOT_RUN. */
bool rac_run_look(const char *command, struct rac_run_target *out, struct rac_complaint *c);

/* Whether the dynamic linker will not load the library into the program; *c says why. */
bool rac_run_obstacle(const struct rac_run_target *target, struct rac_complaint *c);

/*
 * The file that the kernel starts for the program (another one for a script) and the dynamic linker that it
 * asks for. False: it asks for none, or the file cannot be read.
 */
bool rac_run_linker(
	const struct rac_run_target *target, char image[PATH_MAX], char linker[PATH_MAX]);

/* Finds the library, without links and dots. False: *c says where it was looked for. */
bool rac_run_library(char library[PATH_MAX], struct rac_complaint *c);

struct rac_run_ended {
	pid_t child;
	int status; /* as wait has it */
};

/* Runs the program and waits for it. From here on signals are blocked. */
int rac_run_child(const struct rac_run_target *target, char **argv, struct rac_run_ended *out);

/*
 * What to end with: what the verdict asks for, where the program ended with 0. A program that died by a signal
 * takes this process with it by the same signal.
 */
int rac_run_finish(const struct rac_run_ended *ended, int verdict);

#endif
