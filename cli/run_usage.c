/*
 * run_usage.c - how `rac run` is used: the settings of core/settings.def as flags, for --help, the
 * manual and completion; they are read by run_flags.c.
 */
#include "commands.h"
#include "run.h"
#include <stdio.h>

#define NAME_MAX_BYTES 32
#define HELP_MAX_BYTES 512

static const struct rac_example examples[] = {
	{"rac run --limit 8G -- ./app --its-own-flag", "at most 8 GiB on each device"},
	{"rac run --limit 0=8G,1=4G --report report-%p.json -- ./app",
		"a cap for each device, and a JSON report for each process"},
};

static const struct rac_flag other_flags[] = {
	{"--uncached", NULL, RAC_FLAG_SWITCH, 0, NULL,
		"have PyTorch, JAX, TensorFlow and RMM allocate directly, so that each of their tensors has a"
		" place of its own; says which variables it sets, and leaves those that are set"},
};
static const struct rac_flag_group others = {"other flags", other_flags, 1};

static void describe(
	const struct rac_setting_info *info, struct rac_flag *flag, char *name, char *help)
{
	bool is_switch = info->flag[1] == '\0';

	snprintf(name, NAME_MAX_BYTES, "%s%s", is_switch ? "-" : "--", info->flag);
	snprintf(help, HELP_MAX_BYTES, "%s (%s; default: %s)", info->help, info->variable,
		info->preset);
	*flag = (struct rac_flag){
		.name = name,
		.value = is_switch ? NULL : info->values,
		.type = is_switch ? RAC_FLAG_SWITCH : RAC_FLAG_TEXT,
		.help = help,
	};
}

const struct rac_usage *const *rac_usages_run(void)
{
	static char names[RAC_SETTING_COUNT][NAME_MAX_BYTES];
	static char helps[RAC_SETTING_COUNT][HELP_MAX_BYTES];
	static struct rac_flag flags[RAC_SETTING_COUNT];
	static const struct rac_flag_group group = {"settings", flags, RAC_SETTING_COUNT};
	static const struct rac_flag_group *const groups[] = {&group, &others, NULL};
	static const struct rac_usage usage = {
		.verb = RAC_RUN,
		.operands = "[--] PROGRAM [ARGUMENT...]",
		.operand_count = 1,
		.operand_most = RAC_ENDLESS,
		.operand_kind = RAC_OPERAND_PROGRAM,
		.summary =
			"Runs the program with its GPU memory capped, counted and reported, and ends\n"
			"with its status. Each flag sets the variable in brackets, which may be set\n"
			"instead of it. Sizes are written like 8G, 512M or 1.5G, in powers of 1024.",
		.groups = groups,
		.examples = examples,
		.example_count = sizeof(examples) / sizeof(examples[0]),
		.statuses = "the program's; 2 wrong usage, 125 rac itself failed, 126 and 127 as in"
			    " the shell",
	};
	static const struct rac_usage *const usages[] = {&usage, NULL};

	for (int i = 0; i < RAC_SETTING_COUNT; i++)
		describe(rac_setting_info((enum rac_setting)i), &flags[i], names[i], helps[i]);
	return usages;
}
