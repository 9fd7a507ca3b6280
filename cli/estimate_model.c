/*
 * estimate_model.c - the verb `rac estimate model`: a file and flags in, the memory of a run out; and
 * how that compares with a budget or with what a run took.
 */
#include "cli.h"
#include "estimate.h"
#include "estimate_compare.h"
#include "fit_budget.h"
#include "model_options.h"
#include "model_print.h"

#define FLAG(name, value, type, field, help)                                                       \
	{                                                                                          \
		(name), (value), RAC_FLAG_##type, offsetof(struct rac_model_options, field), NULL, \
			(help)                                                                     \
	}

static const struct rac_flag size_flags[] = {
	FLAG("--batch", "B", COUNT, batch, "sequences; default 1"),
	FLAG("--context", "N", COUNT, context,
		"tokens of a sequence; without it only weights or states are counted"),
	FLAG("--compare", "REPORT.json", TEXT, compare,
		"set the estimate beside what a run took, by its report"),
};

static const struct rac_flag_group size_group = {
	"size", size_flags, sizeof(size_flags) / sizeof(size_flags[0])};
static const struct rac_flag_group *const groups[] = {
	&size_group, &rac_model_groups[0], &rac_model_groups[1], &rac_model_groups[2], NULL};
const struct rac_usage rac_estimate_model_usage = {
	.verb = "rac estimate model",
	.operands = "CONFIG.json",
	.operand_count = 1,
	.operand_kind = RAC_OPERAND_FILE,
	.summary =
		"Memory of a run of a model on one GPU. CONFIG.json is a Hugging Face config.json\n"
		"(or its directory), a model.safetensors.index.json, a .safetensors or a GGUF\n"
		"file. With --budget the status is 1 when it does not fit.",
	.groups = groups,
};

struct run {
	struct rac_model_options options;
	struct rac_model_source source;
	struct rac_plan plan;
	struct rac_estimate estimate;
	uint64_t host_bytes;
	struct rac_budget budget; /* less the margin */
	struct rac_comparison comparison;
	struct rac_complaint c;
};

static bool compute(struct run *r, const char *path)
{
	struct rac_why why;

	if (!rac_model_load(&r->options, path, &r->source, &r->c) ||
		!rac_model_plan(&r->options, &r->source, &r->plan, &r->c))
		return false;
	enum rac_status status = rac_estimate_plan(&r->plan, &r->estimate, &r->host_bytes, &why);

	if (status != RAC_OK)
		return rac_why_complain(&r->c, status, &why);
	rac_model_add_notes(&r->source, &r->plan, r->host_bytes);
	if (r->options.budget != NULL &&
		!rac_budget_read(
			r->options.budget, r->options.device, r->options.margin, &r->budget, &r->c))
		return false;
	return r->options.compare == NULL ||
		rac_compare_file(r->estimate.bytes, r->options.compare, r->options.device,
			&r->comparison, &r->c);
}

static void print_table(const struct run *r)
{
	rac_model_print_head(&r->source, &r->plan);
	rac_print_table(&r->estimate);
	if (r->options.budget != NULL)
		rac_budget_print(&r->budget, r->estimate.bytes);
	if (r->options.compare != NULL)
		rac_compare_print(&r->comparison);
	rac_model_print_notes(&r->source);
}

static void print_json(const struct run *r)
{
	struct rac_print_json j;

	rac_print_json_begin(&j);
	rac_print_breakdown(&j.emit, &r->estimate);
	if (r->host_bytes != 0)
		rac_json_u64(&j.emit, "host_bytes", r->host_bytes);
	if (r->options.budget != NULL) {
		rac_json_u64(&j.emit, "budget_bytes", r->budget.bytes);
		rac_json_bool(&j.emit, "fits", r->estimate.bytes <= r->budget.bytes);
	}
	if (r->options.compare != NULL)
		rac_compare_print_json(&j.emit, &r->comparison);
	rac_model_print_json(&j.emit, &r->source);
	rac_print_json_end(&j);
}

int rac_estimate_model_verb(int argc, char **argv)
{
	struct run r = {.options = rac_model_options_defaults()};
	struct rac_args args;
	int end;

	if (!rac_verb_begin(&rac_estimate_model_usage, argc, argv, &r.options, &args, &end))
		return end;
	if (!compute(&r, args.operands[0]))
		return rac_fail(rac_estimate_model_usage.verb, RAC_EXIT_USAGE, "%s", r.c.text);
	if (r.options.json)
		print_json(&r);
	else
		print_table(&r);
	bool fits = r.options.budget == NULL || r.estimate.bytes <= r.budget.bytes;

	return rac_verb_end(&rac_estimate_model_usage, fits ? RAC_EXIT_DONE : RAC_EXIT_FINDING);
}
