/*
 * test_model_weights.c - headers of checkpoints: safetensors, their index, and GGUF. What they say is
 * exact to the byte; what they claim beyond their own length is an error and no allocation.
 */
#include "model_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool read_header(const char *text, struct rac_model_source *out, struct rac_complaint *c)
{
	memset(out, 0, sizeof(*out));
	c->text[0] = '\0';
	return rac_model_read_safetensors_bytes(text, strlen(text), "a.safetensors", out, c);
}

#define TENSOR(name, dtype, shape, begin, end)                                                \
	"\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" #begin \
	"," #end "]}"

Test(model_weights, a_safetensors_header_gives_bytes_and_parameters)
{
	struct rac_model_source s;
	struct rac_complaint c;

	NEEDS_JSON();
	cr_assert(read_header("{\"__metadata__\":{\"format\":\"pt\"}," TENSOR("a", "BF16", "[4,8]",
				      0, 64) "," TENSOR("b", "BF16", "[3]", 64, 70) "}",
			  &s, &c),
		"%s", c.text);
	cr_assert_eq(s.weight_bytes, 70);
	cr_assert_eq(s.weight_parameters, 35);
	cr_assert_eq(s.tensors, 2);
	cr_assert(s.has_dtype && s.dtype == RAC_DTYPE_BF16);
	cr_assert_not(s.has_model);
}

Test(model_weights, tensors_of_several_types_leave_the_type_open)
{
	struct rac_model_source s;
	struct rac_complaint c;

	NEEDS_JSON();
	cr_assert(read_header("{" TENSOR("a", "F8_E4M3", "[4]", 0, 4) "," TENSOR("b", "F32", "[]",
				      4, 8) "," TENSOR("c", "F4", "[3]", 8, 10) "}",
		&s, &c));
	cr_assert_eq(s.weight_bytes, 10);
	cr_assert_eq(s.weight_parameters, 8);
	cr_assert_not(s.has_dtype);
}

Test(model_weights, a_wrong_safetensors_header_is_refused_by_tensor)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{"{" TENSOR("a", "BF17", "[1]", 0, 2) "}", "dtype"},
		{"{" TENSOR("a", "BF16", "[2]", 0, 2) "}", "data_offsets"},
		{"{" TENSOR("a", "BF16", "[1]", 4, 2) "}", "data_offsets"},
		{"{" TENSOR("a", "BF16", "[-1]", 0, 2) "}", "dimension"},
		{"{" TENSOR("a", "BF16", "[1.5]", 0, 2) "}", "dimension"},
		{"{" TENSOR("a", "BF16", "7", 0, 2) "}", "shape"},
		{"{" TENSOR("a", "U8", "[4294967296,4294967296]", 0, 2) "}", "2^64"},
		{"{\"a\":{\"dtype\":\"BF16\",\"shape\":[1]}}", "data_offsets"},
		{"{\"a\":5}", "shape"},
		{"{}", "no tensors"},
		{"[]", "not a JSON object"},
		{"{\"a\":", "too early"},
	};

	NEEDS_JSON();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rac_model_source s;
		struct rac_complaint c;

		cr_assert_not(read_header(cases[i].text, &s, &c), "%s", cases[i].text);
		cr_assert_not_null(strstr(c.text, cases[i].words), "%s", c.text);
	}
}

Test(model_weights, an_index_gives_the_bytes_of_all_files)
{
	struct rac_model_source s;
	struct rac_complaint c;

	NEEDS_JSON();
	cr_assert(read_text("{\"metadata\":{\"total_size\":16060522496},"
			    "\"weight_map\":{\"a\":\"x\",\"b\":\"y\"}}",
		&s, &c));
	cr_assert_eq(s.weight_bytes, 16060522496);
	cr_assert_eq(s.tensors, 2);
	cr_assert_eq(s.weight_parameters, 0);
	cr_assert(read_text("{\"metadata\":{\"total_size\":8.0,\"total_parameters\":4},"
			    "\"weight_map\":{}}",
		&s, &c));
	cr_assert_eq(s.weight_parameters, 4);
	REFUSES("{\"weight_map\":{}}", "total_size");
	REFUSES("{\"metadata\":{\"total_size\":-1},\"weight_map\":{}}", "total_size");
}

/* A GGUF file as it grows. */
struct gguf {
	unsigned char bytes[4096];
	size_t n;
};

static void put(struct gguf *g, uint64_t value, size_t bytes)
{
	cr_assert_leq(g->n + bytes, sizeof(g->bytes));
	for (size_t i = 0; i < bytes; i++)
		g->bytes[g->n++] = (unsigned char)(value >> 8 * i);
}

static void put_text(struct gguf *g, const char *text)
{
	put(g, strlen(text), 8);
	for (; *text != '\0'; text++)
		put(g, (unsigned char)*text, 1);
}

static void put_header(struct gguf *g, uint64_t tensors, uint64_t pairs)
{
	g->n = 0;
	put(g, 0x46554747, 4);
	put(g, 3, 4);
	put(g, tensors, 8);
	put(g, pairs, 8);
}

static void put_u32(struct gguf *g, const char *key, uint32_t value)
{
	put_text(g, key);
	put(g, 4, 4);
	put(g, value, 4);
}

static void put_tensor(struct gguf *g, uint64_t columns, uint64_t rows, uint32_t type)
{
	put_text(g, "blk.0.weight");
	put(g, 2, 4);
	put(g, columns, 8);
	put(g, rows, 8);
	put(g, type, 4);
	put(g, 0, 8);
}

struct memory {
	const unsigned char *at;
};

static bool read_memory(void *context, void *to, uint64_t n)
{
	struct memory *m = context;

	if (to != NULL)
		memcpy(to, m->at, n);
	m->at += n;
	return true;
}

static bool read_gguf(const struct gguf *g, struct rac_model_source *out, struct rac_complaint *c)
{
	struct memory memory = {g->bytes};
	struct rac_stream stream = {read_memory, &memory, g->n};

	memset(out, 0, sizeof(*out));
	c->text[0] = '\0';
	return rac_model_read_gguf(&stream, "a.gguf", out, c);
}

static void put_llama(struct gguf *g, uint64_t pairs)
{
	put_header(g, 2, 9 + pairs);
	put_text(g, "general.architecture");
	put(g, 8, 4);
	put_text(g, "llama");
	put_u32(g, "llama.block_count", 2);
	put_u32(g, "llama.embedding_length", 256);
	put_u32(g, "llama.feed_forward_length", 512);
	put_u32(g, "llama.attention.head_count", 4);
	put_u32(g, "llama.attention.head_count_kv", 2);
	put_u32(g, "llama.context_length", 4096);
	/* Skipped: strings in an array, whose number is that of the vocabulary; and a float. */
	put_text(g, "tokenizer.ggml.tokens");
	put(g, 9, 4);
	put(g, 8, 4);
	put(g, 3, 8);
	put_text(g, "a");
	put_text(g, "");
	put_text(g, "longer");
	put_text(g, "llama.rope.freq_base");
	put(g, 6, 4);
	put(g, 0, 4);
}

Test(model_weights, a_gguf_header_gives_bytes_and_the_shape_of_the_cache)
{
	struct gguf g;
	struct rac_model_source s;
	struct rac_complaint c;

	put_llama(&g, 0);
	put_tensor(&g, 256, 10, 12); /* Q4_K */
	put_tensor(&g, 33, 2, 8);    /* Q8_0: two blocks a row */
	cr_assert(read_gguf(&g, &s, &c), "%s", c.text);
	cr_assert_eq(s.weight_bytes, 10 * 144 + 2 * 2 * 34);
	cr_assert_eq(s.weight_parameters, 2560 + 66);
	cr_assert_eq(s.tensors, 2);
	cr_assert(s.has_model && s.inference_only);
	cr_assert_eq(s.model.layers, 2);
	cr_assert_eq(s.model.kv_heads, 2);
	cr_assert_eq(s.model.head_dim, 64);
	cr_assert_eq(s.model.vocab, 3);
	cr_assert_eq(s.max_context, 4096);
	cr_assert_str_eq(s.kind, "GGUF of llama");
}

Test(model_weights, a_gguf_file_with_a_latent_cache)
{
	struct gguf g;
	struct rac_model_source s;
	struct rac_complaint c;

	put_llama(&g, 4);
	put_u32(&g, "deepseek2.attention.kv_lora_rank", 512);
	put_u32(&g, "deepseek2.rope.dimension_count", 64);
	put_u32(&g, "deepseek2.attention.key_length", 192);
	put_u32(&g, "deepseek2.attention.value_length", 128);
	put_tensor(&g, 1, 1, 0);
	put_tensor(&g, 1, 1, 0);
	cr_assert(read_gguf(&g, &s, &c), "%s", c.text);
	cr_assert_eq(s.model.kv_rank, 512);
	cr_assert_eq(s.model.rope_dim, 64);
	cr_assert_eq(s.model.head_dim, 128);
}

static void put_kv_heads(struct gguf *g, uint32_t first, uint32_t second)
{
	put_llama(g, 1);
	put_text(g, "llama.attention.head_count_kv");
	put(g, 9, 4);
	put(g, 4, 4);
	put(g, 2, 8);
	put(g, first, 4);
	put(g, second, 4);
	put_tensor(g, 1, 1, 0);
	put_tensor(g, 1, 1, 0);
}

Test(model_weights, layers_that_differ_leave_the_weights_alone)
{
	struct gguf g;
	struct rac_model_source s;
	struct rac_complaint c;

	put_kv_heads(&g, 4, 4);
	cr_assert(read_gguf(&g, &s, &c), "%s", c.text);
	cr_assert(s.has_model);
	cr_assert_eq(s.model.kv_heads, 4);
	put_kv_heads(&g, 4, 2);
	cr_assert(read_gguf(&g, &s, &c), "%s", c.text);
	cr_assert_not(s.has_model);
	cr_assert_eq(s.weight_bytes, 8);
	cr_assert_not_null(strstr(s.notes[0], "head_count_kv"));
}

Test(model_weights, every_cut_of_a_gguf_file_is_an_error)
{
	struct gguf g;
	struct rac_model_source s;
	struct rac_complaint c;
	size_t whole;

	put_llama(&g, 0);
	put_tensor(&g, 256, 10, 12);
	put_tensor(&g, 32, 2, 8);
	whole = g.n;
	for (g.n = 0; g.n < whole; g.n++) {
		cr_assert_not(read_gguf(&g, &s, &c), "%zu", g.n);
		cr_assert_str_not_empty(c.text);
	}
}

/* Each claims something of about 2^63: nothing of that size may be allocated, skipped or looped over. */
Test(model_weights, hostile_gguf_headers_are_errors)
{
	struct gguf g;
	struct rac_model_source s;
	struct rac_complaint c;
	const uint64_t huge = UINT64_C(1) << 63;

	put_header(&g, huge, 0);
	cr_assert_not(read_gguf(&g, &s, &c));
	put_header(&g, 0, huge);
	cr_assert_not(read_gguf(&g, &s, &c));
	put_header(&g, 0, 1);
	put(&g, huge, 8); /* the length of a key */
	put(&g, 0, 8);
	cr_assert_not(read_gguf(&g, &s, &c));
	put_header(&g, 0, 1);
	put_text(&g, "x.y");
	put(&g, 9, 4);
	put(&g, 10, 4); /* an array of u64 */
	put(&g, huge, 8);
	put(&g, 0, 8);
	cr_assert_not(read_gguf(&g, &s, &c));
	put_llama(&g, 0);
	put_tensor(&g, huge, huge, 0);
	cr_assert_not(read_gguf(&g, &s, &c));
	cr_assert_not_null(strstr(c.text, "2^64"), "%s", c.text);
}

Test(model_weights, a_gguf_file_of_another_kind_is_refused)
{
	struct gguf g;
	struct rac_model_source s;
	struct rac_complaint c;

	put_llama(&g, 0);
	g.bytes[0] = 'g';
	cr_assert_not(read_gguf(&g, &s, &c));
	put_llama(&g, 0);
	g.bytes[4] = 1;
	cr_assert_not(read_gguf(&g, &s, &c));
	cr_assert_not_null(strstr(c.text, "version"), "%s", c.text);
	put_llama(&g, 0);
	put_tensor(&g, 1, 1, 31); /* a type that was withdrawn */
	put_tensor(&g, 1, 1, 0);
	cr_assert_not(read_gguf(&g, &s, &c));
	cr_assert_not_null(strstr(c.text, "type"), "%s", c.text);
	put_header(&g, 0, 0);
	cr_assert_not(read_gguf(&g, &s, &c));
}

/* Writes n bytes to a file of its own, whose path it returns until the next call. */
static const char *file_of(const void *bytes, size_t n)
{
	static char path[] = "/tmp/rac-model-XXXXXX";
	int descriptor;

	strcpy(path, "/tmp/rac-model-XXXXXX");
	descriptor = mkstemp(path);
	cr_assert_geq(descriptor, 0);
	cr_assert_eq(write(descriptor, bytes, n), (ssize_t)n);
	close(descriptor);
	return path;
}

static bool read_file(
	const void *bytes, size_t n, struct rac_model_source *out, struct rac_complaint *c)
{
	const char *path = file_of(bytes, n);
	bool done;

	c->text[0] = '\0';
	done = rac_model_read(path, out, c);
	unlink(path);
	return done;
}

Test(model_weights, the_kind_of_a_file_shows_from_its_first_bytes)
{
	static const char header[] =
		"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
	struct gguf g;
	struct rac_model_source s;
	struct rac_complaint c;

	put_llama(&g, 0);
	put_tensor(&g, 1, 1, 0);
	put_tensor(&g, 1, 1, 0);
	cr_assert(read_file(g.bytes, g.n, &s, &c), "%s", c.text);
	cr_assert_str_eq(s.kind, "GGUF of llama");
	NEEDS_JSON();
	g.n = 0;
	put(&g, sizeof(header) - 1, 8);
	for (size_t i = 0; i + 1 < sizeof(header); i++)
		put(&g, (unsigned char)header[i], 1);
	cr_assert(read_file(g.bytes, g.n, &s, &c), "%s", c.text);
	cr_assert_eq(s.weight_bytes, 8);
}

Test(model_weights, a_header_of_2_to_the_63_bytes_is_an_error_and_no_allocation)
{
	static const uint64_t claims[] = {
		UINT64_C(1) << 63, UINT64_MAX, 100000001, 1000, (UINT64_C(1) << 32) + 2};

	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		struct gguf g = {.n = 0};
		struct rac_model_source s;
		struct rac_complaint c;

		put(&g, claims[i], 8);
		put(&g, '{', 1);
		put(&g, '}', 1);
		cr_assert_not(read_file(g.bytes, g.n, &s, &c));
		cr_assert_not_null(strstr(c.text, "claims a header"), "%s", c.text);
	}
}

Test(model_weights, an_empty_file_is_refused)
{
	struct rac_model_source s;
	struct rac_complaint c;

	cr_assert_not(read_file("", 0, &s, &c));
	cr_assert_not_null(strstr(c.text, "empty"), "%s", c.text);
}
