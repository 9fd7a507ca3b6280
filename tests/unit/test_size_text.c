/*
 * test_size_text.c - sizes as people write and read them.
 */
#include "size_text.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

#define KIB UINT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)
#define TIB (GIB * 1024)

/* In memory of just its length, so that a sanitizer sees a read past the end. */
static enum rac_status parse(const char *text, uint64_t *out, struct rac_fault *fault)
{
	size_t n = strlen(text);
	char *exact = malloc(n > 0 ? n : 1);
	enum rac_status status;

	memcpy(exact, text, n);
	status = rac_size_parse(exact, n, out, fault);
	free(exact);
	return status;
}

Test(size_parse, reads_numbers_with_units)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} cases[] = {
		{"0", 0},
		{"1", 1},
		{"007", 7},
		{"18446744073709551615", UINT64_MAX},
		{"5B", 5},
		{"5 b", 5},
		{"8K", 8 * KIB},
		{"8k", 8 * KIB},
		{"8Ki", 8 * KIB},
		{"8KB", 8 * KIB},
		{"8kIb", 8 * KIB},
		{"8M", 8 * MIB},
		{"8mib", 8 * MIB},
		{"8G", 8 * GIB},
		{"8GB", 8 * GIB},
		{"8GiB", 8 * GIB},
		{"2T", 2 * TIB},
		{"2TiB", 2 * TIB},
		{"16777215T", 16777215 * TIB},
		{"1.5G", GIB + GIB / 2},
		{"0.5K", 512},
		{"1.0K", 1024},
		{"1.3G", 1395864371},
		{"0.000000000931322575G", 1},
		{"0.999999999999999999T", TIB - 1},
		{"16777215.999999999999999999T", UINT64_MAX},
		{"0.0K", 0},
		{" \t\n 8 \v\f\r G \t", 8 * GIB},
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct rac_fault fault;
		uint64_t bytes = 1;

		cr_assert_eq(parse(cases[i].text, &bytes, &fault), RAC_OK, "%s", cases[i].text);
		cr_assert_eq(bytes, cases[i].bytes, "%s gave %zu", cases[i].text, (size_t)bytes);
	}
}

Test(size_parse, refuses_all_else_and_leaves_the_result_alone)
{
	static const struct {
		const char *text;
		enum rac_status status;
		size_t offset, length;
	} cases[] = {
		{"", RAC_INVALID, 0, 0},
		{"  ", RAC_INVALID, 2, 0},
		{"G", RAC_INVALID, 0, 1},
		{"-1", RAC_INVALID, 0, 2},
		{" +1G", RAC_INVALID, 1, 3},
		{"1.", RAC_INVALID, 2, 0},
		{"1.G", RAC_INVALID, 2, 0},
		{".5G", RAC_INVALID, 0, 3},
		{"1.5", RAC_INVALID, 0, 3},
		{"1.0", RAC_INVALID, 0, 3},
		{" 1.5", RAC_INVALID, 1, 3},
		{"1.5B", RAC_INVALID, 0, 3},
		{"1,5G", RAC_INVALID, 1, 3},
		{"1.5.5G", RAC_INVALID, 3, 3},
		{"8GG", RAC_INVALID, 1, 2},
		{"8P", RAC_INVALID, 1, 1},
		{"8iB", RAC_INVALID, 1, 2},
		{"8Bi", RAC_INVALID, 1, 2},
		{"8GiBs", RAC_INVALID, 1, 4},
		{"8GxB", RAC_INVALID, 1, 3},
		{"8Gix", RAC_INVALID, 1, 3},
		{"8G 8 8", RAC_INVALID, 3, 3},
		{"8G iB", RAC_INVALID, 3, 2},
		{"8G 8G", RAC_INVALID, 3, 2},
		{"8 8", RAC_INVALID, 2, 1},
		{"8G;", RAC_INVALID, 2, 1},
		{"1e9", RAC_INVALID, 1, 2},
		{"0x10", RAC_INVALID, 1, 3},
		{"80%", RAC_INVALID, 2, 1},
		{"none", RAC_INVALID, 0, 4},
		{"18446744073709551616", RAC_OVERFLOW, 0, 20},
		{"99999999999999999999999999G", RAC_OVERFLOW, 0, 27},
		{"16777216T", RAC_OVERFLOW, 0, 9},
		{"0.0000000001K", RAC_INVALID, 0, 13},
		{"1.0000000000000000000G", RAC_INVALID, 0, 22},
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct rac_fault fault = {0};
		uint64_t bytes = 4711;

		cr_assert_eq(
			parse(cases[i].text, &bytes, &fault), cases[i].status, "%s", cases[i].text);
		cr_assert_eq(bytes, 4711);
		cr_assert_eq(fault.offset, cases[i].offset, "%s: offset %zu", cases[i].text,
			fault.offset);
		cr_assert_eq(fault.length, cases[i].length, "%s: length %zu", cases[i].text,
			fault.length);
		cr_assert_not_null(fault.wrong);
		cr_assert_not_null(fault.right);
	}
}

Test(size_parse, says_of_nothing_that_it_is_empty)
{
	struct rac_fault fault = {0};
	uint64_t bytes;

	cr_assert_eq(rac_size_parse("", 0, &bytes, &fault), RAC_INVALID);
	cr_assert_str_eq(fault.wrong, "is empty");
	cr_assert_eq(rac_size_parse(" ", 1, &bytes, &fault), RAC_INVALID);
	cr_assert_str_eq(fault.wrong, "a number is missing");
}

Test(size_parse, takes_each_letter_for_a_unit)
{
	static const char *const texts[] = {"8A", "8a", "8Z", "8z"};
	struct rac_fault fault;
	uint64_t bytes;

	for (size_t i = 0; i < LENGTH(texts); i++) {
		cr_assert_eq(rac_size_parse(texts[i], 2, &bytes, &fault), RAC_INVALID);
		cr_assert_str_eq(fault.wrong, "is not a unit", "%s: %s", texts[i], fault.wrong);
	}
}

Test(size_parse, sees_no_byte_after_the_length_that_it_is_given)
{
	struct rac_fault fault;
	uint64_t bytes;

	cr_assert_eq(rac_size_parse("80G", 2, &bytes, &fault), RAC_OK);
	cr_assert_eq(bytes, 80);
	cr_assert_eq(rac_size_parse("80.5G", 2, &bytes, &fault), RAC_OK);
	cr_assert_eq(bytes, 80);
	cr_assert_eq(rac_size_parse("8\0G", 3, &bytes, &fault), RAC_INVALID);
}

Test(amount_parse, reads_sizes_percentages_and_none)
{
	static const struct {
		const char *text;
		enum rac_amount_unit unit;
		uint64_t value;
	} cases[] = {
		{"8G", RAC_AMOUNT_BYTES, 8 * GIB},
		{"1", RAC_AMOUNT_BYTES, 1},
		{"0", RAC_AMOUNT_NONE, 0},
		{"0G", RAC_AMOUNT_NONE, 0},
		{"none", RAC_AMOUNT_NONE, 0},
		{" NoNe ", RAC_AMOUNT_NONE, 0},
		{"0%", RAC_AMOUNT_NONE, 0},
		{"80%", RAC_AMOUNT_PERCENT, 80000000},
		{" 80 % ", RAC_AMOUNT_PERCENT, 80000000},
		{"100%", RAC_AMOUNT_PERCENT, 100000000},
		{"100.000000%", RAC_AMOUNT_PERCENT, 100000000},
		{"12.5%", RAC_AMOUNT_PERCENT, 12500000},
		{"0.000001%", RAC_AMOUNT_PERCENT, 1},
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct rac_amount amount;
		struct rac_fault fault;

		cr_assert_eq(
			rac_amount_parse(cases[i].text, strlen(cases[i].text), &amount, &fault),
			RAC_OK, "%s", cases[i].text);
		cr_assert_eq(amount.unit, cases[i].unit, "%s", cases[i].text);
		cr_assert_eq(amount.value, cases[i].value, "%s", cases[i].text);
	}
}

Test(amount_parse, refuses_all_else)
{
	static const char *const cases[] = {"", "%", "101%", "100.000001%", "80%%", "80%G",
		"80 % 1", "-5%", "1.2345678%", "nones", "no", "none 8G", "18446744073709551615%"};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct rac_amount amount = {.value = 4711};
		struct rac_fault fault;

		cr_assert_eq(rac_amount_parse(cases[i], strlen(cases[i]), &amount, &fault),
			RAC_INVALID, "%s", cases[i]);
		cr_assert_eq(amount.value, 4711);
	}
}

Test(amount_bytes, is_a_share_of_the_total_rounded_down)
{
	struct rac_amount bytes = {RAC_AMOUNT_BYTES, 12345};
	struct rac_amount none = {RAC_AMOUNT_NONE, 0};
	struct rac_amount half = {RAC_AMOUNT_PERCENT, 50 * RAC_AMOUNT_PERCENT_ONE};
	struct rac_amount all = {RAC_AMOUNT_PERCENT, 100 * RAC_AMOUNT_PERCENT_ONE};
	struct rac_amount least = {RAC_AMOUNT_PERCENT, 1};

	cr_assert_eq(rac_amount_bytes(&bytes, 1), 12345);
	cr_assert_eq(rac_amount_bytes(&none, GIB), 0);
	cr_assert_eq(rac_amount_bytes(&half, 80 * GIB + 1), 40 * GIB);
	cr_assert_eq(rac_amount_bytes(&all, UINT64_MAX), UINT64_MAX);
	cr_assert_eq(
		rac_amount_bytes(&least, 1000), 1, "a share of nothing would be no cap at all");
}

Test(size_text, shows_three_digits_cut_off)
{
	static const struct {
		uint64_t bytes;
		const char *text, *exact;
	} cases[] = {
		{0, "0 B", "0 B"},
		{1, "1 B", "1 B"},
		{1023, "1023 B", "1023 B"},
		{1024, "1.00 KiB", "1.00 KiB"},
		{1025, "1.00 KiB", "1.00 KiB (1025 bytes)"},
		{1536, "1.50 KiB", "1.50 KiB"},
		{10 * KIB - 1, "9.99 KiB", "9.99 KiB (10239 bytes)"},
		{10 * KIB, "10.0 KiB", "10.0 KiB"},
		{12 * MIB + MIB / 2, "12.5 MiB", "12.5 MiB"},
		{100 * MIB - 1, "99.9 MiB", "99.9 MiB (104857599 bytes)"},
		{768 * MIB, "768 MiB", "768 MiB"},
		{MIB - 1, "1023 KiB", "1023 KiB (1048575 bytes)"},
		{GIB + GIB / 2, "1.50 GiB", "1.50 GiB"},
		{GIB + GIB / 100, "1.00 GiB", "1.00 GiB (1084479242 bytes)"},
		{GIB + GIB / 20, "1.04 GiB", "1.04 GiB (1127428915 bytes)"},
		{80 * GIB, "80.0 GiB", "80.0 GiB"},
		{5 * TIB, "5.00 TiB", "5.00 TiB"},
		{5 * TIB * 1024, "5.00 PiB", "5.00 PiB"},
		{UINT64_MAX, "15.9 EiB", "15.9 EiB (18446744073709551615 bytes)"},
	};
	char text[RAC_SIZE_TEXT_MAX], exact[RAC_SIZE_TEXT_EXACT_MAX];

	for (size_t i = 0; i < LENGTH(cases); i++) {
		cr_assert_eq(rac_size_text(text, cases[i].bytes), strlen(cases[i].text));
		cr_assert_str_eq(text, cases[i].text, "%s", text);
		cr_assert_eq(rac_size_text_exact(exact, cases[i].bytes), strlen(cases[i].exact));
		cr_assert_str_eq(exact, cases[i].exact, "%s", exact);
	}
}

Test(size_text, is_never_more_than_the_bytes_and_close_to_them)
{
	uint64_t seed = 1;

	for (int i = 0; i < 200000; i++) {
		char text[RAC_SIZE_TEXT_MAX];
		struct rac_fault fault;
		uint64_t back;

		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		uint64_t bytes = (seed >> 20) >> (seed % 40);

		rac_size_text(text, bytes);
		cr_assert_eq(rac_size_parse(text, strlen(text), &back, &fault), RAC_OK, "%s", text);
		cr_assert_leq(back, bytes, "%s", text);
		cr_assert_leq(bytes - back, bytes / 99 + 1, "%s", text);
	}
}
