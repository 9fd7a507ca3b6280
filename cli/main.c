/*
 * main.c - the command `rac`: finds the verb and hands over.
 */
#include "cli.h"
#include "commands.h"
#include "usage.h"
#include <stdio.h>
#include <string.h>

static const struct rac_verb verbs[] = {
#define VERB(name, help) {#name, help, rac_cmd_##name, rac_usages_##name},
#include "verbs.def"
#undef VERB
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void print_help(FILE *to)
{
	fputs("usage: rac VERB [ARGUMENT...]\n"
	      "\n"
	      "Caps, counts and reports the GPU memory of programs.\n"
	      "\n",
		to);
	for (size_t i = 0; i < VERBS; i++)
		fprintf(to, "  %-10s %s\n", verbs[i].name, verbs[i].help);
	fputs("\n"
	      "  --help        this text; rac VERB --help for each verb\n"
	      "  --version     the version\n"
	      "  --man [PAGE]  a manual page, for man -l -; without PAGE, their names\n"
	      "  --completion [SHELL]\n"
	      "                what bash, zsh or fish reads to complete the command\n",
		to);
}

static int print_manual(const char *page)
{
	if (page == NULL)
		rac_manual_list(verbs, VERBS);
	else if (!rac_manual_print(page, verbs, VERBS))
		return rac_usage_error("rac", "there is no page '%s'; rac --man lists them", page);
	return rac_output_end("rac");
}

static int print_completion(const char *shell)
{
	if (!rac_completion_print(shell, verbs, VERBS))
		return rac_usage_error(
			"rac", "'%s' is no shell known here; right are bash, zsh and fish", shell);
	return rac_output_end("rac");
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;

	if (word == NULL) {
		print_help(stderr);
		return RAC_EXIT_USAGE;
	}
	for (size_t i = 0; i < VERBS; i++) {
		if (strcmp(word, verbs[i].name) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	}
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
		print_help(stdout);
		return rac_output_end("rac");
	}
	if (strcmp(word, "--version") == 0) {
		puts("rac " RAC_VERSION);
		return rac_output_end("rac");
	}
	if (strcmp(word, "--man") == 0)
		return print_manual(argv[2]);
	if (strcmp(word, "--completion") == 0)
		return print_completion(argv[2] != NULL ? argv[2] : "bash");
	return rac_usage_error("rac", "'%s' is no verb", word);
}
