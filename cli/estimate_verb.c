/*
 * estimate_verb.c - what the verbs that turn flags into one estimate have in common.
 */
#include "estimate.h"

#include "cli.h"

bool rac_required_check(const struct rac_required *flags, size_t n, struct rac_complaint *c)
{
	for (size_t i = 0; i < n; i++)
		if (flags[i].missing)
			return rac_complain(
				c, "%s is missing; there is no default for it", flags[i].flag);
	return true;
}

int rac_estimate_verb_run(const struct rac_estimate_verb *verb, int argc, char **argv)
{
	struct rac_complaint c = {""};
	struct rac_args args;
	struct rac_estimate e;
	struct rac_why why;
	int end;

	if (!rac_verb_begin(verb->usage, argc, argv, verb->options, &args, &end))
		return end;
	if (!verb->check(verb->options, &c))
		return rac_usage_error(verb->usage->verb, "%s", c.text);
	enum rac_status status = verb->estimate(verb->options, &e, &why);

	if (status == RAC_OK)
		status = rac_estimate_overhead(&e, *verb->overhead, &why);
	if (status != RAC_OK) {
		rac_why_complain(&c, status, &why);
		return rac_usage_error(verb->usage->verb, "%s", c.text);
	}
	if (*verb->json)
		rac_print_json(&e);
	else
		rac_print_table(&e);
	return rac_verb_end(verb->usage, RAC_EXIT_DONE);
}
