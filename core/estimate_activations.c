/*
 * estimate_activations.c - what a training step keeps for its backward pass, by the formulas of
 * rac_model.h.
 */
#include "checked.h"
#include "estimate_tally.h"
#include "rac_model.h"

/* Bytes of one token in one layer: what tensor parallelism leaves whole, and what it divides. */
struct token {
	uint64_t whole, divided;
	bool fits;
};

static void add(bool *fits, uint64_t *sum, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t product;

	*fits = *fits && rac_product((const uint64_t[]){a, b, c}, 3, &product) &&
		rac_checked_add(*sum, product, sum);
}

static void add_whole(struct token *t, uint64_t a, uint64_t b)
{
	add(&t->fits, &t->whole, a, b, 1);
}

static void add_divided(struct token *t, uint64_t a, uint64_t b, uint64_t c)
{
	add(&t->fits, &t->divided, a, b, c);
}

static uint64_t or_one(uint64_t value)
{
	return value != 0 ? value : 1;
}

static void add_attention(
	struct token *t, const struct rac_model *m, const struct rac_activations *a, uint64_t e)
{
	uint64_t value = m->value_dim != 0 ? m->value_dim : m->head_dim;
	uint64_t kv_heads = m->kv_heads != 0 ? m->kv_heads : m->heads;
	uint64_t key_heads = m->kv_rank != 0 ? m->heads : kv_heads;

	add_whole(t, e, m->hidden); /* the input of the projections */
	if (m->kv_rank != 0) {
		/* Each latent twice: as projected, and normalised. */
		add_whole(t, 2 * e, m->q_rank);
		add_whole(t, 2 * e, m->kv_rank);
		add_divided(t, e, m->heads, m->rope_dim);
		add_divided(t, e, m->heads, m->rope_dim);
	}
	add_divided(t, e, m->heads, m->head_dim);
	add_divided(t, e, key_heads, m->head_dim);
	add_divided(t, e, key_heads, value);
	add_divided(t, e, m->heads, value); /* the input of the output projection */
	if (a->kernel == RAC_KERNEL_NAIVE && a->recompute != RAC_RECOMPUTE_SELECTIVE)
		add_divided(t, a->no_dropout ? e : 2 * e + 1, m->heads, a->sequence);
}

static void add_ffn(struct token *t, const struct rac_model *m, bool experts, uint64_t e)
{
	uint64_t kept = m->gated ? 4 * e : 2 * e;

	add_whole(t, e, m->hidden); /* the input */
	if (!experts) {
		add_divided(t, kept, m->ffn, 1);
		return;
	}
	add_divided(t, 2 * e, m->experts_per_token, m->hidden); /* dispatched, and to be combined */
	add_divided(t, kept, m->experts_per_token, m->expert_ffn);
	add_divided(t, kept, m->shared_ffn, 1);
	add_whole(t, 8, m->experts); /* fp32 logits and probabilities of the router */
}

/* Bytes of a layer for all tokens; false: they do not fit. */
static bool layer_bytes(const struct rac_model *m, const struct rac_activations *a, bool experts,
	uint64_t e, uint64_t *out)
{
	struct token t = {.fits = true};
	uint64_t ranks = or_one(a->tensor_parallel), tokens, whole, divided;

	add_whole(&t, e * m->layer_norms, m->hidden); /* the inputs of the norms */
	if (!a->no_dropout)
		add_whole(&t, 2, m->hidden); /* masks behind attention and FFN */
	add_attention(&t, m, a, e);
	add_ffn(&t, m, experts, e);
	return t.fits && rac_checked_mul(a->batch, a->sequence, &tokens) &&
		rac_checked_scale_up(tokens, t.whole, a->sequence_parallel ? ranks : 1, &whole) &&
		rac_checked_scale_up(tokens, t.divided, ranks, &divided) &&
		rac_checked_add(whole, divided, out);
}

static void add_layers(
	struct rac_tally *t, const struct rac_model *m, const struct rac_activations *a, uint64_t e)
{
	uint64_t dense = m->experts != 0 ? m->dense_layers : m->layers;
	uint64_t moe = rac_saturating_sub(m->layers, dense);
	uint64_t plain = 0, routed = 0, input = 0;
	uint64_t flights = or_one(a->in_flight);
	uint64_t ranks = a->sequence_parallel ? or_one(a->tensor_parallel) : 1;

	if ((dense != 0 && !layer_bytes(m, a, false, e, &plain)) ||
		(moe != 0 && !layer_bytes(m, a, true, e, &routed))) {
		rac_tally_overflow(t, rac_part_name(RAC_PART_ACTIVATIONS));
		return;
	}
	if (a->recompute != RAC_RECOMPUTE_FULL) {
		RAC_TALLY_BYTES(t, RAC_PART_ACTIVATIONS, flights, dense, plain);
		RAC_TALLY_BYTES(t, RAC_PART_ACTIVATIONS, flights, moe, routed);
		return;
	}
	if (!rac_product((const uint64_t[]){e, a->batch, a->sequence, m->hidden}, 4, &input) ||
		!rac_checked_ceil_div(input, ranks, &input))
		rac_tally_overflow(t, rac_part_name(RAC_PART_ACTIVATIONS));
	RAC_TALLY_BYTES(t, RAC_PART_ACTIVATIONS, flights, m->layers, input);
	RAC_TALLY_BYTES(t, RAC_PART_RECOMPUTED, plain > routed ? plain : routed);
}

static void add_ends(
	struct rac_tally *t, const struct rac_model *m, const struct rac_activations *a)
{
	uint64_t logits = 0;

	RAC_TALLY_BYTES(t, RAC_PART_EMBEDDING, 8, a->batch, a->sequence);
	if (!a->no_dropout)
		RAC_TALLY_BYTES(t, RAC_PART_EMBEDDING, a->batch, a->sequence, m->hidden);
	RAC_TALLY_BYTES(t, RAC_PART_LOGITS, 4, a->batch, a->sequence, m->hidden);
	if (!rac_product((const uint64_t[]){4, a->batch, a->sequence, m->vocab}, 4, &logits) ||
		!rac_checked_ceil_div(logits, or_one(a->tensor_parallel), &logits))
		rac_tally_overflow(t, rac_part_name(RAC_PART_LOGITS));
	RAC_TALLY_BYTES(t, RAC_PART_LOGITS, logits);
}

enum rac_status rac_estimate_activations(const struct rac_model *m, const struct rac_activations *a,
	struct rac_estimate *out, struct rac_why *why)
{
	struct rac_tally t = rac_tally_begin(out, why);
	const struct rac_dtype_info *info = rac_dtype_info(a->dtype);
	struct rac_parameters parameters;

	if (info == NULL || info->block_elements != 1 || info->block_bits % 8 != 0) {
		rac_tally_refuse(&t, "dtype", a->dtype, "must be a plain type of whole bytes");
		return rac_tally_end(&t);
	}
	t.status = rac_model_parameters(m, &parameters, why);
	if (t.status == RAC_OK) {
		add_layers(&t, m, a, info->block_bits / 8);
		add_ends(&t, m, a);
	}
	return rac_tally_end(&t);
}
