/*
 * run.c - the verb `rac run`: starts a program under the shim and ends as the program ended, or as its
 * verdict asks.
 */
#include "run.h"
#include "cli.h"
#include "commands.h"
#include "run_records.h"
#include "usage.h"

int rac_cmd_run(int argc, char **argv)
{
	static struct rac_run_target target;
	static struct rac_settings settings;
	static struct rac_run_records records;
	static struct rac_run_verdict verdict;
	struct rac_run_ended ended;
	struct rac_complaint c = {""};
	struct rac_run_command command;
	int status = rac_run_flags(argc, argv, &command);

	if (status == 0 && command.help) {
		rac_usage_help(rac_usages_run()[0]);
		return rac_output_end(RAC_RUN);
	}
	if (status == 0)
		status = rac_run_check_settings(&settings);
	if (status == 0)
		status = rac_run_verdict_begin(&verdict, &settings);
	verdict.judge.is_uncached = command.uncached;
	if (status == 0 && command.uncached)
		status = rac_run_uncached();
	if (status == 0)
		status = rac_run_preload();
	if (status == 0)
		status = rac_run_find(command.argv[0], &target);
	if (status != 0)
		return status;
	if (rac_run_obstacle(&target, &c))
		rac_warn(RAC_RUN, "%s", c.text);
	rac_run_records_begin(&records, &settings, &verdict);
	status = rac_run_child(&target, command.argv, &ended);
	if (status != 0)
		return status;
	rac_run_records_end(&records, ended.child, ended.status);
	return rac_run_finish(&ended, rac_run_verdict_end(&verdict));
}
