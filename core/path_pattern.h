/*
 * path_pattern.h - replaces the %-sequences in a path of a report or record; it touches no file.
 *
 *	%p pid   %h host   %e program   %r rank   %q{VAR} the variable's value   %% a percent sign
 */
#ifndef RAC_PATH_PATTERN_H
#define RAC_PATH_PATTERN_H

#include "fault.h"
#include "rac_status.h"
#include "text.h"

/* NULL is "unknown" for host and program, and "0" for rank: a process alone is the first of one. */
struct rac_path_values {
	uint64_t pid;
	const char *host, *program, *rank;
	/* The value of a variable, or NULL if it is not set. */
	const char *(*variable)(void *context, const char *name);
	void *context;
};

#define RAC_PATH_VARIABLE_MAX 128 /* bytes of a variable's name in %q{...}, NUL included */

/* RAC_INVALID: an unknown or unfinished sequence, an empty pattern, or one that names a folder. */
enum rac_status rac_path_check(const char *pattern, size_t length, struct rac_fault *fault);

/*
 * Appends the path to *out. "/" inside host, program and rank becomes "_"; in a variable it stays.
 * RAC_INVALID: as above, or a variable is not set. RAC_FULL: the path does not fit. Then *why has
 * the message, which names `name` (e.g. "RAC_REPORT"), and *out is not a usable path.
 */
enum rac_status rac_path_expand(struct rac_text *out, const char *name, const char *pattern,
	const struct rac_path_values *values, struct rac_text *why);

#endif
