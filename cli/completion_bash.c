/*
 * completion_bash.c - the tables by which bash completes `rac`: verbs, the words below them, flags, and the
 * values of flags that have a fixed set of them; what bash does with them is completion.bash's.
 */
#include "completion.h"
#include "embedded.h"

#include <stdio.h>
#include <string.h>

static void put_flags(const char *table, const struct rac_usage *usage, bool valued_alone)
{
	const struct rac_flag *flag = NULL;

	printf("%s['%s']='", table, rac_completion_use(usage));
	while ((flag = rac_completion_next(usage, flag)) != NULL)
		if (!valued_alone || flag->type != RAC_FLAG_SWITCH)
			printf(" %s", flag->name);
	puts("'");
}

static void put_use(const struct rac_usage *usage)
{
	const char *use = rac_completion_use(usage);
	const struct rac_flag *flag = NULL;
	char choices[RAC_CHOICES_MAX];

	put_flags("_rac_flags", usage, false);
	put_flags("_rac_valued", usage, true);
	while ((flag = rac_completion_next(usage, flag)) != NULL)
		if (rac_completion_choices(flag, choices))
			printf("_rac_values['%s %s']='%s'\n", use, flag->name, choices);
	if (usage->operand_kind == RAC_OPERAND_PROGRAM)
		printf("_rac_program['%s']=1\n", use);
}

void rac_completion_bash(const struct rac_verb *verbs, size_t count)
{
	puts("# bash completion for rac; made by rac --completion");
	puts("declare -gA _rac_words _rac_flags _rac_valued _rac_values _rac_program");
	fputs("_rac_verbs='", stdout);
	for (size_t i = 0; i < count; i++)
		printf(" %s", verbs[i].name);
	puts("'");
	for (size_t i = 0; i < count; i++) {
		const struct rac_usage *const *usages = verbs[i].usages();

		if (usages[1] != NULL) {
			printf("_rac_words['%s']='", verbs[i].name);
			for (size_t u = 0; usages[u] != NULL; u++)
				printf("%s", strrchr(usages[u]->verb, ' '));
			puts("'");
		}
		for (size_t u = 0; usages[u] != NULL; u++)
			put_use(usages[u]);
	}
	fputs(rac_embedded_completion, stdout);
}
