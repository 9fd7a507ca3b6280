/*
 * completion_zsh.c - the function by which zsh completes `rac`.
 */
#include "completion.h"

#include <stdio.h>
#include <string.h>

/* Within single quotes of zsh, with what is special in a description of _arguments escaped. */
static void put_text(const char *text, const char *special)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			fputs("'\\'", stdout);
		else if (strchr(special, *text) != NULL)
			putchar('\\');
		putchar(*text);
	}
}

static void put_flag(const struct rac_flag *flag)
{
	bool valued = flag->type != RAC_FLAG_SWITCH;
	char choices[RAC_CHOICES_MAX];

	/* "=": the value is behind it or is the next word. */
	printf("\t\t'%s%s[", flag->name, valued && flag->name[1] == '-' ? "=" : "");
	put_text(flag->help, "[]:\\");
	putchar(']');
	if (valued) {
		putchar(':');
		put_text(flag->value, ":\\");
		putchar(':');
		if (rac_completion_choices(flag, choices))
			printf("(%s)", choices);
		else if (rac_completion_is_file(flag))
			fputs("_files", stdout);
		else
			putchar(' ');
	}
	puts("' \\");
}

static void put_use(const struct rac_usage *usage)
{
	static const char *const operands[] = {
		[RAC_OPERAND_WORD] = "",
		[RAC_OPERAND_FILE] = "'*:file:_files'",
		[RAC_OPERAND_PROGRAM] = "'(-):program:_command_names -e' '*::argument:_normal'",
	};

	const struct rac_flag *flag = NULL;
	/* The words of the use itself go. */
	size_t words = 1;

	for (const char *at = rac_completion_use(usage); *at != '\0'; at++)
		words += *at == ' ';
	printf("\t'%s')\n\t\tshift %zu words\n\t\t(( CURRENT -= %zu ))\n\t\t_arguments -S \\\n",
		rac_completion_use(usage), words, words);
	while ((flag = rac_completion_next(usage, flag)) != NULL)
		put_flag(flag);
	printf("\t\t'--help[how it is used]' %s ;;\n", operands[usage->operand_kind]);
}

static void put_words(const struct rac_verb *verb)
{
	const struct rac_usage *const *usages = verb->usages();

	if (usages[1] == NULL)
		return;
	printf("\t'%s')\n\t\twords_below=(", verb->name);
	for (size_t u = 0; usages[u] != NULL; u++) {
		printf("'%s:", strrchr(usages[u]->verb, ' ') + 1);
		put_text(rac_completion_summary(usages[u]), ":\\");
		fputs("' ", stdout);
	}
	puts(")\n\t\tif (( CURRENT == 3 )); then\n\t\t\t_describe word words_below\n\t\t\treturn\n\t\tfi\n"
	     "\t\tuse=\"$words[2] $words[3]\" ;;");
}

void rac_completion_zsh(const struct rac_verb *verbs, size_t count)
{
	puts("#compdef rac\n# zsh completion for rac; made by rac --completion zsh\n_rac() {\n"
	     "\tlocal -a verbs words_below\n\tlocal use=$words[2]\n\tverbs=(");
	for (size_t i = 0; i < count; i++) {
		printf("\t\t'%s:", verbs[i].name);
		put_text(verbs[i].help, ":\\");
		puts("'");
	}
	puts("\t)\n\tif (( CURRENT == 2 )); then\n"
	     "\t\t_describe verb verbs -- '(--help --version --man --completion)'\n\t\treturn\n\tfi\n"
	     "\tcase $use in");
	for (size_t i = 0; i < count; i++)
		put_words(&verbs[i]);
	puts("\tesac\n\tcase $use in");
	for (size_t i = 0; i < count; i++)
		for (const struct rac_usage *const *usage = verbs[i].usages(); *usage != NULL;
			usage++)
			put_use(*usage);
	puts("\tesac\n}\nif [[ $funcstack[1] == _rac ]]; then\n\t_rac \"$@\"\nelse\n\tcompdef _rac rac\nfi");
}
