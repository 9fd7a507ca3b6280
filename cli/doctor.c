/*
 * doctor.c - the verb `rac doctor`: prints what the checks found.
 */
#include "doctor.h"

#include "cli.h"
#include "commands.h"
#include "emit.h"
#include "output.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct options {
	bool json;
};

static const struct rac_flag flags[] = {
	{"--json", NULL, RAC_FLAG_SWITCH, offsetof(struct options, json), NULL,
		"print the findings as JSON"},
};
static const struct rac_flag_group group = {"flags", flags, sizeof(flags) / sizeof(flags[0])};
static const struct rac_flag_group *const groups[] = {&group, NULL};
static const struct rac_example examples[] = {
	{"rac doctor", "whether all is there that rac needs"},
	{"rac doctor -- ./train", "and whether the library would get into this program"},
};
static const struct rac_usage usage = {
	.verb = "rac doctor",
	.operands = "[-- CMD]",
	.operand_most = 1,
	.operand_kind = RAC_OPERAND_PROGRAM,
	.summary =
		"Looks whether programs can be capped and counted here: the library, the settings,\n"
		"the driver and its GPUs with the caps that hold on them, where records can be\n"
		"kept, whether functions can be named, and, for CMD, whether the dynamic linker\n"
		"would load the library into it and which CUDA it uses. CMD is not run. Each\n"
		"finding says what to do about it.",
	.groups = groups,
	.examples = examples,
	.example_count = sizeof(examples) / sizeof(examples[0]),
	.statuses = "0 nothing is in the way, 1 something is, 2 wrong usage, 125 failed",
};

const struct rac_usage *const *rac_usages_doctor(void)
{
	static const struct rac_usage *const usages[] = {&usage, NULL};

	return usages;
}

struct rac_finding *rac_finding_add(struct rac_findings *f, const char *check,
	enum rac_finding_level level, const char *format, ...)
{
	static struct rac_finding lost;
	struct rac_finding *out = f->count < RAC_FINDINGS ? &f->list[f->count] : &lost;
	va_list arguments;

	f->count++;
	out->check = check;
	out->level = level;
	out->remedy[0] = '\0';
	va_start(arguments, format);
	vsnprintf(out->what, sizeof(out->what), format, arguments);
	va_end(arguments);
	return out;
}

void rac_finding_remedy(struct rac_finding *finding, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(finding->remedy, sizeof(finding->remedy), format, arguments);
	va_end(arguments);
}

static const char *const levels[] = {
	[RAC_FINDING_OK] = "ok", [RAC_FINDING_NOTE] = "note", [RAC_FINDING_PROBLEM] = "problem"};

static void print_line(struct rac_emit *e, const char *first, const char *check, const char *text)
{
	char head[64];

	snprintf(head, sizeof(head), "%-8s %-9s ", first, check);
	rac_emit_string(e, head);
	rac_emit_foreign(e, text, strlen(text), RAC_FINDING_TEXT);
	rac_emit_string(e, "\n");
}

static void print_text(struct rac_emit *e, const struct rac_finding *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		print_line(e, levels[list[i].level], list[i].check, list[i].what);
		if (list[i].remedy[0] != '\0')
			print_line(e, "", "  do:", list[i].remedy);
	}
}

static void print_json(struct rac_emit *e, const struct rac_finding *list, size_t n)
{
	rac_json_object_begin(e, NULL);
	rac_json_string(e, "schema", "rac.doctor/1");
	rac_json_array_begin(e, "findings");
	for (size_t i = 0; i < n; i++) {
		rac_json_object_begin(e, NULL);
		rac_json_string(e, "level", levels[list[i].level]);
		rac_json_string(e, "check", list[i].check);
		rac_json_string(e, "what", list[i].what);
		rac_json_string(e, "remedy", list[i].remedy);
		rac_json_object_end(e);
	}
	rac_json_array_end(e);
	rac_json_object_end(e);
	rac_emit_string(e, "\n");
}

static bool print(const struct options *options, const struct rac_findings *f, bool *problem,
	struct rac_complaint *c)
{
	size_t n = f->count < RAC_FINDINGS ? f->count : RAC_FINDINGS;
	struct rac_output output;
	struct rac_emit e;

	for (size_t i = 0; i < n; i++)
		*problem = *problem || f->list[i].level == RAC_FINDING_PROBLEM;
	if (!rac_output_open(&output, NULL, false, c))
		return false;
	rac_emit_init(&e, &output.sink);
	(options->json ? print_json : print_text)(&e, f->list, n);
	rac_emit_finish(&e);
	return rac_output_close(&output, true, c);
}

int rac_cmd_doctor(int argc, char **argv)
{
	static struct rac_findings findings;
	static struct rac_settings settings;
	struct options options = {false};
	struct rac_complaint c = {""};
	char library[4096];
	struct rac_args args;
	bool problem = false;
	int status;

	if (!rac_verb_begin(&usage, argc, argv, &options, &args, &status))
		return status;
	rac_doctor_library(&findings, library, sizeof(library));
	rac_doctor_preload(&findings, library);
	rac_doctor_settings(&findings, &settings);
	rac_doctor_driver(&findings, &settings);
	rac_doctor_places(&findings);
	rac_doctor_symbols(&findings);
	if (args.operand_count > 0)
		rac_doctor_program(&findings, args.operands[0], library);
	if (!print(&options, &findings, &problem, &c))
		return rac_fail(usage.verb, RAC_EXIT_FAILED, "%s", c.text);
	return problem ? RAC_EXIT_FINDING : RAC_EXIT_DONE;
}
