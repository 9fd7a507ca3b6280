/*
 * test_settings.c - what an environment means, and what is said of what it does not.
 */
#include "settings.h"
#include <criterion/criterion.h>
#include <string.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

#define GIB (UINT64_C(1) << 30)

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

static uint64_t cap(uint32_t ordinal)
{
	struct rac_limit_answer answer;
	char message[256];
	struct rac_text why;

	rac_text_init(&why, message, sizeof(message));
	cr_assert_eq(
		rac_limit_resolve(&settings.limit, ordinal, NULL, 80 * GIB, &answer, &why), RAC_OK);
	return answer.bytes;
}

Test(settings, without_variables_the_defaults_hold)
{
	READ("PATH=/bin", "RAC", "RACK_X=1", "=RAC_X", "NORAC_LIMIT=x");
	cr_assert_eq(found, 0, "%s", problems[0].message);
	cr_assert_eq(settings.limit.count, 0);
	cr_assert_not(settings.limit_is_broken);
	cr_assert_eq(settings.on_limit, RAC_ON_LIMIT_DENY);
	cr_assert_eq(settings.scope, RAC_SCOPE_ALLOCATIONS);
	cr_assert_eq(settings.show, RAC_SHOW_LIMIT);
	cr_assert_eq(settings.report_to, RAC_REPORT_STDERR);
	cr_assert_eq(settings.format, RAC_FORMAT_TEXT);
	cr_assert_not(settings.verbose);
	cr_assert_str_empty(settings.limit_alias);
	for (int i = 0; i < RAC_SETTING_COUNT; i++)
		cr_assert_not(settings.shown[i].is_set);
	cr_assert_eq(rac_settings_read(&settings, NULL, NULL, 0), 0);
}

Test(settings, each_variable_is_read)
{
	READ("RAC_LIMIT=0=8G,4G", "RAC_ON_LIMIT=warn", "RAC_SHOW=device", "RAC_VERBOSE=1",
		"RAC_REPORT=/tmp/%p.txt", "RAC_FORMAT=json");
	cr_assert_eq(found, 0, "%s", problems[0].message);
	cr_assert_eq(cap(0), 8 * GIB);
	cr_assert_eq(cap(1), 4 * GIB);
	cr_assert_eq(settings.on_limit, RAC_ON_LIMIT_WARN);
	cr_assert_eq(settings.show, RAC_SHOW_DEVICE);
	cr_assert_eq(settings.report_to, RAC_REPORT_PATH);
	cr_assert_str_eq(settings.report_pattern, "/tmp/%p.txt");
	cr_assert_eq(settings.format, RAC_FORMAT_JSON);
	cr_assert(settings.verbose);
	READ("RAC_ON_LIMIT=abort", "RAC_SHOW=limit", "RAC_REPORT=none", "RAC_VERBOSE=0");
	cr_assert_eq(found, 0);
	cr_assert_eq(settings.on_limit, RAC_ON_LIMIT_ABORT);
	cr_assert_eq(settings.report_to, RAC_REPORT_NONE);
	cr_assert_not(settings.verbose);
}

Test(settings, verbose_is_on_for_1_and_true_in_any_case)
{
	READ("RAC_VERBOSE=TRUE");
	cr_assert(settings.verbose);
	READ("RAC_VERBOSE=tRue");
	cr_assert(settings.verbose);
	READ("RAC_VERBOSE=False");
	cr_assert_not(settings.verbose);
	cr_assert_eq(found, 0);
	READ("RAC_VERBOSE=2");
	expect_one(RAC_PROBLEM_VALUE, "RAC_VERBOSE='2' is neither on nor off; write 1 or 0");
	READ("RAC_VERBOSE=truer");
	cr_assert_eq(found, 1);
	READ("RAC_VERBOSE=");
	cr_assert_eq(found, 1);
}

Test(settings, the_ending_of_the_path_decides_the_format_unless_it_is_set)
{
	READ("RAC_REPORT=a.json");
	cr_assert_eq(settings.format, RAC_FORMAT_JSON);
	READ("RAC_FORMAT=text", "RAC_REPORT=a.json");
	cr_assert_eq(settings.format, RAC_FORMAT_TEXT);
	READ("RAC_REPORT=a.json.txt");
	cr_assert_eq(settings.format, RAC_FORMAT_TEXT);
	READ("RAC_FORMAT=json");
	cr_assert_eq(settings.report_to, RAC_REPORT_STDERR);
	cr_assert_eq(settings.format, RAC_FORMAT_JSON);
}

Test(settings, a_wrong_value_is_named_and_the_default_holds)
{
	READ("RAC_ON_LIMIT=denny");
	expect_one(RAC_PROBLEM_VALUE,
		"RAC_ON_LIMIT='denny' is none of its values; write deny, warn or abort");
	cr_assert_eq(settings.on_limit, RAC_ON_LIMIT_DENY);
	READ("RAC_ON_LIMIT=");
	expect_one(RAC_PROBLEM_VALUE,
		"RAC_ON_LIMIT='' is none of its values; write deny, warn or abort");
	READ("RAC_SHOW=Device");
	expect_one(RAC_PROBLEM_VALUE,
		"RAC_SHOW='Device' is none of its values; write limit or device");
	READ("RAC_REPORT=a%z");
	expect_one(RAC_PROBLEM_VALUE,
		"RAC_REPORT='a%z': '%z' at character 2 is not known; write %p, %h, %e, %r or "
		"%q{VAR}, or %% for a percent sign");
	cr_assert_eq(settings.report_to, RAC_REPORT_STDERR);
	READ("RAC_REPORT=");
	expect_one(RAC_PROBLEM_VALUE, "RAC_REPORT='' is empty; write a path");
}

Test(settings, a_report_path_that_is_too_long_is_named)
{
	static char variable[RAC_SETTINGS_PATTERN_MAX + 16] = "RAC_REPORT=";

	memset(variable + 11, 'a', RAC_SETTINGS_PATTERN_MAX - 1);
	READ(variable);
	cr_assert_eq(found, 0);
	cr_assert_eq(strlen(settings.report_pattern), RAC_SETTINGS_PATTERN_MAX - 1);
	variable[11 + RAC_SETTINGS_PATTERN_MAX - 1] = 'a';
	READ(variable);
	cr_assert_eq(found, 1);
	cr_assert_not_null(
		strstr(problems[0].message, "aaa...' is too long; write a shorter path"));
}

Test(settings, a_cap_that_cannot_be_read_fails_closed)
{
	READ("RAC_LIMIT=8Q");
	expect_one(RAC_PROBLEM_LIMIT,
		"RAC_LIMIT='8Q': 'Q' at character 2 is not a unit; write K, M, G or T, alone or "
		"followed by B, i or iB; or B for bytes");
	READ("RAC_LIMIT=");
	expect_one(RAC_PROBLEM_LIMIT, "RAC_LIMIT='' is empty; write none, or unset it, for no cap");
	READ("CUDA_DEVICE_MEMORY_LIMIT_1=x");
	expect_one(RAC_PROBLEM_LIMIT,
		"CUDA_DEVICE_MEMORY_LIMIT_1='x' does not begin with a digit; write a number and a "
		"unit, such as 8G, 512M or 1.5G");
}

Test(settings, a_problem_tells_its_setting)
{
	READ("RAC_LIMIT=8Q", "RAC_SHOW=x", "RAC_DEPTH=0", "RAC_NO=1");
	cr_assert_eq(found, 4);
	cr_assert_eq(problems[0].setting, RAC_SETTING_LIMIT);
	cr_assert_eq(problems[1].setting, RAC_SETTING_SHOW);
	cr_assert_eq(problems[2].setting, RAC_SETTING_DEPTH);
	cr_assert_eq(problems[3].setting, RAC_SETTING_COUNT);
	READ("NVIDIA_GPU_MEMORY_LIMIT=x");
	cr_assert_eq(problems[0].setting, RAC_SETTING_LIMIT);
}

Test(settings, a_cap_fails_closed_also_where_its_problem_finds_no_room)
{
	char *environment[] = {(char[]){"RAC_LIMIT=8Q"}, (char[]){"RAC_X=1"}, NULL};

	cr_assert_eq(rac_settings_read(&settings, environment, NULL, 0), 2);
	cr_assert(settings.limit_is_broken);
	cr_assert_eq(rac_settings_read(&settings, environment, problems, 1), 2);
	cr_assert_eq(problems[0].kind, RAC_PROBLEM_LIMIT);
}

Test(settings, variables_of_other_systems_stand_in_for_the_cap)
{
	READ("NVIDIA_GPU_MEMORY_LIMIT=1024", "CUDA_DEVICE_MEMORY_LIMIT_1=2g",
		"CUDA_MPS_PINNED_DEVICE_MEM_LIMIT=0=3G", "CUDA_DEVICE_MEMORY_LIMIT_63=4g");
	cr_assert_eq(found, 0, "%s", problems[0].message);
	cr_assert_eq(cap(0), 3 * GIB);
	cr_assert_eq(cap(1), 2 * GIB);
	cr_assert_eq(cap(2), GIB);
	cr_assert_eq(cap(63), 4 * GIB);
	cr_assert_str_eq(settings.limit_alias, "NVIDIA_GPU_MEMORY_LIMIT");
}

Test(settings, rac_limit_silences_the_variables_of_other_systems)
{
	READ("CUDA_DEVICE_MEMORY_LIMIT=2g", "RAC_LIMIT=none", "NVIDIA_GPU_MEMORY_LIMIT=x");
	cr_assert_eq(found, 0, "%s", problems[0].message);
	cr_assert_eq(cap(0), RAC_NO_LIMIT);
	cr_assert_str_empty(settings.limit_alias);
}

Test(settings, of_a_repeated_variable_the_first_counts)
{
	READ("RAC_LIMIT=8G", "RAC_LIMIT=4G", "RAC_ZZZZ=1", "RAC_ZZZZ=2");
	cr_assert_eq(found, 1);
	cr_assert_eq(cap(0), 8 * GIB);
	READ("CUDA_DEVICE_MEMORY_LIMIT=8G", "CUDA_DEVICE_MEMORY_LIMIT=4G");
	cr_assert_eq(found, 0, "%s", problems[0].message);
	cr_assert_eq(cap(0), 8 * GIB);
}

Test(settings, an_unknown_name_is_told_with_the_nearest_known_one)
{
	READ("RAC_REPROT=x");
	expect_one(RAC_PROBLEM_UNKNOWN,
		"RAC_REPROT='x' is not a setting of this version; write RAC_REPORT");
	READ("RAC_SOMETHING_ELSE=x");
	expect_one(RAC_PROBLEM_UNKNOWN,
		"RAC_SOMETHING_ELSE='x' is not a setting of this version; rac run --help lists "
		"them");
	READ("RAC_=x");
	expect_one(RAC_PROBLEM_UNKNOWN,
		"RAC_='x' is not a setting of this version; rac run --help lists them");
	READ("RAC_verbose=1");
	expect_one(RAC_PROBLEM_UNKNOWN,
		"RAC_verbose='1' is not a setting of this version; write RAC_VERBOSE");
}

Test(settings, a_misspelt_cap_does_not_run_uncapped)
{
	READ("RAC_LIMT=8G");
	expect_one(RAC_PROBLEM_LIMIT,
		"RAC_LIMT='8G' is not a setting of this version; write RAC_LIMIT");
	READ("RAC_LIMIT_0=8G");
	expect_one(RAC_PROBLEM_LIMIT,
		"RAC_LIMIT_0='8G' is not a setting of this version; write RAC_LIMIT");
	READ("RAC_LIMT=8G", "RAC_LIMIT=4G");
	expect_one(RAC_PROBLEM_UNKNOWN,
		"RAC_LIMT='8G' is not a setting of this version; write RAC_LIMIT");
	cr_assert_eq(cap(0), 4 * GIB);
}

Test(settings, callers_are_kept_unless_told_otherwise)
{
	READ("RAC_LIMIT=8G");
	cr_assert_eq(settings.stacks, RAC_STACKS_CALLER);
	READ("RAC_STACKS=none");
	cr_assert_eq(settings.stacks, 0);
	READ("RAC_STACKS=caller");
	cr_assert_eq(settings.stacks, RAC_STACKS_CALLER);
}

Test(settings, call_stacks_are_a_list_of_what_is_in_them)
{
	READ("RAC_STACKS=native");
	cr_assert_eq(settings.stacks, RAC_STACKS_CALLER | RAC_STACKS_NATIVE);
	READ("RAC_STACKS=native,python");
	cr_assert_eq(settings.stacks, RAC_STACKS_CALLER | RAC_STACKS_NATIVE | RAC_STACKS_PYTHON);
	READ("RAC_STACKS= python , caller ");
	cr_assert_eq(settings.stacks, RAC_STACKS_CALLER | RAC_STACKS_PYTHON);
	cr_assert_eq(found, 0);
	READ("RAC_STACKS=nativ");
	expect_one(RAC_PROBLEM_VALUE,
		"RAC_STACKS='nativ' is none of its values; write none, caller, native or python");
	cr_assert_eq(settings.stacks, RAC_STACKS_CALLER, "the default");
	READ("RAC_STACKS=native,cuda");
	expect_one(RAC_PROBLEM_VALUE,
		"RAC_STACKS='native,cuda': 'cuda' at character 8 is none of its values; "
		"write none, caller, native or python");
	READ("RAC_STACKS=native,");
	expect_one(RAC_PROBLEM_VALUE,
		"RAC_STACKS='native,': at the end a value is missing; "
		"write none, caller, native or python");
	READ("RAC_STACKS=none,python");
	expect_one(RAC_PROBLEM_VALUE,
		"RAC_STACKS='none,python' says none and more; write none alone, or leave it out");
	cr_assert_eq(settings.stacks, RAC_STACKS_CALLER, "the default");
}

Test(settings, the_depth_of_a_stack_is_a_number)
{
	static const char *const wrong[] = {"RAC_DEPTH=0", "RAC_DEPTH=129", "RAC_DEPTH=-1",
		"RAC_DEPTH=20k", "RAC_DEPTH=", "RAC_DEPTH=99999999999999999999"};

	READ("RAC_LIMIT=8G");
	cr_assert_eq(settings.depth, 32);
	READ("RAC_DEPTH=1");
	cr_assert_eq(settings.depth, 1);
	READ("RAC_DEPTH=128");
	cr_assert_eq(settings.depth, 128);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		READ(wrong[i]);
		cr_assert_eq(found, 1, "%s", wrong[i]);
		cr_assert_eq(settings.depth, 32, "the default");
	}
	READ("RAC_DEPTH=200");
	expect_one(RAC_PROBLEM_VALUE,
		"RAC_DEPTH='200' is no number from 1 to 128; "
		"write how many frames are to be kept, e.g. 32");
}

#define SIXTY_FOUR "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

Test(settings, to_ask_for_the_default_asks_for_nothing)
{
	READ("RAC_BASELINE=none", "RAC_STACKS=caller", "RAC_SCOPE=allocations", "RAC_LIMIT=8G");
	cr_assert_eq(found, 0, "%s", problems[0].message);
}

Test(settings, the_scope_is_a_word)
{
	READ("RAC_SCOPE=process");
	cr_assert_eq(found, 0, "%s", problems[0].message);
	cr_assert_eq(settings.scope, RAC_SCOPE_PROCESS);
	READ("RAC_SCOPE=proces");
	expect_one(RAC_PROBLEM_VALUE,
		"RAC_SCOPE='proces' is none of its values; write allocations or process");
	cr_assert_eq(settings.scope, RAC_SCOPE_ALLOCATIONS);
}

Test(settings, a_cap_that_would_mean_something_else_fails_closed)
{
	READ("RAC_SCOPE=proces", "RAC_LIMIT=8G");
	expect_one(RAC_PROBLEM_LIMIT,
		"RAC_SCOPE='proces' is none of its values; write allocations or process");
}

Test(settings, a_group_has_a_name_that_can_be_part_of_a_file_name)
{
	READ("RAC_GROUP=team-7_a.B", "RAC_LIMIT=8G");
	cr_assert_eq(found, 0, "%s", problems[0].message);
	cr_assert_str_eq(settings.group, "team-7_a.B");
	READ("RAC_GROUP=a/../b", "RAC_LIMIT=8G");
	expect_one(RAC_PROBLEM_LIMIT,
		"RAC_GROUP='a/../b': '/' at character 2 is not a letter, digit, dot, dash or "
		"underscore; use these alone");
	cr_assert_str_eq(settings.group, "");
	READ("RAC_GROUP=gr\xc3\xb6up", "RAC_LIMIT=8G");
	expect_one(RAC_PROBLEM_LIMIT,
		"RAC_GROUP='gr\xc3\xb6up': '\xc3\xb6' at character 3 is not a letter, digit, dot, "
		"dash or underscore; use these alone");
	READ("RAC_GROUP=", "CUDA_DEVICE_MEMORY_LIMIT=8G");
	expect_one(RAC_PROBLEM_LIMIT, "RAC_GROUP='' is empty; write a name or unset it");
	READ("RAC_GROUP=" SIXTY_FOUR "5", "RAC_LIMIT=8G");
	expect_one(RAC_PROBLEM_LIMIT,
		"RAC_GROUP='" SIXTY_FOUR "5' is too long; write at most 64 characters");
	READ("RAC_GROUP=" SIXTY_FOUR, "RAC_LIMIT=8G");
	cr_assert_eq(found, 0, "%s", problems[0].message);
	cr_assert_str_eq(settings.group, SIXTY_FOUR);
}

Test(settings, a_group_without_a_cap_is_said)
{
	READ("RAC_GROUP=team");
	expect_one(RAC_PROBLEM_VALUE,
		"RAC_GROUP='team' is to share a cap, and none is set; set RAC_LIMIT, the same in "
		"each member");
	cr_assert(!settings.limit_is_broken);
}

Test(settings, foreign_bytes_do_not_reach_the_terminal)
{
	READ("RAC_SHOW=\x1b[2J\n", "RAC_\x1b=\x7f");
	cr_assert_eq(found, 2);
	cr_assert_str_eq(problems[0].message,
		"RAC_SHOW='\\x1b[2J\\x0a' is none of its values; write limit or device");
	cr_assert_str_eq(problems[1].message,
		"RAC_\\x1b='\\x7f' is not a setting of this version; rac run --help lists them");
	cr_assert_str_eq(settings.shown[RAC_SETTING_SHOW].value, "\\x1b[2J\\x0a");
}

static void expect_described(enum rac_setting setting, const char *expected)
{
	char line[256];
	struct rac_text t;

	rac_text_init(&t, line, sizeof(line));
	rac_settings_describe(&t, &settings, setting);
	cr_assert_str_eq(line, expected, "%s", line);
}

Test(settings, describes_each_with_its_source)
{
	READ("RAC_VERBOSE=1", "RAC_DEPTH=9", "CUDA_DEVICE_MEMORY_LIMIT_3=4g");
	expect_described(RAC_SETTING_LIMIT, "RAC_LIMIT is not set: CUDA_DEVICE_MEMORY_LIMIT_3");
	expect_described(RAC_SETTING_REPORT, "RAC_REPORT is not set: stderr");
	expect_described(RAC_SETTING_VERBOSE, "RAC_VERBOSE=1 (set)");
	expect_described(RAC_SETTING_DEPTH, "RAC_DEPTH=9 (set)");
	READ("RAC_VERBOSE=1");
	expect_described(RAC_SETTING_LIMIT, "RAC_LIMIT is not set: none");
}

Test(settings, the_list_describes_each_setting)
{
	for (int i = 0; i < RAC_SETTING_COUNT; i++) {
		const struct rac_setting_info *info = rac_setting_info((enum rac_setting)i);
		const char *variable;

		cr_assert_eq(strncmp(info->variable, "RAC_", 4), 0);
		cr_assert_str_not_empty(info->flag);
		cr_assert_str_not_empty(info->preset);
		cr_assert_str_not_empty(info->values);
		cr_assert_str_not_empty(info->help);
		variable = rac_setting_nearest_variable(info->variable, strlen(info->variable));
		cr_assert_str_eq(variable, info->variable);
	}
	cr_assert_null(rac_setting_info(RAC_SETTING_COUNT));
}

Test(settings, finds_the_flag_that_was_meant)
{
	static const struct {
		const char *word, *flag;
	} cases[] = {
		{"limt", "limit"},
		{"on_limit", "on-limit"},
		{"Limit", "limit"},
		{"verbose", "v"},
		{"fail", NULL},
		{"failon", "fail-on"},
		{"shwo", "show"},
		{"quiet", NULL},
		{"a-flag-that-is-longer-than-any", NULL},
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		const char *flag = rac_setting_nearest_flag(cases[i].word, strlen(cases[i].word));

		if (cases[i].flag == NULL)
			cr_assert_null(flag, "%s gave %s", cases[i].word, flag);
		else
			cr_assert(flag != NULL && strcmp(flag, cases[i].flag) == 0, "%s",
				cases[i].word);
	}
}
