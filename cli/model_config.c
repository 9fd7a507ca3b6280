/*
 * model_config.c - reads a Hugging Face config.json into the shape of a model. What is special about
 * each architecture is in model_families.c.
 */
#include "model_config.h"

#include <stdio.h>
#include <string.h>

const struct rac_node *rac_config_find(const struct rac_config *config, const char *keys)
{
	for (;;) {
		char key[64];
		size_t n = strcspn(keys, "|");

		if (n < sizeof(key)) {
			memcpy(key, keys, n);
			key[n] = '\0';
			const struct rac_node *value = rac_node_get(config->json, key);

			if (value != NULL)
				return value;
		}
		if (keys[n] == '\0')
			return NULL;
		keys += n + 1;
	}
}

void rac_config_refuse(struct rac_config *config, const char *key, const char *what)
{
	struct rac_quote quote;

	config->failed = true;
	rac_complain(config->c, "%s: %s %s", rac_quote(&quote, config->name), key, what);
}

uint64_t rac_config_want(struct rac_config *config, const char *keys, uint64_t fallback)
{
	const struct rac_node *value = rac_config_find(config, keys);
	uint64_t number = fallback;

	if (value != NULL && !rac_node_u64(value, &number))
		rac_config_refuse(config, keys, "is not a whole number");
	return number;
}

uint64_t rac_config_need(struct rac_config *config, const char *keys)
{
	uint64_t number = rac_config_want(config, keys, 0);

	if (number == 0)
		rac_config_refuse(config, keys, "is missing or 0; there is no estimate without it");
	return number;
}

bool rac_config_flag(struct rac_config *config, const char *key, bool fallback)
{
	const struct rac_node *value = rac_config_find(config, key);
	bool flag = fallback;

	if (value != NULL && !rac_node_bool(value, &flag))
		rac_config_refuse(config, key, "is neither true nor false");
	return flag;
}

/* Layers whose type is given one by one, as newer files have it. */
static void read_layer_types(struct rac_config *config)
{
	const struct rac_node *types = rac_config_find(config, "layer_types");
	struct rac_model *m = &config->out->model;
	uint64_t windows = 0;

	if (types == NULL)
		return;
	if (rac_node_length(types) != m->layers) {
		rac_config_refuse(config, "layer_types", "does not have an entry for each layer");
		return;
	}
	for (size_t i = 0; i < rac_node_length(types); i++) {
		const char *type = rac_node_string(rac_node_at(types, i));

		if (type != NULL && strcmp(type, "sliding_attention") == 0)
			windows++;
		else if (type == NULL || strcmp(type, "full_attention") != 0)
			rac_config_refuse(config, "layer_types",
				"has an entry that is neither full_attention nor sliding_attention,"
				" for which no formula is known here");
	}
	m->window_layers = windows;
	m->window = windows > 0 ? rac_config_need(config, "sliding_window") : 0;
}

static void read_shape(struct rac_config *config)
{
	struct rac_model *m = &config->out->model;

	m->hidden = rac_config_need(config, "hidden_size|n_embd|d_model");
	m->layers = rac_config_need(config, "num_hidden_layers|n_layer|n_layers");
	m->heads = rac_config_need(config, "num_attention_heads|n_head|n_heads");
	m->kv_heads = rac_config_want(config, "num_key_value_heads", m->heads);
	m->vocab = rac_config_need(config, "vocab_size");
	m->final_norm = true;
	m->tied = rac_config_flag(config, "tie_word_embeddings", m->tied);
	config->out->max_context =
		rac_config_want(config, "max_position_embeddings|n_positions|seq_length", 0);
}

/* After the family has had its say, because MLA and GPT-2 know better. */
static void read_rest(struct rac_config *config)
{
	struct rac_model *m = &config->out->model;

	if (m->head_dim == 0)
		m->head_dim = rac_config_want(config, "head_dim", 0);
	if (m->head_dim == 0 && m->heads != 0 && m->hidden % m->heads == 0)
		m->head_dim = m->hidden / m->heads;
	if (m->head_dim == 0)
		rac_config_refuse(config, "head_dim",
			"is missing, and hidden_size is no multiple of the heads");
	if (m->ffn == 0 && (m->experts == 0 || m->dense_layers > 0))
		m->ffn = rac_config_need(config, "intermediate_size|ffn_hidden_size|n_inner");
	read_layer_types(config);
}

static void read_dtype(struct rac_config *config)
{
	const struct rac_node *value = rac_config_find(config, "torch_dtype|dtype");
	const struct rac_node *quantised = rac_config_find(config, "quantization_config");
	const char *text = rac_node_string(value);
	const char *method = rac_node_string(rac_node_get(quantised, "quant_method"));
	struct rac_quote quote;

	if (text != NULL && strncmp(text, "torch.", 6) == 0)
		text += 6;
	if (text != NULL)
		config->out->has_dtype = rac_dtype_parse(text, &config->out->dtype) == RAC_OK;
	if (quantised == NULL)
		return;
	if (method != NULL && strcmp(method, "fp8") == 0) {
		config->out->dtype = RAC_DTYPE_F8_E4M3;
		config->out->has_dtype = true;
		rac_model_note(config->out,
			"weights are stored in fp8 (the scales of its blocks are not counted)");
		return;
	}
	rac_model_note(config->out,
		"weights are stored quantised by %.60s; this counts --dtype: for the true size give"
		" --weights INDEX.json",
		method != NULL ? rac_quote(&quote, method) : "an unnamed method");
}

static void note_what_is_left_out(struct rac_config *config, const struct rac_node *outer)
{
	if (outer != config->json)
		rac_model_note(config->out,
			"only text_config is counted: vision, audio and projections come on top");
	if (rac_config_want(config, "num_nextn_predict_layers", 0) > 0)
		rac_model_note(config->out,
			"the layers for multi-token prediction (num_nextn_predict_layers) are not"
			" counted");
}

/* The type that decides: of the text part, where a model has several. */
static const char *choose_part(struct rac_config *config)
{
	const struct rac_node *text = rac_node_get(config->json, "text_config");

	if (rac_node_string(rac_node_get(text, "model_type")) != NULL)
		config->json = text;
	return rac_node_string(rac_node_get(config->json, "model_type"));
}

static bool complain_unknown(struct rac_config *config, const char *model_type)
{
	struct rac_quote file, type;
	char names[400];

	rac_family_names(names, sizeof(names));
	if (model_type == NULL)
		return rac_complain(config->c,
			"%s has no model_type and no weight_map; give a config.json, or the index"
			" or header of safetensors files",
			rac_quote(&file, config->name));
	return rac_complain(config->c,
		"%s: model_type %s is not known, so its parameters cannot be counted; known are %s",
		rac_quote(&file, config->name), rac_quote(&type, model_type), names);
}

/* What the family has, before the file has its say. */
static void begin(struct rac_config *config, const struct rac_family *family)
{
	static const struct {
		unsigned has, bias;
	} biases[] = {
		{RAC_FAMILY_QKV_BIAS, RAC_BIAS_QKV},
		{RAC_FAMILY_OUTPUT_BIAS, RAC_BIAS_OUTPUT},
		{RAC_FAMILY_FFN_BIAS, RAC_BIAS_FFN},
		{RAC_FAMILY_HEAD_BIAS, RAC_BIAS_HEAD},
	};
	struct rac_model *m = &config->out->model;

	snprintf(config->out->kind, sizeof(config->out->kind), "config.json of %.40s",
		family->model_type);
	m->gated = (family->has & RAC_FAMILY_GATED) != 0;
	m->tied = (family->has & RAC_FAMILY_TIED) != 0;
	m->norm_biases = (family->has & RAC_FAMILY_NORM_BIAS) != 0;
	m->shared_gate = (family->has & RAC_FAMILY_SHARED_GATE) != 0;
	m->layer_norms = family->layer_norms;
	if ((family->has & RAC_FAMILY_QK_NORM) != 0)
		m->qk_norm = RAC_QK_NORM_HEAD;
	if ((family->has & RAC_FAMILY_QK_NORM_FULL) != 0)
		m->qk_norm = RAC_QK_NORM_FULL;
	for (size_t i = 0; i < sizeof(biases) / sizeof(biases[0]); i++)
		if ((family->has & biases[i].has) != 0)
			m->biases |= biases[i].bias;
}

bool rac_model_read_config(const struct rac_node *json, const char *name,
	struct rac_model_source *out, struct rac_complaint *c)
{
	struct rac_config config = {.json = json, .name = name, .out = out, .c = c};
	const char *model_type = choose_part(&config);
	const struct rac_family *family = model_type != NULL ? rac_family_find(model_type) : NULL;
	struct rac_parameters parameters;
	struct rac_why why;

	if (family == NULL)
		return complain_unknown(&config, model_type);
	begin(&config, family);
	read_shape(&config);
	if (!config.failed)
		family->read(&config);
	if (!config.failed)
		read_rest(&config);
	if (!config.failed)
		note_what_is_left_out(&config, json);
	if (config.failed)
		return false;
	read_dtype(&config);
	/* One more look at the whole: what is out of range is worded here, where the file is known. */
	if (rac_model_parameters(&out->model, &parameters, &why) != RAC_OK) {
		struct rac_quote quote;

		return rac_complain(c, "%s describes no possible model: %s %s",
			rac_quote(&quote, name), why.what, why.rule);
	}
	out->has_model = true;
	return true;
}
