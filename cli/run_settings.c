/*
 * run_settings.c - what `rac run` sets where nobody else did, and whether the settings are fit to start a
 * program with.
 */
#include "cli.h"
#include "run.h"
#include <stdlib.h>
#include <unistd.h>

#define PROBLEMS 32 /* said at once */

int rac_run_check_settings(struct rac_settings *out)
{
	static struct rac_settings_problem problems[PROBLEMS];
	size_t found;
	int status = 0;

	if (setenv(rac_setting_info(RAC_SETTING_STACKS)->variable, "native,python", 0) != 0)
		return rac_fail(RAC_RUN, RAC_EXIT_FAILED, "no memory for the settings");
	found = rac_settings_read(out, environ, problems, PROBLEMS);

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
