/*
 * run_settings.c - whether the settings are fit to start a program with.
 */
#include "cli.h"
#include "run.h"
#include <unistd.h>

#define PROBLEMS 32 /* said at once */

/*
 * What only concerns the program, the library says there, at the first CUDA use: a name that is not
 * known may be meant for someone else, and the program may not use CUDA at all. But who writes a
 * flag means it.
 */
static bool is_fatal(
	const struct rac_settings_problem *problem, const struct rac_run_command *command)
{
	switch (problem->kind) {
	case RAC_PROBLEM_LIMIT:
	case RAC_PROBLEM_VALUE:
		return true;
	case RAC_PROBLEM_UNKNOWN:
		return false;
	case RAC_PROBLEM_UNSUPPORTED:
		return command->by_flag[problem->setting];
	}
	return true;
}

int rac_run_check_settings(const struct rac_run_command *command, struct rac_settings *out)
{
	static struct rac_settings_problem problems[PROBLEMS];
	size_t found = rac_settings_read(out, environ, problems, PROBLEMS);
	int status = 0;

	for (size_t i = 0; i < found && i < PROBLEMS; i++) {
		if (is_fatal(&problems[i], command))
			status = rac_fail(RAC_RUN, RAC_EXIT_FAILED, "%s", problems[i].message);
	}
	if (status == 0 && out->limit_is_broken)
		status = rac_fail(RAC_RUN, RAC_EXIT_FAILED, "the cap cannot be understood");
	return status;
}
