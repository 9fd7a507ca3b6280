/*
 * test_rules.c - suppression files: what a pattern fits, what each line means, and what is said of a wrong one.
 */
#include "rules.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool fits(const char *pattern, const char *text)
{
	return rac_pattern_fits(pattern, strlen(pattern), text, strlen(text));
}

Test(rules, patterns_are_those_of_leak_sanitizer)
{
	cr_expect(fits("foo", "xfoox"));
	cr_expect(fits("^foo", "foox"));
	cr_expect_not(fits("^foo", "xfoo"));
	cr_expect(fits("foo$", "xfoo"));
	cr_expect_not(fits("foo$", "foox"));
	cr_expect(fits("^foo$", "foo"));
	cr_expect_not(fits("^foo$", "foofoo"));
	cr_expect(fits("a*c", "xabbcx"));
	cr_expect(fits("^a*c$", "abcabc"));
	cr_expect_not(fits("^a*c$", "abca"));
	cr_expect(fits("^*c$", "abc"));
	cr_expect(fits("a**b", "ab"));
	cr_expect_not(fits("aXb*", "ab"));
	cr_expect(fits("ab*ab$", "abab"));
	cr_expect_not(fits("^ab*ab$", "ab"));
	cr_expect_not(fits("^ab*b$", "ab"));
	cr_expect(fits("libnccl.so*", "libnccl.so.2"));
	cr_expect(fits("*", ""));
	cr_expect(fits("^$", ""));
	cr_expect_not(fits("^$", "a"));
	cr_expect(fits("f(int, char)", "g::f(int, char) const"));
}

/* The first rule of a text, in memory of just its length. */
static const char *read(const char *text, struct rac_rule *out)
{
	static char message[512], copy[512];
	size_t n = strlen(text), at = 0;
	uint64_t line = 0;
	struct rac_fault fault;
	struct rac_text t;
	char *exact = malloc(n > 0 ? n : 1);

	memcpy(exact, text, n);
	rac_text_init(&t, message, sizeof(message));
	enum rac_status status = rac_rule_next(exact, n, &at, &line, out, &fault);

	if (status == RAC_INVALID)
		rac_fault_text(&t, "rule", out->text, out->text_bytes, &fault);
	else if (status == RAC_OK) {
		memcpy(copy, out->pattern, out->pattern_bytes);
		copy[out->pattern_bytes] = '\0';
		out->pattern = copy;
	}
	free(exact);
	return message;
}

Test(rules, lines_hold_a_word_a_pattern_and_bounds)
{
	struct rac_rule rule;

	cr_assert_str_empty(read(
		"# why\n\n  leak: operator new(unsigned long)  max=64MiB count=2 \r\n", &rule));
	cr_expect_eq(rule.word, RAC_RULE_LEAK);
	cr_expect_str_eq(rule.pattern, "operator new(unsigned long)");
	cr_expect_eq(rule.max_bytes, UINT64_C(64) << 20);
	cr_expect_eq(rule.max_count, 2);
	cr_expect_eq(rule.line, 3);
	cr_assert_str_empty(read("owner:libfoo.so*", &rule));
	cr_expect_eq(rule.word, RAC_RULE_OWNER);
	cr_expect_eq(rule.max_bytes, UINT64_MAX);
	cr_expect_not(rac_rule_needs_symbols(&rule));
	cr_assert_str_empty(read("pool:^libmine.so name=Mine", &rule));
	cr_expect_eq(rac_rule_effect(&rule), RAC_EFFECT_POOL);
	cr_expect_str_eq(rule.name, "Mine");
	cr_expect_str_eq(rule.pattern, "^libmine.so");
	cr_assert_str_empty(read("python:torch.nn.*", &rule));
	cr_expect(rac_rule_needs_symbols(&rule));
}

Test(rules, wrong_lines_are_said)
{
	static const struct {
		const char *text, *message;
	} wrong[] = {
		{"leek:foo",
			"rule='leek:foo': 'leek' at character 1 is not what a rule begins with; write "
			"leak:, owner:, file:, python:, api:, site:, pool:, library: or own:"},
		{"foo",
			"rule='foo' is not what a rule begins with; write leak:, owner:, file:, python:, "
			"api:, site:, pool:, library: or own:"},
		{"leak:",
			"rule='leak:': at the end a pattern is missing; write what to match behind the "
			"colon"},
		{"leak:foo max=1X",
			"rule='leak:foo max=1X': 'X' at character 15 is not a unit; write K, M, G or T, "
			"alone or followed by B, i or iB; or B for bytes"},
		{"leak:foo count=x",
			"rule='leak:foo count=x': 'x' at character 16 is no number of allocations; write "
			"count=N"},
		{"leak:foo name=x",
			"rule='leak:foo name=x': 'name=x' at character 10 does not go with this word; "
			"write max=SIZE, count=N or, for pool, library and own, name=WORD"},
		{"pool:foo max=1M",
			"rule='pool:foo max=1M': 'max=1M' at character 10 does not go with this word; "
			"write max=SIZE, count=N or, for pool, library and own, name=WORD"},
	};
	struct rac_rule rule;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		cr_expect_str_eq(read(wrong[i].text, &rule), wrong[i].message);
}

Test(rules, fit_what_their_word_says)
{
	static const struct rac_report_frame frames[] = {
		{.module = "/opt/lib/libkv.so",
			.function = "Cache::grow()",
			.file = "src/kv.cu",
			.language = "native"},
		{.function = "Engine.step", .file = "/app/engine.py", .language = "python"},
		{.module = "/usr/lib/libcudart.so.12",
			.function = "cudaMalloc",
			.language = "native"},
		{.module = "/usr/lib/libc.so.6",
			.function = "__libc_start_main",
			.language = "native"},
	};
	const struct rac_report_site site = {.id = "9f2c5b1e",
		.api = "cuMemAlloc_v2",
		.owner = "libkv.so",
		.owner_name = "KV",
		.frames = frames,
		.frame_count = 4};
	static const struct {
		const char *rule;
		bool fits;
	} cases[] = {
		{"leak:Cache::grow", true},
		{"leak:kv.cu", true},
		{"leak:^libkv.so$", true},
		{"leak:opt", false},
		{"leak:/opt/lib", true},
		{"leak:^/opt/*.so$", true},
		{"leak:^/lib", false},
		{"leak:^cudaMalloc$", true},
		{"leak:^libc.so.6$", true},
		{"leak:^__libc_start_main$", true},
		{"leak:Engine", true},
		{"file:src/*.cu$", true},
		{"file:Cache", false},
		{"python:^Engine.step$", true},
		{"python:engine.py", true},
		{"python:Cache", false},
		{"owner:^KV$", true},
		{"owner:libkv", true},
		{"owner:kv.cu", false},
		{"api:cuMemAlloc", true},
		{"api:cudaMalloc", false},
		{"site:9f2c5b1e", true},
		{"pool:^libkv.so", true},
		{"pool:^KV$", false},
	};
	struct rac_rule rule;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cr_assert_str_empty(read(cases[i].rule, &rule));
		cr_expect_eq(rac_rule_fits(&rule, &site), cases[i].fits, "%s", cases[i].rule);
	}
}

Test(rules, built_in_read_as_they_are_printed)
{
	const struct rac_rule *builtin;
	size_t count = rac_rules_builtin(&builtin);

	cr_assert_gt(count, 20);
	for (size_t i = 0; i < count; i++) {
		struct rac_rule rule;
		char line[256];

		snprintf(line, sizeof(line), "%.*s", (int)builtin[i].text_bytes, builtin[i].text);
		cr_assert_str_empty(read(line, &rule));
		cr_expect_eq(rule.word, builtin[i].word);
		cr_expect_str_eq(rule.name, builtin[i].name);
		cr_expect_eq(rule.pattern_bytes, builtin[i].pattern_bytes);
	}
}
