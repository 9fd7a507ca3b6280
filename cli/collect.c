/*
 * collect.c - the verb `rac collect`: for job systems, reports what processes that were killed left in a folder
 * of records, once they are gone.
 */
#include "cli.h"
#include "commands.h"
#include "run_records.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROBLEMS 8

struct options {
	uint64_t pid, status;
};

static const struct rac_flag flags[] = {
	{"--pid", "PID", RAC_FLAG_COUNT, offsetof(struct options, pid), NULL,
		"a process of which it is known how it ended, by --wait-status"},
	{"--wait-status", "N", RAC_FLAG_NUMBER, offsetof(struct options, status), NULL,
		"how it ended, as wait(2) tells it: 15 for SIGTERM, 256 for exit(1)"},
};
static const struct rac_flag_group group = {"flags", flags, sizeof(flags) / sizeof(flags[0])};
static const struct rac_flag_group *const groups[] = {&group, NULL};
static const struct rac_example examples[] = {
	{"RAC_RECORD=/run/job7/%p LD_PRELOAD=.../librac_track.so ./app; rac collect /run/job7",
		"one report of each process, whether it was killed or not"},
};
static const struct rac_usage usage = {
	.verb = "rac collect",
	.operands = "DIR",
	.operand_count = 1,
	.operand_kind = RAC_OPERAND_FILE,
	.summary =
		"Reports the processes that were killed, or left without reporting, from the records in\n"
		"DIR: to where each would have reported itself, by RAC_REPORT and RAC_FORMAT. Those that\n"
		"did report themselves are not reported again. Records of processes that are gone are\n"
		"removed, and DIR, too, once it is empty; those of processes that run stay.",
	.groups = groups,
	.examples = examples,
	.example_count = sizeof(examples) / sizeof(examples[0]),
	.statuses = "0 done, 2 wrong usage, 125 the folder cannot be read",
};

const struct rac_usage *const *rac_usages_collect(void)
{
	static const struct rac_usage *const usages[] = {&usage, NULL};

	return usages;
}

/* Of the settings only where a report goes counts here; of the rest the processes themselves complained. */
static void read_settings(struct rac_settings *settings)
{
	static struct rac_settings_problem problems[PROBLEMS];
	size_t found = rac_settings_read(settings, environ, problems, PROBLEMS);

	for (size_t i = 0; i < found && i < PROBLEMS; i++)
		if (problems[i].kind == RAC_PROBLEM_VALUE &&
			(problems[i].setting == RAC_SETTING_REPORT ||
				problems[i].setting == RAC_SETTING_FORMAT))
			rac_warn(usage.verb, "%s", problems[i].message);
}

int rac_cmd_collect(int argc, char **argv)
{
	static struct rac_settings settings;
	struct options options = {.pid = 0};
	struct rac_args args;
	struct stat folder;
	int status;

	if (!rac_verb_begin(&usage, argc, argv, &options, &args, &status))
		return status;
	if (options.pid > INT32_MAX || options.status > INT32_MAX)
		return rac_usage_error(
			usage.verb, "--pid and --wait-status are numbers of wait(2)");
	if (stat(args.operands[0], &folder) != 0 ||
		(!S_ISDIR(folder.st_mode) && (errno = ENOTDIR) != 0) ||
		access(args.operands[0], R_OK | X_OK) != 0)
		return rac_fail(
			usage.verb, RAC_EXIT_FAILED, "'%s': %s", args.operands[0], strerror(errno));
	read_settings(&settings);
	rac_run_records_collect(
		args.operands[0], &settings, usage.verb, (pid_t)options.pid, (int)options.status);
	return RAC_EXIT_DONE;
}
