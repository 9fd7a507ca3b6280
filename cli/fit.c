/*
 * fit.c - the verb `rac fit`: the largest batch, context or number of layers that a budget allows.
 */
#include "cli.h"
#include "commands.h"
#include "estimate.h"
#include "fit_budget.h"
#include "model_options.h"
#include "model_print.h"
#include "size_text.h"
#include <inttypes.h>
#include <stdio.h>

#define FLAG(name, value, type, field, help)                                                       \
	{                                                                                          \
		(name), (value), RAC_FLAG_##type, offsetof(struct rac_model_options, field), NULL, \
			(help)                                                                     \
	}

static const struct rac_flag sought_flags[] = {
	FLAG("--batch", "[B]", SOUGHT, batch, "the batch is sought; with B: it is B"),
	FLAG("--context", "[N]", SOUGHT, context, "the context is sought; with N: it is N tokens"),
	FLAG("--layers", "", SOUGHT, layers, "the number of layers is sought"),
};

static const struct rac_flag_group sought_group = {
	"what is sought: one of these, without its number", sought_flags,
	sizeof(sought_flags) / sizeof(sought_flags[0])};
static const struct rac_flag_group *const groups[] = {
	&sought_group, &rac_model_groups[0], &rac_model_groups[1], &rac_model_groups[2], NULL};
static const struct rac_example examples[] = {
	{"rac fit --batch --context 8192 config.json --budget 72GiB", "the largest batch"},
};
static const struct rac_usage usage = {
	.verb = "rac fit",
	.operands = "CONFIG.json",
	.operand_count = 1,
	.operand_kind = RAC_OPERAND_FILE,
	.summary =
		"The largest batch, context or number of layers of a model that fits --budget, with\n"
		"what it takes there and one further. CONFIG.json is as for 'rac estimate model'.\n"
		"The status is 1 when not even 1 fits.",
	.groups = groups,
	.examples = examples,
	.example_count = sizeof(examples) / sizeof(examples[0]),
};

/* What can be sought, in the order of enum rac_fit_variable. */
static const struct {
	const char *name, *words;
} variables[] = {
	[RAC_FIT_BATCH] = {"batch", "batch"},
	[RAC_FIT_CONTEXT] = {"context", "context"},
	[RAC_FIT_LAYERS] = {"layers", "number of layers"},
};

struct run {
	struct rac_model_options options;
	struct rac_model_source source;
	struct rac_plan plan;
	struct rac_budget budget;
	enum rac_fit_variable variable;
	struct rac_fit fit;
	struct rac_complaint c;
};

static bool find_variable(struct run *r)
{
	const uint64_t values[] = {r->options.batch, r->options.context, r->options.layers};
	unsigned sought = 0;

	for (unsigned i = 0; i < 3; i++) {
		if (values[i] == RAC_SOUGHT) {
			r->variable = (enum rac_fit_variable)i;
			sought++;
		}
	}
	if (r->options.layers != 0 && r->options.layers != RAC_SOUGHT)
		return rac_complain(
			&r->c, "--layers takes no number: the model says how many it has");
	if (sought != 1)
		return rac_complain(&r->c,
			"say what is sought: --batch, --context or --layers without a number;"
			" %u of them are",
			sought);
	if (r->options.budget == NULL)
		return rac_complain(&r->c,
			"--budget BUDGET is missing; it is a size such as 72GiB,"
			" a percentage, or 'device'");
	if (r->variable == RAC_FIT_BATCH && r->options.context == 0)
		return rac_complain(&r->c,
			"--context N is missing: a batch takes memory by its"
			" tokens");
	return true;
}

static bool compute(struct run *r, const char *path)
{
	struct rac_why why;

	if (!find_variable(r) || !rac_model_load(&r->options, path, &r->source, &r->c) ||
		!rac_model_plan(&r->options, &r->source, &r->plan, &r->c))
		return false;
	if (!rac_budget_read(
		    r->options.budget, r->options.device, r->options.margin, &r->budget, &r->c))
		return false;
	enum rac_status status =
		rac_plan_fit(&r->plan, r->variable, r->budget.bytes, &r->fit, &why);

	if (status != RAC_OK)
		return rac_why_complain(&r->c, status, &why);
	if (r->variable == RAC_FIT_CONTEXT)
		r->plan.context = r->fit.value;
	rac_model_add_notes(&r->source, &r->plan, 0);
	return true;
}

static void print_cell(uint64_t bytes, bool known)
{
	char size[RAC_SIZE_TEXT_MAX];

	rac_size_text(size, bytes);
	printf(" %20s", !known ? "" : bytes == UINT64_MAX ? "too large" : size);
}

static void print_columns(const struct rac_fit *f)
{
	char at[32], past[32];

	snprintf(at, sizeof(at), "at %" PRIu64, f->value);
	snprintf(past, sizeof(past), "at %" PRIu64, f->value + 1);
	printf("%-40s %20s %20s\n", "", f->value > 0 ? at : "", f->bounded ? past : "");
	for (unsigned i = 0; i < RAC_PART_COUNT; i++) {
		if (f->at.parts[i] == 0 && f->past.parts[i] == 0)
			continue;
		printf("%-40s", rac_part_words((enum rac_part)i));
		print_cell(f->at.parts[i], f->value > 0);
		print_cell(f->past.parts[i], f->bounded);
		putchar('\n');
	}
	printf("%-40s", "total");
	print_cell(f->at.bytes, f->value > 0);
	print_cell(f->past.bytes, f->bounded);
	putchar('\n');
}

static void print_table(const struct run *r)
{
	char size[RAC_SIZE_TEXT_MAX];
	const struct rac_fit *f = &r->fit;

	rac_size_text(size, r->budget.bytes);
	rac_model_print_head(&r->source, &r->plan);
	if (f->value == 0)
		printf("not even a %s of 1 fits into %s", variables[r->variable].words, size);
	else
		printf("largest %s in %s: %" PRIu64, variables[r->variable].words, size, f->value);
	if (r->budget.source[0] != '\0')
		printf(" (%s)", r->budget.source);
	if (f->value != 0 && !f->bounded)
		fputs(r->variable == RAC_FIT_LAYERS ? ", which are all" : ", with no end in sight",
			stdout);
	fputs("\n\n", stdout);
	print_columns(f);
	rac_model_print_notes(&r->source);
}

static void print_json(const struct run *r)
{
	const struct rac_fit *f = &r->fit;
	struct rac_print_json j;

	rac_print_json_begin(&j);
	rac_print_breakdown(&j.emit, &f->at);
	rac_json_object_begin(&j.emit, "fit");
	rac_json_string(&j.emit, "sought", variables[r->variable].name);
	rac_json_u64(&j.emit, "value", f->value);
	rac_json_u64(&j.emit, "budget_bytes", r->budget.bytes);
	if (f->bounded) {
		rac_json_object_begin(&j.emit, "next");
		rac_json_u64(&j.emit, "value", f->value + 1);
		rac_print_breakdown(&j.emit, &f->past);
		rac_json_object_end(&j.emit);
	} else {
		rac_json_null(&j.emit, "next");
	}
	rac_json_object_end(&j.emit);
	rac_model_print_json(&j.emit, &r->source);
	rac_print_json_end(&j);
}

const struct rac_usage *const *rac_usages_fit(void)
{
	static const struct rac_usage *const usages[] = {&usage, NULL};

	return usages;
}

int rac_cmd_fit(int argc, char **argv)
{
	struct run r = {.options = rac_model_options_defaults()};
	struct rac_args args;
	int end;

	if (!rac_verb_begin(&usage, argc, argv, &r.options, &args, &end))
		return end;
	if (!compute(&r, args.operands[0]))
		return rac_fail(usage.verb, RAC_EXIT_USAGE, "%s", r.c.text);
	if (r.options.json)
		print_json(&r);
	else
		print_table(&r);
	return rac_verb_end(&usage, r.fit.value > 0 ? RAC_EXIT_DONE : RAC_EXIT_FINDING);
}
