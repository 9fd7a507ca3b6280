/*
 * run_flags.c - the flags of `rac run`, which are the settings of core/settings.def; their values
 * are run_settings.c's, --help is run_usage.c's.
 */
#include "cli.h"
#include "run.h"
#include "size_text.h"
#include <stdlib.h>
#include <string.h>

static bool is_switch(const struct rac_setting_info *info)
{
	return info->flag[1] == '\0';
}

/* The setting that argument is the flag of, or -1; *value is what follows its "=", or NULL. */
static int find_flag(const char *argument, const char **value)
{
	const char *word = argument + (argument[1] == '-' ? 2 : 1);
	size_t length = strcspn(word, "=");

	*value = word[length] == '=' ? word + length + 1 : NULL;
	for (int i = 0; i < RAC_SETTING_COUNT; i++) {
		const struct rac_setting_info *info = rac_setting_info((enum rac_setting)i);

		if (strlen(info->flag) == length && memcmp(info->flag, word, length) == 0 &&
			is_switch(info) == (argument[1] != '-'))
			return i;
	}
	return -1;
}

static int unknown_flag(const char *argument)
{
	const char *word = argument + (argument[1] == '-' ? 2 : 1);
	size_t length = strcspn(word, "=");
	const char *flag = rac_setting_nearest_flag(word, length);
	int shown = (int)(length + (size_t)(word - argument));

	if (flag == NULL)
		return rac_usage_error(RAC_RUN, "there is no flag '%.*s'", shown, argument);
	return rac_usage_error(RAC_RUN, "there is no flag '%.*s'; write %s%s", shown, argument,
		flag[1] == '\0' ? "-" : "--", flag);
}

/* Whether a word behind a flag that may stand alone is its value, and not the program to run. */
static bool is_extent(const char *word)
{
	struct rac_fault fault;
	uint64_t bytes;

	return strcmp(word, "on") == 0 || strcmp(word, "off") == 0 ||
		rac_size_parse(word, strlen(word), &bytes, &fault) == RAC_OK;
}

/* Sets one flag's variable. `next` is the argument behind it, or NULL; *used: it was taken. */
static int set_flag(const char *argument, const char *next, bool *used)
{
	const struct rac_setting_info *info;
	const char *value;
	int setting = find_flag(argument, &value);

	*used = false;
	if (setting < 0)
		return unknown_flag(argument);
	info = rac_setting_info((enum rac_setting)setting);
	if (is_switch(info) && value != NULL)
		return rac_usage_error(RAC_RUN, "-%s takes no value", info->flag);
	if (info->may_stand_alone && value == NULL && (next == NULL || !is_extent(next)))
		value = "on";
	if (!is_switch(info) && value == NULL) {
		value = next;
		*used = true;
	}
	if (!is_switch(info) && value == NULL)
		return rac_usage_error(RAC_RUN, "--%s lacks its value; write --%s %s", info->flag,
			info->flag, info->values);
	if (setenv(info->variable, is_switch(info) ? "1" : value, 1) != 0)
		return rac_fail(RAC_RUN, RAC_EXIT_FAILED, "no memory for --%s", info->flag);
	return 0;
}

int rac_run_flags(int argc, char **argv, struct rac_run_command *out)
{
	int i = 1;

	*out = (struct rac_run_command){.help = false};
	for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
		bool used;
		int status;

		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			out->help = true;
			return 0;
		}
		if (strcmp(argv[i], "--uncached") == 0) {
			out->uncached = true;
			continue;
		}
		status = set_flag(argv[i], i + 1 < argc ? argv[i + 1] : NULL, &used);
		if (status != 0)
			return status;
		i += used;
	}
	out->argv = argv + i;
	if (i == argc)
		return rac_usage_error(RAC_RUN, "the program to run is missing");
	return 0;
}
