/*
 * test_estimate_attention.c - memory of one attention layer: the seed's formula to the byte, and
 * what it lacked. Rows B10, D10 and D15 of the seed's behaviours and defects.
 */
#include "rac_estimate.h"

#include <criterion/criterion.h>

static struct rac_attention layer(
	uint64_t batch, uint64_t heads, uint64_t query, uint64_t head_dim, enum rac_dtype dtype)
{
	return (struct rac_attention){
		.batch = batch,
		.heads = heads,
		.query = query,
		.head_dim = head_dim,
		.dtype = dtype,
	};
}

static struct rac_estimate estimate(const struct rac_attention *a)
{
	struct rac_estimate e;
	struct rac_why why = {"", 0, ""};
	uint64_t sum = 0;

	cr_assert_eq(rac_estimate_attention(a, &e, &why), RAC_OK, "%s %s", why.what, why.rule);
	for (unsigned i = 0; i < RAC_PART_COUNT; i++)
		sum += e.parts[i];
	cr_assert_eq(sum, e.bytes);
	return e;
}

static uint64_t bytes(struct rac_attention a)
{
	return estimate(&a).bytes;
}

/* Llama-2-7B, one layer, the whole context. */
static struct rac_attention llama2(void)
{
	return layer(1, 32, 4096, 128, RAC_DTYPE_BF16);
}

/* B10 */
Test(estimate_attention, b10_naive_keeps_the_seeds_golden_values)
{
	struct rac_attention a = llama2();

	cr_assert_eq(bytes(layer(1, 1, 4, 2, RAC_DTYPE_F32)), 192);
	cr_assert_eq(bytes(a), 1207959552);
	cr_assert_eq(estimate(&a).parts[RAC_PART_SCORES], 1073741824);
	cr_assert_eq(bytes(layer(0, 1, 4, 2, RAC_DTYPE_F32)), 0);
}

/* D10: five products were summed unchecked. */
Test(estimate_attention, d10_each_product_that_does_not_fit_is_named)
{
	static const struct {
		struct rac_attention a;
		const char *part;
	} cases[] = {
		{{.batch = UINT64_MAX, .heads = 2, .query = 1, .head_dim = 1}, "query"},
		{{.batch = 1, .heads = 1, .query = 1, .keys = UINT64_MAX, .head_dim = 2}, "key"},
		{{.batch = 1,
			 .heads = 1,
			 .query = 1,
			 .keys = UINT64_C(1) << 60,
			 .head_dim = 1,
			 .value_dim = UINT64_C(1) << 10},
			"value"},
		{{.batch = 1, .heads = 1, .query = UINT64_C(1) << 33, .head_dim = 1}, "scores"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rac_estimate e;
		struct rac_why why = {0};

		cr_assert_eq(rac_estimate_attention(&cases[i].a, &e, &why), RAC_OVERFLOW);
		cr_assert_str_eq(why.what, cases[i].part);
		cr_assert_eq(e.bytes, UINT64_MAX);
	}
}

/* D10: the parts fit and their sum does not. */
Test(estimate_attention, d10_a_sum_that_does_not_fit_is_a_status)
{
	struct rac_attention a = layer(1, 1, 1, UINT64_C(1) << 61, RAC_DTYPE_BF16);
	struct rac_estimate e;

	cr_assert_eq(rac_estimate_attention(&a, &e, NULL), RAC_OVERFLOW);
	cr_assert_eq(e.bytes, UINT64_MAX);
}

/* D15: 32k tokens were told to need 69.8 GB for each layer. */
Test(estimate_attention, d15_flash_has_no_term_in_the_square_of_the_context)
{
	struct rac_attention a = llama2();

	a.kernel = RAC_KERNEL_FLASH;
	cr_assert_eq(estimate(&a).parts[RAC_PART_LOG_SUM_EXP], 524288);
	cr_assert_eq(bytes(a), 134217728 + 524288);
	a.query *= 8;
	cr_assert_eq(bytes(a), 8 * (UINT64_C(134217728) + 524288));
}

/* D15 */
Test(estimate_attention, d15_flash_decoding_keeps_a_partial_result_for_each_split)
{
	struct rac_attention a = {.batch = 2,
		.heads = 32,
		.query = 1,
		.keys = 8192,
		.head_dim = 80,
		.dtype = RAC_DTYPE_F16,
		.kernel = RAC_KERNEL_FLASH,
		.key_splits = 4};

	cr_assert_eq(estimate(&a).parts[RAC_PART_SPLITS], 4 * 2 * 32 * 1 * (96 + 1) * 4);
	a.head_dim = 128; /* a multiple of 32 stays as it is, a larger one must be one of 64 */
	cr_assert_eq(estimate(&a).parts[RAC_PART_SPLITS], 4 * 2 * 32 * 1 * (128 + 1) * 4);
	a.head_dim = 129;
	cr_assert_eq(estimate(&a).parts[RAC_PART_SPLITS], 4 * 2 * 32 * 1 * (192 + 1) * 4);
	a.key_splits = 1;
	cr_assert_eq(estimate(&a).parts[RAC_PART_SPLITS], 0);
}

/* D15 */
Test(estimate_attention, d15_fewer_kv_heads_share_keys_and_values)
{
	struct rac_attention a = llama2();
	struct rac_estimate mha = estimate(&a), gqa, mqa;

	a.kv_heads = 8;
	gqa = estimate(&a);
	a.kv_heads = 1;
	mqa = estimate(&a);
	cr_assert_eq(gqa.parts[RAC_PART_KEY] * 4, mha.parts[RAC_PART_KEY]);
	cr_assert_eq(mqa.parts[RAC_PART_VALUE] * 32, mha.parts[RAC_PART_VALUE]);
	cr_assert_eq(gqa.parts[RAC_PART_QUERY], mha.parts[RAC_PART_QUERY]);
	cr_assert_eq(gqa.parts[RAC_PART_SCORES], mha.parts[RAC_PART_SCORES]);
}

/* D15 */
Test(estimate_attention, d15_gqa_with_equal_heads_is_mha)
{
	for (int pass = RAC_PASS_FORWARD; pass <= RAC_PASS_BACKWARD; pass++) {
		for (int kernel = RAC_KERNEL_NAIVE; kernel <= RAC_KERNEL_FLASH; kernel++) {
			struct rac_attention a = llama2();

			a.pass = (enum rac_pass)pass;
			a.kernel = (enum rac_kernel)kernel;
			uint64_t mha = bytes(a);

			a.kv_heads = a.heads;
			cr_assert_eq(bytes(a), mha);
		}
	}
}

/* D15 */
Test(estimate_attention, d15_cross_attention_counts_queries_and_keys_apart)
{
	struct rac_attention a = layer(2, 4, 10, 8, RAC_DTYPE_F16);
	struct rac_estimate e;

	a.keys = 30;
	e = estimate(&a);
	cr_assert_eq(e.parts[RAC_PART_QUERY], 2 * 4 * 10 * 8 * 2);
	cr_assert_eq(e.parts[RAC_PART_KEY], 2 * 4 * 30 * 8 * 2);
	cr_assert_eq(e.parts[RAC_PART_SCORES], 2 * 4 * 10 * 30 * 2);
}

/* D15 */
Test(estimate_attention, d15_scores_may_have_a_dtype_of_their_own)
{
	struct rac_attention a = llama2();

	a.scores_given = true;
	a.scores = RAC_DTYPE_F32;
	cr_assert_eq(estimate(&a).parts[RAC_PART_SCORES], UINT64_C(2) << 30);
}

/* D15: the 5as/h of the paper is 2 + 2 + 1 bytes for each score in bf16. */
Test(estimate_attention, d15_training_keeps_softmax_dropout_and_mask)
{
	struct rac_attention a = llama2();
	const uint64_t scores = UINT64_C(32) * 4096 * 4096;

	a.pass = RAC_PASS_TRAINING;
	cr_assert_eq(estimate(&a).parts[RAC_PART_SOFTMAX], scores * 5);
	a.no_dropout = true;
	cr_assert_eq(estimate(&a).parts[RAC_PART_SOFTMAX], scores * 2);
	a.kernel = RAC_KERNEL_FLASH;
	cr_assert_eq(estimate(&a).parts[RAC_PART_SOFTMAX], 0);
}

/* D15 */
Test(estimate_attention, d15_backward_adds_the_gradients_and_delta)
{
	struct rac_attention a = llama2();
	struct rac_estimate e;

	a.pass = RAC_PASS_BACKWARD;
	e = estimate(&a);
	cr_assert_eq(e.parts[RAC_PART_GRAD_QUERY], e.parts[RAC_PART_QUERY]);
	cr_assert_eq(e.parts[RAC_PART_GRAD_KEY], e.parts[RAC_PART_KEY]);
	cr_assert_eq(e.parts[RAC_PART_GRAD_VALUE], e.parts[RAC_PART_VALUE]);
	cr_assert_eq(e.parts[RAC_PART_GRAD_OUTPUT], e.parts[RAC_PART_OUTPUT]);
	cr_assert_eq(e.parts[RAC_PART_GRAD_SCORES], e.parts[RAC_PART_SCORES]);
	a.kernel = RAC_KERNEL_FLASH;
	e = estimate(&a);
	cr_assert_eq(e.parts[RAC_PART_DELTA], e.parts[RAC_PART_LOG_SUM_EXP]);
	cr_assert_eq(e.parts[RAC_PART_GRAD_SCORES], 0);
	/* bf16, and the fp32 sums beside it */
	cr_assert_eq(e.parts[RAC_PART_GRAD_QUERY], 3 * e.parts[RAC_PART_QUERY]);
}

/* D15: flash backward writes dK and dV for each query head and sums them afterwards. */
Test(estimate_attention, d15_flash_backward_expands_shared_keys)
{
	struct rac_attention a = llama2();
	struct rac_estimate e;

	a.pass = RAC_PASS_BACKWARD;
	a.kernel = RAC_KERNEL_FLASH;
	a.kv_heads = 8;
	e = estimate(&a);
	cr_assert_eq(e.parts[RAC_PART_GRAD_KEY], 5 * e.parts[RAC_PART_KEY]);
	cr_assert_eq(e.parts[RAC_PART_GRAD_VALUE], 5 * e.parts[RAC_PART_VALUE]);
}

/* D15 */
Test(estimate_attention, d15_a_chunk_of_the_prompt_needs_its_share_of_the_scores)
{
	struct rac_attention a = llama2();

	a.keys = 4096;
	a.chunk = 512;
	cr_assert_eq(estimate(&a).parts[RAC_PART_SCORES], (UINT64_C(1) << 30) / 8);
	cr_assert_eq(estimate(&a).parts[RAC_PART_KEY], UINT64_C(32) << 20);
	a.chunk = 8192;
	cr_assert_eq(bytes(a), 1207959552);
}

/* D15 */
Test(estimate_attention, d15_a_window_bounds_the_keys_that_are_read)
{
	struct rac_attention a = {.batch = 1,
		.heads = 32,
		.kv_heads = 8,
		.query = 1,
		.keys = 32768,
		.head_dim = 128,
		.window = 4096,
		.dtype = RAC_DTYPE_BF16};

	cr_assert_eq(estimate(&a).parts[RAC_PART_KEY], UINT64_C(4096) * 8 * 128 * 2);
	a.query = 512; /* the first of them sees 4095 tokens before the chunk */
	cr_assert_eq(estimate(&a).parts[RAC_PART_KEY], UINT64_C(4607) * 8 * 128 * 2);
	a.window = UINT64_MAX;
	cr_assert_eq(estimate(&a).parts[RAC_PART_KEY], UINT64_C(32768) * 8 * 128 * 2);
}

/* D15: DeepSeek-V3, expanded to heads and absorbed into the latent. */
Test(estimate_attention, d15_mla_in_both_forms)
{
	struct rac_attention expanded = {.batch = 1,
		.heads = 128,
		.query = 4096,
		.head_dim = 128 + 64,
		.value_dim = 128,
		.dtype = RAC_DTYPE_BF16,
		.kernel = RAC_KERNEL_FLASH};
	struct rac_attention absorbed = {.batch = 1,
		.heads = 128,
		.kv_heads = 1,
		.query = 1,
		.keys = 4096,
		.head_dim = 512 + 64,
		.value_dim = 512,
		.value_in_key = true,
		.dtype = RAC_DTYPE_BF16,
		.kernel = RAC_KERNEL_FLASH};
	struct rac_estimate e = estimate(&expanded);

	cr_assert_eq(e.parts[RAC_PART_KEY], UINT64_C(4096) * 128 * 192 * 2);
	cr_assert_eq(e.parts[RAC_PART_VALUE], UINT64_C(4096) * 128 * 128 * 2);
	e = estimate(&absorbed);
	cr_assert_eq(e.parts[RAC_PART_KEY], 4096 * 576 * 2);
	cr_assert_eq(e.parts[RAC_PART_VALUE], 0);
	cr_assert_eq(e.parts[RAC_PART_OUTPUT], 128 * 512 * 2);
	absorbed.value_dim = absorbed.head_dim; /* all of the key */
	cr_assert_eq(estimate(&absorbed).parts[RAC_PART_VALUE], 0);
}

Test(estimate_attention, a_wrong_argument_is_named_with_its_rule)
{
	static const struct {
		struct rac_attention a;
		const char *what;
		uint64_t value;
	} cases[] = {
		{{.batch = 1, .query = 1, .head_dim = 1}, "heads", 0},
		{{.batch = 1, .heads = 1, .query = 1}, "head_dim", 0},
		{{.batch = 1, .heads = 8, .kv_heads = 3, .query = 1, .head_dim = 1}, "kv_heads", 3},
		{{.batch = 1, .heads = 2, .kv_heads = 4, .query = 1, .head_dim = 1}, "kv_heads", 4},
		{{.batch = 1,
			 .heads = 1,
			 .query = 1,
			 .head_dim = 4,
			 .value_dim = 5,
			 .value_in_key = true},
			"value_dim", 5},
		{{.batch = 1, .heads = 1, .query = 1, .head_dim = 1, .dtype = RAC_DTYPE_COUNT},
			"dtype", RAC_DTYPE_COUNT},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rac_estimate e;
		struct rac_why why = {0};

		cr_assert_eq(rac_estimate_attention(&cases[i].a, &e, &why), RAC_INVALID);
		cr_assert_str_eq(why.what, cases[i].what);
		cr_assert_eq(why.value, cases[i].value);
		cr_assert_not_null(why.rule);
		cr_assert_eq(rac_estimate_attention(&cases[i].a, &e, NULL), RAC_INVALID);
	}
}
