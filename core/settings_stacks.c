/*
 * settings_stacks.c - reads what is to be kept of who allocates, and how much of it; all other values are
 * settings_values.c's.
 */
#include "settings_parts.h"
#include <string.h>

static const struct {
	const char *word;
	unsigned stacks;
} words[] = {
	{"none", 0},
	{"caller", RAC_STACKS_CALLER},
	{"native", RAC_STACKS_CALLER | RAC_STACKS_NATIVE},
	{"python", RAC_STACKS_CALLER | RAC_STACKS_PYTHON},
};
#define WORDS (sizeof(words) / sizeof(*words))

static size_t find_word(const char *text, size_t length)
{
	size_t i = 0;

	while (i < WORDS &&
		(strlen(words[i].word) != length || memcmp(words[i].word, text, length) != 0))
		i++;
	return i;
}

/* The words between commas, which may have blanks around them. */
static bool read_list(const char *value, unsigned *stacks, struct rac_fault *fault)
{
	bool has_none = false;

	*stacks = 0;
	for (const char *at = value;; at++) {
		const char *word = at + strspn(at, " ");
		size_t length;

		at = word + strcspn(word, ",");
		length = (size_t)(at - word);
		while (length > 0 && word[length - 1] == ' ')
			length--;
		size_t i = find_word(word, length);

		if (i == WORDS) {
			*fault = (struct rac_fault){(size_t)(word - value), length,
				length > 0 ? "is none of its values" : "a value is missing",
				"write none, caller, native or python"};
			return false;
		}
		*stacks |= words[i].stacks;
		has_none |= words[i].stacks == 0;
		if (*at == '\0')
			break;
	}
	*fault = (struct rac_fault){
		0, strlen(value), "says none and more", "write none alone, or leave it out"};
	return !has_none || *stacks == 0;
}

void rac_setting_read_stacks(struct rac_settings_reading *r, enum rac_setting setting)
{
	struct rac_fault fault;
	unsigned stacks;

	if (read_list(r->values[setting], &stacks, &fault))
		r->out->stacks = stacks;
	else
		rac_setting_add_problem(r, RAC_PROBLEM_VALUE, setting, &fault);
}

void rac_setting_read_depth(struct rac_settings_reading *r, enum rac_setting setting)
{
	const char *value = r->values[setting], *at = value;
	struct rac_fault fault = {0, strlen(value), "is no number from 1 to 128",
		"write how many frames are to be kept, e.g. 32"};
	unsigned number = 0;

	_Static_assert(RAC_SETTINGS_DEPTH_MAX == 128, "as the message has it");
	for (; *at >= '0' && *at <= '9' && number <= RAC_SETTINGS_DEPTH_MAX; at++)
		number = number * 10 + (unsigned)(*at - '0');
	if (*at != '\0' || number == 0 || number > RAC_SETTINGS_DEPTH_MAX)
		rac_setting_add_problem(r, RAC_PROBLEM_VALUE, setting, &fault);
	else
		r->out->depth = number;
}
