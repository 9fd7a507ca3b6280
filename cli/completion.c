/*
 * completion.c - which shell's completion is asked for, and what all of them have in common.
 */
#include "completion.h"

#include <stdio.h>
#include <string.h>

const struct rac_flag *rac_completion_next(
	const struct rac_usage *usage, const struct rac_flag *flag)
{
	bool found = flag == NULL;

	for (size_t g = 0; usage->groups != NULL && usage->groups[g] != NULL; g++) {
		for (size_t i = 0; i < usage->groups[g]->count; i++) {
			const struct rac_flag *next = &usage->groups[g]->flags[i];

			if (found && next->type != RAC_FLAG_WORD)
				return next;
			found = found || next == flag;
		}
	}
	return NULL;
}

bool rac_completion_choices(const struct rac_flag *flag, char words[RAC_CHOICES_MAX])
{
	const char *choices = flag->choices != NULL ? flag->choices : flag->value;

	if (choices == NULL || strchr(choices, '|') == NULL ||
		snprintf(words, RAC_CHOICES_MAX, "%s", choices) >= RAC_CHOICES_MAX)
		return false;
	for (char *at = words; *at != '\0'; at++)
		if (*at == '|')
			*at = ' ';
	/* "stderr|none|PATH" is no fixed set. */
	return words[strspn(words, "abcdefghijklmnopqrstuvwxyz ,_-0123456789")] == '\0';
}

bool rac_completion_is_file(const struct rac_flag *flag)
{
	static const char *const names[] = {"FILE", "PATH", "DIR"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (flag->value != NULL && strstr(flag->value, names[i]) != NULL)
			return true;
	return false;
}

const char *rac_completion_summary(const struct rac_usage *usage)
{
	static char sentence[160];
	size_t length = 0;

	for (const char *at = usage->summary; *at != '\0' && length < sizeof(sentence) - 1; at++) {
		if (*at == '.' && (at[1] == ' ' || at[1] == '\n' || at[1] == '\0'))
			break;
		sentence[length++] = (char)(*at == '\n' ? ' ' : *at);
	}
	sentence[length] = '\0';
	return sentence;
}

const char *rac_completion_use(const struct rac_usage *usage)
{
	return usage->verb + sizeof("rac ") - 1;
}

bool rac_completion_print(const char *shell, const struct rac_verb *verbs, size_t count)
{
	static const struct {
		const char *shell;
		void (*print)(const struct rac_verb *verbs, size_t count);
	} shells[] = {
		{"bash", rac_completion_bash},
		{"zsh", rac_completion_zsh},
		{"fish", rac_completion_fish},
	};

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(shell, shells[i].shell) == 0) {
			shells[i].print(verbs, count);
			return true;
		}
	}
	return false;
}
