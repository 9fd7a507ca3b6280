/*
 * top.c - the verb `rac top`: who holds how much device memory now.
 */
#include "top.h"

#include "cli.h"
#include "commands.h"
#include "output.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STATUS_FOLDER "/run/rac"
#define PIDS_MAX      256

struct options {
	bool once, json;
	uint64_t interval;
	const char *status_folder;
};

#define FLAG(name, value, type, field, help)                                                    \
	{                                                                                       \
		(name), (value), RAC_FLAG_##type, offsetof(struct options, field), NULL, (help) \
	}

static const struct rac_flag flags[] = {
	FLAG("--once", NULL, SWITCH, once,
		"print what there is now and end; so it is without a terminal"),
	FLAG("--json", NULL, SWITCH, json, "the same as JSON"),
	FLAG("--interval", "MS", COUNT, interval,
		"milliseconds from one look to the next; default 1000"),
	FLAG("--status-dir", "DIR", TEXT, status_folder,
		"folder in which processes publish themselves; default RAC_STATUS_DIR, else " STATUS_FOLDER),
};
static const struct rac_flag_group group = {"flags", flags, sizeof(flags) / sizeof(flags[0])};
static const struct rac_flag_group *const groups[] = {&group, NULL};
static const struct rac_example examples[] = {
	{"rac top", "live, until q is pressed"},
	{"rac top --once --json", "for a script"},
};
static const struct rac_usage usage = {
	.verb = "rac top",
	.operands = "[PID...]",
	.operand_most = PIDS_MAX,
	.operand_kind = RAC_OPERAND_WORD,
	.summary =
		"Shows the processes that run with the library: what each holds on each GPU now, the\n"
		"most that it held, its cap, how many calls it makes and how many were refused. It sees\n"
		"what rac run started, what publishes itself in the status folder, also of other users,\n"
		"and bare preloads of yours where the kernel lets their memory be read; it says how many\n"
		"processes it cannot see. PID shows those alone.",
	.groups = groups,
	.examples = examples,
	.example_count = sizeof(examples) / sizeof(examples[0]),
	.statuses = "0 done, 1 a PID is not there or cannot be seen, 2 wrong usage, 125 failed",
};

const struct rac_usage *const *rac_usages_top(void)
{
	static const struct rac_usage *const usages[] = {&usage, NULL};

	return usages;
}

const char *rac_top_status_folder(const char *flag)
{
	const char *set = getenv("RAC_STATUS_DIR");
	struct stat status;

	if (flag != NULL)
		return flag;
	if (set != NULL && set[0] != '\0')
		return set;
	return stat(STATUS_FOLDER, &status) == 0 ? STATUS_FOLDER : NULL;
}

/* Two looks, so that there are rates, for who does not stay. */
static bool print_once(struct rac_top *t, const struct options *options, struct rac_complaint *c)
{
	struct rac_top first = *t;
	const struct timespec pause = {.tv_sec = 0, .tv_nsec = 200000000};
	struct rac_output output;

	rac_top_take(&first, NULL);
	nanosleep(&pause, NULL);
	rac_top_take(t, &first);
	rac_top_free(&first);
	if (!rac_output_open(&output, NULL, false, c))
		return false;
	if (options->json)
		rac_top_print_json(t, &output.sink);
	else
		rac_top_print(t, &output.sink);
	return rac_output_close(&output, true, c);
}

static bool read_pids(const struct rac_args *args, pid_t *pids, struct rac_complaint *c)
{
	for (size_t i = 0; i < args->operand_count; i++) {
		struct rac_quote quote;
		uint64_t pid;

		if (!rac_number_parse(args->operands[i], &pid) || pid == 0 || pid > INT_MAX)
			return rac_complain(
				c, "%s is no process id", rac_quote(&quote, args->operands[i]));
		pids[i] = (pid_t)pid;
	}
	return true;
}

int rac_cmd_top(int argc, char **argv)
{
	static pid_t pids[PIDS_MAX + 1];
	struct options options = {.interval = 1000};
	struct rac_complaint c = {""};
	struct rac_top top = {0};
	struct rac_args args;
	bool missing = false;
	int status;

	if (!rac_verb_begin(&usage, argc, argv, &options, &args, &status))
		return status;
	if (!read_pids(&args, pids, &c))
		return rac_usage_error(usage.verb, "%s", c.text);
	top.wanted = args.operand_count > 0 ? pids : NULL;
	top.status_folder = rac_top_status_folder(options.status_folder);
	if (options.once || options.json || !isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
		print_once(&top, &options, &c);
	else
		rac_top_screen(
			&top, (unsigned)(options.interval < 60000 ? options.interval : 60000), &c);
	for (const pid_t *pid = pids; *pid != 0 && c.text[0] == '\0' && top.rows != NULL; pid++)
		missing = missing || !rac_top_has(&top, (uint64_t)*pid);
	missing = missing || (top.wanted != NULL && top.count == 0);
	rac_top_free(&top);
	if (c.text[0] != '\0')
		return rac_fail(usage.verb, RAC_EXIT_FAILED, "%s", c.text);
	return missing ? RAC_EXIT_FINDING : RAC_EXIT_DONE;
}
