/*
 * estimate_attention.c - memory of one attention layer, by the formulas of rac_estimate.h.
 */
#include "checked.h"
#include "estimate_tally.h"

/* The layer with all defaults filled in. */
struct shape {
	uint64_t b, a, g, s, t, d, v;
	enum rac_dtype dtype, scores;
};

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t or_default(uint64_t value, uint64_t fallback)
{
	return value != 0 ? value : fallback;
}

static struct shape shape_of(const struct rac_attention *a, struct rac_tally *t)
{
	struct shape s = {
		.b = a->batch,
		.a = a->heads,
		.g = or_default(a->kv_heads, a->heads),
		.s = a->chunk != 0 ? smaller(a->query, a->chunk) : a->query,
		.t = or_default(a->keys, a->query),
		.d = a->head_dim,
		.v = or_default(a->value_dim, a->head_dim),
		.dtype = a->dtype,
		.scores = a->scores_given ? a->scores : a->dtype,
	};
	uint64_t seen;

	rac_tally_require(t, "heads", a->heads);
	rac_tally_require(t, "head_dim", a->head_dim);
	if (s.g != 0 && s.a % s.g != 0)
		rac_tally_refuse(t, "kv_heads", s.g, "must divide heads");
	if (a->value_in_key && s.v > s.d)
		rac_tally_refuse(
			t, "value_dim", s.v, "must not be above head_dim when values are keys");
	/* A sum that does not fit is larger than any number of keys. */
	if (a->window != 0 && rac_checked_add(a->window - 1, s.s, &seen))
		s.t = smaller(s.t, seen);
	return s;
}

static void add_inputs(struct rac_tally *t, const struct shape *s, bool value_in_key)
{
	RAC_TALLY_TENSOR(t, RAC_PART_QUERY, s->dtype, s->d, s->b, s->a, s->s);
	RAC_TALLY_TENSOR(t, RAC_PART_KEY, s->dtype, s->d, s->b, s->g, s->t);
	if (!value_in_key)
		RAC_TALLY_TENSOR(t, RAC_PART_VALUE, s->dtype, s->v, s->b, s->g, s->t);
	RAC_TALLY_TENSOR(t, RAC_PART_OUTPUT, s->dtype, s->v, s->b, s->a, s->s);
}

static void add_gradients(struct rac_tally *t, const struct shape *s, bool value_in_key)
{
	RAC_TALLY_TENSOR(t, RAC_PART_GRAD_OUTPUT, s->dtype, s->v, s->b, s->a, s->s);
	RAC_TALLY_TENSOR(t, RAC_PART_GRAD_QUERY, s->dtype, s->d, s->b, s->a, s->s);
	RAC_TALLY_TENSOR(t, RAC_PART_GRAD_KEY, s->dtype, s->d, s->b, s->g, s->t);
	if (!value_in_key)
		RAC_TALLY_TENSOR(t, RAC_PART_GRAD_VALUE, s->dtype, s->v, s->b, s->g, s->t);
}

static void add_naive(struct rac_tally *t, const struct shape *s, const struct rac_attention *a)
{
	RAC_TALLY_TENSOR(t, RAC_PART_SCORES, s->scores, s->t, s->b, s->a, s->s);
	if (a->pass == RAC_PASS_FORWARD)
		return;
	uint64_t kept = a->no_dropout ? 1 : 2;

	RAC_TALLY_TENSOR(t, RAC_PART_SOFTMAX, s->dtype, s->t, kept, s->b, s->a, s->s);
	if (!a->no_dropout)
		RAC_TALLY_BYTES(t, RAC_PART_SOFTMAX, s->b, s->a, s->s, s->t);
	if (a->pass == RAC_PASS_BACKWARD)
		RAC_TALLY_TENSOR(t, RAC_PART_GRAD_SCORES, s->scores, s->t, s->b, s->a, s->s);
}

static uint64_t round_up(struct rac_tally *t, uint64_t value, uint64_t step, enum rac_part part)
{
	uint64_t rounded = value;

	if (!rac_checked_round_up(value, step, &rounded))
		rac_tally_overflow(t, rac_part_name(part));
	return rounded;
}

static uint64_t rounded_dim(struct rac_tally *t, uint64_t dim, enum rac_part part)
{
	return round_up(t, dim, dim <= 128 ? 32 : 64, part);
}

static void add_flash(struct rac_tally *t, const struct shape *s, const struct rac_attention *a)
{
	RAC_TALLY_BYTES(t, RAC_PART_LOG_SUM_EXP, 4, s->b, s->a, s->s);
	if (a->key_splits > 1) {
		uint64_t v = rounded_dim(t, s->v, RAC_PART_SPLITS);
		/* As two terms: v + 1 must not wrap. */
		RAC_TALLY_BYTES(t, RAC_PART_SPLITS, 4, a->key_splits, s->b, s->a, s->s, v);
		RAC_TALLY_BYTES(t, RAC_PART_SPLITS, 4, a->key_splits, s->b, s->a, s->s);
	}
	if (a->pass != RAC_PASS_BACKWARD)
		return;
	uint64_t padded = round_up(t, s->s, 128, RAC_PART_DELTA);
	uint64_t d = rounded_dim(t, s->d, RAC_PART_GRAD_QUERY);

	RAC_TALLY_BYTES(t, RAC_PART_DELTA, 4, s->b, s->a, padded);
	RAC_TALLY_BYTES(t, RAC_PART_GRAD_QUERY, 4, s->b, s->a, padded, d);
	if (s->g != s->a) {
		RAC_TALLY_TENSOR(t, RAC_PART_GRAD_KEY, s->dtype, s->d, s->b, s->a, s->t);
		if (!a->value_in_key)
			RAC_TALLY_TENSOR(t, RAC_PART_GRAD_VALUE, s->dtype, s->v, s->b, s->a, s->t);
	}
}

enum rac_status rac_estimate_attention(
	const struct rac_attention *a, struct rac_estimate *out, struct rac_why *why)
{
	struct rac_tally t = rac_tally_begin(out, why);
	struct shape s = shape_of(a, &t);

	if (rac_dtype_info(s.dtype) == NULL)
		rac_tally_refuse(&t, "dtype", (uint64_t)s.dtype, "must be a dtype of the table");
	if (rac_dtype_info(s.scores) == NULL)
		rac_tally_refuse(&t, "scores", (uint64_t)s.scores, "must be a dtype of the table");
	add_inputs(&t, &s, a->value_in_key);
	if (a->pass == RAC_PASS_BACKWARD)
		add_gradients(&t, &s, a->value_in_key);
	if (a->kernel == RAC_KERNEL_FLASH)
		add_flash(&t, &s, a);
	else
		add_naive(&t, &s, a);
	return rac_tally_end(&t);
}
