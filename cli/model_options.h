/*
 * model_options.h - the flags that `rac estimate model` and `rac fit` share, and the plan that they
 * make of a model.
 */
#ifndef RAC_MODEL_OPTIONS_H
#define RAC_MODEL_OPTIONS_H

#include "args.h"
#include "model_source.h"
#include "rac_plan.h"

/* RAC_DTYPE_COUNT and 0 mean that a flag was not given. */
struct rac_model_options {
	uint64_t batch, context, layers; /* RAC_SOUGHT: what `rac fit` looks for */
	const char *weights;
	enum rac_dtype dtype, rest, kv_dtype, value_dtype;
	unsigned mode, kernel;
	uint64_t block, step, tensor_parallel;

	const char *optimizer;
	uint64_t zero, ranks, ranks_per_node;
	unsigned offload;
	bool zero_init, zero_buffers;
	uint64_t lora_rank;
	unsigned lora_targets, recompute;
	bool no_dropout, sequence_parallel;
	uint64_t in_flight;

	bool torch;
	uint64_t overhead, fixed, margin;
	const char *budget, *compare;
	uint64_t device;
	bool json;
};

/* What all flags are before any is read. */
struct rac_model_options rac_model_options_defaults(void);

/* The groups of flags that both verbs have. */
#define RAC_MODEL_GROUPS 3
extern const struct rac_flag_group rac_model_groups[RAC_MODEL_GROUPS];

/* Makes a plan of a model as the flags have it; what is sought stays 0. */
bool rac_model_plan(const struct rac_model_options *o, const struct rac_model_source *source,
	struct rac_plan *plan, struct rac_complaint *c);

/* Reads the file of the model, and that of --weights where it is given, whose figures replace those
 * of the first. */
bool rac_model_load(const struct rac_model_options *o, const char *path,
	struct rac_model_source *source, struct rac_complaint *c);

#endif
