/*
 * estimate_step.c - the workspace of one step of inference, by the formulas of rac_model.h.
 */
#include "checked.h"
#include "estimate_tally.h"
#include "rac_model.h"

/* The attention of one layer, as one figure. */
static uint64_t attention_bytes(
	struct rac_tally *t, const struct rac_model *m, const struct rac_step *step)
{
	uint64_t context = step->context > step->tokens ? step->context : step->tokens;
	struct rac_estimate e = {0};
	struct rac_attention a = {
		.batch = step->batch,
		.heads = m->heads,
		.kv_heads = m->kv_rank != 0 ? m->heads : m->kv_heads,
		.query = step->tokens,
		.keys = step->kernel == RAC_KERNEL_FLASH ? step->tokens : context,
		.head_dim = m->head_dim,
		.value_dim = m->value_dim,
		.dtype = step->dtype,
		.kernel = step->kernel,
	};

	if (!rac_checked_add(a.head_dim, m->kv_rank != 0 ? m->rope_dim : 0, &a.head_dim))
		rac_tally_overflow(t, rac_part_name(RAC_PART_STEP_LAYER));
	if (a.value_dim == 0)
		a.value_dim = m->head_dim;
	if (t->status == RAC_OK)
		t->status = rac_estimate_attention(&a, &e, t->why);
	return e.bytes;
}

/* The widest FFN: input, gate, up and product of each expert that a token visits. */
static uint64_t ffn_bytes(
	struct rac_tally *t, const struct rac_model *m, const struct rac_step *step)
{
	struct rac_estimate scratch, wider;
	struct rac_tally dense = rac_tally_begin(&scratch, t->why);
	struct rac_tally moe = rac_tally_begin(&wider, t->why);
	uint64_t kept = m->gated ? 3 : 2;

	RAC_TALLY_TENSOR(
		&dense, RAC_PART_STEP_LAYER, step->dtype, m->ffn, kept, step->batch, step->tokens);
	if (m->experts != 0) {
		RAC_TALLY_TENSOR(&moe, RAC_PART_STEP_LAYER, step->dtype, m->hidden, 2, step->batch,
			step->tokens, m->experts_per_token);
		RAC_TALLY_TENSOR(&moe, RAC_PART_STEP_LAYER, step->dtype, m->expert_ffn, kept,
			step->batch, step->tokens, m->experts_per_token);
		RAC_TALLY_TENSOR(&moe, RAC_PART_STEP_LAYER, step->dtype, m->shared_ffn, kept,
			step->batch, step->tokens);
	}
	if (t->status == RAC_OK)
		t->status = dense.status != RAC_OK ? dense.status : moe.status;
	return scratch.bytes > wider.bytes ? scratch.bytes : wider.bytes;
}

enum rac_status rac_estimate_step(const struct rac_model *m, const struct rac_step *step,
	struct rac_estimate *out, struct rac_why *why)
{
	struct rac_tally t = rac_tally_begin(out, why);
	uint64_t attention = attention_bytes(&t, m, step);
	uint64_t ffn = ffn_bytes(&t, m, step);

	RAC_TALLY_TENSOR(
		&t, RAC_PART_RESIDUAL, step->dtype, m->hidden, 2, step->batch, step->tokens);
	RAC_TALLY_BYTES(&t, RAC_PART_STEP_LAYER, attention > ffn ? attention : ffn);
	RAC_TALLY_BYTES(&t, RAC_PART_LOGITS, 4, step->batch, m->vocab);
	return rac_tally_end(&t);
}
