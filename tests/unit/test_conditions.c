/*
 * test_conditions.c - RAC_FAIL_ON: what each text means, and the message for each one that means nothing.
 */
#include "conditions.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct rac_conditions conditions;

/* In memory of just its length, so that a sanitizer sees a read past the end. */
static const char *read(const char *text)
{
	static char message[512];
	size_t n = strlen(text);
	char *exact = malloc(n > 0 ? n : 1);
	struct rac_fault fault;
	struct rac_text t;

	memcpy(exact, text, n);
	rac_text_init(&t, message, sizeof(message));
	if (rac_conditions_parse(exact, n, &conditions, &fault) != RAC_OK)
		rac_fault_text(&t, "RAC_FAIL_ON", exact, n, &fault);
	free(exact);
	return message;
}

static void is(size_t i, enum rac_condition_kind kind, uint64_t bound, const char *text)
{
	cr_assert_lt(i, conditions.count);
	cr_expect_eq(conditions.entries[i].kind, kind);
	cr_expect_eq(conditions.entries[i].bound, bound);
	cr_expect_str_eq(conditions.entries[i].text, text);
}

Test(conditions, are_read_with_their_bounds)
{
	cr_assert_str_empty(
		read("leak, leak>10M,leaks > 3 ,new,peak>20GiB,untracked>1.5G,growth,refused,"
		     "nocuda"));
	cr_assert_eq(conditions.count, 9);
	is(0, RAC_CONDITION_LEAK, 0, "leak");
	is(1, RAC_CONDITION_LEAK, UINT64_C(10) << 20, "leak>10M");
	is(2, RAC_CONDITION_LEAKS, 3, "leaks > 3");
	is(3, RAC_CONDITION_NEW, 0, "new");
	is(4, RAC_CONDITION_PEAK, UINT64_C(20) << 30, "peak>20GiB");
	is(5, RAC_CONDITION_UNTRACKED, UINT64_C(3) << 29, "untracked>1.5G");
	is(6, RAC_CONDITION_GROWTH, 0, "growth");
	is(7, RAC_CONDITION_REFUSED, 0, "refused");
	is(8, RAC_CONDITION_NOCUDA, 0, "nocuda");
	cr_expect(rac_condition_needs_run(RAC_CONDITION_NEW));
	cr_expect(rac_condition_needs_run(RAC_CONDITION_NOCUDA));
	cr_expect_not(rac_condition_needs_run(RAC_CONDITION_GROWTH));
	cr_expect_eq(rac_condition_unit("leak>10M"), RAC_CONDITION_BYTES);
	cr_expect_eq(rac_condition_unit("leaks > 3"), RAC_CONDITION_COUNT);
}

Test(conditions, may_be_none)
{
	cr_assert_str_empty(read(" "));
	cr_assert_eq(conditions.count, 0);
}

Test(conditions, that_cannot_be_read_are_said_and_fail)
{
	static const struct {
		const char *text, *message;
	} wrong[] = {
		{"leek",
			"RAC_FAIL_ON='leek' is no condition; write leak, leak>SIZE, leaks>COUNT, new, "
			"peak>SIZE, untracked>SIZE, growth, refused or nocuda"},
		{"leak,,new",
			"RAC_FAIL_ON='leak,,new': at character 6 a condition is missing; write leak, "
			"leak>SIZE, leaks>COUNT, new, peak>SIZE, untracked>SIZE, growth, refused or nocuda"},
		{"new,peak",
			"RAC_FAIL_ON='new,peak': 'peak' at character 5 lacks its bound; write > and a "
			"size, such as peak>8G"},
		{"leaks",
			"RAC_FAIL_ON='leaks' lacks its bound; write > and a number, such as leaks>3"},
		{"new>5", "RAC_FAIL_ON='new>5' has no bound; write the name alone, without >"},
		{"leaks>1K",
			"RAC_FAIL_ON='leaks>1K': '1K' at character 7 is not a number; write how many "
			"there may be, such as leaks>3"},
		{"leaks>18446744073709551616",
			"RAC_FAIL_ON='leaks>18446744073709551616': '18446744073709551616' at character 7 is "
			"too large; write less than 2^64"},
		{"peak>=8G",
			"RAC_FAIL_ON='peak>=8G': '>=' at character 5 is not known here; write > alone: a "
			"figure fails when it is above the bound"},
		{"new, leak>8X",
			"RAC_FAIL_ON='new, leak>8X': 'X' at character 12 is not a unit; write K, M, G or T, "
			"alone or followed by B, i or iB; or B for bytes"},
		{"leak>",
			"RAC_FAIL_ON='leak>': at the end a size is missing; write a number and a unit, "
			"such as leak>10M"},
		{"leaks>,new",
			"RAC_FAIL_ON='leaks>,new': at character 7 a number is missing; write how many "
			"there may be, such as leaks>3"},
		{"new,new,new,new,new,new,new,new,new,new,new,new,new,new,new,new,new",
			"RAC_FAIL_ON='new,new,new,new,new,new,new,new,new,new,new,new,new,new,new,new,new':"
			" 'new' at character 65 is one condition too many; write at most 16"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		cr_expect_str_eq(read(wrong[i].text), wrong[i].message);
		cr_expect_eq(conditions.count, 1);
		is(0, RAC_CONDITION_UNREADABLE, 0, conditions.entries[0].text);
	}
}
