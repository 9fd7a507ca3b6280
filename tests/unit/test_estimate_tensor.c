/*
 * test_estimate_tensor.c - bytes of tensors, the overhead factor and an allocator's blocks. Rows B9,
 * B11, B18, B20, D9, D11, D12 and D18 of the seed's behaviours and defects.
 */
#include "rac_estimate.h"

#include <criterion/criterion.h>

#define BYTES(dtype, ...)                                    \
	tensor_bytes(dtype, (const uint64_t[]){__VA_ARGS__}, \
		sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static uint64_t tensor_bytes(enum rac_dtype dtype, const uint64_t *dims, size_t rank)
{
	uint64_t bytes = 1;

	cr_assert_eq(rac_estimate_tensor(dims, rank, dtype, &bytes), RAC_OK);
	return bytes;
}

static uint64_t with_overhead(uint64_t bytes, uint64_t permille)
{
	struct rac_estimate e = {0};

	cr_assert_eq(rac_estimate_add(&e, RAC_PART_TENSOR, bytes), RAC_OK);
	cr_assert_eq(rac_estimate_overhead(&e, permille, NULL), RAC_OK);
	cr_assert_eq(e.parts[RAC_PART_TENSOR], bytes);
	cr_assert_eq(e.parts[RAC_PART_OVERHEAD], e.bytes - bytes);
	return e.bytes;
}

/* B9 */
Test(estimate_tensor, b9_is_the_product_of_the_shape_times_the_element)
{
	cr_assert_eq(BYTES(RAC_DTYPE_F32, 10, 100), 4000);
	cr_assert_eq(BYTES(RAC_DTYPE_BF16, 1, 32, 4096, 128), 33554432);
	cr_assert_eq(BYTES(RAC_DTYPE_F64, 3), 24);
}

/* B9 */
Test(estimate_tensor, b9_no_dimension_is_one_element)
{
	cr_assert_eq(tensor_bytes(RAC_DTYPE_F32, NULL, 0), 4);
}

/* B9 */
Test(estimate_tensor, b9_a_dimension_of_zero_is_no_bytes)
{
	cr_assert_eq(BYTES(RAC_DTYPE_F32, 5, 0, 7), 0);
}

/* D9: [2^32, 2^32] in f32 wrapped around to 0. */
Test(estimate_tensor, d9_a_product_that_does_not_fit_is_a_status)
{
	const uint64_t dims[] = {UINT64_C(1) << 32, UINT64_C(1) << 32};
	uint64_t bytes = 0;

	cr_assert_eq(rac_estimate_tensor(dims, 2, RAC_DTYPE_F32, &bytes), RAC_OVERFLOW);
	cr_assert_eq(bytes, UINT64_MAX);
}

/* D9: whether [0, 2^40, 2^40] was 0 or a panic depended on where the 0 stood. */
Test(estimate_tensor, d9_zero_wins_over_overflow_in_any_order)
{
	const uint64_t big = UINT64_C(1) << 40;

	cr_assert_eq(BYTES(RAC_DTYPE_F32, 0, big, big), 0);
	cr_assert_eq(BYTES(RAC_DTYPE_F32, big, 0, big), 0);
	cr_assert_eq(BYTES(RAC_DTYPE_F32, big, big, 0), 0);
	cr_assert_eq(BYTES(RAC_DTYPE_Q4_K, big, big, 0), 0);
}

/* D9 */
Test(estimate_tensor, d9_the_order_of_dimensions_does_not_matter)
{
	static const uint64_t sizes[] = {
		0, 1, 3, 256, UINT64_C(1) << 31, UINT64_C(1) << 32, UINT64_C(1) << 62, UINT64_MAX};
	static const enum rac_dtype dtypes[] = {RAC_DTYPE_F4, RAC_DTYPE_F6_E2M3, RAC_DTYPE_U8,
		RAC_DTYPE_F32, RAC_DTYPE_C128, RAC_DTYPE_NF4_DQ};
	const size_t n = sizeof(sizes) / sizeof(sizes[0]);

	for (size_t i = 0; i < n * n * n; i++) {
		const uint64_t a = sizes[i % n], b = sizes[i / n % n], c = sizes[i / n / n];
		const uint64_t orders[6][3] = {
			{a, b, c}, {a, c, b}, {b, a, c}, {b, c, a}, {c, a, b}, {c, b, a}};

		for (size_t d = 0; d < sizeof(dtypes) / sizeof(dtypes[0]); d++) {
			uint64_t first, other;
			enum rac_status status =
				rac_estimate_tensor(orders[0], 3, dtypes[d], &first);

			for (size_t o = 1; o < 6; o++) {
				cr_assert_eq(rac_estimate_tensor(orders[o], 3, dtypes[d], &other),
					status);
				cr_assert_eq(first, other);
			}
		}
	}
}

/* D9: bits may need more than 64 bits though bytes do not. */
Test(estimate_tensor, d9_a_size_near_the_end_of_64_bits_is_exact)
{
	cr_assert_eq(BYTES(RAC_DTYPE_F64, UINT64_C(1) << 60), UINT64_C(1) << 63);
	cr_assert_eq(BYTES(RAC_DTYPE_U8, UINT64_MAX), UINT64_MAX);
}

Test(estimate_tensor, refuses_what_is_not_a_tensor)
{
	uint64_t bytes = 7;

	cr_assert_eq(rac_estimate_tensor(NULL, 1, RAC_DTYPE_F32, &bytes), RAC_INVALID);
	cr_assert_eq(rac_estimate_tensor(NULL, 0, RAC_DTYPE_COUNT, &bytes), RAC_INVALID);
	cr_assert_eq(bytes, 7);
}

/* B11 */
Test(estimate_tensor, b11_the_customary_overhead_is_a_tenth)
{
	cr_assert_eq(RAC_OVERHEAD_DEFAULT, 1100);
	cr_assert_eq(with_overhead(BYTES(RAC_DTYPE_F32, 10, 100), RAC_OVERHEAD_DEFAULT), 4400);
	cr_assert_eq(with_overhead(4000, RAC_OVERHEAD_NONE), 4000);
}

/* D11, B20: 1 byte stayed 1 byte and 7 stayed 7. */
Test(estimate_tensor, d11_b20_overhead_is_rounded_up)
{
	cr_assert_eq(with_overhead(1, 1100), 2);
	cr_assert_eq(with_overhead(7, 1100), 8);
	cr_assert_eq(with_overhead(10, 1100), 11);
	cr_assert_eq(with_overhead(0, 1100), 0);
}

/* D11: through a double, 2^53 + 1 lost a byte at a factor of one. */
Test(estimate_tensor, d11_overhead_is_exact_for_large_sizes)
{
	const uint64_t odd = (UINT64_C(1) << 53) + 1;

	cr_assert_eq(with_overhead(odd, 1000), odd);
	cr_assert_eq(with_overhead(UINT64_MAX, 1000), UINT64_MAX);
	cr_assert_eq(with_overhead(UINT64_C(1) << 60, 1100),
		(UINT64_C(1) << 60) + ((UINT64_C(1) << 60) + 9) / 10);
}

/* D11 */
Test(estimate_tensor, d11_overhead_that_does_not_fit_is_a_status)
{
	struct rac_estimate e = {0};
	struct rac_why why;

	cr_assert_eq(rac_estimate_add(&e, RAC_PART_TENSOR, UINT64_MAX - 1), RAC_OK);
	cr_assert_eq(rac_estimate_overhead(&e, 1100, &why), RAC_OVERFLOW);
	cr_assert_eq(e.bytes, UINT64_MAX);
	cr_assert_str_eq(why.what, "overhead");
}

/* D12: a factor of NaN, below one or infinite was taken. */
Test(estimate_tensor, d12_a_factor_outside_its_range_is_refused)
{
	static const uint64_t wrong[] = {0, 1, 500, 999, 10001, UINT64_MAX};
	struct rac_estimate e = {0};

	cr_assert_eq(rac_estimate_add(&e, RAC_PART_TENSOR, 1000), RAC_OK);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct rac_why why = {0};

		cr_assert_eq(rac_estimate_overhead(&e, wrong[i], &why), RAC_INVALID);
		cr_assert_str_eq(why.what, "overhead");
		cr_assert_eq(why.value, wrong[i]);
		cr_assert_not_null(why.rule);
		cr_assert_eq(e.bytes, 1000);
	}
	cr_assert_eq(rac_estimate_overhead(&e, RAC_OVERHEAD_MAX, NULL), RAC_OK);
	cr_assert_eq(e.bytes, 10000);
}

/* D18: bindings truncated sizes to 32 bits, and 8 GiB read back as 0. */
Test(estimate_tensor, d18_sizes_above_32_bits_keep_all_their_bits)
{
	cr_assert_eq(BYTES(RAC_DTYPE_U8, 8, 1024, 1024, 1024), UINT64_C(8) << 30);
	cr_assert_eq(BYTES(RAC_DTYPE_U8, (UINT64_C(1) << 32) + 1), (UINT64_C(1) << 32) + 1);
}

/* B18: too much memory, a wrong argument and an overflow are told apart. */
Test(estimate_tensor, b18_statuses_are_distinct_and_named)
{
	static const enum rac_status all[] = {
		RAC_OK, RAC_OOM, RAC_INVALID, RAC_OVERFLOW, RAC_UNKNOWN, RAC_FULL};
	const size_t n = sizeof(all) / sizeof(all[0]);

	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			cr_assert_str_neq(rac_status_name(all[i]), rac_status_name(all[j]));
}

Test(estimate_tensor, the_sum_of_the_parts_is_the_whole)
{
	struct rac_estimate e = {0}, more = {0};

	cr_assert_eq(rac_estimate_add(&more, RAC_PART_WEIGHTS, 10), RAC_OK);
	cr_assert_eq(rac_estimate_add(&more, RAC_PART_KV_CACHE, 5), RAC_OK);
	cr_assert_eq(rac_estimate_add(&e, RAC_PART_WEIGHTS, 1), RAC_OK);
	cr_assert_eq(rac_estimate_merge(&e, &more, 3), RAC_OK);
	cr_assert_eq(e.bytes, 46);
	cr_assert_eq(e.parts[RAC_PART_WEIGHTS], 31);
	cr_assert_eq(e.parts[RAC_PART_KV_CACHE], 15);
	cr_assert_eq(rac_estimate_merge(&e, &more, UINT64_MAX), RAC_OVERFLOW);
	cr_assert_eq(e.bytes, UINT64_MAX);
	cr_assert_eq(rac_estimate_add(&e, RAC_PART_COUNT, 0), RAC_INVALID);
	cr_assert_null(rac_part_name(RAC_PART_COUNT));
	cr_assert_null(rac_part_words(RAC_PART_COUNT));
}

static uint64_t reserved(uint64_t bytes, uint64_t count)
{
	uint64_t result = 1;

	cr_assert_eq(rac_torch_reserved(bytes, count, &result), RAC_OK);
	return result;
}

#define MIB(n) ((uint64_t)(n) << 20)

Test(estimate_tensor, pytorchs_blocks_come_from_segments_of_three_sizes)
{
	cr_assert_eq(reserved(0, 5), 0);
	cr_assert_eq(reserved(1, 1), MIB(2));
	cr_assert_eq(reserved(1, 4096), MIB(2)); /* blocks of 512 */
	cr_assert_eq(reserved(1, 4097), MIB(4));
	cr_assert_eq(reserved(MIB(1), 2), MIB(2));
	cr_assert_eq(reserved(MIB(1) + 1, 1), MIB(20));
	cr_assert_eq(reserved(MIB(10) - 512, 2), MIB(20));
	cr_assert_eq(reserved(MIB(10), 1), MIB(10));
	cr_assert_eq(reserved(MIB(10) + 1, 3), 3 * MIB(12));
	cr_assert_eq(reserved(MIB(64), 0), 0);
}

Test(estimate_tensor, blocks_that_do_not_fit_64_bits_are_a_status)
{
	uint64_t result = 1;

	cr_assert_eq(rac_torch_reserved(UINT64_MAX, 1, &result), RAC_OVERFLOW);
	cr_assert_eq(result, UINT64_MAX);
	cr_assert_eq(rac_torch_reserved(MIB(16), UINT64_MAX, &result), RAC_OVERFLOW);
}
