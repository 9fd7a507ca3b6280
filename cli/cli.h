/*
 * cli.h - statuses of the command, and how verbs say on stderr what went wrong.
 */
#ifndef RAC_CLI_H
#define RAC_CLI_H

enum {
	RAC_EXIT_DONE = 0,
	RAC_EXIT_FINDING = 1,      /* or a difference */
	RAC_EXIT_USAGE = 2,        /* the command line is wrong */
	RAC_EXIT_FAILED = 125,     /* rac itself failed */
	RAC_EXIT_CANNOT_RUN = 126, /* the program is there and cannot be run */
	RAC_EXIT_NOT_FOUND = 127,  /* the program is not there */
};

/*
 * Each prints one line on stderr; `verb` is the command so far, e.g. "rac run". Control bytes that
 * came in with an argument are made visible. The first adds where help is and returns
 * RAC_EXIT_USAGE, the second returns `status`.
 */
__attribute__((format(printf, 2, 3))) int rac_usage_error(
	const char *verb, const char *format, ...);
__attribute__((format(printf, 3, 4))) int rac_fail(
	const char *verb, int status, const char *format, ...);
__attribute__((format(printf, 2, 3))) void rac_warn(const char *verb, const char *format, ...);

/* RAC_EXIT_DONE, or RAC_EXIT_FAILED with a message if stdout did not take all that was printed. */
int rac_output_end(const char *verb);

#endif
