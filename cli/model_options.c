/*
 * model_options.c - the flags that describe a run of a model, and the plan that is made of them.
 */
#include "model_options.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MODE_TRAINING     1
#define OFFLOAD_OPTIMIZER 1
#define OFFLOAD_ALL       2

#define FLAG(name, value, type, field, choices, help)                                        \
	{                                                                                    \
		(name), (value), RAC_FLAG_##type, offsetof(struct rac_model_options, field), \
			(choices), (help)                                                    \
	}

static const struct rac_flag run_flags[] = {
	FLAG("--mode", "MODE", CHOICE, mode, "inference|training",
		"inference (default) or training"),
	FLAG("--dtype", "T", DTYPE, dtype, NULL, "of the weights; default: as in the file"),
	FLAG("--rest-dtype", "T", DTYPE, rest, NULL,
		"of embeddings, head and norms; default: --dtype, or bf16 if that is quantised"),
	FLAG("--weights", "FILE", TEXT, weights, NULL,
		"index or header of the checkpoint, for the true bytes of its weights"),
	FLAG("--kv-dtype", "T", DTYPE, kv_dtype, NULL, "of the KV cache; default: --rest-dtype"),
	FLAG("--value-dtype", "T", DTYPE, value_dtype, NULL, "of its values; default: --kv-dtype"),
	FLAG("--block", "K", COUNT, block, NULL,
		"tokens of a page of the cache; default: no pages"),
	FLAG("--step", "N", COUNT, step, NULL,
		"count the workspace of a step of N tokens: 1 to decode, a chunk to prefill"),
	FLAG("--kernel", "naive|flash", CHOICE, kernel, "naive|flash",
		"of the attention; default flash"),
	FLAG("--tp", "T", COUNT, tensor_parallel, NULL, "tensor-parallel GPUs; default 1"),
};
static const struct rac_flag training_flags[] = {
	FLAG("--optimizer", "NAME", TEXT, optimizer, NULL,
		"adam (default), adam-fp32-grads, adam-fp32, adam-8bit, sgd-momentum, muon"),
	FLAG("--zero", "STAGE", NUMBER, zero, NULL, "ZeRO stage, 0 (default) to 3"),
	FLAG("--ranks", "D", COUNT, ranks, NULL, "data-parallel GPUs; default 1"),
	FLAG("--ranks-per-node", "D", COUNT, ranks_per_node, NULL, "of those; default: all"),
	FLAG("--offload", "WHAT", CHOICE, offload, "none|optimizer|all",
		"to the host: none (default), optimizer or all"),
	FLAG("--zero-init", NULL, SWITCH, zero_init, NULL, "stage 3 builds the model in shards"),
	FLAG("--zero-buffers", NULL, SWITCH, zero_buffers, NULL,
		"count ZeRO's communication buffers"),
	FLAG("--lora-rank", "R", COUNT, lora_rank, NULL,
		"train adapters of rank R only, over a base in --dtype"),
	FLAG("--lora-targets", "WHAT", CHOICE, lora_targets, "attention|all",
		"attention (default) or all linear layers"),
	FLAG("--recompute", "WHAT", CHOICE, recompute, "none|selective|full",
		"activations: none (default), selective or full"),
	FLAG("--no-dropout", NULL, SWITCH, no_dropout, NULL, "no dropout masks are kept"),
	FLAG("--sequence-parallel", NULL, SWITCH, sequence_parallel, NULL,
		"--tp divides all activations"),
	FLAG("--in-flight", "N", COUNT, in_flight, NULL,
		"microbatches that a pipeline stage holds; default 1"),
};
static const struct rac_flag budget_flags[] = {
	FLAG("--torch", NULL, SWITCH, torch, NULL, "count what PyTorch's allocator rounds up"),
	FLAG("--overhead", "F", FACTOR, overhead, NULL, "multiply by F, as in 1.1; default 1"),
	FLAG("--fixed", "SIZE", SIZE, fixed, NULL,
		"add what is there anyway: CUDA context, NCCL, workspaces"),
	FLAG("--budget", "BUDGET", TEXT, budget, NULL,
		"a size, a percentage of the GPU, or 'device': what is free there now"),
	FLAG("--margin", "SIZE", SIZE, margin, NULL, "leave this much of the budget free"),
	FLAG("--device", "N", NUMBER, device, NULL,
		"the GPU of --budget and --compare; default 0, or the fullest one"),
	FLAG("--json", NULL, SWITCH, json, NULL, "print the result as JSON"),
};
const struct rac_flag_group rac_model_groups[RAC_MODEL_GROUPS] = {
	{"the run", run_flags, sizeof(run_flags) / sizeof(run_flags[0])},
	{"training", training_flags, sizeof(training_flags) / sizeof(training_flags[0])},
	{"the sum", budget_flags, sizeof(budget_flags) / sizeof(budget_flags[0])},
};

struct rac_model_options rac_model_options_defaults(void)
{
	return (struct rac_model_options){
		.dtype = RAC_DTYPE_COUNT,
		.rest = RAC_DTYPE_COUNT,
		.kv_dtype = RAC_DTYPE_COUNT,
		.value_dtype = RAC_DTYPE_COUNT,
		.kernel = RAC_KERNEL_FLASH,
		.overhead = RAC_OVERHEAD_NONE,
		.device = UINT64_MAX,
	};
}

bool rac_model_load(const struct rac_model_options *o, const char *path,
	struct rac_model_source *source, struct rac_complaint *c)
{
	struct rac_model_source weights;
	struct rac_quote quote;

	if (!rac_model_read(path, source, c))
		return false;
	if (o->weights == NULL)
		return true;
	if (!rac_model_read(o->weights, &weights, c))
		return false;
	if (weights.weight_bytes == 0)
		return rac_complain(c,
			"--weights %s does not say what the weights take; give the index or one"
			" of the safetensors or GGUF files",
			rac_quote(&quote, o->weights));
	source->weight_bytes = weights.weight_bytes;
	source->weight_parameters = weights.weight_parameters;
	source->tensors = weights.tensors;
	return true;
}

/* Flags of one mode are not to be lost in silence in the other. */
static bool check_mode(const struct rac_model_options *o, struct rac_complaint *c)
{
	const struct {
		const char *flag;
		bool given, training;
	} rules[] = {
		{"--optimizer", o->optimizer != NULL, true},
		{"--zero", o->zero != 0, true},
		{"--ranks", o->ranks != 0, true},
		{"--ranks-per-node", o->ranks_per_node != 0, true},
		{"--offload", o->offload != 0, true},
		{"--zero-init", o->zero_init, true},
		{"--zero-buffers", o->zero_buffers, true},
		{"--lora-rank", o->lora_rank != 0, true},
		{"--lora-targets", o->lora_targets != 0, true},
		{"--recompute", o->recompute != 0, true},
		{"--no-dropout", o->no_dropout, true},
		{"--sequence-parallel", o->sequence_parallel, true},
		{"--in-flight", o->in_flight != 0, true},
		{"--step", o->step != 0, false},
		{"--block", o->block != 0, false},
		{"--kv-dtype", o->kv_dtype != RAC_DTYPE_COUNT, false},
		{"--value-dtype", o->value_dtype != RAC_DTYPE_COUNT, false},
	};
	bool training = o->mode == MODE_TRAINING;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].given && rules[i].training != training)
			return rac_complain(c, "%s is for --mode %s", rules[i].flag,
				rules[i].training ? "training" : "inference");
	if (o->lora_targets != 0 && o->lora_rank == 0)
		return rac_complain(c, "--lora-targets belongs to --lora-rank R, which is missing");
	if (o->zero > 3)
		return rac_complain(
			c, "--zero '%" PRIu64 "' is not a stage; give 0, 1, 2 or 3", o->zero);
	return true;
}

/* Whether the file holds what the flags ask about. */
static bool check_source(const struct rac_model_options *o, const struct rac_model_source *s,
	struct rac_complaint *c)
{
	bool known = s->weight_bytes != 0;

	if (!s->has_model &&
		(o->context != 0 || o->step != 0 || o->mode == MODE_TRAINING || o->layers != 0))
		return rac_complain(c,
			"the %s says nothing about layers and heads; give the model's config.json"
			" and this file as --weights",
			s->kind);
	if (s->inference_only && o->mode == MODE_TRAINING)
		return rac_complain(c,
			"a GGUF file is for inference; give the model's config.json"
			" to estimate training");
	if (known && o->mode == MODE_TRAINING && o->lora_rank == 0)
		return rac_complain(c, "training keeps weights of its own; leave --weights away");
	if (known && (o->dtype != RAC_DTYPE_COUNT))
		return rac_complain(c,
			"the file says what the weights take; leave --dtype away,"
			" or give the config.json alone");
	if (!known && o->dtype == RAC_DTYPE_COUNT && !s->has_dtype)
		return rac_complain(
			c, "--dtype is missing, and the %s does not say either", s->kind);
	return true;
}

static bool find_regime(
	const struct rac_model_options *o, enum rac_regime *out, struct rac_complaint *c)
{
	struct rac_quote quote;

	*out = RAC_REGIME_ADAM;
	if (o->optimizer == NULL)
		return true;
	for (unsigned i = 0; i < RAC_REGIME_COUNT; i++) {
		if (strcmp(o->optimizer, rac_regime_name((enum rac_regime)i)) == 0) {
			*out = (enum rac_regime)i;
			return true;
		}
	}
	return rac_complain(c,
		"--optimizer %s is not known; it is one of adam, adam-fp32-grads, adam-fp32,"
		" adam-8bit, sgd-momentum, muon",
		rac_quote(&quote, o->optimizer));
}

static void choose_dtypes(
	const struct rac_model_options *o, const struct rac_model_source *s, struct rac_plan *plan)
{
	plan->dtype = o->dtype;
	if (plan->dtype == RAC_DTYPE_COUNT)
		plan->dtype = s->has_dtype ? s->dtype : RAC_DTYPE_F16;
	plan->rest = o->rest;
	if (plan->rest == RAC_DTYPE_COUNT) {
		const struct rac_dtype_info *info = rac_dtype_info(plan->dtype);
		bool plain = info->trains || plan->dtype == RAC_DTYPE_F64;

		plan->rest = plain ? plan->dtype : RAC_DTYPE_BF16;
	}
	plan->key_dtype = o->kv_dtype != RAC_DTYPE_COUNT ? o->kv_dtype : plan->rest;
	plan->value_dtype = o->value_dtype != RAC_DTYPE_COUNT ? o->value_dtype : plan->key_dtype;
}

static uint64_t unless_sought(uint64_t value)
{
	return value == RAC_SOUGHT ? 0 : value;
}

bool rac_model_plan(const struct rac_model_options *o, const struct rac_model_source *source,
	struct rac_plan *plan, struct rac_complaint *c)
{
	enum rac_regime regime;

	if (!check_mode(o, c) || !check_source(o, source, c) || !find_regime(o, &regime, c))
		return false;
	*plan = (struct rac_plan){
		.model = source->model,
		.training = o->mode == MODE_TRAINING,
		.weight_bytes = source->weight_bytes,
		.batch = unless_sought(o->batch),
		.context = unless_sought(o->context),
		.tensor_parallel = o->tensor_parallel,
		.block_tokens = o->block,
		.step = o->step,
		.kernel = (enum rac_kernel)o->kernel,
		.states = {.regime = regime,
			.zero = (unsigned)o->zero,
			.ranks = o->ranks,
			.ranks_per_node = o->ranks_per_node,
			.offload_optimizer = o->offload >= OFFLOAD_OPTIMIZER,
			.offload_weights = o->offload == OFFLOAD_ALL,
			.zero_init = o->zero_init,
			.communication_buffers = o->zero_buffers},
		.lora_rank = o->lora_rank,
		.lora_roles = o->lora_targets == 0 ? RAC_LORA_ATTENTION : RAC_LORA_ALL,
		.recompute = (enum rac_recompute)o->recompute,
		.no_dropout = o->no_dropout,
		.sequence_parallel = o->sequence_parallel,
		.in_flight = o->in_flight,
		.torch_blocks = o->torch,
		.overhead = o->overhead,
		.fixed = o->fixed,
	};
	choose_dtypes(o, source, plan);
	return true;
}
