/*
 * args.c - reads command lines by a table of flags; the same table as help is usage.c's.
 */
#include "args.h"

#include "cli.h"
#include "rac_dtype.h"
#include "rac_estimate.h"
#include "size_text.h"
#include "usage.h"
#include <string.h>

bool rac_number_parse(const char *text, uint64_t *out)
{
	uint64_t number = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || __builtin_mul_overflow(number, 10, &number) ||
			__builtin_add_overflow(number, (uint64_t)(*text - '0'), &number))
			return false;
	}
	*out = number;
	return true;
}

/* "1", "1.1", "1.125": at most three digits after the point, because thousandths are kept. */
static bool factor_parse(const char *text, uint64_t *permille)
{
	char whole[24];
	size_t digits = strcspn(text, ".");
	uint64_t number, part = 0;

	if (digits == 0 || digits >= sizeof(whole))
		return false;
	memcpy(whole, text, digits);
	whole[digits] = '\0';
	if (!rac_number_parse(whole, &number) || number > RAC_OVERHEAD_MAX)
		return false;
	if (text[digits] == '.') {
		const char *fraction = text + digits + 1;
		size_t length = strlen(fraction);

		if (length > 3 || !rac_number_parse(fraction, &part))
			return false;
		for (; length < 3; length++)
			part *= 10;
	}
	*permille = number * 1000 + part;
	return *permille >= RAC_OVERHEAD_NONE && *permille <= RAC_OVERHEAD_MAX;
}

static bool choice_parse(const char *text, const char *choices, unsigned *out)
{
	size_t length = strlen(text);

	for (unsigned i = 0;; i++) {
		size_t n = strcspn(choices, "|");

		if (n == length && memcmp(text, choices, n) == 0) {
			*out = i;
			return true;
		}
		if (choices[n] == '\0')
			return false;
		choices += n + 1;
	}
}

/* Says that a value is wrong and what would be right. */
static bool refuse(
	struct rac_complaint *c, const struct rac_flag *flag, const char *value, const char *right)
{
	struct rac_quote quote;

	return rac_complain(c, "%s %s %s", flag->name, rac_quote(&quote, value), right);
}

bool rac_dtype_complain(struct rac_complaint *c, const char *where, const char *value)
{
	char names[640];
	struct rac_quote quote;

	rac_dtype_names(names, sizeof(names));
	return rac_complain(c, "%s %s is not a data type; known are %s", where,
		rac_quote(&quote, value), names);
}

static bool size_parse(
	const struct rac_flag *flag, const char *value, uint64_t *out, struct rac_complaint *c)
{
	struct rac_fault fault;
	struct rac_text text;
	char words[512];

	if (rac_size_parse(value, strlen(value), out, &fault) == RAC_OK)
		return true;
	rac_text_init(&text, words, sizeof(words));
	rac_fault_text(&text, flag->name, value, strlen(value), &fault);
	return rac_complain(c, "%s", words);
}

static bool amount_parse(const struct rac_flag *flag, const char *value,
	struct rac_flag_amount *out, struct rac_complaint *c)
{
	struct rac_fault fault;
	struct rac_text text;
	char words[512];

	out->text = value;
	if (rac_amount_parse(value, strlen(value), &out->amount, &fault) == RAC_OK)
		return true;
	rac_text_init(&text, words, sizeof(words));
	rac_fault_text(&text, flag->name, value, strlen(value), &fault);
	return rac_complain(c, "%s", words);
}

static bool choice_complain(struct rac_complaint *c, const struct rac_flag *flag, const char *value)
{
	struct rac_quote quote;

	return rac_complain(
		c, "%s %s is not one of %s", flag->name, rac_quote(&quote, value), flag->choices);
}

static bool store(
	const struct rac_flag *flag, const char *value, void *options, struct rac_complaint *c)
{
	void *field = (char *)options + flag->offset;

	switch (flag->type) {
	case RAC_FLAG_SWITCH:
		*(bool *)field = true;
		return true;
	case RAC_FLAG_COUNT:
	case RAC_FLAG_SOUGHT:
		return (rac_number_parse(value, field) && *(uint64_t *)field > 0) ||
			refuse(c, flag, value, "is not a count; give a whole number from 1");
	case RAC_FLAG_NUMBER:
		return rac_number_parse(value, field) ||
			refuse(c, flag, value, "is not a number; give a whole number from 0");
	case RAC_FLAG_SIZE:
		return size_parse(flag, value, field, c);
	case RAC_FLAG_AMOUNT:
		return amount_parse(flag, value, field, c);
	case RAC_FLAG_FACTOR:
		return factor_parse(value, field) ||
			refuse(c, flag, value,
				"is not a factor; give 1 to 10 with three decimals at most");
	case RAC_FLAG_DTYPE:
		return rac_dtype_parse(value, field) == RAC_OK ||
			rac_dtype_complain(c, flag->name, value);
	case RAC_FLAG_CHOICE:
		return choice_parse(value, flag->choices, field) || choice_complain(c, flag, value);
	case RAC_FLAG_TEXT:
		*(const char **)field = value;
		return true;
	case RAC_FLAG_WORD:
		break;
	}
	return false;
}

/* Finds the flag that the first `length` bytes of text name. */
static const struct rac_flag *find(const struct rac_usage *usage, const char *text, size_t length)
{
	const struct rac_flag_group *const *group = usage->groups;

	for (; group != NULL && *group != NULL; group++) {
		for (size_t i = 0; i < (*group)->count; i++) {
			const struct rac_flag *flag = &(*group)->flags[i];

			if (strlen(flag->name) == length && memcmp(flag->name, text, length) == 0)
				return flag;
		}
	}
	return NULL;
}

/* Reads the flag at argv[*at] and its value; *at is left on the last argument used. */
static bool parse_flag(const struct rac_usage *usage, int argc, char **argv, int *at, void *options,
	struct rac_complaint *c)
{
	const char *text = argv[*at];
	struct rac_quote quote;
	size_t length = strcspn(text, "=");
	const struct rac_flag *flag = find(usage, text, length);

	if (flag == NULL)
		return rac_complain(c, "%s is not a flag; '%s --help' lists them",
			rac_quote(&quote, text), usage->verb);
	if (flag->type == RAC_FLAG_SWITCH) {
		if (text[length] != '\0')
			return rac_complain(c, "%s takes no value; leave %s away", flag->name,
				rac_quote(&quote, text + length));
		return store(flag, NULL, options, c);
	}
	if (text[length] == '=')
		return store(flag, text + length + 1, options, c);
	if (flag->type == RAC_FLAG_SOUGHT &&
		(*at + 1 >= argc || strspn(argv[*at + 1], "0123456789") == 0)) {
		*(uint64_t *)((char *)options + flag->offset) = RAC_SOUGHT;
		return true;
	}
	if (*at + 1 >= argc)
		return rac_complain(
			c, "%s needs a value: %s %s", flag->name, flag->name, flag->value);
	*at += 1;
	return store(flag, argv[*at], options, c);
}

static bool help_is_asked(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

static bool take_operand(
	const struct rac_usage *usage, char *operand, struct rac_args *out, struct rac_complaint *c)
{
	size_t most = usage->operand_most > 0 ? usage->operand_most : usage->operand_count;
	struct rac_quote quote;

	if (out->operand_count == most)
		return rac_complain(c, "%s is one argument too many; the use is: %s %s",
			rac_quote(&quote, operand), usage->verb, usage->operands);
	out->operands[out->operand_count++] = operand;
	return true;
}

bool rac_args_parse(const struct rac_usage *usage, int argc, char **argv, void *options,
	struct rac_args *out, struct rac_complaint *c)
{
	bool flags_may_follow = true;

	/* Operands move to the front of argv; never further back than they were. */
	*out = (struct rac_args){.operands = argv + 1, .help = help_is_asked(argc, argv)};
	if (out->help)
		return true;
	for (int i = 1; i < argc; i++) {
		if (flags_may_follow && strcmp(argv[i], "--") == 0) {
			flags_may_follow = false;
		} else if (flags_may_follow && argv[i][0] == '-' && argv[i][1] != '\0') {
			if (!parse_flag(usage, argc, argv, &i, options, c))
				return false;
		} else if (!take_operand(usage, argv[i], out, c)) {
			return false;
		}
	}
	if (out->operand_count < usage->operand_count)
		return rac_complain(c, "an argument is missing; the use is: %s %s", usage->verb,
			usage->operands);
	return true;
}

bool rac_verb_begin(const struct rac_usage *usage, int argc, char **argv, void *options,
	struct rac_args *args, int *status)
{
	struct rac_complaint c = {""};

	if (!rac_args_parse(usage, argc, argv, options, args, &c)) {
		*status = rac_usage_error(usage->verb, "%s", c.text);
		return false;
	}
	if (!args->help)
		return true;
	rac_usage_help(usage);
	*status = rac_output_end(usage->verb);
	return false;
}

int rac_verb_end(const struct rac_usage *usage, int status)
{
	int end = rac_output_end(usage->verb);

	return end != RAC_EXIT_DONE ? end : status;
}
