/*
 * settings.c - finds the RAC_* variables in an environment and says which of them are not known;
 * what values mean is settings_values.c's.
 */
#include "settings.h"
#include "record.h"
#include "settings_parts.h"
#include <string.h>

#define PREFIX        "RAC_"
#define PREFIX_LENGTH 4

struct rac_text rac_settings_problem_new(
	struct rac_settings_reading *r, enum rac_problem_kind kind, enum rac_setting setting)
{
	struct rac_text t;

	if (kind == RAC_PROBLEM_LIMIT)
		r->out->limit_is_broken = true;
	if (r->found < r->size) {
		struct rac_settings_problem *problem = &r->problems[r->found];

		problem->kind = kind;
		problem->setting = setting;
		rac_text_init(&t, problem->message, sizeof(problem->message));
	} else {
		rac_text_init(&t, NULL, 0);
	}
	r->found++;
	return t;
}

bool rac_settings_is_repeated(
	const struct rac_settings_reading *r, size_t index, size_t name_length)
{
	for (size_t i = 0; i < index; i++) {
		if (strncmp(r->environment[i], r->environment[index], name_length + 1) == 0)
			return true;
	}
	return false;
}

/* The length of the name if the entry is "RAC_...=...", else 0. */
static size_t name_length(const char *entry)
{
	const char *equals = strchr(entry, '=');

	if (equals == NULL || strncmp(entry, PREFIX, PREFIX_LENGTH) != 0)
		return 0;
	return (size_t)(equals - entry);
}

static int setting_of(const char *name, size_t length)
{
	for (int i = 0; i < RAC_SETTING_COUNT; i++) {
		const char *variable = rac_setting_info((enum rac_setting)i)->variable;

		if (strlen(variable) == length && memcmp(variable, name, length) == 0)
			return i;
	}
	return -1;
}

static void find_known(struct rac_settings_reading *r)
{
	for (size_t i = 0; r->environment[i] != NULL; i++) {
		const char *entry = r->environment[i];
		size_t length = name_length(entry);
		int setting = length > 0 ? setting_of(entry, length) : -1;

		if (setting >= 0 && r->values[setting] == NULL)
			r->values[setting] = entry + length + 1;
	}
}

/* The value for rac_settings_describe. */
static void keep_shown(struct rac_settings_reading *r)
{
	for (int i = 0; i < RAC_SETTING_COUNT; i++) {
		struct rac_setting_shown *shown = &r->out->shown[i];
		struct rac_text t;

		if (r->values[i] == NULL)
			continue;
		shown->is_set = true;
		rac_text_init(&t, shown->value, sizeof(shown->value));
		rac_text_foreign(&t, r->values[i], strlen(r->values[i]), sizeof(shown->value));
	}
}

/* True if this name is probably a misspelt RAC_LIMIT and nothing else sets a cap. */
static bool hides_cap(const struct rac_settings_reading *r, const char *near)
{
	return r->values[RAC_SETTING_LIMIT] == NULL && near != NULL &&
		strcmp(near, rac_setting_info(RAC_SETTING_LIMIT)->variable) == 0;
}

static void add_unknown(struct rac_settings_reading *r, const char *entry, size_t length)
{
	const char *near = rac_setting_nearest_variable(entry, length);
	const char *value = entry + length + 1;
	struct rac_text t = rac_settings_problem_new(
		r, hides_cap(r, near) ? RAC_PROBLEM_LIMIT : RAC_PROBLEM_UNKNOWN, RAC_SETTING_COUNT);

	rac_text_foreign(&t, entry, length, RAC_FAULT_PART_MOST);
	rac_text_string(&t, "=");
	rac_text_quoted(&t, value, strlen(value), RAC_FAULT_VALUE_MOST);
	rac_text_string(&t, " is not a setting of this version");
	if (near != NULL) {
		rac_text_string(&t, "; write ");
		rac_text_string(&t, near);
	} else {
		rac_text_string(&t, "; rac run --help lists them");
	}
}

static bool is_of_run(const char *entry, size_t length)
{
	return length == strlen(RAC_RECORD_RUN_VARIABLE) &&
		memcmp(entry, RAC_RECORD_RUN_VARIABLE, length) == 0;
}

/* One that is too long, or that no run made, is none. */
static void take_run_folder(struct rac_settings_reading *r, const char *folder)
{
	size_t n = strlen(folder);

	if (n < sizeof(r->out->run_folder) && strstr(folder, "/" RAC_RECORD_RUN_FOLDER) != NULL)
		memcpy(r->out->run_folder, folder, n + 1);
}

static void find_unknown(struct rac_settings_reading *r)
{
	for (size_t i = 0; r->environment[i] != NULL; i++) {
		const char *entry = r->environment[i];
		size_t length = name_length(entry);

		if (length == 0 || setting_of(entry, length) >= 0 ||
			rac_settings_is_repeated(r, i, length))
			continue;
		if (is_of_run(entry, length))
			take_run_folder(r, entry + length + 1);
		else
			add_unknown(r, entry, length);
	}
}

size_t rac_settings_read(struct rac_settings *out, char *const environment[],
	struct rac_settings_problem problems[], size_t size)
{
	static char *const nothing[] = {NULL};
	struct rac_settings_reading r = {
		.out = out,
		.environment = environment != NULL ? environment : nothing,
		.problems = problems,
		.size = size,
	};

	memset(out, 0, sizeof(*out));
	out->stacks = RAC_STACKS_CALLER;
	out->depth = RAC_SETTINGS_DEPTH;
	out->exit_code = RAC_EXIT_CODE_PRESET;
	find_known(&r);
	keep_shown(&r);
	for (int i = 0; i < RAC_SETTING_COUNT; i++)
		rac_setting_read(&r, (enum rac_setting)i);
	find_unknown(&r);
	return r.found;
}

void rac_settings_describe(
	struct rac_text *t, const struct rac_settings *settings, enum rac_setting setting)
{
	const struct rac_setting_info *info = rac_setting_info(setting);
	const struct rac_setting_shown *shown = &settings->shown[setting];

	rac_text_string(t, info->variable);
	if (shown->is_set) {
		rac_text_string(t, "=");
		rac_text_string(t, shown->value);
		rac_text_string(t, " (set)");
		return;
	}
	rac_text_string(t, " is not set: ");
	if (setting == RAC_SETTING_LIMIT && settings->limit_alias[0] != '\0')
		rac_text_string(t, settings->limit_alias);
	else
		rac_text_string(t, info->preset);
}
