/*
 * estimate_weights.c - what a model holds while it runs: the bytes of its weights, tensor by tensor,
 * and its KV cache.
 */
#include "checked.h"
#include "estimate_tally.h"
#include "rac_model.h"
#include "rac_plan.h"

struct weighing {
	struct rac_tally tally;
	enum rac_dtype dtype, rest;
	bool torch_blocks;
};

static bool is_quantised(enum rac_role role)
{
	switch (role) {
	case RAC_ROLE_QUERY:
	case RAC_ROLE_KEY:
	case RAC_ROLE_VALUE:
	case RAC_ROLE_OUTPUT:
	case RAC_ROLE_FFN:
	case RAC_ROLE_EXPERT:
		return true;
	default:
		return false;
	}
}

static bool weigh(void *context, const struct rac_model_tensor *t)
{
	struct weighing *w = context;
	enum rac_dtype dtype = is_quantised(t->role) ? w->dtype : w->rest;
	uint64_t one = 0, reserved = 0, all = 0;

	if (rac_dtype_bytes(dtype, t->rows, t->columns, &one) != RAC_OK)
		rac_tally_overflow(&w->tally, rac_part_name(RAC_PART_WEIGHTS));
	RAC_TALLY_BYTES(&w->tally, RAC_PART_WEIGHTS, one, t->count);
	if (!w->torch_blocks || w->tally.status != RAC_OK)
		return w->tally.status == RAC_OK;
	if (rac_torch_reserved(one, t->count, &reserved) != RAC_OK ||
		!rac_checked_mul(one, t->count, &all))
		rac_tally_overflow(&w->tally, rac_part_name(RAC_PART_ROUNDING));
	RAC_TALLY_BYTES(&w->tally, RAC_PART_ROUNDING, rac_saturating_sub(reserved, all));
	return w->tally.status == RAC_OK;
}

enum rac_status rac_model_weights(const struct rac_model *m, enum rac_dtype dtype,
	enum rac_dtype rest, bool torch_blocks, struct rac_estimate *out, struct rac_why *why)
{
	struct weighing w = {rac_tally_begin(out, why), dtype, rest, torch_blocks};

	if (rac_dtype_info(dtype) == NULL || rac_dtype_info(rest) == NULL) {
		rac_tally_refuse(&w.tally, "dtype", dtype, "must be a dtype of the table");
		return rac_tally_end(&w.tally);
	}
	enum rac_status status = rac_model_each_tensor(m, weigh, &w, why);

	if (status != RAC_OK)
		w.tally.status = status;
	return rac_tally_end(&w.tally);
}

/* MLA: one head that holds the latent, and the rotary part where values would be. */
static void shape_latent(const struct rac_model *m, struct rac_kv_cache *kv)
{
	kv->kv_heads = 1;
	kv->key_dim = m->kv_rank;
	kv->value_dim = m->rope_dim;
	kv->value_dtype = kv->key_dtype;
	if (rac_dtype_info(kv->key_dtype)->block_bits == 8) {
		kv->value_dtype = RAC_DTYPE_BF16;
		kv->key_scale_bytes = 4 * (m->kv_rank / 128 + (m->kv_rank % 128 != 0));
	}
}

enum rac_status rac_model_kv_cache(const struct rac_model *m, const struct rac_kv_cache *shape,
	struct rac_estimate *out, struct rac_why *why)
{
	struct rac_kv_cache kv = *shape;
	struct rac_tally t = rac_tally_begin(out, why);
	struct rac_estimate seen;

	if (rac_dtype_info(kv.key_dtype) == NULL || rac_dtype_info(kv.value_dtype) == NULL)
		rac_tally_refuse(&t, "dtype", kv.key_dtype, "must be a dtype of the table");
	if (m->window_layers > m->layers)
		rac_tally_refuse(&t, "window_layers", m->window_layers, "must not be above layers");
	if (t.status != RAC_OK)
		return rac_tally_end(&t);
	kv.kv_heads = m->kv_heads != 0 ? m->kv_heads : m->heads;
	kv.key_dim = m->head_dim;
	kv.value_dim = m->value_dim != 0 ? m->value_dim : m->head_dim;
	kv.key_scale_bytes = kv.value_scale_bytes = 0;
	if (m->kv_rank != 0)
		shape_latent(m, &kv);
	kv.layers = m->layers - m->window_layers;
	kv.window = 0;
	t.status = rac_estimate_kv_cache(&kv, out, why);
	kv.layers = m->window_layers;
	kv.window = m->window;
	if (t.status == RAC_OK)
		t.status = rac_estimate_kv_cache(&kv, &seen, why);
	if (t.status == RAC_OK && rac_estimate_merge(out, &seen, 1) != RAC_OK)
		rac_tally_overflow(&t, rac_part_name(RAC_PART_KV_CACHE));
	return rac_tally_end(&t);
}
