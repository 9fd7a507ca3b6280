/*
 * usage.c - the text of --help: a verb's tables, laid out for a terminal of 80 columns.
 */
#include "usage.h"

#include <stdio.h>
#include <string.h>

#define WIDTH      79
#define LEFT_MOST  28 /* of a flag beside its help; longer ones stand above it */
#define HELP_AT    31
#define INDENT_TWO 8

const char *rac_usage_statuses(const struct rac_usage *usage)
{
	return usage->statuses != NULL ? usage->statuses
				       : "0 done, 2 wrong usage, 125 rac itself failed";
}

/* Words of a text, broken into lines; `column` is where the first begins, `indent` all others. */
static void print_wrapped(const char *text, size_t column, size_t indent)
{
	bool first = true;

	while (*(text += strspn(text, " ")) != '\0') {
		size_t length = strcspn(text, " ");

		if (!first && column + 1 + length > WIDTH) {
			printf("\n%*s", (int)indent, "");
			column = indent;
		} else if (!first) {
			putchar(' ');
			column++;
		}
		printf("%.*s", (int)length, text);
		column += length;
		text += length;
		first = false;
	}
	putchar('\n');
}

static void print_flag(const struct rac_flag *flag)
{
	char left[160];
	int n = snprintf(left, sizeof(left), "%s%s%s", flag->name, flag->value != NULL ? " " : "",
		flag->value != NULL ? flag->value : "");

	if (n <= LEFT_MOST) {
		printf("  %-*s ", LEFT_MOST, left);
		print_wrapped(flag->help, HELP_AT, HELP_AT);
		return;
	}
	printf("  %s\n%*s", left, INDENT_TWO, "");
	print_wrapped(flag->help, INDENT_TWO, INDENT_TWO);
}

static void print_groups(const struct rac_usage *usage)
{
	const struct rac_flag_group *const *group = usage->groups;

	for (; group != NULL && *group != NULL; group++) {
		printf("\n%s\n", (*group)->title);
		for (size_t i = 0; i < (*group)->count; i++)
			print_flag(&(*group)->flags[i]);
	}
}

void rac_usage_help(const struct rac_usage *usage)
{
	printf("usage: %s%s%s%s\n\n%s\n", usage->verb, usage->groups != NULL ? " [FLAG...]" : "",
		usage->operands[0] != '\0' ? " " : "", usage->operands, usage->summary);
	print_groups(usage);
	if (usage->example_count > 0)
		puts("\nexamples");
	for (size_t i = 0; i < usage->example_count; i++)
		printf("  %s\n%*s%s\n", usage->examples[i].command, INDENT_TWO, "",
			usage->examples[i].says);
	fputs("\nstatus: ", stdout);
	print_wrapped(rac_usage_statuses(usage), sizeof("status: ") - 1, sizeof("status: ") - 1);
}
