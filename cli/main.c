/*
 * main.c - the command `rac`: finds the verb and hands over.
 */
#include "cli.h"
#include "commands.h"
#include <stdio.h>
#include <string.h>

static const struct verb {
	const char *name, *help;
	int (*run)(int argc, char **argv);
} verbs[] = {
#define VERB(name, help) {#name, help, rac_cmd_##name},
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
	      "  --help     this text; rac VERB --help for each verb\n"
	      "  --version  the version\n",
		to);
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
	return rac_usage_error("rac", "'%s' is no verb", word);
}
