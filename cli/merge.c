/*
 * merge.c - the verb `rac merge`: the processes of one job in one table.
 */
#include "merge.h"

#include "cli.h"
#include "commands.h"
#include "output.h"

struct options {
	bool json;
};

static const struct rac_flag flags[] = {
	{"--json", NULL, RAC_FLAG_SWITCH, offsetof(struct options, json), NULL,
		"print the result as JSON"},
};
static const struct rac_flag_group group = {"flags", flags, sizeof(flags) / sizeof(flags[0])};
static const struct rac_flag_group *const groups[] = {&group, NULL};
static const struct rac_example examples[] = {
	{"mpirun -n 8 rac run --report reports/%r.json -- ./app && rac merge reports/*.json",
		"a report of each rank, and all of them in one table"},
};
static const struct rac_usage usage = {
	.verb = "rac merge",
	.operands = "FILE...",
	.operand_count = 1,
	.operand_most = RAC_ENDLESS,
	.operand_kind = RAC_OPERAND_FILE,
	.summary =
		"Puts the reports of the processes of a job side by side: one row for each device\n"
		"that a process used, in the order of the ranks; then the most and the least of all\n"
		"rows, how far they lie apart, and the sum. Ranks between 0 and the highest that no\n"
		"report has are named, and so is each report that cannot be read; the others are\n"
		"merged all the same.",
	.groups = groups,
	.examples = examples,
	.example_count = sizeof(examples) / sizeof(examples[0]),
	.statuses = "0 done, 2 wrong usage, 125 a report could not be read",
};

const struct rac_usage *const *rac_usages_merge(void)
{
	static const struct rac_usage *const usages[] = {&usage, NULL};

	return usages;
}

/* Adds what can be read and says of the rest what is wrong. Returns how many reports were added. */
static size_t add_all(const struct rac_args *args, struct rac_merge *merge)
{
	size_t added = 0;

	for (size_t i = 0; i < args->operand_count; i++) {
		struct rac_complaint c = {""};
		struct rac_loaded loaded;

		if (rac_report_load(args->operands[i], &loaded, &c)) {
			if (rac_merge_add(merge, &loaded))
				added++;
			else
				rac_complain(&c, "no memory to merge them");
			rac_report_unload(&loaded);
		}
		if (c.text[0] != '\0')
			rac_fail(usage.verb, RAC_EXIT_FAILED, "%s", c.text);
	}
	return added;
}

int rac_cmd_merge(int argc, char **argv)
{
	struct options options = {.json = false};
	struct rac_merge merge = {.rows = NULL};
	struct rac_complaint c = {""};
	struct rac_output output;
	struct rac_args args;
	int status;

	if (!rac_verb_begin(&usage, argc, argv, &options, &args, &status))
		return status;
	size_t added = add_all(&args, &merge);

	status = added == args.operand_count ? RAC_EXIT_DONE : RAC_EXIT_FAILED;
	rac_merge_finish(&merge);
	if (added > 0 && rac_output_open(&output, NULL, false, &c)) {
		if (options.json)
			rac_merge_print_json(&merge, &output.sink);
		else
			rac_merge_print(&merge, &output.sink);
		rac_output_close(&output, true, &c);
	}
	rac_merge_free(&merge);
	if (c.text[0] != '\0')
		status = rac_fail(usage.verb, RAC_EXIT_FAILED, "%s", c.text);
	return status;
}
