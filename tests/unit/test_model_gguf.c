/*
 * test_model_gguf.c - GGUF headers: exact bytes of their tensors, the shape of the KV cache, and files
 * that are cut, hostile or of another kind. What a file claims beyond its own length is an error.
 */
#include "gguf_text.h"

Test(model_gguf, a_gguf_header_gives_bytes_and_the_shape_of_the_cache)
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

Test(model_gguf, a_gguf_file_with_a_latent_cache)
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

Test(model_gguf, layers_that_differ_leave_the_weights_alone)
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

Test(model_gguf, every_cut_of_a_gguf_file_is_an_error)
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

/* A key that nobody knows and a value of each type; what follows must be found. */
Test(model_gguf, values_of_every_type_are_skipped_whole)
{
	static const size_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
	struct gguf g;
	struct rac_model_source s;
	struct rac_complaint c;

	put_llama(&g, 2 * 11 + 3);
	for (uint64_t type = 0; type < sizeof(sizes) / sizeof(sizes[0]); type++) {
		if (sizes[type] == 0)
			continue;
		put_text(&g, "other.value");
		put(&g, type, 4);
		put(&g, 1, sizes[type]);
		put_text(&g, "other.values");
		put(&g, 9, 4);
		put(&g, type, 4);
		put(&g, 3, 8);
		for (int i = 0; i < 3; i++)
			put(&g, 1, sizes[type]);
	}
	put_text(&g, "other.text");
	put(&g, 8, 4);
	put_text(&g, "some text");
	put_text(&g, "other.nested"); /* [["a"], []] */
	put(&g, 9, 4);
	put(&g, 9, 4);
	put(&g, 2, 8);
	put(&g, 8, 4);
	put(&g, 1, 8);
	put_text(&g, "a");
	put(&g, 8, 4);
	put(&g, 0, 8);
	put_u32(&g, "llama.context_length", 77);
	put_tensor(&g, 1, 1, 0);
	put_tensor(&g, 1, 1, 0);
	cr_assert(read_gguf(&g, &s, &c), "%s", c.text);
	cr_assert_eq(s.max_context, 77);
	cr_assert_eq(s.weight_bytes, 8);
}

Test(model_gguf, numbers_of_every_width_are_read)
{
	static const struct {
		uint64_t type;
		size_t size;
	} widths[] = {{0, 1}, {1, 1}, {2, 2}, {3, 2}, {4, 4}, {5, 4}, {10, 8}, {11, 8}};

	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		struct gguf g;
		struct rac_model_source s;
		struct rac_complaint c;

		put_llama(&g, 2);
		put_text(&g, "llama.block_count");
		put(&g, widths[i].type, 4);
		put(&g, 100, widths[i].size);
		put_u32(&g, "llama.context_length", 77);
		put_tensor(&g, 1, 1, 0);
		put_tensor(&g, 1, 1, 0);
		cr_assert(read_gguf(&g, &s, &c), "%s", c.text);
		cr_assert_eq(s.model.layers, 100);
		cr_assert_eq(s.max_context, 77);
	}
}

Test(model_gguf, names_of_any_length_are_passed)
{
	char name[300];
	struct gguf g;
	struct rac_model_source s;
	struct rac_complaint c;

	memset(name, 'n', sizeof(name) - 1);
	for (size_t length = 60; length < sizeof(name); length++) {
		name[length] = '\0';
		put_llama(&g, 1);
		put_u32(&g, name, 5);
		put_tensor(&g, 1, 1, 0);
		put_text(&g, name);
		put(&g, 1, 4);
		put(&g, 7, 8);
		put(&g, 0, 4);
		put(&g, 0, 8);
		cr_assert(read_gguf(&g, &s, &c), "%s", c.text);
		cr_assert_eq(s.weight_bytes, 4 * 8);
		name[length] = 'n';
	}
}

static bool nested(unsigned depth, struct rac_complaint *c)
{
	struct gguf g;
	struct rac_model_source s;

	put_llama(&g, 1);
	put_text(&g, "other.nested");
	put(&g, 9, 4);
	for (unsigned i = 1; i < depth; i++) {
		put(&g, 9, 4);
		put(&g, 1, 8);
	}
	put(&g, 4, 4);
	put(&g, 0, 8);
	put_tensor(&g, 1, 1, 0);
	put_tensor(&g, 1, 1, 0);
	return read_gguf(&g, &s, c);
}

Test(model_gguf, arrays_are_nested_four_deep_at_most)
{
	struct rac_complaint c;

	cr_assert(nested(4, &c), "%s", c.text);
	cr_assert_not(nested(5, &c));
	cr_assert_not_null(strstr(c.text, "too deep"), "%s", c.text);
	cr_assert_not(nested(100, &c));
}

Test(model_gguf, tensors_have_one_to_eight_dimensions)
{
	for (uint64_t rank = 0; rank < 12; rank++) {
		struct gguf g;
		struct rac_model_source s;
		struct rac_complaint c;

		put_llama(&g, 0);
		put_tensor(&g, 1, 1, 0);
		put_text(&g, "t");
		put(&g, rank, 4);
		for (uint64_t i = 0; i < rank; i++)
			put(&g, 2, 8);
		put(&g, 0, 4);
		put(&g, 0, 8);
		cr_assert_eq(read_gguf(&g, &s, &c), rank >= 1 && rank <= 8, "%s", c.text);
	}
}

Test(model_gguf, what_the_metadata_leave_open_is_said_or_has_its_default)
{
	struct gguf g;
	struct rac_model_source s;
	struct rac_complaint c;

	put_llama(&g, 2);
	put_u32(&g, "llama.attention.sliding_window", 1024);
	put_u32(&g, "llama.attention.key_length", 32);
	put_tensor(&g, 1, 1, 0);
	put_tensor(&g, 1, 1, 0);
	cr_assert(read_gguf(&g, &s, &c), "%s", c.text);
	cr_assert_eq(s.model.head_dim, 32);
	cr_assert_eq(s.model.window_layers, 0);
	cr_assert_eq(s.note_count, 1);
	cr_assert_not_null(strstr(s.notes[0], "sliding window"));
	put_header(&g, 1, 0);
	put_tensor(&g, 4, 1, 0);
	cr_assert(read_gguf(&g, &s, &c), "%s", c.text);
	cr_assert_str_eq(s.kind, "GGUF of an unnamed architecture");
	cr_assert_not(s.has_model);
	cr_assert_eq(s.weight_bytes, 16);
	cr_assert_not_null(strstr(s.notes[0], "lack"));
}

/* Each claims something of about 2^63: nothing of that size may be allocated, skipped or looped over. */
Test(model_gguf, hostile_gguf_headers_are_errors)
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

Test(model_gguf, a_gguf_file_of_another_kind_is_refused)
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
