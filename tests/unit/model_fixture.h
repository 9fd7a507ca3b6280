/*
 * model_fixture.h - models whose published figures the estimates must meet.
 */
#ifndef MODEL_FIXTURE_H
#define MODEL_FIXTURE_H

#include "rac_model.h"

static inline struct rac_model llama(uint64_t layers, uint64_t hidden, uint64_t heads,
	uint64_t kv_heads, uint64_t ffn, uint64_t vocab)
{
	return (struct rac_model){
		.layers = layers,
		.hidden = hidden,
		.vocab = vocab,
		.heads = heads,
		.kv_heads = kv_heads,
		.head_dim = hidden / heads,
		.ffn = ffn,
		.gated = true,
		.layer_norms = 2,
		.final_norm = true,
	};
}

static inline struct rac_model llama_2_7b(void)
{
	return llama(32, 4096, 32, 32, 11008, 32000);
}

static inline struct rac_model llama_3_8b(void)
{
	return llama(32, 4096, 32, 8, 14336, 128256);
}

static inline struct rac_model llama_3_70b(void)
{
	return llama(80, 8192, 64, 8, 28672, 128256);
}

static inline struct rac_model mixtral_8x7b(void)
{
	struct rac_model m = llama(32, 4096, 32, 8, 0, 32000);

	m.experts = 8;
	m.experts_per_token = 2;
	m.expert_ffn = 14336;
	return m;
}

static inline struct rac_model deepseek_v3(void)
{
	struct rac_model m = llama(61, 7168, 128, 0, 18432, 129280);

	m.head_dim = 128;
	m.value_dim = 128;
	m.q_rank = 1536;
	m.kv_rank = 512;
	m.rope_dim = 64;
	m.experts = 256;
	m.experts_per_token = 8;
	m.expert_ffn = 2048;
	m.shared_ffn = 2048;
	m.dense_layers = 3;
	m.biases = RAC_BIAS_ROUTER;
	return m;
}

static inline struct rac_model gpt_2(void)
{
	return (struct rac_model){
		.layers = 12,
		.hidden = 768,
		.vocab = 50257,
		.positions = 1024,
		.heads = 12,
		.head_dim = 64,
		.ffn = 3072,
		.layer_norms = 2,
		.final_norm = true,
		.norm_biases = true,
		.biases = RAC_BIAS_QKV | RAC_BIAS_OUTPUT | RAC_BIAS_FFN,
		.tied = true,
	};
}

/* A model as the activation formulas assume it: q = k = v = o = h, f = 4h. */
static inline struct rac_model plain_transformer(uint64_t layers, uint64_t hidden, uint64_t heads)
{
	struct rac_model m = llama(layers, hidden, heads, heads, 4 * hidden, 32000);

	m.gated = false;
	return m;
}

#endif
