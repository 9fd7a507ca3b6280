/*
 * test_path_pattern.c - the % sequences in paths of reports.
 */
#include "path_pattern.h"
#include <criterion/criterion.h>
#include <string.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static const char *variable(void *context, const char *name)
{
	cr_assert_eq(*(const int *)context, 7);
	if (strcmp(name, "TMPDIR") == 0)
		return "/tmp/job.1";
	return strcmp(name, "EMPTY") == 0 ? "" : NULL;
}

static int context = 7;
static const struct rac_path_values values = {
	.pid = 4711,
	.host = "node1",
	.program = "a/b",
	.rank = "3",
	.variable = variable,
	.context = &context,
};

Test(path_pattern, replaces_each_sequence)
{
	static const struct {
		const char *pattern, *path;
	} cases[] = {
		{"report.json", "report.json"},
		{"r-%p.txt", "r-4711.txt"},
		{"%h/%e/%r-%p", "node1/a_b/3-4711"},
		{"%q{TMPDIR}/r.json", "/tmp/job.1/r.json"},
		{"a%q{EMPTY}b", "ab"},
		{"100%%", "100%"},
		{"%%p", "%p"},
		{"%p%p", "47114711"},
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		char path[64], message[256];
		struct rac_text out, why;

		rac_text_init(&out, path, sizeof(path));
		rac_text_init(&why, message, sizeof(message));
		cr_assert_eq(rac_path_expand(&out, "RAC_REPORT", cases[i].pattern, &values, &why),
			RAC_OK, "%s", message);
		cr_assert_str_eq(path, cases[i].path, "%s", path);
	}
}

Test(path_pattern, has_words_for_what_is_not_known)
{
	static const struct rac_path_values none = {.pid = 1};
	char path[64], message[256];
	struct rac_text out, why;

	rac_text_init(&out, path, sizeof(path));
	rac_text_init(&why, message, sizeof(message));
	cr_assert_eq(rac_path_expand(&out, "RAC_REPORT", "%h-%e-%r-%p", &none, &why), RAC_OK);
	cr_assert_str_eq(path, "unknown-unknown-0-1");
	cr_assert_eq(rac_path_expand(&out, "RAC_REPORT", "%q{A}", &none, &why), RAC_INVALID);
}

Test(path_pattern, says_what_is_wrong)
{
	static const struct {
		const char *pattern, *message;
	} cases[] = {
		{"", "R='' is empty; write a path"},
		{"a%",
			"R='a%': '%' at character 2 is not followed by a letter; write %p, %h, %e, "
			"%r or %q{VAR}, or %% for a percent sign"},
		{"a%x",
			"R='a%x': '%x' at character 2 is not known; write %p, %h, %e, %r or "
			"%q{VAR}, or %% for a percent sign"},
		{"a%qb",
			"R='a%qb': '%q' at character 2 lacks the name of a variable; write it in "
			"braces, as in %q{USER}"},
		{"%q", "R='%q' lacks the name of a variable; write it in braces, as in %q{USER}"},
		{"%q{A", "R='%q{A' lacks its closing brace; write it as in %q{USER}"},
		{"%q{}", "R='%q{}' does not name a variable; write it as in %q{USER}"},
		{"%q{A=B}", "R='%q{A=B}' does not name a variable; write it as in %q{USER}"},
		{"dir/", "R='dir/' is a folder; write the name of a file in it"},
		{"a%q{NO}",
			"R='a%q{NO}': '%q{NO}' at character 2 names a variable that is not set; "
			"set it, or write another"},
		{"%q{EMPTY}", "R='%q{EMPTY}' gives an empty path; write the name of a file"},
		{"a/%q{EMPTY}",
			"R='a/%q{EMPTY}' gives the path of a folder; write the name of a "
			"file in it"},
		{"0123456789012345678901234567890123456789",
			"R='0123456789012345678901234567890123456789' gives too long a path; "
			"write a shorter one"},
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		char path[32], message[256];
		struct rac_text out, why;

		rac_text_init(&out, path, sizeof(path));
		rac_text_init(&why, message, sizeof(message));
		cr_assert_neq(rac_path_expand(&out, "R", cases[i].pattern, &values, &why), RAC_OK);
		cr_assert_str_eq(message, cases[i].message, "%s", message);
	}
}
