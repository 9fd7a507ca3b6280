/*
 * test_estimate_training.c - states and activations of training against the papers and tools that
 * publish them.
 */
#include "model_fixture.h"

#include <criterion/criterion.h>

#define LLAMA_2_7B UINT64_C(6738415616)

static struct rac_estimate states(struct rac_states s, uint64_t *host)
{
	struct rac_estimate e;
	struct rac_why why = {"", 0, ""};

	cr_assert_eq(rac_estimate_states(&s, &e, host, &why), RAC_OK, "%s %s", why.what, why.rule);
	return e;
}

static uint64_t per_million(enum rac_regime regime)
{
	struct rac_states s = {.parameters = 2048000000, .regime = regime};

	return states(s, NULL).bytes / 2048;
}

Test(estimate_training, states_of_llama_2_7b_in_mixed_precision)
{
	struct rac_states s = {.parameters = LLAMA_2_7B, .regime = RAC_REGIME_ADAM};
	struct rac_estimate e = states(s, NULL);

	cr_assert_eq(e.bytes, 107814649856);
	cr_assert_eq(e.parts[RAC_PART_WEIGHTS], 2 * LLAMA_2_7B);
	cr_assert_eq(e.parts[RAC_PART_GRADIENTS], 2 * LLAMA_2_7B);
	cr_assert_eq(e.parts[RAC_PART_OPTIMIZER], 12 * LLAMA_2_7B);
	s.regime = RAC_REGIME_ADAM_F32_GRADS;
	cr_assert_eq(states(s, NULL).bytes, 121291481088);
}

Test(estimate_training, bytes_for_a_parameter_in_each_regime)
{
	cr_assert_eq(per_million(RAC_REGIME_ADAM), 16000000);
	cr_assert_eq(per_million(RAC_REGIME_ADAM_F32_GRADS), 18000000);
	cr_assert_eq(per_million(RAC_REGIME_ADAM_F32), 16000000);
	cr_assert_eq(per_million(RAC_REGIME_SGD), 14000000);
	cr_assert_eq(per_million(RAC_REGIME_MUON), 14000000);
	cr_assert_eq(per_million(RAC_REGIME_ADAM_8BIT), 12000000 + 1000000 * 8 / 2048);
}

Test(estimate_training, each_regime_has_a_name_and_words)
{
	for (unsigned i = 0; i < RAC_REGIME_COUNT; i++) {
		cr_assert_str_not_empty(rac_regime_name((enum rac_regime)i));
		cr_assert_str_not_empty(rac_regime_words((enum rac_regime)i));
	}
	cr_assert_null(rac_regime_name(RAC_REGIME_COUNT));
	cr_assert_null(rac_regime_words(RAC_REGIME_COUNT));
}

Test(estimate_training, zero_1_divides_the_optimizer_only)
{
	struct rac_states s = {
		.parameters = 1000, .regime = RAC_REGIME_ADAM_F32_GRADS, .zero = 1, .ranks = 8};

	cr_assert_eq(states(s, NULL).bytes, 6 * 1000 + 12 * 1000 / 8); /* Megatron: 6 + 12/D */
	s.ranks = 7;
	cr_assert_eq(states(s, NULL).bytes, 6 * 1000 + 1715); /* rounded up */
}

/* A model of 2851 million parameters on one node of 8 GPUs, as DeepSpeed's manual prints it:
 * 127.48 GiB of host and 5.31 or 15.93 GiB of device memory. */
Test(estimate_training, zero_2_is_what_deepspeed_estimates)
{
	struct rac_states s = {.parameters = 2851000000, .zero = 2, .ranks = 8};
	uint64_t host;

	cr_assert_eq(states(s, &host).bytes, UINT64_C(6) * 2851000000);
	cr_assert_eq(host, UINT64_C(4) * 8 * 2851000000 * 3 / 2);
	s.offload_optimizer = true;
	cr_assert_eq(states(s, &host).bytes, UINT64_C(2) * 2851000000);
	cr_assert_eq(host, UINT64_C(32) * 2851000000 * 3 / 2);
	s.ranks = 1;
	cr_assert_eq(states(s, &host).bytes, UINT64_C(2) * 2851000000);
	cr_assert_eq(host, UINT64_C(16) * 2851000000 * 3 / 2);
}

/* 2783 million parameters, 65 million in the largest layer, one GPU, as DeepSpeed's manual prints. */
Test(estimate_training, zero_3_is_what_deepspeed_estimates)
{
	const uint64_t n = 2783000000, largest = 65000000;
	struct rac_states s = {.parameters = n, .largest = largest, .zero = 3, .zero_init = true};
	uint64_t host;

	cr_assert_eq(states(s, &host).bytes, 18 * n + 4 * largest);
	cr_assert_eq(host, 4 * largest * 3 / 2);
	s.zero_init = false;
	states(s, &host);
	cr_assert_eq(host, 4 * n * 3 / 2);
	s.offload_optimizer = true;
	cr_assert_eq(states(s, &host).bytes, 2 * n + 4 * largest);
	cr_assert_eq(host, 16 * n * 3 / 2);
	s.offload_weights = true;
	cr_assert_eq(states(s, &host).bytes, 4 * largest);
	cr_assert_eq(host, 18 * n * 3 / 2);
}

Test(estimate_training, zero_3_divides_among_ranks_and_hosts)
{
	const uint64_t n = 1600000000, largest = 1000000;
	struct rac_states s = {.parameters = n,
		.largest = largest,
		.zero = 3,
		.ranks = 16,
		.ranks_per_node = 8,
		.zero_init = true};
	uint64_t host;

	cr_assert_eq(states(s, &host).bytes, 18 * n / 16 + 4 * largest);
	s.offload_optimizer = true;
	cr_assert_eq(states(s, &host).bytes, 2 * n / 16 + 4 * largest);
	cr_assert_eq(host, 16 * n / 2 * 3 / 2);
	s.zero_init = false;
	states(s, &host);
	cr_assert_eq(host, 4 * 8 * n * 3 / 2);
}

Test(estimate_training, communication_buffers_are_counted_on_request)
{
	struct rac_states s = {
		.parameters = 1000, .zero = 1, .ranks = 2, .communication_buffers = true};

	cr_assert_eq(states(s, NULL).parts[RAC_PART_COMMUNICATION], 1000000000);
	s.zero = 3;
	cr_assert_eq(states(s, NULL).parts[RAC_PART_COMMUNICATION], 3000000000);
	s.zero = 0;
	cr_assert_eq(states(s, NULL).parts[RAC_PART_COMMUNICATION], 0);
}

Test(estimate_training, a_division_that_does_not_exist_is_refused)
{
	static const struct {
		struct rac_states s;
		const char *what;
	} cases[] = {
		{{.regime = RAC_REGIME_COUNT}, "regime"},
		{{.zero = 4}, "zero"},
		{{.ranks = 8, .ranks_per_node = 3}, "ranks_per_node"},
		{{.ranks = 2, .ranks_per_node = 4}, "ranks_per_node"},
		{{.ranks = UINT64_MAX}, "ranks"},
		{{.zero = 2, .regime = RAC_REGIME_SGD}, "zero"},
		{{.zero = 1, .offload_optimizer = true}, "zero"},
		{{.zero = 2, .offload_optimizer = true, .offload_weights = true}, "zero"},
		{{.zero = 3, .offload_weights = true}, "zero"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rac_estimate e;
		struct rac_why why = {"", 0, ""};

		cr_assert_eq(rac_estimate_states(&cases[i].s, &e, NULL, &why), RAC_INVALID);
		cr_assert_str_eq(why.what, cases[i].what);
	}
}

Test(estimate_training, states_that_do_not_fit_64_bits_are_an_overflow)
{
	for (unsigned zero = 0; zero <= 3; zero++) {
		struct rac_states s = {.parameters = UINT64_MAX, .largest = 1, .zero = zero};
		struct rac_estimate e;

		cr_assert_eq(rac_estimate_states(&s, &e, NULL, NULL), RAC_OVERFLOW);
		cr_assert_eq(e.bytes, UINT64_MAX);
	}
}

static struct rac_estimate activations(struct rac_model m, struct rac_activations a)
{
	struct rac_estimate e;
	struct rac_why why = {"", 0, ""};

	cr_assert_eq(
		rac_estimate_activations(&m, &a, &e, &why), RAC_OK, "%s %s", why.what, why.rule);
	return e;
}

static struct rac_activations of_a_sequence(uint64_t sequence)
{
	return (struct rac_activations){.batch = 1, .sequence = sequence, .dtype = RAC_DTYPE_BF16};
}

Test(estimate_training, activations_are_those_of_the_paper)
{
	struct rac_model m = plain_transformer(32, 4096, 32);
	struct rac_activations a = of_a_sequence(2048);
	struct rac_estimate e = activations(m, a);

	cr_assert_eq(e.parts[RAC_PART_ACTIVATIONS], 30601641984);
	cr_assert_eq(e.parts[RAC_PART_EMBEDDING], 2048 * (8 + 4096));
	cr_assert_eq(e.parts[RAC_PART_LOGITS], UINT64_C(4) * 2048 * (4096 + 32000));
	a.recompute = RAC_RECOMPUTE_SELECTIVE;
	cr_assert_eq(activations(m, a).parts[RAC_PART_ACTIVATIONS], 9126805504);
	a.recompute = RAC_RECOMPUTE_NONE;
	a.kernel = RAC_KERNEL_FLASH;
	cr_assert_eq(activations(m, a).parts[RAC_PART_ACTIVATIONS], 9126805504);
	a.recompute = RAC_RECOMPUTE_FULL;
	e = activations(m, a);
	cr_assert_eq(e.parts[RAC_PART_ACTIVATIONS], 536870912);
	cr_assert_eq(e.parts[RAC_PART_RECOMPUTED], 9126805504 / 32);
	a.kernel = RAC_KERNEL_NAIVE;
	cr_assert_eq(activations(m, a).parts[RAC_PART_RECOMPUTED], 30601641984 / 32);
}

/* (16e + 2) + (2e + 1)*a*s/h, with e = 4. */
Test(estimate_training, activations_of_wider_types)
{
	struct rac_activations a = of_a_sequence(1024);
	const uint64_t h = 1024, heads = 16, s = 1024;

	a.dtype = RAC_DTYPE_F32;
	cr_assert_eq(activations(plain_transformer(2, h, heads), a).parts[RAC_PART_ACTIVATIONS],
		2 * s * (h * (16 * 4 + 2) + (2 * 4 + 1) * heads * s));
}

/* s*b*h*(10 + 24/T + 5*a*s/(h*T)), and with sequence parallelism all of it divided. */
Test(estimate_training, tensor_parallelism_leaves_ten_bytes_undivided)
{
	struct rac_model m = plain_transformer(1, 4096, 32);
	struct rac_activations a = of_a_sequence(2048);
	const uint64_t sbh = 2048 * 4096, scores = UINT64_C(5) * 32 * 2048 * 2048;

	a.tensor_parallel = 8;
	cr_assert_eq(activations(m, a).parts[RAC_PART_ACTIVATIONS],
		sbh * 10 + sbh * 24 / 8 + scores / 8);
	cr_assert_eq(activations(m, a).parts[RAC_PART_LOGITS],
		UINT64_C(4) * 2048 * 4096 + UINT64_C(4) * 2048 * 32000 / 8);
	a.sequence_parallel = true;
	cr_assert_eq(activations(m, a).parts[RAC_PART_ACTIVATIONS], (sbh * 34 + scores) / 8);
}

Test(estimate_training, without_dropout_no_masks_are_kept)
{
	struct rac_model m = plain_transformer(1, 4096, 32);
	struct rac_activations a = of_a_sequence(2048);

	a.no_dropout = true;
	cr_assert_eq(activations(m, a).parts[RAC_PART_ACTIVATIONS],
		UINT64_C(2048) * (4096 * 32 + 2 * 32 * 2048));
	cr_assert_eq(activations(m, a).parts[RAC_PART_EMBEDDING], 2048 * 8);
}

Test(estimate_training, a_pipeline_stage_holds_several_microbatches)
{
	struct rac_model m = plain_transformer(4, 512, 8);
	struct rac_activations a = of_a_sequence(128);
	uint64_t one = activations(m, a).parts[RAC_PART_ACTIVATIONS];

	a.in_flight = 3;
	cr_assert_eq(activations(m, a).parts[RAC_PART_ACTIVATIONS], 3 * one);
}

/* fp32 logits of Llama-3 at 8192 tokens are 3.9 GiB. */
Test(estimate_training, logits_may_be_the_largest_of_all)
{
	struct rac_estimate e = activations(llama_3_8b(), of_a_sequence(8192));

	cr_assert_eq(e.parts[RAC_PART_LOGITS], UINT64_C(4) * 8192 * (4096 + 128256));
}

/* Dispatched inputs and outputs of both experts, four widths of each, and the router in fp32. */
Test(estimate_training, experts_keep_what_their_tokens_pass)
{
	struct rac_model m = mixtral_8x7b();
	struct rac_activations a = of_a_sequence(1);

	m.layers = 1;
	a.kernel = RAC_KERNEL_FLASH;
	cr_assert_eq(activations(m, a).parts[RAC_PART_ACTIVATIONS],
		4096 * (2 * 4 + 2) + 2 * (4096 + 1024 + 1024 + 4096) + 2 * 2 * 2 * 4096 +
			8 * 2 * 14336 + 8 * 8);
}

Test(estimate_training, activations_need_a_type_of_whole_bytes)
{
	static const enum rac_dtype wrong[] = {RAC_DTYPE_F4, RAC_DTYPE_Q4_K, RAC_DTYPE_COUNT};
	struct rac_model m = llama_2_7b();

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct rac_activations a = {.batch = 1, .sequence = 1, .dtype = wrong[i]};
		struct rac_estimate e;
		struct rac_why why = {"", 0, ""};

		cr_assert_eq(rac_estimate_activations(&m, &a, &e, &why), RAC_INVALID);
		cr_assert_str_eq(why.what, "dtype");
	}
}

Test(estimate_training, activations_that_do_not_fit_are_an_overflow)
{
	static const enum rac_recompute all[] = {
		RAC_RECOMPUTE_NONE, RAC_RECOMPUTE_SELECTIVE, RAC_RECOMPUTE_FULL};
	struct rac_model m = llama_2_7b();

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct rac_activations a = {.batch = UINT64_C(1) << 31,
			.sequence = UINT64_C(1) << 32,
			.dtype = RAC_DTYPE_BF16,
			.recompute = all[i]};
		struct rac_estimate e;

		cr_assert_eq(rac_estimate_activations(&m, &a, &e, NULL), RAC_OVERFLOW);
		cr_assert_eq(e.bytes, UINT64_MAX);
	}
}

/* DeepSeek's attention keeps each latent twice, before and after its norm, and all heads expanded. */
Test(estimate_training, a_latent_keeps_itself_and_what_is_made_of_it)
{
	struct rac_model m = deepseek_v3();
	struct rac_activations a = {
		.batch = 1, .sequence = 1, .dtype = RAC_DTYPE_F32, .kernel = RAC_KERNEL_FLASH};

	m.layers = m.dense_layers = 1;
	a.no_dropout = true;
	cr_assert_eq(activations(m, a).parts[RAC_PART_ACTIVATIONS],
		4 * (4 * 7168 + 2 * 1536 + 2 * 512 + 128 * (192 + 192 + 128 + 128) + 4 * 18432));
	m.layers = 2; /* one of them with experts */
	cr_assert_eq(activations(m, a).parts[RAC_PART_ACTIVATIONS],
		2 * 4 * (4 * 7168 + 2 * 1536 + 2 * 512 + 128 * (192 + 192 + 128 + 128)) +
			4 * 4 * 18432 + 4 * (2 * 8 * 7168 + 4 * 8 * 2048 + 4 * 2048) + 8 * 256);
}

Test(estimate_training, a_share_that_is_no_whole_byte_is_rounded_up)
{
	struct rac_model m = plain_transformer(1, 3, 1);
	struct rac_activations a = of_a_sequence(1);

	a.tensor_parallel = 7;
	/* 30 bytes whole; 4*3 + 2*12 elements and 5 bytes of scores in 7 parts. */
	cr_assert_eq(activations(m, a).parts[RAC_PART_ACTIVATIONS], 30 + (72 + 5 + 6) / 7);
	a.recompute = RAC_RECOMPUTE_FULL;
	a.sequence_parallel = true;
	cr_assert_eq(activations(m, a).parts[RAC_PART_ACTIVATIONS], 1);
}
