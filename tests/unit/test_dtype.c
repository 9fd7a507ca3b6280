/*
 * test_dtype.c - the table of data types: names, sizes in bits, rounding, and what is computed in
 * them. Rows B14, B15, D13 and D14 of the seed's behaviours and defects.
 */
#include "rac_dtype.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdlib.h>

static enum rac_dtype parsed(const char *text)
{
	enum rac_dtype dtype = RAC_DTYPE_COUNT;

	cr_assert_eq(rac_dtype_parse(text, &dtype), RAC_OK, "%s", text);
	return dtype;
}

static uint64_t bytes_of(enum rac_dtype dtype, uint64_t rows, uint64_t columns)
{
	uint64_t bytes = 0;

	cr_assert_eq(rac_dtype_bytes(dtype, rows, columns, &bytes), RAC_OK);
	return bytes;
}

/* B14 */
Test(dtype, b14_the_names_of_the_seeds_bindings_are_known)
{
	static const struct {
		const char *text;
		enum rac_dtype dtype;
	} names[] = {
		{"f16", RAC_DTYPE_F16},
		{"float16", RAC_DTYPE_F16},
		{"bf16", RAC_DTYPE_BF16},
		{"bfloat16", RAC_DTYPE_BF16},
		{"f32", RAC_DTYPE_F32},
		{"float32", RAC_DTYPE_F32},
		{"float", RAC_DTYPE_F32},
		{"f64", RAC_DTYPE_F64},
		{"double", RAC_DTYPE_F64},
		{"u8", RAC_DTYPE_U8},
		{"u32", RAC_DTYPE_U32},
		{"i16", RAC_DTYPE_I16},
		{"i32", RAC_DTYPE_I32},
		{"int", RAC_DTYPE_I32},
		{"i64", RAC_DTYPE_I64},
		{"long", RAC_DTYPE_I64},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		cr_assert_eq(parsed(names[i].text), names[i].dtype, "%s", names[i].text);
}

/* B14 */
Test(dtype, b14_case_does_not_matter)
{
	cr_assert_eq(parsed("BFloat16"), RAC_DTYPE_BF16);
	cr_assert_eq(parsed("F8_E4M3"), RAC_DTYPE_F8_E4M3);
	cr_assert_eq(parsed("Q4_K"), RAC_DTYPE_Q4_K);
}

/* B14 */
Test(dtype, b14_an_unknown_name_is_refused_and_writes_nothing)
{
	static const char *const wrong[] = {
		"", " ", "f", "f1", "f160", "float16 half", "half ", "q4", "bf16\n", "none"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		enum rac_dtype dtype = RAC_DTYPE_I64;

		cr_assert_eq(rac_dtype_parse(wrong[i], &dtype), RAC_UNKNOWN, "%s", wrong[i]);
		cr_assert_eq(dtype, RAC_DTYPE_I64);
	}
	enum rac_dtype dtype;

	cr_assert_eq(rac_dtype_parse(NULL, &dtype), RAC_UNKNOWN);
}

/* B14, D14: the list for the error message holds each name, and each is accepted. */
Test(dtype, d14_every_listed_name_parses_to_its_own_row)
{
	char list[2048];
	size_t length = rac_dtype_names(list, sizeof(list));

	cr_assert_lt(length, sizeof(list));
	cr_assert_eq(strlen(list), length);
	unsigned listed = 0;

	for (char *save, *name = strtok_r(list, ", ", &save); name != NULL;
		name = strtok_r(NULL, ", ", &save), listed++)
		cr_assert_str_eq(rac_dtype_name(parsed(name)), name);
	cr_assert_eq(listed, RAC_DTYPE_COUNT);
}

/* D14: printer and parser come from one table, so they cannot drift apart. */
Test(dtype, d14_no_two_rows_share_a_name_or_alias)
{
	for (unsigned i = 0; i < RAC_DTYPE_COUNT; i++) {
		char aliases[128];

		cr_assert_eq(parsed(rac_dtype_name((enum rac_dtype)i)), (enum rac_dtype)i);
		cr_assert_lt(strlen(rac_dtype_info((enum rac_dtype)i)->aliases), sizeof(aliases));
		strcpy(aliases, rac_dtype_info((enum rac_dtype)i)->aliases);
		for (char *save, *name = strtok_r(aliases, " ", &save); name != NULL;
			name = strtok_r(NULL, " ", &save))
			cr_assert_eq(parsed(name), (enum rac_dtype)i, "%s", name);
	}
}

Test(dtype, the_list_of_names_is_cut_to_the_room_there_is)
{
	char list[8] = "xxxxxxx";

	cr_assert_gt(rac_dtype_names(list, sizeof(list)), sizeof(list));
	cr_assert_str_eq(list, "f16, bf");
	cr_assert_gt(rac_dtype_names(NULL, 0), 0);
}

/* B15 */
Test(dtype, b15_what_is_float_half_or_trained_in_and_what_sums_are_kept_in)
{
	static const struct {
		enum rac_dtype dtype;
		enum rac_dtype_class kind;
		bool half, trains;
		enum rac_dtype accumulator;
	} rows[] = {
		{RAC_DTYPE_F16, RAC_DTYPE_CLASS_FLOAT, true, true, RAC_DTYPE_F32},
		{RAC_DTYPE_BF16, RAC_DTYPE_CLASS_FLOAT, true, true, RAC_DTYPE_F32},
		{RAC_DTYPE_F32, RAC_DTYPE_CLASS_FLOAT, false, true, RAC_DTYPE_F32},
		{RAC_DTYPE_F64, RAC_DTYPE_CLASS_FLOAT, false, false, RAC_DTYPE_F64},
		{RAC_DTYPE_U8, RAC_DTYPE_CLASS_INTEGER, false, false, RAC_DTYPE_I64},
		{RAC_DTYPE_U32, RAC_DTYPE_CLASS_INTEGER, false, false, RAC_DTYPE_I64},
		{RAC_DTYPE_I16, RAC_DTYPE_CLASS_INTEGER, false, false, RAC_DTYPE_I64},
		{RAC_DTYPE_I32, RAC_DTYPE_CLASS_INTEGER, false, false, RAC_DTYPE_I64},
		{RAC_DTYPE_I64, RAC_DTYPE_CLASS_INTEGER, false, false, RAC_DTYPE_I64},
		{RAC_DTYPE_F8_E4M3, RAC_DTYPE_CLASS_FLOAT, false, false, RAC_DTYPE_F32},
		{RAC_DTYPE_F4, RAC_DTYPE_CLASS_FLOAT, false, false, RAC_DTYPE_F32},
		{RAC_DTYPE_Q4_0, RAC_DTYPE_CLASS_BLOCK, false, false, RAC_DTYPE_F32},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct rac_dtype_info *info = rac_dtype_info(rows[i].dtype);

		cr_assert_eq(info->kind, rows[i].kind, "%s", info->name);
		cr_assert_eq(info->half, rows[i].half, "%s", info->name);
		cr_assert_eq(info->trains, rows[i].trains, "%s", info->name);
		cr_assert_eq(info->accumulator, rows[i].accumulator, "%s", info->name);
	}
}

/* D13: a size of 0 for F4 and F6 made such tensors free of charge. */
Test(dtype, d13_types_smaller_than_a_byte_are_not_free)
{
	cr_assert_eq(bytes_of(RAC_DTYPE_F4, 4096, 4096), 8388608);
	cr_assert_eq(bytes_of(RAC_DTYPE_F6_E2M3, 4096, 4096), 12582912);
	cr_assert_eq(bytes_of(RAC_DTYPE_F6_E3M2, 4096, 4096), 12582912);
	for (unsigned i = 0; i < RAC_DTYPE_COUNT; i++) {
		cr_assert_gt(rac_dtype_info((enum rac_dtype)i)->block_bits, 0);
		cr_assert_gt(rac_dtype_info((enum rac_dtype)i)->block_elements, 0);
		cr_assert_gt(bytes_of((enum rac_dtype)i, 1, 1), 0);
	}
}

/* D13 */
Test(dtype, d13_bits_are_rounded_up_once_over_the_whole_tensor)
{
	cr_assert_eq(bytes_of(RAC_DTYPE_F4, 1, 2), 1);
	cr_assert_eq(bytes_of(RAC_DTYPE_F6_E2M3, 1, 4), 3);
	cr_assert_eq(bytes_of(RAC_DTYPE_F4, 3, 3), 5); /* 36 bits; by rows it would be 6 */
	cr_assert_eq(bytes_of(RAC_DTYPE_I4, 1, 1), 1);
}

/* D13 */
Test(dtype, d13_ggml_blocks_have_their_published_sizes)
{
	static const struct {
		enum rac_dtype dtype;
		uint32_t elements, bytes;
	} blocks[] = {
		{RAC_DTYPE_Q4_0, 32, 18},
		{RAC_DTYPE_Q4_1, 32, 20},
		{RAC_DTYPE_Q5_0, 32, 22},
		{RAC_DTYPE_Q5_1, 32, 24},
		{RAC_DTYPE_Q8_0, 32, 34},
		{RAC_DTYPE_Q8_1, 32, 36},
		{RAC_DTYPE_Q2_K, 256, 84},
		{RAC_DTYPE_Q3_K, 256, 110},
		{RAC_DTYPE_Q4_K, 256, 144},
		{RAC_DTYPE_Q5_K, 256, 176},
		{RAC_DTYPE_Q6_K, 256, 210},
		{RAC_DTYPE_Q8_K, 256, 292},
		{RAC_DTYPE_IQ2_XXS, 256, 66},
		{RAC_DTYPE_IQ2_XS, 256, 74},
		{RAC_DTYPE_IQ2_S, 256, 82},
		{RAC_DTYPE_IQ3_XXS, 256, 98},
		{RAC_DTYPE_IQ3_S, 256, 110},
		{RAC_DTYPE_IQ1_S, 256, 50},
		{RAC_DTYPE_IQ1_M, 256, 56},
		{RAC_DTYPE_IQ4_NL, 32, 18},
		{RAC_DTYPE_IQ4_XS, 256, 136},
		{RAC_DTYPE_TQ1_0, 256, 54},
		{RAC_DTYPE_TQ2_0, 256, 66},
		{RAC_DTYPE_Q1_0, 128, 18},
		{RAC_DTYPE_MXFP4, 32, 17},
		{RAC_DTYPE_MXFP6, 32, 25},
		{RAC_DTYPE_MXFP8, 32, 33},
		{RAC_DTYPE_NVFP4, 64, 36},
	};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		cr_assert_eq(bytes_of(blocks[i].dtype, 1, blocks[i].elements), blocks[i].bytes,
			"%s", rac_dtype_name(blocks[i].dtype));
}

/* D13: the last block of a row belongs to that row alone. */
Test(dtype, d13_ggml_rows_are_padded_to_whole_blocks)
{
	cr_assert_eq(bytes_of(RAC_DTYPE_Q4_0, 10, 33), 10 * 2 * 18);
	cr_assert_eq(bytes_of(RAC_DTYPE_Q4_0, 33, 10), 33 * 18);
	cr_assert_eq(bytes_of(RAC_DTYPE_NVFP4, 1, 128), 128 / 2 + 128 / 16);
}

Test(dtype, nf4_carries_one_absmax_for_64_elements)
{
	cr_assert_eq(bytes_of(RAC_DTYPE_NF4, 4096, 4096), 4096 * 4096 / 2 + 4096 * 4096 / 64 * 4);
	/* Double quantisation: 0.127 bits more than 4 for an element. */
	cr_assert_eq(bytes_of(RAC_DTYPE_NF4_DQ, 1, 16384), 8192 + 256 + 4);
}

Test(dtype, gguf_numbers_lead_to_the_rows_that_have_them)
{
	enum rac_dtype dtype;

	cr_assert_eq(rac_dtype_from_gguf(12, &dtype), RAC_OK);
	cr_assert_eq(dtype, RAC_DTYPE_Q4_K);
	cr_assert_eq(rac_dtype_from_gguf(0, &dtype), RAC_OK);
	cr_assert_eq(dtype, RAC_DTYPE_F32);
	cr_assert_eq(rac_dtype_from_gguf(4, &dtype), RAC_UNKNOWN);
	cr_assert_eq(rac_dtype_from_gguf(UINT32_MAX, &dtype), RAC_UNKNOWN);
}

Test(dtype, nothing_has_no_bytes_and_too_much_is_an_overflow)
{
	uint64_t bytes = 7;

	cr_assert_eq(bytes_of(RAC_DTYPE_F64, 0, UINT64_MAX), 0);
	cr_assert_eq(bytes_of(RAC_DTYPE_Q4_K, UINT64_MAX, 0), 0);
	cr_assert_eq(rac_dtype_bytes(RAC_DTYPE_F64, UINT64_MAX, UINT64_MAX, &bytes), RAC_OVERFLOW);
	cr_assert_eq(bytes, UINT64_MAX);
	cr_assert_eq(bytes_of(RAC_DTYPE_U8, 1, UINT64_MAX), UINT64_MAX);
	/* More elements than 64 bits count, and yet the bytes fit. */
	cr_assert_eq(bytes_of(RAC_DTYPE_F4, 2, UINT64_MAX), UINT64_MAX);
}

Test(dtype, a_value_outside_the_enum_is_refused)
{
	uint64_t bytes = 7;

	cr_assert_null(rac_dtype_info(RAC_DTYPE_COUNT));
	cr_assert_str_eq(rac_dtype_name(RAC_DTYPE_COUNT), "unknown dtype");
	cr_assert_eq(rac_dtype_bytes(RAC_DTYPE_COUNT, 1, 1, &bytes), RAC_INVALID);
	cr_assert_eq(bytes, 7);
}
