/*
 * estimate_kv.c - bytes of a KV cache, by the formulas of rac_estimate.h.
 */
#include "checked.h"
#include "estimate_tally.h"

/* Tokens of one sequence that the cache has room for. */
static uint64_t kept_tokens(const struct rac_kv_cache *kv, struct rac_tally *t)
{
	uint64_t tokens = kv->tokens, seen;

	if (kv->window != 0) {
		uint64_t step = kv->window_step != 0 ? kv->window_step : 1;

		/* A sum that does not fit is larger than any number of tokens. */
		if (rac_checked_add(kv->window - 1, step, &seen) && seen < tokens)
			tokens = seen;
	}
	if (kv->block_tokens == 0 || tokens == 0)
		return tokens;
	if (!rac_checked_round_up(tokens, kv->block_tokens, &tokens) ||
		(kv->window != 0 && !rac_checked_add(tokens, kv->block_tokens, &tokens)))
		rac_tally_overflow(t, rac_part_name(RAC_PART_KV_CACHE));
	return tokens;
}

enum rac_status rac_estimate_kv_cache(
	const struct rac_kv_cache *kv, struct rac_estimate *out, struct rac_why *why)
{
	struct rac_tally t = rac_tally_begin(out, why);

	rac_tally_require(&t, "batch", kv->batch);
	rac_tally_require(&t, "kv_heads", kv->kv_heads);
	rac_tally_require(&t, "key_dim", kv->key_dim);
	uint64_t tokens = kept_tokens(kv, &t);

	RAC_TALLY_TENSOR(&t, RAC_PART_KV_CACHE, kv->key_dtype, kv->key_dim, kv->layers, kv->batch,
		tokens, kv->kv_heads);
	RAC_TALLY_TENSOR(&t, RAC_PART_KV_CACHE, kv->value_dtype, kv->value_dim, kv->layers,
		kv->batch, tokens, kv->kv_heads);
	RAC_TALLY_BYTES(&t, RAC_PART_KV_SCALES, kv->key_scale_bytes, kv->layers, kv->batch, tokens,
		kv->kv_heads);
	RAC_TALLY_BYTES(&t, RAC_PART_KV_SCALES, kv->value_scale_bytes, kv->layers, kv->batch,
		tokens, kv->kv_heads);
	return rac_tally_end(&t);
}
