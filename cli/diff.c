/*
 * diff.c - the verb `rac diff`: where two reports differ, and whether that is more than is tolerated.
 */
#include "diff.h"

#include "cli.h"
#include "commands.h"
#include "output.h"
#include "symbolise.h"

struct options {
	struct rac_flag_amount tolerance;
	bool json;
	struct rac_symbol_options symbols;
};

#define FLAG(name, value, type, field, help)                                                    \
	{                                                                                       \
		(name), (value), RAC_FLAG_##type, offsetof(struct options, field), NULL, (help) \
	}

static const struct rac_flag flags[] = {
	FLAG("--tolerance", "AMOUNT", AMOUNT, tolerance,
		"by how much figures may differ: 1% of what the old report says, or a size such as"
		" 10M for bytes, and then numbers of allocations and frees are not looked at;"
		" default 0"),
	FLAG("--json", NULL, SWITCH, json, "print the result as JSON, with all figures"),
	RAC_SYMBOL_FLAGS(struct options, symbols),
};
static const struct rac_flag_group group = {"flags", flags, sizeof(flags) / sizeof(flags[0])};
static const struct rac_flag_group *const groups[] = {&group, NULL};
static const struct rac_example examples[] = {
	{"rac diff before.json after.json", "what a change of the program did"},
	{"rac diff --tolerance 1% main.json branch.json", "in a test: status 1 if it matters"},
};
static const struct rac_usage usage = {
	.verb = "rac diff",
	.operands = "OLD NEW",
	.operand_count = 2,
	.operand_kind = RAC_OPERAND_FILE,
	.summary =
		"Compares two reports: each device, kind of memory and site that one of them has.\n"
		"Devices are paired by ordinal, sites by id. Bytes, allocations, frees, refusals and\n"
		"failures are compared; caps, names, times and how the processes ended are not.",
	.groups = groups,
	.examples = examples,
	.example_count = sizeof(examples) / sizeof(examples[0]),
	.statuses = "0 nothing differs by more than is tolerated, 1 something does, 2 wrong usage,"
		    " 125 a report could not be read",
};

const struct rac_usage *const *rac_usages_diff(void)
{
	static const struct rac_usage *const usages[] = {&usage, NULL};

	return usages;
}

static bool compare(const struct options *options, const struct rac_loaded *old,
	const struct rac_loaded *new, size_t *differing, struct rac_complaint *c)
{
	struct rac_output output;
	struct rac_diff diff;

	if (!rac_diff_make(&old->report, &new->report, &options->tolerance.amount, &diff))
		return rac_complain(c, "no memory to compare them");
	bool done = rac_output_open(&output, NULL, false, c);

	if (done && options->json)
		rac_diff_print_json(&diff, old, new, options->tolerance.text, &output.sink);
	else if (done)
		rac_diff_print(&diff, old, new, options->tolerance.text, &output.sink);
	done = done && rac_output_close(&output, true, c);
	*differing = diff.differing;
	rac_diff_free(&diff);
	return done;
}

int rac_cmd_diff(int argc, char **argv)
{
	struct options options = {.json = false};
	struct rac_complaint c = {""};
	struct rac_loaded old, new;
	struct rac_args args;
	size_t differing = 0;
	bool done = false;
	int status;

	if (!rac_verb_begin(&usage, argc, argv, &options, &args, &status))
		return status;
	if (rac_report_load_named(args.operands[0], &options.symbols, usage.verb, &old, &c)) {
		if (rac_report_load_named(
			    args.operands[1], &options.symbols, usage.verb, &new, &c)) {
			done = compare(&options, &old, &new, &differing, &c);
			rac_report_unload(&new);
		}
		rac_report_unload(&old);
	}
	if (!done)
		return rac_fail(usage.verb, RAC_EXIT_FAILED, "%s", c.text);
	return differing > 0 ? RAC_EXIT_FINDING : RAC_EXIT_DONE;
}
