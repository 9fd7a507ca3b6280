/*
 * estimate.c - the verb `rac estimate`: hands over to what is to be estimated, and estimates tensors
 * itself.
 */
#include "estimate.h"

#include "cli.h"
#include "commands.h"
#include "estimate_print.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tensor_options {
	bool json;
};

static const struct rac_flag tensor_flags[] = {
	{"--json", NULL, RAC_FLAG_SWITCH, offsetof(struct tensor_options, json), NULL,
		"print the result as JSON"},
};
static const struct rac_flag_group tensor_group = {"flags", tensor_flags, 1};
static const struct rac_flag_group *const tensor_groups[] = {&tensor_group, NULL};
static const struct rac_usage tensor_usage = {
	.verb = "rac estimate tensor",
	.operands = "SHAPE DTYPE",
	.operand_count = 2,
	.summary =
		"Bytes of one tensor. SHAPE is its dimensions, the contiguous one last, as in\n"
		"1x32x4096x128 or 1,32,4096,128; [] is a single element. DTYPE is a name such as\n"
		"bf16, f8_e4m3, q4_k or nf4. Allocators add to this: see docs/estimate.md.",
	.groups = tensor_groups,
};

#define DIMS_MAX 64

/* Reads "2x3", "2,3", "[2, 3]" or "[]". */
static bool parse_shape(
	const char *text, uint64_t dims[DIMS_MAX], size_t *rank, struct rac_complaint *c)
{
	struct rac_quote quote;
	const char *at = text;
	bool bracket = *at == '[';

	*rank = 0;
	at += bracket;
	if (bracket && strcmp(at, "]") == 0)
		return true;
	for (;;) {
		char number[24];

		at += strspn(at, " ");
		size_t digits = strspn(at, "0123456789");

		if (digits == 0 || digits >= sizeof(number) || *rank == DIMS_MAX)
			break;
		memcpy(number, at, digits);
		number[digits] = '\0';
		if (!rac_number_parse(number, &dims[*rank]))
			break;
		*rank += 1;
		at += digits;
		if (*at == '\0' && !bracket)
			return true;
		if (strcmp(at, "]") == 0 && bracket)
			return true;
		if (*at != 'x' && *at != 'X' && *at != ',')
			break;
		at++;
	}
	return rac_complain(c,
		"SHAPE %s is not a list of at most 64 whole numbers;"
		" write it like 1x32x4096x128, or [] for a single element",
		rac_quote(&quote, text));
}

static int estimate_tensor(int argc, char **argv)
{
	struct tensor_options options = {0};
	struct rac_complaint c = {""};
	struct rac_args args;
	struct rac_estimate e = {0};
	uint64_t dims[DIMS_MAX];
	size_t rank;
	enum rac_dtype dtype;
	uint64_t bytes;
	int end;

	if (!rac_verb_begin(&tensor_usage, argc, argv, &options, &args, &end))
		return end;
	if (!parse_shape(args.operands[0], dims, &rank, &c))
		return rac_usage_error(tensor_usage.verb, "%s", c.text);
	if (rac_dtype_parse(args.operands[1], &dtype) != RAC_OK) {
		rac_dtype_complain(&c, "DTYPE", args.operands[1]);
		return rac_usage_error(tensor_usage.verb, "%s", c.text);
	}
	if (rac_estimate_tensor(dims, rank, dtype, &bytes) != RAC_OK) {
		struct rac_quote quote;

		rac_complain(&c, "SHAPE %s: more than 2^64 bytes; make it smaller",
			rac_quote(&quote, args.operands[0]));
		return rac_usage_error(tensor_usage.verb, "%s", c.text);
	}
	rac_estimate_add(&e, RAC_PART_TENSOR, bytes);
	if (options.json)
		rac_print_json(&e);
	else
		rac_print_row(rac_dtype_name(dtype), bytes);
	return rac_verb_end(&tensor_usage, RAC_EXIT_DONE);
}

/* What can be estimated: the word, the function, a line for --help. */
static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} subjects[] = {
	{"tensor", estimate_tensor, "bytes of one tensor"},
	{"attention", rac_estimate_attention_verb, "memory of one attention layer"},
	{"kv", rac_estimate_kv_verb, "bytes of a KV cache"},
	{"model", rac_estimate_model_verb, "memory that a model takes in inference or training"},
};

#define SUBJECTS (sizeof(subjects) / sizeof(subjects[0]))

const struct rac_usage *const *rac_usages_estimate(void)
{
	static const struct rac_usage *const usages[] = {&tensor_usage,
		&rac_estimate_attention_usage, &rac_estimate_kv_usage, &rac_estimate_model_usage,
		NULL};

	return usages;
}

static void help(FILE *to)
{
	fputs("usage: rac estimate tensor|attention|kv|model ...\n\n"
	      "Says how many bytes something will take, before anything is allocated.\n\n",
		to);
	for (size_t i = 0; i < SUBJECTS; i++)
		fprintf(to, "  rac estimate %-12s %s\n", subjects[i].name, subjects[i].help);
	fputs("\nEach has --help. The largest batch that fits is found by 'rac fit'.\n", to);
}

int rac_cmd_estimate(int argc, char **argv)
{
	struct rac_quote quote;

	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		help(stdout);
		return rac_output_end("rac estimate");
	}
	for (size_t i = 0; argc >= 2 && i < SUBJECTS; i++)
		if (strcmp(argv[1], subjects[i].name) == 0)
			return subjects[i].run(argc - 1, argv + 1);
	if (argc < 2)
		fputs("rac estimate: say what to estimate: tensor, attention, kv or model\n",
			stderr);
	else
		fprintf(stderr,
			"rac estimate: %s cannot be estimated;"
			" it is one of tensor, attention, kv, model\n",
			rac_quote(&quote, argv[1]));
	return RAC_EXIT_USAGE;
}
