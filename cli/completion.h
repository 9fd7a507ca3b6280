/*
 * completion.h - what shells read to complete `rac`, one file each; all from the tables of args.h.
 */
#ifndef RAC_COMPLETION_H
#define RAC_COMPLETION_H

#include "usage.h"

#define RAC_CHOICES_MAX 256

/* The flag of a use behind another one, NULL for the first; NULL: there are no more. */
const struct rac_flag *rac_completion_next(
	const struct rac_usage *usage, const struct rac_flag *flag);

/* The values of a flag that has a fixed set of them, with spaces between; false: it has not. */
bool rac_completion_choices(const struct rac_flag *flag, char words[RAC_CHOICES_MAX]);

/* Whether its value names files. */
bool rac_completion_is_file(const struct rac_flag *flag);

/* The first sentence of what a use does; valid until the next call. */
const char *rac_completion_summary(const struct rac_usage *usage);

/* "run", "estimate tensor" */
const char *rac_completion_use(const struct rac_usage *usage);

void rac_completion_bash(const struct rac_verb *verbs, size_t count);
void rac_completion_zsh(const struct rac_verb *verbs, size_t count);
void rac_completion_fish(const struct rac_verb *verbs, size_t count);

#endif
