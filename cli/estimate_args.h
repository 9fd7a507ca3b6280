/*
 * estimate_args.h - command lines of the estimating verbs: one table of flags gives the parser and
 * the text of --help. What the flags mean is up to the verb.
 */
#ifndef RAC_ESTIMATE_ARGS_H
#define RAC_ESTIMATE_ARGS_H

#include "complaint.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a flag takes, and the type of its field. */
enum rac_flag_type {
	RAC_FLAG_SWITCH, /* bool */
	RAC_FLAG_COUNT,  /* uint64_t, >= 1 */
	RAC_FLAG_SOUGHT, /* the same, or RAC_SOUGHT where no number follows */
	RAC_FLAG_NUMBER, /* uint64_t, >= 0 */
	RAC_FLAG_SIZE,   /* uint64_t, bytes */
	RAC_FLAG_FACTOR, /* uint64_t, thousandths: "1.1" is 1100 */
	RAC_FLAG_DTYPE,  /* enum rac_dtype */
	RAC_FLAG_CHOICE, /* unsigned, the position in choices */
	RAC_FLAG_TEXT,   /* const char *, the caller's argument */
};

#define RAC_SOUGHT UINT64_MAX

struct rac_flag {
	const char *name;  /* with its dashes */
	const char *value; /* what help calls its value; NULL for a switch */
	enum rac_flag_type type;
	size_t offset;       /* of its field in the options */
	const char *choices; /* "naive|flash", for RAC_FLAG_CHOICE */
	const char *help;
};

struct rac_flag_group {
	const char *title; /* NULL: none */
	const struct rac_flag *flags;
	size_t count;
};

#define RAC_ARGS_OPERANDS_MAX 4
struct rac_usage {
	const char *verb;     /* "rac estimate tensor" */
	const char *operands; /* "SHAPE DTYPE" */
	size_t operand_count;
	const char *summary; /* what the verb does, for --help; may have several lines */
	const struct rac_flag_group *groups;
	size_t group_count;
};

struct rac_args {
	const char *operands[RAC_ARGS_OPERANDS_MAX];
	bool help; /* --help was asked for; nothing else was checked */
};

/* Reads argv[1] and what follows. A flag that is not given leaves its field alone. False: *c says
 * what is wrong. */
bool rac_args_parse(const struct rac_usage *usage, int argc, char **argv, void *options,
	struct rac_args *out, struct rac_complaint *c);

/* Prints the help of a verb on stdout. */
void rac_args_help(const struct rac_usage *usage);

/* Complains of a name that is no data type and lists those that are; `where` says whose it is. */
bool rac_dtype_complain(struct rac_complaint *c, const char *where, const char *value);

/* A whole number without sign, in [0, 2^64). */
bool rac_number_parse(const char *text, uint64_t *out);

#endif
