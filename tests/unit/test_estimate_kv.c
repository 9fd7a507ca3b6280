/*
 * test_estimate_kv.c - the bytes of a KV cache: contiguous, paged, windowed, quantised and latent.
 */
#include "rac_estimate.h"

#include <criterion/criterion.h>

/* One layer of Llama-3-8B: 8 KV heads of 128 elements, 4096 bytes for a token. */
static struct rac_kv_cache layer(uint64_t tokens)
{
	return (struct rac_kv_cache){
		.batch = 1,
		.tokens = tokens,
		.layers = 1,
		.kv_heads = 8,
		.key_dim = 128,
		.value_dim = 128,
		.key_dtype = RAC_DTYPE_BF16,
		.value_dtype = RAC_DTYPE_BF16,
	};
}

static struct rac_estimate estimate(struct rac_kv_cache kv)
{
	struct rac_estimate e;
	struct rac_why why = {"", 0, ""};

	cr_assert_eq(rac_estimate_kv_cache(&kv, &e, &why), RAC_OK, "%s %s", why.what, why.rule);
	cr_assert_eq(e.bytes, e.parts[RAC_PART_KV_CACHE] + e.parts[RAC_PART_KV_SCALES]);
	return e;
}

/* vllm-fit, llmfit and others counted heads instead of KV heads, or forgot the factor of two. */
Test(estimate_kv, keys_and_values_of_the_kv_heads_are_counted)
{
	struct rac_kv_cache kv = layer(1);

	cr_assert_eq(estimate(kv).bytes, 2 * 8 * 128 * 2);
	kv.layers = 32;
	kv.batch = 3;
	cr_assert_eq(estimate(kv).bytes, 3 * 131072);
	cr_assert_eq(estimate(layer(0)).bytes, 0);
}

Test(estimate_kv, keys_and_values_may_differ_in_width_and_type)
{
	struct rac_kv_cache kv = layer(10);

	kv.key_dim = 192;
	kv.value_dtype = RAC_DTYPE_F32;
	cr_assert_eq(estimate(kv).bytes, 10 * 8 * (192 * 2 + 128 * 4));
}

Test(estimate_kv, pages_are_whole)
{
	struct rac_kv_cache kv = layer(17);

	kv.block_tokens = 16;
	cr_assert_eq(estimate(kv).bytes, 32 * 4096);
	kv.tokens = 16;
	cr_assert_eq(estimate(kv).bytes, 16 * 4096);
	kv.tokens = 0;
	cr_assert_eq(estimate(kv).bytes, 0);
}

Test(estimate_kv, a_window_keeps_what_the_next_step_sees)
{
	struct rac_kv_cache kv = layer(10000);

	kv.window = 1024;
	cr_assert_eq(estimate(kv).bytes, UINT64_C(1024) * 4096);
	kv.window_step = 512;
	cr_assert_eq(estimate(kv).bytes, UINT64_C(1535) * 4096);
	kv.tokens = 100;
	cr_assert_eq(estimate(kv).bytes, 100 * 4096);
	kv.window = UINT64_MAX;
	cr_assert_eq(estimate(kv).bytes, 100 * 4096);
}

/* vLLM: ceil(min(w - 1 + batched, t) / block) + 1. */
Test(estimate_kv, a_paged_window_need_not_begin_with_a_page)
{
	struct rac_kv_cache kv = layer(10000);

	kv.window = 1024;
	kv.window_step = 2048;
	kv.block_tokens = 16;
	cr_assert_eq(estimate(kv).bytes, UINT64_C(16) * (3071 / 16 + 1 + 1) * 4096);
}

Test(estimate_kv, quantised_caches_have_scales_or_blocks)
{
	struct rac_kv_cache kv = layer(10);

	kv.key_dtype = kv.value_dtype = RAC_DTYPE_I8;
	kv.key_scale_bytes = kv.value_scale_bytes = 4;
	cr_assert_eq(estimate(kv).parts[RAC_PART_KV_CACHE], 10 * 8 * 256);
	cr_assert_eq(estimate(kv).parts[RAC_PART_KV_SCALES], 2 * 10 * 8 * 4);
	kv = layer(10);
	kv.key_dtype = kv.value_dtype = RAC_DTYPE_NVFP4;
	cr_assert_eq(estimate(kv).bytes, 2 * 10 * 8 * (128 / 2 + 128 / 16));
	kv.key_dtype = RAC_DTYPE_Q8_0;
	kv.value_dtype = RAC_DTYPE_Q4_0;
	cr_assert_eq(estimate(kv).bytes, 10 * 8 * (4 * 34 + 4 * 18));
	kv.key_dim = 80; /* rows of 80 elements take three blocks of 32 */
	cr_assert_eq(estimate(kv).bytes, 10 * 8 * (3 * 34 + 4 * 18));
}

Test(estimate_kv, a_latent_has_one_head_and_no_factor_of_two)
{
	struct rac_kv_cache kv = {.batch = 1,
		.tokens = 1,
		.layers = 61,
		.kv_heads = 1,
		.key_dim = 512,
		.value_dim = 64,
		.key_dtype = RAC_DTYPE_BF16,
		.value_dtype = RAC_DTYPE_BF16};

	cr_assert_eq(estimate(kv).bytes, 70272);
	kv.key_dtype = RAC_DTYPE_F8_E4M3;
	kv.key_scale_bytes = 16;
	cr_assert_eq(estimate(kv).bytes, 61 * 656);
}

Test(estimate_kv, what_does_not_fit_or_cannot_be_is_a_status)
{
	struct rac_kv_cache kv = layer(UINT64_MAX);
	struct rac_estimate e;
	struct rac_why why = {"", 0, ""};

	cr_assert_eq(rac_estimate_kv_cache(&kv, &e, &why), RAC_OVERFLOW);
	cr_assert_str_eq(why.what, "kv_cache");
	cr_assert_eq(e.bytes, UINT64_MAX);
	kv.block_tokens = 16; /* already the number of pages */
	cr_assert_eq(rac_estimate_kv_cache(&kv, &e, NULL), RAC_OVERFLOW);
	kv = layer(1);
	kv.kv_heads = 0;
	cr_assert_eq(rac_estimate_kv_cache(&kv, &e, &why), RAC_INVALID);
	cr_assert_str_eq(why.what, "kv_heads");
}
