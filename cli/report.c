/*
 * report.c - the verb `rac report`: shows reports, from wherever they come.
 */
#include "cli.h"
#include "commands.h"
#include "formats.h"
#include "output.h"
#include "symbolise.h"

struct options {
	unsigned format;
	const char *output;
	bool json;
	struct rac_symbol_options symbols;
};

static const char choices[] =
#define REPORT_FORMAT(name, help) "|" #name
#define EXPORT_FORMAT(name, binary, several, help)
#include "formats.def"
#undef REPORT_FORMAT
#undef EXPORT_FORMAT
	;

static bool (*const emitters[])(
	const struct rac_loaded *in, struct rac_sink *sink, struct rac_complaint *c) = {
#define REPORT_FORMAT(name, help) rac_format_##name,
#define EXPORT_FORMAT(name, binary, several, help)
#include "formats.def"
#undef REPORT_FORMAT
#undef EXPORT_FORMAT
};

enum {
#define REPORT_FORMAT(name, help) FORMAT_##name,
#define EXPORT_FORMAT(name, binary, several, help)
#include "formats.def"
#undef REPORT_FORMAT
#undef EXPORT_FORMAT
};

static const struct rac_flag format_words[] = {
#define REPORT_FORMAT(name, help) {#name, NULL, RAC_FLAG_WORD, 0, NULL, help},
#define EXPORT_FORMAT(name, binary, several, help)
#include "formats.def"
#undef REPORT_FORMAT
#undef EXPORT_FORMAT
};
static const struct rac_flag_group format_group = {
	"formats", format_words, sizeof(format_words) / sizeof(format_words[0])};

#define FLAG(name, value, type, field, choices, help)                                         \
	{                                                                                     \
		(name), (value), RAC_FLAG_##type, offsetof(struct options, field), (choices), \
			(help)                                                                \
	}

static const struct rac_flag flags[] = {
	FLAG("--format", "FORMAT", CHOICE, format, choices + 1,
		"one of those below; default: text"),
	FLAG("--json", NULL, SWITCH, json, NULL, "as --format json"),
	FLAG("--output", "FILE", TEXT, output, NULL,
		"write to FILE, which appears when it is complete; default: stdout"),
	RAC_SYMBOL_FLAGS(struct options, symbols),
};
static const struct rac_flag_group group = {"flags", flags, sizeof(flags) / sizeof(flags[0])};
static const struct rac_flag_group *const groups[] = {&group, &format_group, NULL};
static const struct rac_example examples[] = {
	{"rac report report-4242.json", "what the process would have printed"},
	{"rac report --format html --output gpu.html report-4242.json", "a page to look at"},
	{"ssh node7 cat report-4242.json | rac report -", "one of another machine"},
};
static const struct rac_usage usage = {
	.verb = "rac report",
	.operands = "FILE|PID...",
	.operand_count = 1,
	.operand_most = RAC_ENDLESS,
	.operand_kind = RAC_OPERAND_FILE,
	.summary =
		"Shows reports. FILE is a JSON report, as RAC_REPORT=FILE.json writes it, or the record\n"
		"of a process that runs, ended or was killed (RAC_RECORD=FILE); - is stdin. PID is a\n"
		"process of yours that runs, with a record or without. One that\n"
		"cannot be read is said on stderr, the others are shown.",
	.groups = groups,
	.examples = examples,
	.example_count = sizeof(examples) / sizeof(examples[0]),
	.statuses = "0 done, 2 wrong usage, 125 a report could not be read or shown",
};

const struct rac_usage *const *rac_usages_report(void)
{
	static const struct rac_usage *const usages[] = {&usage, NULL};

	return usages;
}

static bool show(const char *word, const struct options *options, struct rac_output *output)
{
	struct rac_complaint c = {""};
	struct rac_loaded loaded;
	bool done = rac_report_load_named(word, &options->symbols, usage.verb, &loaded, &c);

	if (done) {
		done = emitters[options->format](&loaded, &output->sink, &c);
		rac_report_unload(&loaded);
	}
	if (c.text[0] != '\0')
		rac_fail(usage.verb, RAC_EXIT_FAILED, "%s", c.text);
	return done;
}

int rac_cmd_report(int argc, char **argv)
{
	struct options options = {.format = FORMAT_text};
	struct rac_complaint c = {""};
	struct rac_output output;
	struct rac_args args;
	bool good = true;
	int status;

	if (!rac_verb_begin(&usage, argc, argv, &options, &args, &status))
		return status;
	if (options.json)
		options.format = FORMAT_json;
	if (options.format == FORMAT_html && args.operand_count > 1)
		return rac_usage_error(usage.verb, "html is a page of one report; %zu are given",
			args.operand_count);
	if (!rac_output_open(&output, options.output, false, &c))
		return rac_fail(usage.verb, RAC_EXIT_FAILED, "%s", c.text);
	for (size_t i = 0; i < args.operand_count; i++)
		good = show(args.operands[i], &options, &output) && good;
	if (!rac_output_close(&output, good, &c))
		return rac_fail(usage.verb, RAC_EXIT_FAILED, "%s", c.text);
	return good ? RAC_EXIT_DONE : RAC_EXIT_FAILED;
}
