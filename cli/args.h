/*
 * args.h - command lines of the verbs: one table of operands and flags gives the parser, --help, the
 * manual page and completion. What a flag means is up to the verb.
 */
#ifndef RAC_ARGS_H
#define RAC_ARGS_H

#include "complaint.h"
#include "size_text.h"
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
	RAC_FLAG_AMOUNT, /* struct rac_flag_amount: a size or a percentage */
	RAC_FLAG_FACTOR, /* uint64_t, thousandths: "1.1" is 1100 */
	RAC_FLAG_DTYPE,  /* enum rac_dtype */
	RAC_FLAG_CHOICE, /* unsigned, the position in choices */
	RAC_FLAG_TEXT,   /* const char *, the caller's argument */
	RAC_FLAG_WORD,   /* no flag: a word that help explains among them */
};

#define RAC_SOUGHT UINT64_MAX

struct rac_flag_amount {
	const char *text; /* the caller's argument; NULL: not given */
	struct rac_amount amount;
};

struct rac_flag {
	const char *name;  /* with its dashes */
	const char *value; /* what help calls its value; NULL for a switch */
	enum rac_flag_type type;
	size_t offset;       /* of its field in the options */
	const char *choices; /* "naive|flash", for RAC_FLAG_CHOICE */
	const char *help;
};

struct rac_flag_group {
	const char *title;
	const struct rac_flag *flags;
	size_t count;
};

/* What operands are, for completion. */
enum rac_operand_kind {
	RAC_OPERAND_WORD,
	RAC_OPERAND_FILE,
	RAC_OPERAND_PROGRAM, /* and its arguments, which are not ours */
};

struct rac_example {
	const char *command, *says;
};

#define RAC_ENDLESS SIZE_MAX

struct rac_usage {
	const char *verb;                   /* "rac estimate tensor" */
	const char *operands;               /* "SHAPE DTYPE" */
	size_t operand_count, operand_most; /* at least; at most, or RAC_ENDLESS. 0: as at least */
	enum rac_operand_kind operand_kind;
	const char *summary; /* what the verb does; paragraphs, with an empty line between */
	const struct rac_flag_group *const *groups; /* ended by NULL; NULL: no flags */
	const struct rac_example *examples;
	size_t example_count;
	const char *statuses; /* what the status says, on one line; NULL: what most verbs' says */
};

struct rac_args {
	char **operands; /* in argv, which is put in order for that */
	size_t operand_count;
	bool help; /* --help was asked for; nothing else was checked */
};

/* Reads argv[1] and what follows. A flag that is not given leaves its field alone. False: *c says
 * what is wrong. */
bool rac_args_parse(const struct rac_usage *usage, int argc, char **argv, void *options,
	struct rac_args *out, struct rac_complaint *c);

/* The same for a verb. False: the verb is done, with help or a complaint printed, and *status. */
bool rac_verb_begin(const struct rac_usage *usage, int argc, char **argv, void *options,
	struct rac_args *args, int *status);

/* Status, if stdout took all that was printed. */
int rac_verb_end(const struct rac_usage *usage, int status);

/* Complains of a name that is no data type and lists those that are; `where` says whose it is. */
bool rac_dtype_complain(struct rac_complaint *c, const char *where, const char *value);

/* A whole number without sign, in [0, 2^64). */
bool rac_number_parse(const char *text, uint64_t *out);

#endif
