/*
 * estimate.h - what `rac estimate` hands over to; each takes the arguments from its own name on and
 * returns the status of the command.
 */
#ifndef RAC_CLI_ESTIMATE_H
#define RAC_CLI_ESTIMATE_H

#include "estimate_print.h"

/* A verb that turns flags into one estimate. The fields of the options that json and overhead point
 * into are those of the same options that check and estimate are given. */
struct rac_estimate_verb {
	const struct rac_usage *usage;
	bool (*check)(const void *options, struct rac_complaint *c);
	enum rac_status (*estimate)(
		const void *options, struct rac_estimate *out, struct rac_why *why);
	void *options; /* with their defaults */
	const bool *json;
	const uint64_t *overhead;
};
int rac_estimate_verb_run(const struct rac_estimate_verb *verb, int argc, char **argv);

/* A flag without a default, and whether it is missing. */
struct rac_required {
	const char *flag;
	bool missing;
};
bool rac_required_check(const struct rac_required *flags, size_t n, struct rac_complaint *c);

/* What can be estimated beside tensors: the verb and its use. */
int rac_estimate_attention_verb(int argc, char **argv);
int rac_estimate_kv_verb(int argc, char **argv);
int rac_estimate_model_verb(int argc, char **argv);
extern const struct rac_usage rac_estimate_attention_usage, rac_estimate_kv_usage,
	rac_estimate_model_usage;

#endif
