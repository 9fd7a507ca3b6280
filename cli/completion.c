/*
 * completion.c - the tables by which bash completes `rac`: verbs, the words below them, flags, and the
 * values of flags that have a fixed set of them; what bash does with them is completion.bash's.
 */
#include "embedded.h"
#include "usage.h"

#include <stdio.h>
#include <string.h>

/* "naive|flash" as "naive flash", if the value is one of a fixed set. */
static void put_choices(const char *use, const struct rac_flag *flag)
{
	const char *choices = flag->choices != NULL ? flag->choices : flag->value;
	char words[256];

	if (choices == NULL || strchr(choices, '|') == NULL ||
		snprintf(words, sizeof(words), "%s", choices) >= (int)sizeof(words))
		return;
	for (char *at = words; *at != '\0'; at++)
		if (*at == '|')
			*at = ' ';
	for (const char *at = words; *at != '\0'; at++)
		if ((*at < 'a' || *at > 'z') && strchr(" ,_-0123456789", *at) == NULL)
			return;
	printf("_rac_values['%s %s']='%s'\n", use, flag->name, words);
}

static void put_use(const struct rac_usage *usage)
{
	const char *use = usage->verb + sizeof("rac ") - 1;

	printf("_rac_flags['%s']='", use);
	for (size_t g = 0; usage->groups != NULL && usage->groups[g] != NULL; g++)
		for (size_t i = 0; i < usage->groups[g]->count; i++)
			if (usage->groups[g]->flags[i].type != RAC_FLAG_WORD)
				printf(" %s", usage->groups[g]->flags[i].name);
	puts("'");
	printf("_rac_valued['%s']='", use);
	for (size_t g = 0; usage->groups != NULL && usage->groups[g] != NULL; g++)
		for (size_t i = 0; i < usage->groups[g]->count; i++)
			if (usage->groups[g]->flags[i].type != RAC_FLAG_SWITCH &&
				usage->groups[g]->flags[i].type != RAC_FLAG_WORD)
				printf(" %s", usage->groups[g]->flags[i].name);
	puts("'");
	for (size_t g = 0; usage->groups != NULL && usage->groups[g] != NULL; g++)
		for (size_t i = 0; i < usage->groups[g]->count; i++)
			put_choices(use, &usage->groups[g]->flags[i]);
	if (usage->operand_kind == RAC_OPERAND_PROGRAM)
		printf("_rac_program['%s']=1\n", use);
}

void rac_completion_print(const struct rac_verb *verbs, size_t count)
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
