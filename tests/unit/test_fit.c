/*
 * test_fit.c - whole runs put together, and the largest batch, context or number of layers that fits.
 */
#include "model_fixture.h"
#include "rac_plan.h"

#include <criterion/criterion.h>

#define GIB (UINT64_C(1) << 30)
#define MIB (UINT64_C(1) << 20)

static struct rac_plan inference(struct rac_model m)
{
	return (struct rac_plan){
		.model = m,
		.dtype = RAC_DTYPE_BF16,
		.rest = RAC_DTYPE_BF16,
		.key_dtype = RAC_DTYPE_BF16,
		.value_dtype = RAC_DTYPE_BF16,
		.kernel = RAC_KERNEL_FLASH,
	};
}

static struct rac_estimate estimate(struct rac_plan p)
{
	struct rac_estimate e;
	struct rac_why why = {"", 0, ""};

	cr_assert_eq(rac_estimate_plan(&p, &e, NULL, &why), RAC_OK, "%s %s", why.what, why.rule);
	return e;
}

static struct rac_fit fit(struct rac_plan p, enum rac_fit_variable variable, uint64_t budget)
{
	struct rac_fit f;
	struct rac_why why = {"", 0, ""};

	cr_assert_eq(
		rac_plan_fit(&p, variable, budget, &f, &why), RAC_OK, "%s %s", why.what, why.rule);
	return f;
}

Test(plan, inference_is_weights_and_what_was_asked_for)
{
	struct rac_plan p = inference(llama_3_8b());

	cr_assert_eq(estimate(p).bytes, 16060522496);
	p.batch = 2;
	p.context = 8192;
	cr_assert_eq(estimate(p).bytes, 16060522496 + 2 * GIB);
	p.step = 1;
	struct rac_estimate e = estimate(p);

	cr_assert_eq(e.parts[RAC_PART_RESIDUAL], 2 * 2 * 4096 * 2);
	cr_assert_eq(e.parts[RAC_PART_STEP_LAYER], 3 * 2 * 14336 * 2);
	cr_assert_eq(e.parts[RAC_PART_LOGITS], 4 * 2 * 128256);
}

Test(plan, tensor_parallel_ranks_keep_whole_kv_heads)
{
	struct rac_plan p = inference(llama_3_8b());

	p.context = 8192;
	p.tensor_parallel = 4;
	cr_assert_eq(estimate(p).bytes, 16060522496 / 4 + GIB / 4);
	p.tensor_parallel = 16;
	cr_assert_eq(estimate(p).parts[RAC_PART_KV_CACHE], GIB / 8);
	p = inference(deepseek_v3());
	p.context = 1;
	p.tensor_parallel = 8;
	cr_assert_eq(estimate(p).parts[RAC_PART_KV_CACHE], 70272);
}

Test(plan, weights_known_from_a_file_replace_the_computed_ones)
{
	struct rac_plan p = inference(llama_3_8b());

	p.weight_bytes = 1000;
	cr_assert_eq(estimate(p).bytes, 1000);
}

Test(plan, overhead_is_on_everything_but_fixed_costs)
{
	struct rac_plan p = inference(llama_3_8b());

	p.weight_bytes = 1000;
	p.overhead = 1100;
	p.fixed = 500;
	struct rac_estimate e = estimate(p);

	cr_assert_eq(e.bytes, 1600);
	cr_assert_eq(e.parts[RAC_PART_FIXED], 500);
	p.overhead = 999;
	cr_assert_eq(rac_estimate_plan(&p, &e, NULL, NULL), RAC_INVALID);
}

Test(plan, training_is_states_and_activations)
{
	struct rac_plan p = inference(llama_2_7b());

	p.training = true;
	cr_assert_eq(estimate(p).bytes, 107814649856);
	p.states.zero = 3;
	p.states.ranks = 8;
	cr_assert_eq(estimate(p).parts[RAC_PART_WORKING_LAYER], UINT64_C(4) * 32000 * 4096);
	p.context = 4096;
	p.recompute = RAC_RECOMPUTE_FULL;
	cr_assert_eq(estimate(p).parts[RAC_PART_ACTIVATIONS], UINT64_C(2) * 4096 * 4096 * 32);
}

/* QLoRA: the base in NF4, adapters and their states in mixed precision. */
Test(plan, lora_trains_adapters_over_a_frozen_base)
{
	struct rac_plan p = inference(llama_2_7b());

	p.training = true;
	p.dtype = RAC_DTYPE_NF4;
	p.lora_rank = 16;
	p.lora_roles = RAC_LORA_ALL;
	struct rac_estimate e = estimate(p);

	cr_assert_eq(e.parts[RAC_PART_ADAPTERS], 2 * 39976960);
	cr_assert_eq(e.parts[RAC_PART_GRADIENTS], 2 * 39976960);
	cr_assert_eq(e.parts[RAC_PART_OPTIMIZER], 12 * 39976960);
	p.training = false;
	cr_assert_eq(e.parts[RAC_PART_WEIGHTS], estimate(p).bytes);
}

Test(plan, pytorchs_blocks_round_parts_to_their_segments)
{
	struct rac_plan p = inference(llama_3_8b());

	p.weight_bytes = 3 * MIB;
	p.context = 1; /* 128 KiB */
	p.torch_blocks = true;
	cr_assert_eq(estimate(p).bytes, 4 * MIB + 2 * MIB);
}

Test(fit, the_largest_batch_of_llama_3_8b_in_72_gib_is_57)
{
	struct rac_plan p = inference(llama_3_8b());

	p.context = 8192;
	struct rac_fit f = fit(p, RAC_FIT_BATCH, 72 * GIB);

	cr_assert_eq(f.value, 57);
	cr_assert(f.bounded);
	cr_assert_eq(f.at.bytes, 16060522496 + 57 * GIB);
	cr_assert_eq(f.past.bytes, 16060522496 + 58 * GIB);
	p.step = 1; /* the workspace of decoding leaves it at that */
	cr_assert_eq(fit(p, RAC_FIT_BATCH, 72 * GIB).value, 57);
}

Test(fit, the_budget_is_inclusive)
{
	struct rac_plan p = inference(llama_3_8b());

	p.context = 8192;
	cr_assert_eq(fit(p, RAC_FIT_BATCH, 16060522496 + GIB).value, 1);
	struct rac_fit f = fit(p, RAC_FIT_BATCH, 16060522496 + GIB - 1);

	cr_assert_eq(f.value, 0);
	cr_assert_eq(f.at.bytes, 0);
	cr_assert_eq(f.past.bytes, 16060522496 + GIB);
}

Test(fit, the_longest_context_is_found_in_whole_pages)
{
	struct rac_plan p = inference(llama_3_8b());

	p.block_tokens = 16;
	struct rac_fit f = fit(p, RAC_FIT_CONTEXT, 16060522496 + UINT64_C(131072) * 1000);

	cr_assert_eq(f.value, 992);
	cr_assert_eq(f.past.parts[RAC_PART_KV_CACHE], UINT64_C(131072) * 1008);
}

Test(fit, the_number_of_layers_stops_at_the_models_own)
{
	struct rac_plan p = inference(llama_3_8b());
	struct rac_fit f;

	f = fit(p, RAC_FIT_LAYERS, 100 * GIB);
	cr_assert_eq(f.value, 32);
	cr_assert_not(f.bounded);
	cr_assert_eq(f.past.bytes, 0);
	f = fit(p, RAC_FIT_LAYERS, 8 * GIB);
	cr_assert_eq(f.value, 14);
	p.model = deepseek_v3();
	f = fit(p, RAC_FIT_LAYERS, 80 * GIB);
	cr_assert(f.bounded);
	cr_assert_leq(f.at.bytes, 80 * GIB);
	cr_assert_gt(f.past.bytes, 80 * GIB);
}

Test(fit, layers_of_known_weights_share_them_by_their_parameters)
{
	struct rac_plan p = inference(llama_3_8b());

	p.weight_bytes = 4 * GIB;
	cr_assert_eq(fit(p, RAC_FIT_LAYERS, 4 * GIB).value, 32);
	cr_assert_lt(fit(p, RAC_FIT_LAYERS, 2 * GIB).value, 16);
}

Test(fit, what_grows_with_nothing_is_unbounded)
{
	struct rac_fit f = fit(inference(llama_3_8b()), RAC_FIT_BATCH, 80 * GIB);

	cr_assert_not(f.bounded);
	cr_assert_eq(f.value, UINT64_C(1) << 40);
}

struct staircase {
	uint64_t step, offset, calls;
	enum rac_status beyond; /* status from 2^20 on */
};

static enum rac_status climb(void *context, uint64_t value, struct rac_estimate *out)
{
	struct staircase *s = context;

	*out = (struct rac_estimate){0};
	s->calls++;
	if (value >= UINT64_C(1) << 20) {
		out->bytes = UINT64_MAX;
		return s->beyond;
	}
	out->bytes = s->offset + value / s->step;
	return RAC_OK;
}

Test(fit, every_border_of_a_staircase_is_found)
{
	for (uint64_t step = 1; step < 20; step++) {
		for (uint64_t budget = 0; budget < 40; budget++) {
			struct staircase s = {.step = step, .offset = 3, .beyond = RAC_OVERFLOW};
			struct rac_fit f;
			uint64_t expected = budget < 3 ? 0 : (budget - 3 + 1) * step - 1;

			cr_assert_eq(rac_fit_largest(climb, &s, budget, UINT64_MAX, &f), RAC_OK);
			cr_assert_eq(f.value, expected);
			cr_assert(f.bounded);
			cr_assert_gt(f.past.bytes, budget);
			cr_assert_lt(s.calls, 24);
		}
	}
}

Test(fit, an_overflow_does_not_fit_and_a_wrong_argument_ends_the_search)
{
	struct staircase s = {.step = 1, .beyond = RAC_OVERFLOW};
	struct rac_fit f;

	cr_assert_eq(rac_fit_largest(climb, &s, UINT64_MAX, UINT64_MAX, &f), RAC_OK);
	cr_assert_eq(f.value, (UINT64_C(1) << 20) - 1);
	s.beyond = RAC_INVALID;
	cr_assert_eq(rac_fit_largest(climb, &s, UINT64_MAX, UINT64_MAX, &f), RAC_INVALID);
}

Test(fit, any_ceiling_is_reached_and_not_passed)
{
	for (uint64_t ceiling = 0; ceiling < 40; ceiling++) {
		struct staircase s = {.step = 1, .beyond = RAC_OVERFLOW};
		struct rac_fit f;

		cr_assert_eq(rac_fit_largest(climb, &s, 1000, ceiling, &f), RAC_OK);
		cr_assert_eq(f.value, ceiling);
		cr_assert_not(f.bounded);
	}
}

Test(fit, a_model_that_cannot_be_is_reported_and_not_searched)
{
	struct rac_plan p = inference(llama_3_8b());
	struct rac_fit f;
	struct rac_why why = {"", 0, ""};

	p.model.heads = 0;
	cr_assert_eq(rac_plan_fit(&p, RAC_FIT_BATCH, GIB, &f, &why), RAC_INVALID);
	cr_assert_str_eq(why.what, "heads");
}

Test(plan, a_share_that_is_no_whole_byte_is_rounded_up)
{
	struct rac_plan p = inference(llama_3_8b());

	p.weight_bytes = 1001;
	p.tensor_parallel = 2;
	cr_assert_eq(estimate(p).bytes, 501);
	p.weight_bytes = 0;
	p.training = true;
	p.tensor_parallel = 3;
	cr_assert_eq(estimate(p).parts[RAC_PART_GRADIENTS], 2 * ((8030261248 + 2) / 3));
}

Test(plan, a_step_is_divided_but_for_its_residual_stream)
{
	struct rac_plan p = inference(llama_3_8b());

	p.context = 8192;
	p.step = 512;
	struct rac_estimate whole = estimate(p), share;

	p.tensor_parallel = 4;
	share = estimate(p);
	cr_assert_eq(share.parts[RAC_PART_RESIDUAL], whole.parts[RAC_PART_RESIDUAL]);
	cr_assert_eq(share.parts[RAC_PART_STEP_LAYER], whole.parts[RAC_PART_STEP_LAYER] / 4);
	cr_assert_eq(share.parts[RAC_PART_LOGITS], whole.parts[RAC_PART_LOGITS] / 4);
}

Test(plan, the_host_memory_of_zero_is_told)
{
	struct rac_plan p = inference(llama_2_7b());
	struct rac_estimate e;
	uint64_t host = 0;

	p.training = true;
	p.states.zero = 2;
	p.states.offload_optimizer = true;
	cr_assert_eq(rac_estimate_plan(&p, &e, &host, NULL), RAC_OK);
	cr_assert_eq(host, UINT64_C(16) * 6738415616 * 3 / 2);
}
