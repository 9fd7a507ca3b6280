/*
 * test_model_config.c - config.json files: parameter counts against those that were published, and
 * what is said of files that are incomplete, wrong or unknown. The sources are listed in
 * tests/data/models/SOURCES.md.
 */
#include "model_text.h"

#include <stdio.h>

struct published {
	const char *file;
	uint64_t parameters;
};

static void check_published(const struct published *models, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct rac_model_source source;
		struct rac_parameters parameters;
		struct rac_complaint c = {""};
		char path[128];

		snprintf(path, sizeof(path), "tests/data/models/%s.json", models[i].file);
		cr_assert(rac_model_read(path, &source, &c), "%s", c.text);
		cr_assert(source.has_model);
		cr_assert_eq(rac_model_parameters(&source.model, &parameters, NULL), RAC_OK);
		cr_assert_eq(parameters.total, models[i].parameters, "%s: %llu", models[i].file,
			(unsigned long long)parameters.total);
	}
}

Test(model_config, parameter_counts_of_dense_models_are_those_published)
{
	static const struct published models[] = {
		{"llama-2-7b", 6738415616},
		{"llama-3-8b", 8030261248},
		{"llama-3-70b", 70553706496},
		{"llama-3.2-1b", 1235814400},
		{"mistral-7b", 7241732096},
		{"qwen2.5-0.5b", 494032768},
		{"qwen2.5-7b", 7615616512},
		{"qwen3-8b", 8190735360},
		{"gemma-7b", 8537680896},
		{"gemma-2-9b", 9241705984},
		{"gemma-3-1b", 999885952},
		{"phi-2", 2779683840},
		{"phi-3-mini-4k", 3821079552},
		{"gpt2", 124439808},
		{"gpt2-xl", 1557611200},
		{"starcoder", 15517456384},
		{"pythia-6.9b", 6857302016},
		{"falcon-rw-1b", 1311625216},
		{"olmo-2-7b", 7298617344},
	};

	NEEDS_JSON();
	check_published(models, sizeof(models) / sizeof(models[0]));
}

Test(model_config, parameter_counts_of_models_with_experts_are_those_published)
{
	static const struct published models[] = {
		{"mixtral-8x7b", 46702792704},
		{"qwen1.5-moe-a2.7b", 14315784192},
		{"qwen3-30b-a3b", 30532122624},
		{"deepseek-v2-lite", 15706484224},
		{"deepseek-v3", 671026419200},
	};

	NEEDS_JSON();
	check_published(models, sizeof(models) / sizeof(models[0]));
}

/* Published rounded only: 6.9, 41.3, 3.0 and 41.9 billion. */
Test(model_config, counts_that_were_published_rounded_agree_after_rounding)
{
	static const struct published models[] = {
		{"falcon-7b", 6921720704},
		{"falcon-40b", 41303293952},
		{"starcoder2-3b", 3030371328},
		{"phi-3.5-moe", 41873153344},
	};

	NEEDS_JSON();
	check_published(models, sizeof(models) / sizeof(models[0]));
}

#define LLAMA                                                                  \
	"\"model_type\":\"llama\",\"hidden_size\":64,\"num_hidden_layers\":2," \
	"\"num_attention_heads\":4,\"intermediate_size\":128,\"vocab_size\":100"

static struct rac_model_source taken(const char *text)
{
	struct rac_model_source source;
	struct rac_complaint c;

	cr_assert(read_text(text, &source, &c), "%s", c.text);
	return source;
}

Test(model_config, kv_heads_default_to_heads_and_head_dim_to_a_share_of_hidden)
{
	NEEDS_JSON();
	struct rac_model_source s = taken("{" LLAMA "}");

	cr_assert_eq(s.model.kv_heads, 4);
	cr_assert_eq(s.model.head_dim, 16);
	cr_assert_not(s.model.tied);
	cr_assert_not(s.has_dtype);
	s = taken("{" LLAMA ",\"num_key_value_heads\":2,\"head_dim\":32,"
		  "\"tie_word_embeddings\":true,\"torch_dtype\":\"torch.bfloat16\"}");
	cr_assert_eq(s.model.kv_heads, 2);
	cr_assert_eq(s.model.head_dim, 32);
	cr_assert(s.model.tied);
	cr_assert(s.has_dtype && s.dtype == RAC_DTYPE_BF16);
}

Test(model_config, null_counts_as_not_there)
{
	NEEDS_JSON();
	cr_assert_eq(taken("{" LLAMA ",\"num_key_value_heads\":null}").model.kv_heads, 4);
}

Test(model_config, newer_files_name_the_type_of_each_layer)
{
	NEEDS_JSON();
	struct rac_model_source s = taken(
		"{" LLAMA ",\"sliding_window\":8,"
		"\"layer_types\":[\"sliding_attention\",\"full_attention\"],\"dtype\":\"float32\"}");

	cr_assert_eq(s.model.window_layers, 1);
	cr_assert_eq(s.model.window, 8);
	cr_assert_eq(s.dtype, RAC_DTYPE_F32);
	REFUSES("{" LLAMA ",\"layer_types\":[\"full_attention\"]}", "layer_types", "each layer");
	REFUSES("{" LLAMA ",\"layer_types\":[\"full_attention\",\"linear_attention\"]}",
		"layer_types", "no formula");
}

Test(model_config, windows_are_on_the_layers_that_each_family_gives_them)
{
	NEEDS_JSON();
	struct rac_model_source s;
	struct rac_complaint c = {""};

	cr_assert(rac_model_read("tests/data/models/gemma-2-9b.json", &s, &c));
	cr_assert_eq(s.model.window_layers, 21);
	cr_assert(rac_model_read("tests/data/models/gemma-3-1b.json", &s, &c));
	cr_assert_eq(s.model.window_layers, 22);
	cr_assert(rac_model_read("tests/data/models/mistral-7b.json", &s, &c));
	cr_assert_eq(s.model.window_layers, 32);
	cr_assert(rac_model_read("tests/data/models/qwen2.5-7b.json", &s, &c));
	cr_assert_eq(s.model.window_layers, 0);
	cr_assert(rac_model_read("tests/data/models/mixtral-8x7b.json", &s, &c));
	cr_assert_eq(s.model.window_layers, 0);
	cr_assert(rac_model_read("tests/data/models/deepseek-v3.json", &s, &c));
	cr_assert_eq(s.model.kv_heads, 0);
}

#define SHAPE                                                                   \
	"\"hidden_size\":64,\"num_hidden_layers\":7,\"num_attention_heads\":4," \
	"\"intermediate_size\":128,\"vocab_size\":100,\"head_dim\":16"

Test(model_config, windows_depend_on_what_the_file_says)
{
	static const struct {
		const char *text;
		uint64_t window, layers;
	} cases[] = {
		{"{\"model_type\":\"mistral\"," SHAPE "}", 0, 0},
		{"{\"model_type\":\"gemma2\"," SHAPE "}", 0, 0},
		{"{\"model_type\":\"gemma2\"," SHAPE ",\"sliding_window\":9}", 9, 4},
		{"{\"model_type\":\"gemma3_text\"," SHAPE "}", 0, 0},
		{"{\"model_type\":\"gemma3_text\"," SHAPE
		 ",\"sliding_window\":9,\"sliding_window_pattern\":3}",
			9, 5},
		{"{\"model_type\":\"qwen2\"," SHAPE
		 ",\"sliding_window\":9,\"use_sliding_window\":true,\"max_window_layers\":2}",
			9, 5},
		{"{\"model_type\":\"qwen2\"," SHAPE
		 ",\"sliding_window\":9,\"use_sliding_window\":true,\"max_window_layers\":8}",
			9, 0},
	};

	NEEDS_JSON();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rac_model_source s = taken(cases[i].text);

		cr_assert_eq(s.model.window, cases[i].window, "%s", cases[i].text);
		cr_assert_eq(s.model.window_layers, cases[i].layers, "%s", cases[i].text);
	}
	REFUSES("{\"model_type\":\"gemma3_text\"," SHAPE ",\"sliding_window_pattern\":0}",
		"sliding_window_pattern");
}

Test(model_config, a_file_without_windows_needs_none_to_name_its_layers)
{
	NEEDS_JSON();
	struct rac_model_source s =
		taken("{" LLAMA ",\"layer_types\":[\"full_attention\",\"full_attention\"]}");

	cr_assert_eq(s.model.window_layers, 0);
}

Test(model_config, layers_without_experts_are_counted_by_step_and_list)
{
	static const char *const text =
		"{\"model_type\":\"qwen3_moe\",\"hidden_size\":64,\"num_hidden_layers\":6,"
		"\"num_attention_heads\":4,\"intermediate_size\":128,\"vocab_size\":100,"
		"\"num_experts\":4,\"num_experts_per_tok\":2,\"moe_intermediate_size\":32,"
		"\"decoder_sparse_step\":2,\"mlp_only_layers\":[1,0]}";

	NEEDS_JSON();
	/* 0, 2 and 4 by the step, 1 by the list; 0 by both. */
	cr_assert_eq(taken(text).model.dense_layers, 4);
}

#define QWEN_MOE                                                                   \
	"\"model_type\":\"qwen3_moe\",\"hidden_size\":64,\"num_hidden_layers\":7," \
	"\"num_attention_heads\":4,\"intermediate_size\":128,\"vocab_size\":100,"  \
	"\"num_experts\":4,\"num_experts_per_tok\":2,\"moe_intermediate_size\":32"

Test(model_config, each_way_to_leave_layers_without_experts_works_alone)
{
	NEEDS_JSON();
	cr_assert_eq(taken("{" QWEN_MOE "}").model.dense_layers, 0);
	cr_assert_eq(taken("{" QWEN_MOE ",\"mlp_only_layers\":[3]}").model.dense_layers, 1);
	/* 2 and 5 have experts. */
	cr_assert_eq(taken("{" QWEN_MOE ",\"decoder_sparse_step\":3}").model.dense_layers, 5);
	REFUSES("{" QWEN_MOE ",\"decoder_sparse_step\":0}", "decoder_sparse_step");
}

Test(model_config, the_text_part_of_a_larger_model_is_read_and_that_is_said)
{
	NEEDS_JSON();
	struct rac_model_source s = taken("{\"model_type\":\"something_with_pictures\","
					  "\"text_config\":{" LLAMA "}}");

	cr_assert_eq(s.model.hidden, 64);
	cr_assert_eq(s.note_count, 1);
	cr_assert_not_null(strstr(s.notes[0], "text_config"));
}

Test(model_config, stored_quantisation_is_said_and_fp8_is_taken_over)
{
	NEEDS_JSON();
	struct rac_model_source s = taken("{" LLAMA ",\"torch_dtype\":\"bfloat16\","
					  "\"quantization_config\":{\"quant_method\":\"fp8\"}}");

	cr_assert_eq(s.dtype, RAC_DTYPE_F8_E4M3);
	s = taken("{" LLAMA ",\"torch_dtype\":\"float16\","
		  "\"quantization_config\":{\"quant_method\":\"awq\"}}");
	cr_assert_eq(s.dtype, RAC_DTYPE_F16);
	cr_assert_not_null(strstr(s.notes[0], "awq"));
}

Test(model_config, what_is_missing_is_named)
{
	NEEDS_JSON();
	REFUSES("{\"model_type\":\"llama\"}", "hidden_size", "missing");
	REFUSES("{\"model_type\":\"mixtral\",\"hidden_size\":64,\"num_hidden_layers\":2,"
		"\"num_attention_heads\":4,\"intermediate_size\":128,\"vocab_size\":100}",
		"num_local_experts", "missing");
	REFUSES("{\"model_type\":\"llama\",\"hidden_size\":65,\"num_hidden_layers\":2,"
		"\"num_attention_heads\":4,\"intermediate_size\":128,\"vocab_size\":100}",
		"head_dim");
	REFUSES("{}", "model_type");
	REFUSES("[1]", "model_type");
}

Test(model_config, an_unknown_architecture_is_not_guessed)
{
	NEEDS_JSON();
	REFUSES("{\"model_type\":\"mamba\",\"hidden_size\":64}", "'mamba'", "not known", "llama",
		"deepseek_v3");
	REFUSES("{\"model_type\":\"\\u001b[31m\"}", "\\x1b");
}

Test(model_config, values_of_the_wrong_kind_are_named)
{
	NEEDS_JSON();
	REFUSES("{" LLAMA ",\"head_dim\":\"32\"}", "head_dim", "whole number");
	REFUSES("{" LLAMA ",\"head_dim\":-1}", "head_dim", "whole number");
	REFUSES("{" LLAMA ",\"head_dim\":1.5}", "head_dim", "whole number");
	REFUSES("{" LLAMA ",\"head_dim\":99999999999999999999999}", "head_dim", "whole number");
	REFUSES("{" LLAMA ",\"tie_word_embeddings\":1}", "tie_word_embeddings", "neither");
	/* Read last of all, and a refusal all the same. */
	REFUSES("{" LLAMA ",\"num_nextn_predict_layers\":false}", "num_nextn_predict_layers");
	REFUSES("{" LLAMA ",\"num_key_value_heads\":3}", "kv_heads", "divide");
	cr_assert_eq(taken("{" LLAMA ",\"head_dim\":32.0}").model.head_dim, 32);
}

Test(model_config, sizes_that_cannot_be_are_an_error_and_no_long_walk)
{
	NEEDS_JSON();
	REFUSES("{\"model_type\":\"llama\",\"hidden_size\":9223372036854775807,"
		"\"num_hidden_layers\":9223372036854775807,\"num_attention_heads\":1,"
		"\"intermediate_size\":9223372036854775807,\"vocab_size\":9223372036854775807}",
		"64 bits");
	REFUSES("{\"model_type\":\"qwen3_moe\",\"hidden_size\":64,"
		"\"num_hidden_layers\":9223372036854775807,\"num_attention_heads\":4,"
		"\"intermediate_size\":128,\"vocab_size\":100,\"num_experts\":4,"
		"\"num_experts_per_tok\":2,\"moe_intermediate_size\":32,"
		"\"decoder_sparse_step\":2}",
		"decoder_sparse_step");
	REFUSES("{\"model_type\":\"gpt2\",\"n_embd\":9223372036854775807,\"n_layer\":1,"
		"\"n_head\":1,\"n_positions\":1,\"vocab_size\":1}",
		"hidden_size");
}

Test(model_config, text_that_is_no_json_is_refused_with_its_place)
{
	NEEDS_JSON();
	REFUSES("", "not a JSON document");
	REFUSES("{\"model_type\":", "too early");
	REFUSES("{\"model_type\" \"llama\"}", "byte");
	REFUSES("{" LLAMA "} trailing", "does not belong");
	REFUSES("{\"model_type\":\"llama\\q\"}", "byte");
}

Test(model_config, nesting_without_end_is_refused)
{
	char text[4096];

	NEEDS_JSON();
	memset(text, '[', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	REFUSES(text, "not a JSON document");
}

Test(model_config, a_file_that_cannot_be_read_is_said_by_name)
{
	static const struct {
		const char *path, *words;
	} cases[] = {
		{"/nonexistent/config.json", "No such file"},
		{"tests/data", "tests/data/config.json"},
		{"/dev/null", "not a regular file"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rac_model_source source;
		struct rac_complaint c = {""};

		cr_assert_not(rac_model_read(cases[i].path, &source, &c));
		cr_assert_not_null(strstr(c.text, cases[i].words), "%s", c.text);
	}
}

Test(model_config, without_the_library_the_message_says_how_to_get_it)
{
#ifdef RAC_HAVE_JSON
	cr_skip_test("built with json-c");
#else
	REFUSES("{}", "json-c", "libjson-c-dev");
#endif
}
