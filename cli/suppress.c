/*
 * suppress.c - the verb `rac suppress`: writes rules that forgive what a report calls a leak, and shows those that
 * are built in.
 */
#include "cli.h"
#include "commands.h"
#include "output.h"
#include "report_frames.h"
#include "rules.h"
#include "site_words.h"
#include "symbolise.h"
#include <stdio.h>
#include <string.h>

struct options {
	bool builtin, bounds;
	const char *output;
	struct rac_symbol_options symbols;
};

#define FLAG(name, value, type, field, help)                                                    \
	{                                                                                       \
		(name), (value), RAC_FLAG_##type, offsetof(struct options, field), NULL, (help) \
	}

static const struct rac_flag flags[] = {
	FLAG("--bounds", NULL, SWITCH, bounds,
		"forgive no more than what there is: max= and count= behind each rule"),
	FLAG("--builtin", NULL, SWITCH, builtin,
		"print the rules that are built in, of modules that cache or keep memory"),
	FLAG("--output", "FILE", TEXT, output,
		"write to FILE, which appears when it is complete; default: stdout"),
	RAC_SYMBOL_FLAGS(struct options, symbols),
};
static const struct rac_flag_group group = {"flags", flags, sizeof(flags) / sizeof(flags[0])};
static const struct rac_flag_group *const groups[] = {&group, NULL};
static const struct rac_example examples[] = {
	{"rac suppress report.json >known.supp", "what leaks now is not to fail any more"},
	{"rac run --fail-on leak --suppressions known.supp -- ./app", "and what comes on top does"},
	{"rac suppress --builtin", "what is forgiven without being told"},
};
static const struct rac_usage usage = {
	.verb = "rac suppress",
	.operands = "[FILE...]",
	.operand_count = 0,
	.operand_most = RAC_ENDLESS,
	.operand_kind = RAC_OPERAND_FILE,
	.summary =
		"Writes a suppression file for what the reports or records call a leak: one rule a\n"
		"place, by its innermost function with a name, else by its id, else by the module that\n"
		"called.",
	.groups = groups,
	.examples = examples,
	.example_count = sizeof(examples) / sizeof(examples[0]),
	.statuses = "0 done, 2 wrong usage, 125 a report could not be read or the file not written",
};

const struct rac_usage *const *rac_usages_suppress(void)
{
	static const struct rac_usage *const usages[] = {&usage, NULL};

	return usages;
}

static void print_builtin(FILE *to)
{
	const struct rac_rule *rules;
	size_t count = rac_rules_builtin(&rules);

	fputs("# What is built in. With RAC_SUPPRESSIONS=none,FILE a file stands in its place.\n",
		to);
	for (size_t i = 0; i < count; i++)
		fprintf(to, "%.*s\n", (int)rules[i].text_bytes, rules[i].text);
}

/* A text as a pattern that fits it alone. What the pattern language has no signs for becomes a star. */
static void put_pattern(FILE *to, const char *text)
{
	fputc('^', to);
	for (const char *at = text; *at != '\0'; at++)
		fputc((unsigned char)*at < ' ' || *at == 0x7f ? '*' : *at, to);
	fputs("$", to);
}

/* Where every program begins, which is in every stack: a rule by it would forgive everything. */
static bool is_beginning(const struct rac_report_frame *f)
{
	return strcmp(f->function, "main") == 0 || strcmp(f->function, "<module>") == 0;
}

/* The function that a rule can go by; NULL: there is none. */
static const struct rac_report_frame *named_frame(const struct rac_report_site *site)
{
	const struct rac_report_frame *place = rac_site_place(site);

	return place != NULL && !is_beginning(place) ? place : NULL;
}

/* A function of its own, else the site by its id; what has no frames goes by its owner. */
enum rule_kind { BY_FUNCTION, BY_ID, BY_OWNER };

static enum rule_kind kind_of(const struct rac_report_site *site)
{
	if (named_frame(site) != NULL)
		return BY_FUNCTION;
	return site->frame_count > 0 && rac_or_empty(site->id)[0] != '\0' ? BY_ID : BY_OWNER;
}

static const char *subject_of(const struct rac_report_site *site)
{
	switch (kind_of(site)) {
	case BY_FUNCTION:
		return named_frame(site)->function;
	case BY_ID:
		return site->id;
	case BY_OWNER:
		break;
	}
	return rac_or_empty(site->owner);
}

static bool same_rule(const struct rac_report_site *a, const struct rac_report_site *b)
{
	return kind_of(a) == kind_of(b) && strcmp(subject_of(a), subject_of(b)) == 0;
}

static bool leaks(const struct rac_report_site *site)
{
	return site->grade == RAC_GRADE_LEAK && site->live_count > 0;
}

static void put_rule(FILE *to, const struct rac_report *report, size_t first, bool bounds)
{
	const struct rac_report_site *site = &report->sites[first];
	static const char *const words[] = {"leak:", "site:", "owner:"};
	char size[RAC_SIZE_TEXT_MAX];
	uint64_t bytes = 0, count = 0;

	for (size_t i = first; i < report->site_count; i++)
		if (leaks(&report->sites[i]) && same_rule(site, &report->sites[i])) {
			bytes += report->sites[i].live_bytes;
			count += report->sites[i].live_count;
		}
	rac_size_text(size, bytes);
	fprintf(to, "# %s in %llu allocation%s by ", size, (unsigned long long)count,
		count == 1 ? "" : "s");
	for (const char *at = rac_or_empty(site->owner); *at != '\0'; at++)
		fputc((unsigned char)*at < ' ' ? '?' : *at, to);
	fprintf(to, ", %s\n%s", rac_or_empty(site->api), words[kind_of(site)]);
	put_pattern(to, subject_of(site));
	if (bounds)
		fprintf(to, " max=%lluB count=%llu", (unsigned long long)bytes,
			(unsigned long long)count);
	fputc('\n', to);
}

static bool is_first(const struct rac_report *report, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (leaks(&report->sites[i]) && same_rule(&report->sites[i], &report->sites[index]))
			return false;
	return true;
}

static void print_rules(FILE *to, const struct rac_report *report, bool bounds)
{
	for (size_t i = 0; i < report->site_count; i++)
		if (leaks(&report->sites[i]) && is_first(report, i))
			put_rule(to, report, i, bounds);
}

static bool print_report(
	const char *word, const struct options *options, FILE *to, struct rac_complaint *c)
{
	struct rac_loaded loaded;

	if (!rac_report_load_named(word, &options->symbols, usage.verb, &loaded, c))
		return false;
	print_rules(to, &loaded.report, options->bounds);
	rac_report_unload(&loaded);
	return true;
}

int rac_cmd_suppress(int argc, char **argv)
{
	struct options options = {.builtin = false};
	struct rac_complaint c = {""};
	struct rac_output output;
	struct rac_args args;
	bool good = true;
	int status;

	if (!rac_verb_begin(&usage, argc, argv, &options, &args, &status))
		return status;
	if (args.operand_count == 0 && !options.builtin)
		return rac_usage_error(usage.verb, "FILE is missing");
	if (!rac_output_open(&output, options.output, false, &c))
		return rac_fail(usage.verb, RAC_EXIT_FAILED, "%s", c.text);
	if (options.builtin)
		print_builtin(output.stream);
	for (size_t i = 0; good && i < args.operand_count; i++)
		good = print_report(args.operands[i], &options, output.stream, &c);
	if (!rac_output_close(&output, good, &c))
		good = false;
	return good ? RAC_EXIT_DONE : rac_fail(usage.verb, RAC_EXIT_FAILED, "%s", c.text);
}
