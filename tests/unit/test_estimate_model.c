/*
 * test_estimate_model.c - parameters, weights and KV caches of whole models against figures that
 * were published or computed from the checkpoints themselves.
 */
#include "model_fixture.h"
#include "rac_plan.h"

#include <criterion/criterion.h>

static struct rac_parameters count(struct rac_model m)
{
	struct rac_parameters p;
	struct rac_why why = {"", 0, ""};
	uint64_t sum = 0;

	cr_assert_eq(rac_model_parameters(&m, &p, &why), RAC_OK, "%s %s", why.what, why.rule);
	for (unsigned i = 0; i < RAC_ROLE_COUNT; i++)
		sum += p.roles[i];
	cr_assert_eq(sum, p.total);
	return p;
}

Test(estimate_model, parameters_of_llama_are_as_published)
{
	cr_assert_eq(count(llama_2_7b()).total, 6738415616);
	cr_assert_eq(count(llama_3_8b()).total, 8030261248);
	cr_assert_eq(count(llama_3_70b()).total, 70553706496);
}

Test(estimate_model, parameters_of_other_designs_are_as_published)
{
	cr_assert_eq(count(gpt_2()).total, 124439808);
	cr_assert_eq(count(mixtral_8x7b()).total, 46702792704);
	cr_assert_eq(count(deepseek_v3()).total, 671026419200);
}

Test(estimate_model, active_parameters_count_the_experts_of_one_token)
{
	cr_assert_eq(count(mixtral_8x7b()).active, 12879925248);
	cr_assert_eq(count(llama_3_8b()).active, 8030261248);
}

Test(estimate_model, the_largest_tensor_is_found)
{
	cr_assert_eq(count(llama_2_7b()).largest, 32000 * 4096);
	cr_assert_eq(count(llama_3_70b()).largest, UINT64_C(128256) * 8192);
}

static uint64_t lora(struct rac_model m, uint64_t rank, unsigned roles)
{
	uint64_t parameters;

	cr_assert_eq(rac_model_lora_parameters(&m, rank, roles, &parameters, NULL), RAC_OK);
	return parameters;
}

/* As PEFT prints them for Llama-2-7B and its default targets, and for Mistral-7B with all linear
 * layers. */
Test(estimate_model, lora_adapters_count_both_sides_of_a_matrix)
{
	struct rac_model mistral = llama(32, 4096, 32, 8, 14336, 32000);

	cr_assert_eq(lora(llama_2_7b(), 8, 1u << RAC_ROLE_QUERY | 1u << RAC_ROLE_VALUE), 4194304);
	cr_assert_eq(lora(llama_2_7b(), 16, RAC_LORA_ALL), 39976960);
	cr_assert_eq(lora(mistral, 16, RAC_LORA_ALL), 41943040);
	cr_assert_eq(lora(mistral, 16, 0), 0);
}

static struct rac_estimate weights(struct rac_model m, enum rac_dtype dtype, bool torch_blocks)
{
	struct rac_estimate e;

	cr_assert_eq(
		rac_model_weights(&m, dtype, rac_dtype_info(dtype)->trains ? dtype : RAC_DTYPE_BF16,
			torch_blocks, &e, NULL),
		RAC_OK);
	return e;
}

Test(estimate_model, weights_are_parameters_times_their_size)
{
	cr_assert_eq(weights(llama_3_8b(), RAC_DTYPE_BF16, false).bytes, 16060522496);
	cr_assert_eq(weights(llama_3_8b(), RAC_DTYPE_F32, false).bytes, 2 * UINT64_C(16060522496));
}

/* 32 layers of 202 375 168 elements in NF4, the rest in bf16. */
Test(estimate_model, quantised_weights_spare_embeddings_and_norms)
{
	const uint64_t linear = UINT64_C(32) * 202375168;
	const uint64_t rest = 6738415616 - linear;

	cr_assert_eq(weights(llama_2_7b(), RAC_DTYPE_NF4, false).bytes,
		linear / 2 + linear / 64 * 4 + rest * 2);
	cr_assert_eq(weights(llama_2_7b(), RAC_DTYPE_F8_E4M3, false).bytes, linear + rest * 2);
}

Test(estimate_model, pytorchs_blocks_add_what_is_unused_at_their_ends)
{
	struct rac_estimate e = weights(llama_2_7b(), RAC_DTYPE_BF16, true);

	/* All matrices are multiples of 2 MiB; 65 norms of 8 KiB share one segment of each kind. */
	cr_assert_eq(e.parts[RAC_PART_WEIGHTS], 2 * UINT64_C(6738415616));
	cr_assert_gt(e.parts[RAC_PART_ROUNDING], 0);
	cr_assert_leq(e.parts[RAC_PART_ROUNDING], UINT64_C(4) << 20);
}

static uint64_t cache(struct rac_model m, uint64_t batch, uint64_t tokens, enum rac_dtype dtype)
{
	const struct rac_kv_cache shape = {
		.batch = batch, .tokens = tokens, .key_dtype = dtype, .value_dtype = dtype};
	struct rac_estimate e;

	cr_assert_eq(rac_model_kv_cache(&m, &shape, &e, NULL), RAC_OK);
	return e.bytes;
}

#define GIB (UINT64_C(1) << 30)

Test(estimate_model, kv_caches_of_llama_are_as_computed)
{
	cr_assert_eq(cache(llama_2_7b(), 1, 4096, RAC_DTYPE_F16), 2 * GIB);
	cr_assert_eq(cache(llama_3_8b(), 1, 8192, RAC_DTYPE_BF16), GIB);
	cr_assert_eq(cache(llama_3_8b(), 1, 1, RAC_DTYPE_BF16), 131072);
	cr_assert_eq(cache(llama_3_70b(), 1, 8192, RAC_DTYPE_BF16), 5 * GIB / 2);
}

Test(estimate_model, the_latent_cache_has_no_factor_of_two)
{
	cr_assert_eq(cache(deepseek_v3(), 1, 1, RAC_DTYPE_BF16), 70272);
	cr_assert_eq(cache(deepseek_v3(), 1, 131072, RAC_DTYPE_BF16), UINT64_C(70272) * 131072);
	/* FlashMLA: 512 + 16 + 128 bytes. */
	cr_assert_eq(cache(deepseek_v3(), 1, 1, RAC_DTYPE_F8_E4M3), 61 * 656);
}

Test(estimate_model, layers_with_a_window_keep_no_more_than_that)
{
	struct rac_model m = llama_3_8b();

	m.window = 1024;
	m.window_layers = 24;
	cr_assert_eq(cache(m, 1, 8192, RAC_DTYPE_BF16), (UINT64_C(8) * 8192 + 24 * 1024) * 4096);
	cr_assert_eq(cache(m, 1, 100, RAC_DTYPE_BF16), UINT64_C(32) * 100 * 4096);
}

Test(estimate_model, a_model_that_cannot_be_is_refused_by_field)
{
	struct rac_model ok = mixtral_8x7b(), m;
	struct rac_parameters p;
	struct rac_why why;

#define REFUSED(field, number)                                                 \
	do {                                                                   \
		m = ok;                                                        \
		m.field = (number);                                            \
		why.what = "";                                                 \
		cr_assert_eq(rac_model_parameters(&m, &p, &why), RAC_INVALID); \
		cr_assert_str_eq(why.what, #field);                            \
		cr_assert_eq(p.total, UINT64_MAX);                             \
	} while (0)
	REFUSED(layers, 0);
	REFUSED(hidden, 0);
	REFUSED(vocab, 0);
	REFUSED(heads, 0);
	REFUSED(head_dim, 0);
	REFUSED(kv_heads, 5);
	REFUSED(experts_per_token, 0);
	REFUSED(experts_per_token, 9);
	REFUSED(expert_ffn, 0);
	REFUSED(dense_layers, 33);
	REFUSED(window_layers, 33);
	ok.experts = 0;
	REFUSED(ffn, 0);
#undef REFUSED
}

Test(estimate_model, a_model_too_large_to_count_is_an_overflow)
{
	struct rac_model m = llama_2_7b();
	struct rac_parameters p;
	struct rac_estimate e;
	uint64_t adapters;

	m.vocab = UINT64_MAX;
	cr_assert_eq(rac_model_parameters(&m, &p, NULL), RAC_OVERFLOW);
	cr_assert_eq(rac_model_weights(&m, RAC_DTYPE_BF16, RAC_DTYPE_BF16, false, &e, NULL),
		RAC_OVERFLOW);
	cr_assert_eq(e.bytes, UINT64_MAX);
	m = llama_2_7b();
	m.heads = UINT64_MAX;
	m.kv_heads = 1;
	cr_assert_eq(rac_model_parameters(&m, &p, NULL), RAC_OVERFLOW);
	m = llama_2_7b();
	cr_assert_eq(rac_model_lora_parameters(&m, UINT64_MAX, RAC_LORA_ALL, &adapters, NULL),
		RAC_OVERFLOW);
	cr_assert_eq(adapters, UINT64_MAX);
}
