/*
 * export.c - the verb `rac export`: reports in the forms of other programs.
 */
#include "export.h"
#include "cli.h"
#include "commands.h"
#include "export_running.h"
#include "output.h"
#include "symbolise.h"
#include "top.h"
#include <stdlib.h>

struct options {
	unsigned format;
	unsigned value;
	bool running;
	const char *status_folder;
	const char *output;
	const char *source_root;
	struct rac_symbol_options symbols;
};

static const struct {
	const char *name;
	bool (*make)(const struct rac_export *in, struct rac_sink *sink, struct rac_complaint *c);
	bool binary, several;
} formats[] = {
#define REPORT_FORMAT(name, help)
#define EXPORT_FORMAT(name, binary, several, help) {#name, rac_format_##name, binary, several},
#include "formats.def"
#undef REPORT_FORMAT
#undef EXPORT_FORMAT
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static const char choices[] =
#define REPORT_FORMAT(name, help)
#define EXPORT_FORMAT(name, binary, several, help) "|" #name
#include "formats.def"
#undef REPORT_FORMAT
#undef EXPORT_FORMAT
	;

static const struct rac_flag format_words[] = {
#define REPORT_FORMAT(name, help)
#define EXPORT_FORMAT(name, binary, several, help) {#name, NULL, RAC_FLAG_WORD, 0, NULL, help},
#include "formats.def"
#undef REPORT_FORMAT
#undef EXPORT_FORMAT
};
static const struct rac_flag_group format_group = {
	"formats, and what reads them", format_words, FORMATS};

/* In the order of the choices of --value. */
static const enum rac_value values[] = {
	RAC_VALUE_PEAK_BYTES, RAC_VALUE_LIVE_BYTES, RAC_VALUE_TOTAL_BYTES, RAC_VALUE_TOTAL_COUNT};

#define FLAG(name, value, type, field, choices, help)                                         \
	{                                                                                     \
		(name), (value), RAC_FLAG_##type, offsetof(struct options, field), (choices), \
			(help)                                                                \
	}

static const struct rac_flag flags[] = {
	FLAG("--format", "FORMAT", CHOICE, format, choices + 1, "one of those below; needed"),
	FLAG("--output", "FILE", TEXT, output, NULL,
		"write to FILE, which appears when it is complete; default: stdout"),
	FLAG("--running", NULL, SWITCH, running, NULL,
		"in the place of FILE: every process that rac top shows now; for prometheus"),
	FLAG("--status-dir", "DIR", TEXT, status_folder, NULL,
		"for --running: the folder in which processes publish themselves; default"
		" RAC_STATUS_DIR, else /run/rac"),
	FLAG("--value", "peak|live|total|count", CHOICE, value, "peak|live|total|count",
		"the figure of a form that has one: bytes at the peak (default), bytes that are"
		" still allocated, bytes or calls in all"),
	FLAG("--source-root", "DIR", TEXT, source_root, NULL,
		"for forms that say what was found: the folder whose files are yours; default: the"
		" git repository around the current folder"),
	RAC_SYMBOL_FLAGS(struct options, symbols),
};
static const struct rac_flag_group group = {"flags", flags, sizeof(flags) / sizeof(flags[0])};
static const struct rac_flag_group *const groups[] = {&group, &format_group, NULL};
static const struct rac_example examples[] = {
	{"rac export --format pprof --output gpu.pb.gz report.json",
		"for go tool pprof -http : gpu.pb.gz, a flame graph of the peak"},
	{"rac export --format folded --value live report.json | flamegraph.pl >leaks.svg",
		"one of what was never freed"},
	{"rac export --format prometheus --running --output rac.prom",
		"what all processes hold now, for node_exporter's textfile collector"},
	{"rac export --format sarif --output gpu.sarif reports/*.json",
		"what a CI shows on the lines of your sources"},
};
static const struct rac_usage usage = {
	.verb = "rac export",
	.operands = "[FILE...]",
	.operand_most = RAC_ENDLESS,
	.operand_kind = RAC_OPERAND_FILE,
	.summary =
		"Writes a report in the form of another program. What a device holds and no site\n"
		"accounts for is in it, too, so that sums are those of the report.\n"
		"\n"
		"Forms for a CI hold what was found: what was never freed, and conditions that\n"
		"failed. It is shown at the innermost function in your sources.",
	.groups = groups,
	.examples = examples,
	.example_count = sizeof(examples) / sizeof(examples[0]),
	.statuses = "0 done, 2 wrong usage, 125 a report could not be read or written",
};

const struct rac_usage *const *rac_usages_export(void)
{
	static const struct rac_usage *const usages[] = {&usage, NULL};

	return usages;
}

static bool write_all(const struct options *options, struct rac_export *in, struct rac_complaint *c)
{
	struct rac_output output;

	in->value = values[options->value];
	in->source_root = options->source_root;

	if (!rac_output_open(&output, options->output, formats[options->format].binary, c))
		return false;
	bool made = formats[options->format].make(in, &output.sink, c);

	return rac_output_close(&output, made, c) && made;
}

static bool export_files(
	const struct options *options, const struct rac_args *args, struct rac_complaint *c)
{
	struct rac_loaded *reports = calloc(args->operand_count, sizeof(*reports));
	size_t count = 0;
	bool done;

	if (reports == NULL)
		return rac_complain(c, "no memory for the reports");
	while (count < args->operand_count &&
		rac_report_load_named(
			args->operands[count], &options->symbols, usage.verb, &reports[count], c))
		count++;
	struct rac_export in = {.reports = reports, .count = count};

	done = count == args->operand_count && write_all(options, &in, c);
	for (size_t i = 0; i < count; i++)
		rac_report_unload(&reports[i]);
	free(reports);
	return done;
}

static bool export_running(const struct options *options, struct rac_complaint *c)
{
	struct rac_running running;

	if (!rac_running_find(&running, rac_top_status_folder(options->status_folder), c))
		return false;
	struct rac_export in = {
		.reports = running.reports, .users = running.users, .count = running.count};
	bool done = write_all(options, &in, c);

	if (running.unreadable > 0)
		rac_warn(usage.verb,
			"%zu of the processes could not be read; they may have just ended",
			running.unreadable);
	if (running.alike > 0)
		rac_warn(usage.verb,
			"%zu of the processes are left out: others have the same host, pid, program"
			" and rank, so their metrics could not be told apart",
			running.alike);
	rac_running_free(&running);
	return done;
}

/* RAC_EXIT_DONE, or what was said of arguments that do not go together. */
static int check(const struct options *options, const struct rac_args *args)
{
	if (options->format == FORMATS)
		return rac_usage_error(
			usage.verb, "--format is missing; it is one of %s", choices + 1);
	if (options->running && formats[options->format].make != rac_format_prometheus)
		return rac_usage_error(usage.verb,
			"--running is for prometheus; %s is made of FILE",
			formats[options->format].name);
	if (options->running && args->operand_count > 0)
		return rac_usage_error(usage.verb, "--running takes no FILE");
	if (!options->running && args->operand_count == 0)
		return rac_usage_error(usage.verb, "FILE is missing");
	if (args->operand_count > 1 && !formats[options->format].several)
		return rac_usage_error(usage.verb,
			"%s is made of one report at a time; %zu are given",
			formats[options->format].name, args->operand_count);
	return RAC_EXIT_DONE;
}

int rac_cmd_export(int argc, char **argv)
{
	struct options options = {.format = FORMATS};
	struct rac_complaint c = {""};
	struct rac_args args;
	int status;

	if (!rac_verb_begin(&usage, argc, argv, &options, &args, &status))
		return status;
	if ((status = check(&options, &args)) != RAC_EXIT_DONE)
		return status;
	return (options.running ? export_running(&options, &c) : export_files(&options, &args, &c))
		? RAC_EXIT_DONE
		: rac_fail(usage.verb, RAC_EXIT_FAILED, "%s", c.text);
}
