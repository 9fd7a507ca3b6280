/*
 * settings_parts.h - what the files that read settings share; it is private to them.
 */
#ifndef RAC_SETTINGS_PARTS_H
#define RAC_SETTINGS_PARTS_H

#include "fault.h"
#include "settings.h"

#define RAC_EXIT_CODE_PRESET 23

/* One reading: the variables that are set, and where problems go. */
struct rac_settings_reading {
	struct rac_settings *out;
	char *const *environment;              /* ends in NULL */
	const char *values[RAC_SETTING_COUNT]; /* NULL: not set */
	struct rac_settings_problem *problems;
	size_t size, found;
};

/* Counts a problem; its message goes into the text, which has no room if problems[] is full. */
struct rac_text rac_settings_problem_new(
	struct rac_settings_reading *r, enum rac_problem_kind kind, enum rac_setting setting);

/* A problem with the value of a setting, worded. */
void rac_setting_add_problem(struct rac_settings_reading *r, enum rac_problem_kind kind,
	enum rac_setting setting, const struct rac_fault *fault);

/* Whether an earlier entry of the environment has the name that this one begins with. */
bool rac_settings_is_repeated(
	const struct rac_settings_reading *r, size_t index, size_t name_length);

/* Reads one setting. In the order of the list: a later one may depend on an earlier one. */
void rac_setting_read(struct rac_settings_reading *r, enum rac_setting setting);

/* What is kept of who allocates, see settings_stacks.c. */
void rac_setting_read_stacks(struct rac_settings_reading *r, enum rac_setting setting);
void rac_setting_read_depth(struct rac_settings_reading *r, enum rac_setting setting);

/* Settings of the verdict, see settings_verdict.c. */
void rac_setting_read_conditions(struct rac_settings_reading *r, enum rac_setting setting);
void rac_setting_read_status(struct rac_settings_reading *r, enum rac_setting setting);
void rac_setting_read_files(struct rac_settings_reading *r, enum rac_setting setting);
void rac_setting_read_file(struct rac_settings_reading *r, enum rac_setting setting);

#endif
