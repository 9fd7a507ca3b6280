/*
 * estimate_plan.c - puts the estimates of a whole run together; the formulas are elsewhere.
 */
#include "checked.h"
#include "estimate_tally.h"
#include "rac_plan.h"
#include <string.h>

struct planning {
	const struct rac_plan *p;
	struct rac_tally t;
	uint64_t batch, ranks;
	uint64_t host;
};

/* Adds an estimate that a function of core made, or takes over why it made none. */
static void take(struct planning *g, enum rac_status status, const struct rac_estimate *e)
{
	if (g->t.status != RAC_OK)
		return;
	g->t.status = status;
	if (status == RAC_OK && rac_estimate_merge(g->t.out, e, 1) != RAC_OK)
		rac_tally_overflow(&g->t, "the sum of all parts");
}

/* Divides each part by the tensor-parallel ranks, rounding up. */
static void divide(struct rac_estimate *e, uint64_t ranks)
{
	e->bytes = 0;
	for (unsigned i = 0; i < RAC_PART_COUNT; i++) {
		e->parts[i] = e->parts[i] / ranks + (e->parts[i] % ranks != 0);
		e->bytes += e->parts[i]; /* not above what it was, so it cannot overflow */
	}
}

static void add_weights(struct planning *g)
{
	const struct rac_plan *p = g->p;
	struct rac_estimate e;
	enum rac_status status;

	if (p->weight_bytes != 0) {
		memset(&e, 0, sizeof(e));
		status = rac_estimate_add(&e, RAC_PART_WEIGHTS, p->weight_bytes);
	} else {
		status = rac_model_weights(
			&p->model, p->dtype, p->rest, p->torch_blocks, &e, g->t.why);
	}
	if (status == RAC_OK)
		divide(&e, g->ranks);
	take(g, status, &e);
}

/* Heads, FFN and vocabulary are divided among the ranks, the residual stream is not. */
static void add_step(struct planning *g, const struct rac_step *step)
{
	struct rac_estimate e, divided = {0};
	enum rac_status status = rac_estimate_step(&g->p->model, step, &e, g->t.why);

	if (status == RAC_OK) {
		divided.parts[RAC_PART_STEP_LAYER] = e.parts[RAC_PART_STEP_LAYER];
		divided.parts[RAC_PART_LOGITS] = e.parts[RAC_PART_LOGITS];
		e.parts[RAC_PART_STEP_LAYER] = e.parts[RAC_PART_LOGITS] = 0;
		divide(&divided, g->ranks);
	}
	take(g, status, &e);
	take(g, status, &divided);
}

static void add_inference(struct planning *g)
{
	const struct rac_plan *p = g->p;
	struct rac_model share = p->model;
	struct rac_estimate e;
	uint64_t kv_heads = share.kv_heads != 0 ? share.kv_heads : share.heads;
	const struct rac_kv_cache cache = {
		.batch = g->batch,
		.tokens = p->context,
		.key_dtype = p->key_dtype,
		.value_dtype = p->value_dtype,
		.block_tokens = p->block_tokens,
		.window_step = p->step,
	};
	const struct rac_step step = {
		.batch = g->batch,
		.tokens = p->step,
		.context = p->context,
		.dtype = p->rest,
		.kernel = p->kernel,
	};

	/* Each rank keeps whole KV heads, at least one; the latent of MLA is on all of them. */
	share.kv_heads = kv_heads / g->ranks + (kv_heads % g->ranks != 0);
	share.heads = share.kv_heads;
	if (p->context != 0)
		take(g, rac_model_kv_cache(&share, &cache, &e, g->t.why), &e);
	if (p->step != 0)
		add_step(g, &step);
}

static void add_states(struct planning *g)
{
	const struct rac_plan *p = g->p;
	struct rac_states s = p->states;
	struct rac_parameters parameters;
	struct rac_estimate e;
	enum rac_status status = rac_model_parameters(&p->model, &parameters, g->t.why);

	s.parameters = parameters.total;
	s.largest = parameters.largest;
	if (status == RAC_OK && p->lora_rank != 0) {
		status = rac_model_lora_parameters(
			&p->model, p->lora_rank, p->lora_roles, &s.parameters, g->t.why);
		add_weights(g);
	}
	if (status == RAC_OK)
		s.parameters = s.parameters / g->ranks + (s.parameters % g->ranks != 0);
	if (status == RAC_OK)
		status = rac_estimate_states(&s, &e, &g->host, g->t.why);
	if (status == RAC_OK && p->lora_rank != 0) {
		e.parts[RAC_PART_ADAPTERS] = e.parts[RAC_PART_WEIGHTS];
		e.parts[RAC_PART_WEIGHTS] = 0;
	}
	take(g, status, &e);
}

static void add_training(struct planning *g)
{
	const struct rac_plan *p = g->p;
	struct rac_estimate e;
	const struct rac_activations a = {
		.batch = g->batch,
		.sequence = p->context,
		.dtype = p->states.regime == RAC_REGIME_ADAM_F32 ? RAC_DTYPE_F32 : p->rest,
		.recompute = p->recompute,
		.kernel = p->kernel,
		.no_dropout = p->no_dropout,
		.tensor_parallel = g->ranks,
		.sequence_parallel = p->sequence_parallel,
		.in_flight = p->in_flight,
	};

	add_states(g);
	if (p->context != 0)
		take(g, rac_estimate_activations(&p->model, &a, &e, g->t.why), &e);
}

/* What is not made of many tensors whose sizes are known: one segment each. */
static void round_parts(struct planning *g)
{
	const struct rac_estimate before = *g->t.out;

	for (unsigned i = 0; i < RAC_PART_COUNT; i++) {
		const uint64_t segment = UINT64_C(2) << 20;
		uint64_t rest = before.parts[i] % segment;
		bool done = i == RAC_PART_ROUNDING ||
			(i == RAC_PART_WEIGHTS && g->p->weight_bytes == 0);

		if (!done && rest != 0)
			RAC_TALLY_BYTES(&g->t, RAC_PART_ROUNDING, segment - rest);
	}
}

enum rac_status rac_estimate_plan(const struct rac_plan *p, struct rac_estimate *out,
	uint64_t *host_bytes, struct rac_why *why)
{
	struct planning g = {
		.p = p,
		.t = rac_tally_begin(out, why),
		.batch = p->batch != 0 ? p->batch : 1,
		.ranks = p->tensor_parallel != 0 ? p->tensor_parallel : 1,
	};

	if (rac_dtype_info(p->dtype) == NULL || rac_dtype_info(p->rest) == NULL)
		rac_tally_refuse(&g.t, "dtype", p->dtype, "must be a dtype of the table");
	if (p->training) {
		add_training(&g);
	} else {
		add_weights(&g);
		add_inference(&g);
	}
	if (p->torch_blocks)
		round_parts(&g);
	if (g.t.status == RAC_OK && p->overhead != 0)
		g.t.status = rac_estimate_overhead(out, p->overhead, why);
	RAC_TALLY_BYTES(&g.t, RAC_PART_FIXED, p->fixed);
	if (host_bytes != NULL)
		*host_bytes = g.host;
	return rac_tally_end(&g.t);
}
