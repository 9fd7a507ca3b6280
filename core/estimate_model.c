/*
 * estimate_model.c - the tensors of a transformer, shape by shape, and the parameters they add up to.
 */
#include "checked.h"
#include "estimate_tally.h"
#include "rac_model.h"
#include <string.h>

/* A walk over the tensors of a model. It ends when visit says so or something is out of range. */
struct walk {
	const struct rac_model *m;
	bool (*visit)(void *context, const struct rac_model_tensor *t);
	void *context;
	struct rac_tally status; /* its `out` is not used */
	bool ended;
	uint64_t kv_heads, value_dim, dense, moe;
};

static void emit_active(struct walk *w, enum rac_role role, uint64_t rows, uint64_t columns,
	uint64_t count, uint64_t active)
{
	const struct rac_model_tensor t = {role, rows, columns, count, active};

	if (w->status.status != RAC_OK || w->ended || rows == 0 || columns == 0 || count == 0)
		return;
	w->ended = !w->visit(w->context, &t);
}

static void emit(
	struct walk *w, enum rac_role role, uint64_t rows, uint64_t columns, uint64_t count)
{
	emit_active(w, role, rows, columns, count, count);
}

static uint64_t times(struct walk *w, const char *what, uint64_t a, uint64_t b)
{
	uint64_t product = 0;

	if (!rac_checked_mul(a, b, &product))
		rac_tally_overflow(&w->status, what);
	return product;
}

static uint64_t plus(struct walk *w, const char *what, uint64_t a, uint64_t b)
{
	uint64_t sum = 0;

	if (!rac_checked_add(a, b, &sum))
		rac_tally_overflow(&w->status, what);
	return sum;
}

/* A bias of a number of elements in each of `count` layers, where the model has that kind. */
static void emit_bias(struct walk *w, unsigned kind, uint64_t elements, uint64_t count)
{
	if ((w->m->biases & kind) != 0)
		emit(w, RAC_ROLE_BIAS, 1, elements, count);
}

static void walk_latent_attention(struct walk *w)
{
	const struct rac_model *m = w->m;
	uint64_t query = times(w, "heads", m->heads, plus(w, "head_dim", m->head_dim, m->rope_dim));
	uint64_t latent = plus(w, "kv_rank", m->kv_rank, m->rope_dim);

	if (m->q_rank != 0) {
		emit(w, RAC_ROLE_QUERY, m->q_rank, m->hidden, m->layers);
		emit_bias(w, RAC_BIAS_QKV, m->q_rank, m->layers);
		emit(w, RAC_ROLE_NORM, 1, m->q_rank, m->layers);
		emit(w, RAC_ROLE_QUERY, query, m->q_rank, m->layers);
	} else {
		emit(w, RAC_ROLE_QUERY, query, m->hidden, m->layers);
	}
	emit(w, RAC_ROLE_KEY, latent, m->hidden, m->layers);
	emit_bias(w, RAC_BIAS_QKV, latent, m->layers);
	emit(w, RAC_ROLE_NORM, 1, m->kv_rank, m->layers);
	/* One matrix in the published checkpoints: both halves read the same latent. */
	emit(w, RAC_ROLE_VALUE,
		times(w, "heads", m->heads, plus(w, "head_dim", m->head_dim, w->value_dim)),
		m->kv_rank, m->layers);
}

static void walk_plain_attention(struct walk *w)
{
	const struct rac_model *m = w->m;
	uint64_t query = times(w, "heads", m->heads, m->head_dim);
	uint64_t key = times(w, "kv_heads", w->kv_heads, m->head_dim);
	uint64_t value = times(w, "kv_heads", w->kv_heads, w->value_dim);

	emit(w, RAC_ROLE_QUERY, query, m->hidden, m->layers);
	emit(w, RAC_ROLE_KEY, key, m->hidden, m->layers);
	emit(w, RAC_ROLE_VALUE, value, m->hidden, m->layers);
	emit_bias(w, RAC_BIAS_QKV, query, m->layers);
	emit_bias(w, RAC_BIAS_QKV, key, m->layers);
	emit_bias(w, RAC_BIAS_QKV, value, m->layers);
	if (m->qk_norm == RAC_QK_NORM_HEAD)
		emit(w, RAC_ROLE_NORM, 1, m->head_dim, times(w, "layers", m->layers, 2));
	if (m->qk_norm == RAC_QK_NORM_FULL) {
		emit(w, RAC_ROLE_NORM, 1, query, m->layers);
		emit(w, RAC_ROLE_NORM, 1, key, m->layers);
	}
}

/* The two or three matrices of `count` FFNs of a width. */
static void walk_ffn(
	struct walk *w, enum rac_role role, uint64_t width, uint64_t count, uint64_t active)
{
	uint64_t up = w->m->gated ? 2 : 1;

	emit_active(w, role, width, w->m->hidden, times(w, "layers", count, up),
		times(w, "layers", active, up));
	emit_active(w, role, w->m->hidden, width, count, active);
	if ((w->m->biases & RAC_BIAS_FFN) != 0) {
		emit_active(w, RAC_ROLE_BIAS, 1, width, times(w, "layers", count, up),
			times(w, "layers", active, up));
		emit_active(w, RAC_ROLE_BIAS, 1, w->m->hidden, count, active);
	}
}

static void walk_layers(struct walk *w)
{
	const struct rac_model *m = w->m;
	uint64_t norms = times(w, "layer_norms", m->layer_norms, m->layers);

	if (m->kv_rank != 0)
		walk_latent_attention(w);
	else
		walk_plain_attention(w);
	emit(w, RAC_ROLE_OUTPUT, m->hidden, times(w, "heads", m->heads, w->value_dim), m->layers);
	emit_bias(w, RAC_BIAS_OUTPUT, m->hidden, m->layers);
	walk_ffn(w, RAC_ROLE_FFN, m->ffn, w->dense, w->dense);
	walk_ffn(w, RAC_ROLE_EXPERT, m->expert_ffn, times(w, "experts", w->moe, m->experts),
		times(w, "experts", w->moe, m->experts_per_token));
	walk_ffn(w, RAC_ROLE_FFN, m->shared_ffn, m->shared_ffn != 0 ? w->moe : 0,
		m->shared_ffn != 0 ? w->moe : 0);
	emit(w, RAC_ROLE_ROUTER, m->experts, m->hidden, w->moe);
	emit_bias(w, RAC_BIAS_ROUTER, m->experts, w->moe);
	if (m->shared_gate)
		emit(w, RAC_ROLE_ROUTER, 1, m->hidden, w->moe);
	emit(w, RAC_ROLE_NORM, 1, m->hidden, norms);
	if (m->norm_biases)
		emit(w, RAC_ROLE_BIAS, 1, m->hidden, norms);
}

static void walk_ends(struct walk *w)
{
	const struct rac_model *m = w->m;

	emit(w, RAC_ROLE_EMBEDDING, m->vocab, m->hidden, 1);
	emit(w, RAC_ROLE_POSITION, m->positions, m->hidden, 1);
	if (m->final_norm) {
		emit(w, RAC_ROLE_NORM, 1, m->hidden, 1);
		if (m->norm_biases)
			emit(w, RAC_ROLE_BIAS, 1, m->hidden, 1);
	}
	if (!m->tied)
		emit(w, RAC_ROLE_HEAD, m->vocab, m->hidden, 1);
	emit_bias(w, RAC_BIAS_HEAD, m->vocab, 1);
}

static void check(const struct rac_model *m, struct rac_tally *t)
{
	rac_tally_require(t, "layers", m->layers);
	rac_tally_require(t, "hidden", m->hidden);
	rac_tally_require(t, "vocab", m->vocab);
	rac_tally_require(t, "heads", m->heads);
	rac_tally_require(t, "head_dim", m->head_dim);
	if (m->kv_heads != 0 && m->heads % m->kv_heads != 0)
		rac_tally_refuse(t, "kv_heads", m->kv_heads, "must divide heads");
	if (m->window_layers > m->layers)
		rac_tally_refuse(t, "window_layers", m->window_layers, "must not be above layers");
	if (m->experts == 0) {
		rac_tally_require(t, "ffn", m->ffn);
		return;
	}
	if (m->dense_layers > m->layers)
		rac_tally_refuse(t, "dense_layers", m->dense_layers, "must not be above layers");
	if (m->dense_layers > 0)
		rac_tally_require(t, "ffn", m->ffn);
	rac_tally_require(t, "expert_ffn", m->expert_ffn);
	rac_tally_require(t, "experts_per_token", m->experts_per_token);
	if (m->experts_per_token > m->experts)
		rac_tally_refuse(
			t, "experts_per_token", m->experts_per_token, "must not be above experts");
}

enum rac_status rac_model_each_tensor(const struct rac_model *m,
	bool (*visit)(void *context, const struct rac_model_tensor *t), void *context,
	struct rac_why *why)
{
	struct walk w = {
		.m = m,
		.visit = visit,
		.context = context,
		.status = {.why = why, .status = RAC_OK},
		.kv_heads = m->kv_heads != 0 ? m->kv_heads : m->heads,
		.value_dim = m->value_dim != 0 ? m->value_dim : m->head_dim,
		.dense = m->experts != 0 ? m->dense_layers : m->layers,
		.moe = m->experts != 0 ? rac_saturating_sub(m->layers, m->dense_layers) : 0,
	};

	check(m, &w.status);
	walk_ends(&w);
	walk_layers(&w);
	return w.status.status;
}

struct counting {
	struct rac_parameters *out;
	bool fits;
};

static bool count(void *context, const struct rac_model_tensor *t)
{
	struct counting *c = context;
	struct rac_parameters *out = c->out;
	uint64_t one, all, active;

	c->fits = rac_checked_mul(t->rows, t->columns, &one) &&
		rac_checked_mul(one, t->count, &all) && rac_checked_mul(one, t->active, &active) &&
		rac_checked_add(out->total, all, &out->total) &&
		rac_checked_add(out->active, active, &out->active);
	if (!c->fits)
		return false;
	out->roles[t->role] += all; /* never above the total */
	if (one > out->largest)
		out->largest = one;
	return true;
}

enum rac_status rac_model_parameters(
	const struct rac_model *m, struct rac_parameters *out, struct rac_why *why)
{
	struct counting c = {.out = out, .fits = true};
	struct rac_tally t = {.why = why, .status = RAC_OK};

	memset(out, 0, sizeof(*out));
	enum rac_status status = rac_model_each_tensor(m, count, &c, why);

	if (status == RAC_OK && !c.fits) {
		rac_tally_overflow(&t, "parameters");
		status = RAC_OVERFLOW;
	}
	if (status != RAC_OK)
		out->total = UINT64_MAX;
	return status;
}

struct lora {
	uint64_t rank, parameters;
	unsigned roles;
	bool fits;
};

static bool count_lora(void *context, const struct rac_model_tensor *t)
{
	struct lora *l = context;
	uint64_t sides, adapters;

	if ((l->roles >> t->role & 1u) == 0)
		return true;
	l->fits = rac_checked_add(t->rows, t->columns, &sides) &&
		rac_product((const uint64_t[]){l->rank, sides, t->count}, 3, &adapters) &&
		rac_checked_add(l->parameters, adapters, &l->parameters);
	return l->fits;
}

enum rac_status rac_model_lora_parameters(const struct rac_model *m, uint64_t rank, unsigned roles,
	uint64_t *parameters, struct rac_why *why)
{
	struct lora l = {.rank = rank, .roles = roles, .fits = true};
	struct rac_tally t = {.why = why, .status = RAC_OK};
	enum rac_status status = rac_model_each_tensor(m, count_lora, &l, why);

	if (status == RAC_OK && !l.fits) {
		rac_tally_overflow(&t, "lora_rank");
		status = RAC_OVERFLOW;
	}
	*parameters = status == RAC_OK ? l.parameters : UINT64_MAX;
	return status;
}
