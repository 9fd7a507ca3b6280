/*
 * test_model_weights.c - headers of safetensors files and their index, and how the kind of a file is
 * told. What they say is exact to the byte; what they claim beyond their own length is an error and no
 * allocation.
 */
#include "gguf_text.h"

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
