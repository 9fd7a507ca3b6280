/*
 * test_settings_verdict.c - the settings that ask for a verdict; all others are test_settings.c's.
 */
#include "settings.h"
#include <criterion/criterion.h>
#include <string.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

#define MOST 8 /* problems, and variables of a test */

static struct rac_settings settings;
static struct rac_settings_problem problems[MOST];
static size_t found;

/* Reads up to MOST variables; the literals are not written to. */
static void read_environment(const char *const variables[], size_t count)
{
	char *environment[MOST + 1] = {NULL};

	for (size_t i = 0; i < count; i++)
		memcpy(&environment[i], &variables[i], sizeof(environment[i]));
	memset(&settings, 0xa5, sizeof(settings));
	found = rac_settings_read(&settings, environment, problems, MOST);
}

#define READ(...)         \
	read_environment( \
		(const char *const[]){__VA_ARGS__}, LENGTH(((const char *const[]){__VA_ARGS__})))

static void expect_one(enum rac_problem_kind kind, const char *message)
{
	cr_assert_eq(found, 1, "%zu problems, the first: %s", found, problems[0].message);
	cr_assert_str_eq(problems[0].message, message, "%s", problems[0].message);
	cr_assert_eq(problems[0].kind, kind);
	cr_assert_eq(settings.limit_is_broken, kind == RAC_PROBLEM_LIMIT);
}

Test(settings_verdict, a_verdict_is_asked_for)
{
	READ("RAC_LIMIT=8G");
	cr_assert_eq(settings.fail_on.count, 0);
	cr_assert_eq(settings.exit_code, 23);
	READ("RAC_FAIL_ON=leak>10M,refused", "RAC_EXIT_CODE=255", "RAC_SUPPRESSIONS=a,b",
		"RAC_BASELINE=old.json");
	cr_assert_eq(found, 0, "%s", problems[0].message);
	cr_assert_eq(settings.fail_on.count, 2);
	cr_assert_eq(settings.exit_code, 255);
	cr_assert_str_eq(settings.suppressions, "a,b");
	READ("RAC_SUPPRESSIONS=built-in", "RAC_FAIL_ON=", "RAC_EXIT_CODE=23");
	cr_assert_eq(found, 0, "to ask for the default asks for nothing: %s", problems[0].message);
	cr_assert_str_empty(settings.suppressions);
}

Test(settings_verdict, of_a_verdict_that_cannot_be_read_are_said)
{
	READ("RAC_FAIL_ON=leak,peak");
	expect_one(RAC_PROBLEM_VALUE,
		"RAC_FAIL_ON='leak,peak': 'peak' at character 6 lacks its bound; write > and a size, "
		"such as peak>8G");
	cr_assert_eq(settings.fail_on.entries[0].kind, RAC_CONDITION_UNREADABLE, "it fails closed");
	READ("RAC_EXIT_CODE=0");
	expect_one(RAC_PROBLEM_VALUE,
		"RAC_EXIT_CODE='0' is no status; write a number from 1 to 255; 23 holds");
	READ("RAC_EXIT_CODE=1x");
	expect_one(RAC_PROBLEM_VALUE,
		"RAC_EXIT_CODE='1x' is no status; write a number from 1 to 255; 23 holds");
	READ("RAC_EXIT_CODE=256");
	cr_assert_eq(settings.exit_code, 23);
	READ("RAC_SUPPRESSIONS=a,,b");
	expect_one(RAC_PROBLEM_VALUE,
		"RAC_SUPPRESSIONS='a,,b': at character 3 a file is missing; write its path, or unset "
		"the variable");
	READ("RAC_BASELINE=old/");
	expect_one(RAC_PROBLEM_VALUE, "RAC_BASELINE='old/' is a folder; write a file");
}
