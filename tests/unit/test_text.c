/*
 * test_text.c - texts of fixed size, and the one shape of messages about values.
 */
#include "fault.h"
#include "text.h"
#include <criterion/criterion.h>
#include <string.h>

Test(text, joins_pieces_and_ends_in_nul)
{
	char buffer[128];
	struct rac_text t;

	memset(buffer, 'x', sizeof(buffer));
	rac_text_init(&t, buffer, sizeof(buffer));
	cr_assert_str_empty(buffer);
	rac_text_string(&t, "a");
	rac_text_string(&t, NULL);
	rac_text_bytes(&t, "bcd", 2);
	rac_text_u64(&t, 0);
	rac_text_u64(&t, UINT64_MAX);
	rac_text_string(&t, " ");
	rac_text_i64(&t, INT64_MIN);
	rac_text_i64(&t, 7);
	rac_text_string(&t, " ");
	rac_text_hex(&t, 0);
	rac_text_hex(&t, UINT64_MAX);
	rac_text_size(&t, 1610612737);
	rac_text_size_exact(&t, 1025);
	cr_assert_str_eq(buffer,
		"abc018446744073709551615 -92233720368547758087 "
		"0x00xffffffffffffffff1.50 GiB1.00 KiB (1025 bytes)");
	cr_assert_eq(t.used, strlen(buffer));
	cr_assert_not(t.cut);
	rac_text_clear(&t);
	cr_assert_str_empty(buffer);
}

Test(text, shows_that_it_was_cut_at_every_size)
{
	static const char long_text[] = "0123456789";
	char buffer[16];

	for (size_t capacity = 0; capacity <= sizeof(long_text); capacity++) {
		struct rac_text t;
		size_t end = capacity > 0 ? capacity - 1 : 0;

		memset(buffer, '!', sizeof(buffer));
		rac_text_init(&t, buffer, capacity);
		rac_text_string(&t, long_text);
		cr_assert_eq(t.used, end);
		cr_assert_eq(buffer[capacity], '!', "wrote past its end");
		if (capacity == sizeof(long_text)) {
			cr_assert_not(t.cut);
			cr_assert_str_eq(buffer, long_text);
			continue;
		}
		cr_assert(t.cut);
		cr_assert(capacity == 0 || strlen(buffer) == end);
		for (size_t i = end > 3 ? end - 3 : 0; i < end; i++)
			cr_assert_eq(buffer[i], '.');
		rac_text_string(&t, "more");
		cr_assert_eq(t.used, end, "added to a text that was cut");
	}
}

Test(text, marks_a_piece_that_just_did_not_fit)
{
	char buffer[8];
	struct rac_text t;

	rac_text_init(&t, buffer, sizeof(buffer));
	rac_text_string(&t, "1234567");
	cr_assert_not(t.cut);
	rac_text_string(&t, "8");
	cr_assert(t.cut);
	cr_assert_str_eq(buffer, "1234...");
}

Test(text, never_cuts_a_character_in_half)
{
	char buffer[8];
	struct rac_text t;

	rac_text_init(&t, buffer, sizeof(buffer));
	rac_text_string(&t, "abc\u20acxyz");
	cr_assert_str_eq(buffer, "abc...");
}

Test(text, escapes_what_could_steer_a_terminal)
{
	char buffer[64];
	struct rac_text t;

	rac_text_init(&t, buffer, sizeof(buffer));
	rac_text_quoted(&t, "a\x1b[1m\n\xff\u00e9\xc2\x9b", 11, 64);
	cr_assert_str_eq(buffer, "'a\\x1b[1m\\x0a\\xff\u00e9\\xc2\\x9b'");
}

Test(text, shows_the_beginning_of_long_foreign_text)
{
	char buffer[64];
	struct rac_text t;

	rac_text_init(&t, buffer, sizeof(buffer));
	rac_text_quoted(&t, "abcdef", 6, 6);
	rac_text_quoted(&t, "abcdef", 6, 5);
	rac_text_quoted(&t, "ab\u20ac", 5, 4);
	cr_assert_str_eq(buffer, "'abcdef''abcde...''ab...'");
}

Test(text, ends_a_line_also_where_it_was_cut)
{
	static const struct {
		size_t capacity;
		const char *text, *line;
	} cases[] = {
		{16, "abc", "abc\n"},
		{5, "abc", "abc\n"},
		{8, "abcdefg", "abc...\n"},
		{8, "abcdefghij", "abc...\n"},
		{4, "abc", "..\n"},
		{2, "abc", "\n"},
		{1, "abc", ""},
		{10, "abc\u20acxyz", "abc...\n"},
	};
	char buffer[32];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rac_text t;

		rac_text_init(&t, buffer, cases[i].capacity);
		rac_text_string(&t, cases[i].text);
		rac_text_end_line(&t);
		cr_assert_str_eq(buffer, cases[i].line, "case %zu: %s", i, buffer);
		cr_assert_eq(t.used, strlen(cases[i].line));
	}
}

static void expect_fault(
	const char *value, size_t offset, size_t length, const char *right, const char *message)
{
	struct rac_fault fault = {offset, length, "is wrong", right};
	char buffer[256];
	struct rac_text t;

	rac_text_init(&t, buffer, sizeof(buffer));
	rac_fault_text(&t, "NAME", value, strlen(value), &fault);
	cr_assert_str_eq(buffer, message, "%s", buffer);
}

Test(fault, says_what_is_wrong_and_where)
{
	expect_fault("abc", 0, 3, "write x", "NAME='abc' is wrong; write x");
	expect_fault("abc", 1, 1, NULL, "NAME='abc': 'b' at character 2 is wrong");
	expect_fault("abc", 1, 0, NULL, "NAME='abc': at character 2 is wrong");
	expect_fault("abc", 3, 0, "write x", "NAME='abc': at the end is wrong; write x");
	expect_fault("", 0, 0, NULL, "NAME='' is wrong");
	expect_fault("\u00e9\u20ac\xff!", 6, 1, NULL,
		"NAME='\u00e9\u20ac\\xff!': '!' at character 4 is wrong");
}
