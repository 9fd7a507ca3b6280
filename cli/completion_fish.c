/*
 * completion_fish.c - the commands by which fish completes `rac`.
 */
#include "completion.h"
#include "embedded.h"

#include <stdio.h>
#include <string.h>

/* Within single quotes of fish. */
static void put_quoted(const char *text)
{
	putchar('\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('\'');
}

static void put_flag(const struct rac_usage *usage, const struct rac_flag *flag)
{
	bool runs = usage->operand_kind == RAC_OPERAND_PROGRAM;
	const char *name = flag->name + (flag->name[1] == '-' ? 2 : 1);
	char choices[RAC_CHOICES_MAX];

	printf("complete -c rac -n '__rac_is%s %s' -%c %s", runs ? "_before_program" : "",
		rac_completion_use(usage), flag->name[1] == '-' ? 'l' : 's', name);
	if (rac_completion_choices(flag, choices))
		printf(" -x -a '%s'", choices);
	else if (rac_completion_is_file(flag))
		fputs(" -r -F", stdout);
	else if (flag->type != RAC_FLAG_SWITCH && flag->type != RAC_FLAG_SOUGHT)
		fputs(" -x", stdout);
	fputs(" -d ", stdout);
	put_quoted(flag->help);
	putchar('\n');
}

/* What follows the flags is a program. */
static void put_program(const struct rac_usage *usage)
{
	const struct rac_flag *flag = NULL;

	fputs("set -ga __rac_valued", stdout);
	while ((flag = rac_completion_next(usage, flag)) != NULL)
		if (flag->type != RAC_FLAG_SWITCH)
			printf(" %s", flag->name);
	printf("\ncomplete -c rac -n '__rac_is %s' -x -a '(__rac_complete_program)'\n",
		rac_completion_use(usage));
}

static void put_use(const struct rac_usage *usage)
{
	const char *use = rac_completion_use(usage);
	const struct rac_flag *flag = NULL;

	while ((flag = rac_completion_next(usage, flag)) != NULL)
		put_flag(usage, flag);
	printf("complete -c rac -n '__rac_is %s' -l help -d 'how it is used'\n", use);
	if (usage->operand_kind == RAC_OPERAND_PROGRAM)
		put_program(usage);
	if (usage->operand_kind == RAC_OPERAND_WORD)
		printf("complete -c rac -n '__rac_is %s' -f\n", use);
}

/* What may stand behind `use` alone. */
static void put_word(const char *use, const char *word, const char *help)
{
	printf("complete -c rac -f -n '__rac_ends %s' -a %s -d ", use, word);
	put_quoted(help);
	putchar('\n');
}

void rac_completion_fish(const struct rac_verb *verbs, size_t count)
{
	puts("# fish completion for rac; made by rac --completion fish");
	fputs(rac_embedded_fish, stdout);
	for (size_t i = 0; i < count; i++) {
		const struct rac_usage *const *usages = verbs[i].usages();

		put_word("", verbs[i].name, verbs[i].help);
		for (size_t u = 0; usages[1] != NULL && usages[u] != NULL; u++)
			put_word(verbs[i].name, strrchr(usages[u]->verb, ' ') + 1,
				rac_completion_summary(usages[u]));
		for (size_t u = 0; usages[u] != NULL; u++)
			put_use(usages[u]);
	}
	for (const char *const *word =
			(const char *const[]){"--help", "--version", "--man", "--completion", NULL};
		*word != NULL; word++)
		printf("complete -c rac -f -n '__rac_ends' -l %s\n", *word + 2);
}
