/*
 * run_settings.c - whether the settings are fit to start a program with.
 */
#include "cli.h"
#include "run.h"
#include <unistd.h>

#define PROBLEMS 32 /* said at once */

int rac_run_check_settings(struct rac_settings *out)
{
	static struct rac_settings_problem problems[PROBLEMS];
	size_t found = rac_settings_read(out, environ, problems, PROBLEMS);
	int status = 0;

	for (size_t i = 0; i < found && i < PROBLEMS; i++) {
		/* A name that is not known may be meant for someone else: the library says it, at the
		 * first use of CUDA, if there is any. */
		if (problems[i].kind != RAC_PROBLEM_UNKNOWN)
			status = rac_fail(RAC_RUN, RAC_EXIT_FAILED, "%s", problems[i].message);
	}
	if (status == 0 && out->limit_is_broken)
		status = rac_fail(RAC_RUN, RAC_EXIT_FAILED, "the cap cannot be understood");
	return status;
}
