/*
 * test_estimate_properties.c - what must hold for any arguments: an estimate never falls when an
 * argument grows, kernels and head counts are ordered as they should be, and a fit is a border.
 * Arguments are drawn by a fixed generator, so that a failure can be run again.
 */
#include "model_fixture.h"
#include "rac_plan.h"

#include <criterion/criterion.h>

#define ROUNDS 3000

static uint64_t state = 0x9e3779b97f4a7c15;

static uint64_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* A number in [low, low + 2^bits), small ones as likely as large ones. */
static uint64_t some(uint64_t low, unsigned bits)
{
	return low + (draw() & ((UINT64_C(1) << draw() % (bits + 1)) - 1));
}

static bool coin(void)
{
	return (draw() & 1) != 0;
}

static enum rac_dtype some_dtype(void)
{
	static const enum rac_dtype dtypes[] = {RAC_DTYPE_F32, RAC_DTYPE_BF16, RAC_DTYPE_F8_E4M3,
		RAC_DTYPE_F4, RAC_DTYPE_Q8_0, RAC_DTYPE_NVFP4};

	return dtypes[draw() % (sizeof(dtypes) / sizeof(dtypes[0]))];
}

/* A larger value, and sometimes one that brings an overflow. */
static uint64_t grown(uint64_t value)
{
	return value + some(1, draw() % 8 == 0 ? 60 : 12);
}

Test(properties, a_tensor_grows_with_each_dimension)
{
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t dims[4], before, after;
		enum rac_dtype dtype = (enum rac_dtype)(draw() % RAC_DTYPE_COUNT);
		size_t i = draw() % 4;

		for (size_t d = 0; d < 4; d++)
			dims[d] = some(0, 18);
		rac_estimate_tensor(dims, 4, dtype, &before);
		dims[i] = grown(dims[i]);
		rac_estimate_tensor(dims, 4, dtype, &after);
		cr_assert_geq(after, before);
	}
}

static struct rac_attention some_attention(void)
{
	struct rac_attention a = {
		.batch = some(0, 6),
		.heads = some(1, 6),
		.query = some(0, 14),
		.keys = some(1, 14),
		.head_dim = some(1, 9),
		.value_dim = some(1, 9),
		.window = coin() ? some(1, 14) : 0,
		.chunk = coin() ? some(1, 12) : 0,
		.dtype = some_dtype(),
		.no_dropout = coin(),
		.kernel = coin() ? RAC_KERNEL_FLASH : RAC_KERNEL_NAIVE,
		.pass = (enum rac_pass)(draw() % 3),
	};

	if (a.kernel == RAC_KERNEL_FLASH)
		a.key_splits = some(0, 4);
	return a;
}

static uint64_t attention(struct rac_attention a)
{
	struct rac_estimate e;

	cr_assert_neq(rac_estimate_attention(&a, &e, NULL), RAC_INVALID);
	return e.bytes;
}

Test(properties, attention_grows_with_each_argument)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct rac_attention a = some_attention(), b = a;

		switch (draw() % 8) {
		case 0:
			b.batch = grown(a.batch);
			break;
		case 1:
			b.heads = grown(a.heads);
			break;
		case 2:
			b.query = grown(a.query);
			break;
		case 3:
			b.keys = grown(a.keys);
			break;
		case 4:
			b.head_dim = grown(a.head_dim);
			break;
		case 5:
			b.value_dim = grown(a.value_dim);
			break;
		case 6:
			b.window = a.window != 0 ? grown(a.window) : 0;
			break;
		case 7:
			b.chunk = a.chunk != 0 ? grown(a.chunk) : 0;
			break;
		}
		cr_assert_geq(attention(b), attention(a), "round %d", round);
	}
}

Test(properties, attention_grows_with_kv_heads_and_equal_heads_are_mha)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct rac_attention a = some_attention(), mha;

		a.heads = UINT64_C(1) << draw() % 7;
		/* Flash's backward needs a second gradient for each head where heads are shared. */
		if (a.pass == RAC_PASS_BACKWARD)
			a.kernel = RAC_KERNEL_NAIVE;
		mha = a;
		a.kv_heads = a.heads;
		cr_assert_eq(attention(a), attention(mha));
		while (a.kv_heads > 1) {
			struct rac_attention fewer = a;

			fewer.kv_heads /= 2;
			cr_assert_leq(attention(fewer), attention(a));
			a = fewer;
		}
	}
}

Test(properties, flash_is_never_more_than_naive)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct rac_attention a = some_attention();

		a.key_splits = 0;
		a.dtype = coin() ? RAC_DTYPE_BF16 : RAC_DTYPE_F32;
		a.query = some(16, 14);
		a.keys = 0;
		a.window = 0;
		a.chunk = 0;
		/* fp32 sums of dQ are more than the scores of a very short sequence. */
		if (a.pass == RAC_PASS_BACKWARD)
			a.query += 128 * 16;
		a.head_dim = some(1, 7);
		a.value_dim = 0;
		a.kernel = RAC_KERNEL_FLASH;
		uint64_t flash = attention(a);

		a.kernel = RAC_KERNEL_NAIVE;
		cr_assert_leq(flash, attention(a), "round %d", round);
	}
}

static uint64_t cache(const struct rac_kv_cache *kv)
{
	struct rac_estimate e;

	cr_assert_neq(rac_estimate_kv_cache(kv, &e, NULL), RAC_INVALID);
	return e.bytes;
}

Test(properties, a_kv_cache_grows_with_each_argument)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct rac_kv_cache kv = {
			.batch = some(1, 8),
			.tokens = some(0, 17),
			.layers = some(0, 7),
			.kv_heads = some(1, 5),
			.key_dim = some(1, 9),
			.value_dim = some(0, 9),
			.key_dtype = some_dtype(),
			.value_dtype = some_dtype(),
			.key_scale_bytes = some(0, 3),
			.value_scale_bytes = some(0, 3),
			.block_tokens = coin() ? some(1, 7) : 0,
			.window = coin() ? some(1, 13) : 0,
			.window_step = some(0, 10),
		};
		uint64_t before = cache(&kv);
		uint64_t *const fields[] = {&kv.batch, &kv.tokens, &kv.layers, &kv.kv_heads,
			&kv.key_dim, &kv.value_dim, &kv.key_scale_bytes, &kv.value_scale_bytes,
			&kv.window_step};
		uint64_t *field = fields[draw() % (sizeof(fields) / sizeof(fields[0]))];

		*field = grown(*field);
		cr_assert_geq(cache(&kv), before, "round %d", round);
	}
}

static struct rac_model some_model(void)
{
	struct rac_model m = {
		.layers = some(2, 7),
		.hidden = some(1, 13),
		.vocab = some(1, 17),
		.positions = coin() ? some(1, 11) : 0,
		.heads = some(1, 6),
		.head_dim = some(1, 8),
		.value_dim = coin() ? some(1, 8) : 0,
		.ffn = some(1, 14),
		.gated = coin(),
		.layer_norms = some(0, 2),
		.final_norm = coin(),
		.norm_biases = coin(),
		.biases = (unsigned)draw() & 31,
		.tied = coin(),
	};

	if (coin()) {
		m.kv_rank = some(1, 9);
		m.q_rank = coin() ? some(1, 10) : 0;
		m.rope_dim = some(1, 6);
	}
	if (coin()) {
		m.experts = some(1, 8);
		m.experts_per_token = 1;
		m.expert_ffn = some(1, 12);
		m.shared_ffn = some(0, 12);
		m.dense_layers = draw() % m.layers;
	}
	if (coin()) {
		m.window = some(1, 12);
		m.window_layers = draw() % m.layers;
	}
	return m;
}

static struct rac_plan some_plan(void)
{
	struct rac_plan p = {
		.model = some_model(),
		.training = coin(),
		.dtype = RAC_DTYPE_BF16,
		.rest = RAC_DTYPE_BF16,
		.batch = some(1, 6),
		.context = some(1, 13),
		.tensor_parallel = coin() ? some(1, 3) : 0,
		.key_dtype = some_dtype(),
		.value_dtype = some_dtype(),
		.block_tokens = coin() ? some(1, 6) : 0,
		.step = coin() ? some(1, 9) : 0,
		.kernel = coin() ? RAC_KERNEL_FLASH : RAC_KERNEL_NAIVE,
		.states = {.zero = (unsigned)draw() % 4, .ranks = some(1, 6)},
		.recompute = (enum rac_recompute)(draw() % 3),
		.lora_rank = coin() ? some(1, 7) : 0,
		.lora_roles = RAC_LORA_ALL,
		.torch_blocks = coin(),
		.overhead = some(1000, 9),
		.fixed = some(0, 30),
	};

	return p;
}

static uint64_t plan(const struct rac_plan *p)
{
	struct rac_estimate e;

	cr_assert_neq(rac_estimate_plan(p, &e, NULL, NULL), RAC_INVALID);
	return e.bytes;
}

Test(properties, a_plan_grows_with_batch_context_and_what_is_added)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct rac_plan p = some_plan();
		uint64_t before = plan(&p);
		uint64_t *const fields[] = {&p.batch, &p.context, &p.fixed, &p.overhead};
		uint64_t *field = fields[draw() % 4];

		*field = field == &p.overhead ? *field + 100 : grown(*field);
		cr_assert_geq(plan(&p), before, "round %d", round);
	}
}

Test(properties, a_plan_grows_with_the_model)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct rac_plan p = some_plan();
		/* Larger tensors may waste less of PyTorch's segments. */
		p.torch_blocks = false;
		uint64_t before = plan(&p);
		uint64_t *const fields[] = {&p.model.layers, &p.model.hidden, &p.model.vocab,
			&p.model.heads, &p.model.head_dim, &p.model.ffn, &p.model.shared_ffn};
		uint64_t *field = fields[draw() % 7];

		*field = grown(*field);
		cr_assert_geq(plan(&p), before, "round %d", round);
	}
}

Test(properties, more_ranks_and_more_recomputation_never_take_more)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct rac_plan p = some_plan();

		p.training = true;
		p.torch_blocks = false;
		uint64_t before = plan(&p);

		if (coin())
			p.states.ranks = p.states.ranks * 2;
		else if (p.recompute == RAC_RECOMPUTE_NONE)
			p.recompute = RAC_RECOMPUTE_SELECTIVE;
		cr_assert_leq(plan(&p), before, "round %d", round);
	}
}

static bool fits(struct rac_plan p, enum rac_fit_variable variable, uint64_t n, uint64_t budget)
{
	if (variable == RAC_FIT_BATCH)
		p.batch = n;
	else
		p.context = n;
	return plan(&p) <= budget;
}

Test(properties, a_fit_is_the_border_between_what_fits_and_what_does_not)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct rac_plan p = some_plan();
		enum rac_fit_variable variable = coin() ? RAC_FIT_BATCH : RAC_FIT_CONTEXT;
		uint64_t budget = plan(&p) + some(0, 34);
		struct rac_fit f;

		if (coin())
			budget /= 2;
		cr_assert_eq(rac_plan_fit(&p, variable, budget, &f, NULL), RAC_OK);
		if (f.value > 0) {
			cr_assert(fits(p, variable, f.value, budget));
			cr_assert_leq(f.at.bytes, budget);
		}
		if (f.bounded) {
			cr_assert_not(fits(p, variable, f.value + 1, budget));
			cr_assert_gt(f.past.bytes, budget);
		}
	}
}
