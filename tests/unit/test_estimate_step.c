/*
 * test_estimate_step.c - the workspace of one step of inference.
 */
#include "model_fixture.h"

#include <criterion/criterion.h>

static struct rac_estimate step(struct rac_model m, struct rac_step s)
{
	struct rac_estimate e;
	struct rac_why why = {"", 0, ""};

	cr_assert_eq(rac_estimate_step(&m, &s, &e, &why), RAC_OK, "%s %s", why.what, why.rule);
	return e;
}

static struct rac_step chunk(uint64_t tokens, enum rac_kernel kernel)
{
	return (struct rac_step){
		.batch = 2,
		.tokens = tokens,
		.context = 8192,
		.dtype = RAC_DTYPE_BF16,
		.kernel = kernel,
	};
}

Test(estimate_step, the_residual_stream_is_there_twice_and_logits_once_a_sequence)
{
	struct rac_estimate e = step(llama_3_8b(), chunk(512, RAC_KERNEL_FLASH));

	cr_assert_eq(e.parts[RAC_PART_RESIDUAL], 2 * 2 * 512 * 4096 * 2);
	cr_assert_eq(e.parts[RAC_PART_LOGITS], 2 * 4 * 128256);
}

/* Gate, up and product of the FFN are wider than query, output, new keys and values, and the lse. */
Test(estimate_step, the_widest_stage_of_a_gated_model_is_its_ffn)
{
	struct rac_estimate e = step(llama_3_8b(), chunk(512, RAC_KERNEL_FLASH));

	cr_assert_eq(e.parts[RAC_PART_STEP_LAYER], UINT64_C(3) * 2 * 512 * 14336 * 2);
}

Test(estimate_step, the_widest_stage_of_a_narrow_model_is_its_attention)
{
	struct rac_model m = plain_transformer(2, 1024, 16);

	m.ffn = 512;
	cr_assert_eq(step(m, chunk(64, RAC_KERNEL_FLASH)).parts[RAC_PART_STEP_LAYER],
		2 * 64 * 1024 * 2 * 4 + 4 * 2 * 16 * 64);
	/* Naive copies the keys and values of the whole context, and has scores. */
	cr_assert_eq(step(m, chunk(64, RAC_KERNEL_NAIVE)).parts[RAC_PART_STEP_LAYER],
		UINT64_C(2) * 2 * 1024 * 2 * (64 + 8192) + UINT64_C(2) * 16 * 64 * 8192 * 2);
	m.ffn = 8192;
	cr_assert_eq(step(m, chunk(64, RAC_KERNEL_FLASH)).parts[RAC_PART_STEP_LAYER],
		2 * 2 * 64 * 8192 * 2);
}

Test(estimate_step, a_context_shorter_than_the_step_is_the_step)
{
	struct rac_model m = plain_transformer(2, 1024, 16);
	struct rac_step s = chunk(64, RAC_KERNEL_NAIVE);

	m.ffn = 1;
	s.context = 0;
	cr_assert_eq(step(m, s).parts[RAC_PART_STEP_LAYER],
		UINT64_C(2) * 64 * 1024 * 2 * 4 + 2 * 16 * 64 * 64 * 2);
}

/* Each token visits its experts, whose inputs and outputs are copies; shared ones see it as it is. */
Test(estimate_step, experts_work_on_copies)
{
	struct rac_model m = mixtral_8x7b();

	cr_assert_eq(step(m, chunk(1, RAC_KERNEL_FLASH)).parts[RAC_PART_STEP_LAYER],
		2 * 2 * (2 * 4096 + 3 * 14336) * 2);
	m.shared_ffn = 1000;
	cr_assert_eq(step(m, chunk(1, RAC_KERNEL_FLASH)).parts[RAC_PART_STEP_LAYER],
		2 * 2 * (2 * 4096 + 3 * 14336) * 2 + 2 * 3 * 1000 * 2);
}

/* Expanded to all heads: 192 elements of key, 128 of value. */
Test(estimate_step, a_latent_is_expanded_to_all_heads)
{
	struct rac_model m = deepseek_v3();

	m.experts_per_token = 1;
	cr_assert_eq(step(m, chunk(16, RAC_KERNEL_FLASH)).parts[RAC_PART_STEP_LAYER],
		UINT64_C(2) * 16 * 128 * (192 + 192 + 128 + 128) * 2 + 4 * 2 * 128 * 16);
	m.value_dim = 0; /* as wide as the part of a key that is not rotated */
	cr_assert_eq(step(m, chunk(16, RAC_KERNEL_FLASH)).parts[RAC_PART_STEP_LAYER],
		UINT64_C(2) * 16 * 128 * (192 + 192 + 128 + 128) * 2 + 4 * 2 * 128 * 16);
}

Test(estimate_step, what_does_not_fit_or_cannot_be_is_a_status)
{
	struct rac_model m = llama_3_8b();
	struct rac_step s = chunk(1, RAC_KERNEL_FLASH);
	struct rac_estimate e;
	struct rac_why why = {"", 0, ""};

	s.batch = UINT64_MAX;
	cr_assert_eq(rac_estimate_step(&m, &s, &e, NULL), RAC_OVERFLOW);
	cr_assert_eq(e.bytes, UINT64_MAX);
	s.batch = 1;
	m.ffn = UINT64_MAX;
	cr_assert_eq(rac_estimate_step(&m, &s, &e, NULL), RAC_OVERFLOW);
	m = mixtral_8x7b();
	m.expert_ffn = UINT64_MAX;
	cr_assert_eq(rac_estimate_step(&m, &s, &e, NULL), RAC_OVERFLOW);
	m = deepseek_v3();
	m.rope_dim = UINT64_MAX;
	cr_assert_eq(rac_estimate_step(&m, &s, &e, NULL), RAC_OVERFLOW);
	m = llama_3_8b();
	m.heads = 0;
	cr_assert_eq(rac_estimate_step(&m, &s, &e, &why), RAC_INVALID);
	cr_assert_str_eq(why.what, "heads");
}
