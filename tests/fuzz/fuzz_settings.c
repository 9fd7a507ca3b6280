/*
 * fuzz_settings.c - any bytes as an environment, and any text as a path pattern. For libFuzzer:
 *
 *	clang -g -O1 -fsanitize=fuzzer,address,undefined -Icore tests/fuzz/fuzz_settings.c \
 *		core/settings*.c core/path_pattern.c core/limit_*.c core/size_text.c core/fault.c \
 *		core/text.c -o build/fuzz_settings
 *
 * Entries are separated by newlines; each of them in memory of just its length.
 */
#include "path_pattern.h"
#include "settings.h"
#include <stdlib.h>
#include <string.h>

#define REQUIRE(holds)           \
	do {                     \
		if (!(holds))    \
			abort(); \
	} while (0)

#define ENTRIES  32
#define PROBLEMS 4

static const char *variable(void *context, const char *name)
{
	(void)context;
	return strlen(name) % 2 == 0 ? "/a/value" : NULL;
}

static void check_pattern(const char *pattern)
{
	static const struct rac_path_values values = {
		.pid = 1, .host = "h/h", .program = "p", .variable = variable};
	char path[64], message[512];
	struct rac_text out, why;
	enum rac_status status;

	rac_text_init(&out, path, sizeof(path));
	rac_text_init(&why, message, sizeof(message));
	status = rac_path_expand(&out, "RAC_REPORT", pattern, &values, &why);
	REQUIRE((status == RAC_OK) == (why.used == 0));
	REQUIRE(status != RAC_OK || (out.used > 0 && !out.cut && path[out.used - 1] != '/'));
}

static void check_environment(char *const environment[])
{
	static struct rac_settings settings, again;
	static struct rac_settings_problem problems[PROBLEMS];
	size_t found = rac_settings_read(&settings, environment, problems, PROBLEMS);

	for (size_t i = 0; i < found && i < PROBLEMS; i++) {
		REQUIRE(problems[i].message[0] != '\0');
		REQUIRE(strchr(problems[i].message, '\n') == NULL);
		REQUIRE(problems[i].kind != RAC_PROBLEM_LIMIT || settings.limit_is_broken);
	}
	REQUIRE(found > 0 || !settings.limit_is_broken);
	REQUIRE((settings.report_to == RAC_REPORT_PATH) == (settings.report_pattern[0] != '\0'));
	if (settings.report_to == RAC_REPORT_PATH)
		check_pattern(settings.report_pattern);
	REQUIRE(rac_settings_read(&again, environment, NULL, 0) == found);
	REQUIRE(again.limit_is_broken == settings.limit_is_broken);
	for (int i = 0; i < RAC_SETTING_COUNT; i++) {
		char line[64];
		struct rac_text t;

		rac_text_init(&t, line, sizeof(line));
		rac_settings_describe(&t, &settings, (enum rac_setting)i);
		REQUIRE(t.used > 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *environment[ENTRIES + 1] = {NULL};
	size_t count = 0, from = 0;

	while (from < size && count < ENTRIES) {
		const uint8_t *end = memchr(data + from, '\n', size - from);
		size_t length = end != NULL ? (size_t)(end - data) - from : size - from;

		environment[count] = malloc(length + 1);
		REQUIRE(environment[count] != NULL);
		memcpy(environment[count], data + from, length);
		environment[count][length] = '\0';
		check_pattern(environment[count]);
		count++;
		from += length + 1;
	}
	check_environment(environment);
	while (count > 0)
		free(environment[--count]);
	return 0;
}
