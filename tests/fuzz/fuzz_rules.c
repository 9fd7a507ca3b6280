/*
 * fuzz_rules.c - any bytes as RAC_FAIL_ON and as a suppression file: neither reader reads past them, and what it
 * accepts or refuses is within its bounds. For libFuzzer:
 *
 *	clang -g -O1 -fsanitize=fuzzer,address,undefined -Icore tests/fuzz/fuzz_rules.c core/*.c \
 *		-DRAC_VERSION=\"fuzz\" -o build/fuzz_rules
 */
#include "conditions.h"
#include "verdict.h"
#include <stdlib.h>
#include <string.h>

#define REQUIRE(holds)           \
	do {                     \
		if (!(holds))    \
			abort(); \
	} while (0)

#define RULES 64

static void check_fault(const struct rac_fault *fault, size_t size)
{
	REQUIRE(fault->wrong != NULL && fault->offset <= size &&
		fault->length <= size - fault->offset);
}

static void check_conditions(const char *text, size_t size)
{
	static struct rac_conditions conditions;
	struct rac_fault fault;
	bool good = rac_conditions_parse(text, size, &conditions, &fault) == RAC_OK;

	REQUIRE(conditions.count <= RAC_CONDITIONS_MAX);
	for (uint32_t i = 0; i < conditions.count; i++) {
		const struct rac_condition *c = &conditions.entries[i];

		REQUIRE(memchr(c->text, '\0', sizeof(c->text)) != NULL);
		REQUIRE(good == (c->kind < RAC_CONDITION_KINDS));
	}
	if (!good) {
		REQUIRE(conditions.count == 1);
		check_fault(&fault, size);
	}
}

/* Texts for patterns to be found in come from the file itself. */
static void check_rules(const char *text, size_t size)
{
	static struct rac_rule rules[RULES];
	static struct rac_conditions none;
	char name[64] = "";
	struct rac_judge judge = {.conditions = &none, .rules = rules, .has_symbols = true};
	struct rac_fault fault;
	enum rac_status status;
	uint64_t line = 0;
	size_t at = 0;

	while (judge.rule_count < RULES &&
		(status = rac_rule_next(text, size, &at, &line, &rules[judge.rule_count],
			 &fault)) != RAC_UNKNOWN) {
		const struct rac_rule *rule = &rules[judge.rule_count];

		REQUIRE(at <= size && rule->text >= text &&
			rule->text + rule->text_bytes <= text + size);
		if (status != RAC_OK) {
			check_fault(&fault, rule->text_bytes);
			continue;
		}
		REQUIRE(rule->pattern_bytes > 0 && rule->pattern >= rule->text &&
			rule->pattern + rule->pattern_bytes <= rule->text + rule->text_bytes);
		REQUIRE(memchr(rule->name, '\0', sizeof(rule->name)) != NULL);
		judge.rule_count++;
	}
	memcpy(name, text, size < sizeof(name) - 1 ? size : sizeof(name) - 1);
	const struct rac_report_frame frame = {
		.function = name, .file = name, .module = name, .language = "python"};
	struct rac_report_site site = {.id = name,
		.api = name,
		.owner = name,
		.live_bytes = 1,
		.live_count = 1,
		.frames = &frame,
		.frame_count = 1};

	rac_judge_sites(&judge, &site, 1);
	REQUIRE(site.grade <= RAC_GRADE_LEAK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_conditions((const char *)data, size);
	check_rules((const char *)data, size);
	return 0;
}
