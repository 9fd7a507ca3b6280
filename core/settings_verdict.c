/*
 * settings_verdict.c - reads the settings of the verdict: conditions, status, files of rules, baseline. What is
 * in the files is not looked at.
 */
#include "settings_parts.h"

#include <string.h>

void rac_setting_read_conditions(struct rac_settings_reading *r, enum rac_setting setting)
{
	const char *value = r->values[setting];
	struct rac_fault fault;

	if (rac_conditions_parse(value, strlen(value), &r->out->fail_on, &fault) != RAC_OK)
		rac_setting_add_problem(r, RAC_PROBLEM_VALUE, setting, &fault);
}

void rac_setting_read_status(struct rac_settings_reading *r, enum rac_setting setting)
{
	const char *value = r->values[setting];
	struct rac_fault fault = {
		.length = strlen(value),
		.wrong = "is no status",
		.right = "write a number from 1 to 255; 23 holds",
	};
	int status = 0;

	for (const char *at = value; *at >= '0' && *at <= '9' && status <= 255; at++) {
		status = 10 * status + (*at - '0');
		if (at[1] == '\0' && status >= 1 && status <= 255) {
			r->out->exit_code = status;
			return;
		}
	}
	rac_setting_add_problem(r, RAC_PROBLEM_VALUE, setting, &fault);
}

/* The last part of a path has to be there. */
static bool check_file(const char *value, size_t from, size_t length, struct rac_fault *fault)
{
	*fault = (struct rac_fault){from, length, NULL, NULL};
	if (length == 0) {
		fault->wrong = "a file is missing";
		fault->right = "write its path, or unset the variable";
	} else if (value[from + length - 1] == '/') {
		fault->wrong = "is a folder";
		fault->right = "write a file";
	}
	return fault->wrong == NULL;
}

void rac_setting_read_files(struct rac_settings_reading *r, enum rac_setting setting)
{
	const char *value = r->values[setting];
	size_t length = strlen(value), from = 0;
	struct rac_fault fault;

	if (strcmp(value, rac_setting_info(setting)->preset) == 0)
		return;
	if (length >= sizeof(r->out->suppressions)) {
		fault = (struct rac_fault){0, length, "is too long", "write shorter paths"};
		rac_setting_add_problem(r, RAC_PROBLEM_VALUE, setting, &fault);
		return;
	}
	for (;; from++) {
		size_t n = strcspn(value + from, ",");

		if (!check_file(value, from, n, &fault)) {
			rac_setting_add_problem(r, RAC_PROBLEM_VALUE, setting, &fault);
			return;
		}
		from += n;
		if (from == length)
			break;
	}
	memcpy(r->out->suppressions, value, length + 1);
}

void rac_setting_read_file(struct rac_settings_reading *r, enum rac_setting setting)
{
	const char *value = r->values[setting];
	struct rac_fault fault;

	if (!check_file(value, 0, strlen(value), &fault))
		rac_setting_add_problem(r, RAC_PROBLEM_VALUE, setting, &fault);
}
