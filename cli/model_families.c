/*
 * model_families.c - what is special about each architecture that config.json files describe.
 */
#include "model_config.h"

#include <string.h>

static void add_bias(struct rac_config *config, const char *key, bool fallback, unsigned biases)
{
	if (rac_config_flag(config, key, fallback))
		config->out->model.biases |= biases;
}

static void read_llama(struct rac_config *config)
{
	add_bias(config, "attention_bias", false, RAC_BIAS_QKV | RAC_BIAS_OUTPUT);
	add_bias(config, "mlp_bias", false, RAC_BIAS_FFN);
}

/* A window on all layers, where the file names one. */
static void read_window(struct rac_config *config)
{
	struct rac_model *m = &config->out->model;

	m->window = rac_config_want(config, "sliding_window", 0);
	m->window_layers = m->window != 0 ? m->layers : 0;
}

static void read_experts(struct rac_config *config, const char *width)
{
	struct rac_model *m = &config->out->model;

	m->experts = rac_config_need(config, "n_routed_experts|num_local_experts|num_experts");
	m->experts_per_token = rac_config_need(config, "num_experts_per_tok");
	m->expert_ffn = rac_config_need(config, width);
}

static void read_mixtral(struct rac_config *config)
{
	read_window(config);
	read_experts(config, "intermediate_size");
}

static void read_phimoe(struct rac_config *config)
{
	read_window(config);
	add_bias(config, "attention_bias", false, RAC_BIAS_QKV | RAC_BIAS_OUTPUT);
	add_bias(config, "lm_head_bias", false, RAC_BIAS_HEAD);
	read_experts(config, "intermediate_size");
}

/* The window is on the layers from max_window_layers on, and off by default. */
static void read_qwen2(struct rac_config *config)
{
	struct rac_model *m = &config->out->model;

	if (!rac_config_flag(config, "use_sliding_window", false))
		return;
	uint64_t full = rac_config_want(config, "max_window_layers", m->layers);

	m->window = rac_config_need(config, "sliding_window");
	m->window_layers = full < m->layers ? m->layers - full : 0;
}

static void read_qwen3(struct rac_config *config)
{
	read_qwen2(config);
	add_bias(config, "attention_bias", false, RAC_BIAS_QKV | RAC_BIAS_OUTPUT);
}

static bool is_listed(const struct rac_node *numbers, uint64_t number)
{
	uint64_t listed;

	for (size_t i = 0; i < rac_node_length(numbers); i++)
		if (rac_node_u64(rac_node_at(numbers, i), &listed) && listed == number)
			return true;
	return false;
}

/* More layers than any model has, and few enough to look at one by one. */
#define LAYERS_MOST 100000

/* Layers are dense where mlp_only_layers has them or decoder_sparse_step skips them. */
static void read_qwen_moe(struct rac_config *config)
{
	struct rac_model *m = &config->out->model;
	const struct rac_node *dense = rac_config_find(config, "mlp_only_layers");
	uint64_t step = rac_config_want(config, "decoder_sparse_step", 1);

	read_qwen3(config);
	read_experts(config, "moe_intermediate_size");
	m->shared_ffn = rac_config_want(config, "shared_expert_intermediate_size", 0);
	if (m->shared_ffn == 0)
		m->shared_gate = false;
	if (step == 0 || m->layers > LAYERS_MOST || rac_node_length(dense) > LAYERS_MOST) {
		rac_config_refuse(config, "decoder_sparse_step",
			"is 0, or there are more layers than a model can have");
		return;
	}
	if (step == 1 && rac_node_length(dense) == 0)
		return;
	for (uint64_t i = 0; i < m->layers; i++)
		if ((i + 1) % step != 0 || is_listed(dense, i))
			m->dense_layers++;
}

/* Layers 0, 2, 4 and so on see a window. */
static void read_gemma2(struct rac_config *config)
{
	struct rac_model *m = &config->out->model;

	read_llama(config);
	m->window = rac_config_want(config, "sliding_window", 0);
	m->window_layers = m->window != 0 ? m->layers / 2 + m->layers % 2 : 0;
}

/* All but every sixth see a window. */
static void read_gemma3(struct rac_config *config)
{
	struct rac_model *m = &config->out->model;
	uint64_t pattern = rac_config_want(config, "sliding_window_pattern", 6);

	read_llama(config);
	m->window = rac_config_want(config, "sliding_window", 0);
	if (pattern == 0)
		rac_config_refuse(config, "sliding_window_pattern", "is 0");
	else if (m->window != 0)
		m->window_layers = m->layers - m->layers / pattern;
}

static void read_phi(struct rac_config *config)
{
	if (rac_config_flag(config, "qk_layernorm", false))
		rac_config_refuse(config, "qk_layernorm", "is true, which no known model has");
}

/* An FFN of four times the hidden size unless the file has another width. */
static void read_wide_ffn(struct rac_config *config, const char *key)
{
	struct rac_model *m = &config->out->model;

	m->ffn = rac_config_want(config, key, 0);
	if (m->ffn == 0 && __builtin_mul_overflow(m->hidden, 4, &m->ffn))
		rac_config_refuse(config, "hidden_size", "is too large");
}

static void read_gpt2(struct rac_config *config)
{
	config->out->model.positions = rac_config_need(config, "n_positions|n_ctx");
	read_wide_ffn(config, "n_inner");
}

static void read_bigcode(struct rac_config *config)
{
	read_gpt2(config);
	if (rac_config_flag(config, "multi_query", true))
		config->out->model.kv_heads = 1;
}

static void read_neox(struct rac_config *config)
{
	add_bias(config, "attention_bias", true, RAC_BIAS_QKV | RAC_BIAS_OUTPUT);
}

static void read_starcoder2(struct rac_config *config)
{
	read_window(config);
	add_bias(config, "use_bias", true, RAC_BIAS_QKV | RAC_BIAS_OUTPUT | RAC_BIAS_FFN);
}

/* The 7B models share one KV head, the later ones have groups; one or two norms run in parallel. */
static void read_falcon(struct rac_config *config)
{
	struct rac_model *m = &config->out->model;
	const char *type = rac_node_string(rac_config_find(config, "model_type"));
	bool grouped = rac_config_flag(config, "new_decoder_architecture",
		type != NULL && strcmp(type, "RefinedWeb") == 0);
	bool multi_query = rac_config_flag(config, "multi_query", true);

	if (grouped)
		m->kv_heads = rac_config_want(config, "num_kv_heads|n_head_kv", m->heads);
	else
		m->kv_heads = multi_query ? 1 : m->heads;
	m->layer_norms = rac_config_want(config, "num_ln_in_parallel_attn", grouped ? 2 : 1);
	if (!rac_config_flag(config, "parallel_attn", true))
		m->layer_norms = 2;
	add_bias(config, "bias", false, RAC_BIAS_QKV | RAC_BIAS_OUTPUT | RAC_BIAS_FFN);
	read_wide_ffn(config, "ffn_hidden_size");
}

/* Latent attention, and experts behind the first layers. */
static void read_deepseek(struct rac_config *config)
{
	struct rac_model *m = &config->out->model;
	const char *router = rac_node_string(rac_config_find(config, "topk_method"));
	uint64_t shared;

	m->kv_heads = 0;
	m->head_dim = rac_config_need(config, "qk_nope_head_dim");
	m->rope_dim = rac_config_need(config, "qk_rope_head_dim");
	m->value_dim = rac_config_need(config, "v_head_dim");
	m->kv_rank = rac_config_need(config, "kv_lora_rank");
	m->q_rank = rac_config_want(config, "q_lora_rank", 0);
	read_experts(config, "moe_intermediate_size");
	shared = rac_config_want(config, "n_shared_experts", 0);
	if (__builtin_mul_overflow(shared, m->expert_ffn, &m->shared_ffn))
		rac_config_refuse(config, "n_shared_experts", "is too large");
	m->dense_layers = rac_config_want(config, "first_k_dense_replace", 0);
	if (rac_config_want(config, "moe_layer_freq", 1) != 1)
		rac_config_refuse(config, "moe_layer_freq", "is not 1, which no known model has");
	if (router != NULL && strcmp(router, "noaux_tc") == 0)
		m->biases |= RAC_BIAS_ROUTER;
	add_bias(config, "attention_bias", false, RAC_BIAS_QKV | RAC_BIAS_OUTPUT);
}

#define GATED        RAC_FAMILY_GATED
#define TIED         RAC_FAMILY_TIED
#define NORM_BIAS    RAC_FAMILY_NORM_BIAS
#define QKV_BIAS     RAC_FAMILY_QKV_BIAS
#define OUTPUT_BIAS  RAC_FAMILY_OUTPUT_BIAS
#define FFN_BIAS     RAC_FAMILY_FFN_BIAS
#define HEAD_BIAS    RAC_FAMILY_HEAD_BIAS
#define QK_NORM      RAC_FAMILY_QK_NORM
#define QK_NORM_FULL RAC_FAMILY_QK_NORM_FULL
#define SHARED_GATE  RAC_FAMILY_SHARED_GATE
static const struct rac_family families[] = {
#define FAMILY(type, has, norms, read) {(type), (has), (norms), (read)},
#include "model_families.def"
#undef FAMILY
};

#define FAMILIES (sizeof(families) / sizeof(families[0]))

const struct rac_family *rac_family_find(const char *model_type)
{
	for (size_t i = 0; i < FAMILIES; i++)
		if (strcmp(families[i].model_type, model_type) == 0)
			return &families[i];
	return NULL;
}

void rac_family_names(char *out, size_t capacity)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < FAMILIES; i++) {
		size_t n = strlen(families[i].model_type);

		if (used + n + 3 > capacity)
			return;
		if (i > 0) {
			memcpy(out + used, ", ", 2);
			used += 2;
		}
		memcpy(out + used, families[i].model_type, n + 1);
		used += n;
	}
}
