/*
 * manual.c - manual pages in roff: one for the command, one for each verb, and librac_track(7) for the
 * variables; what they say comes from the tables that --help prints.
 */
#include "settings.h"
#include "usage.h"
#include <stdio.h>
#include <string.h>

#define LIBRARY_PAGE "librac_track"

/* Text as roff has to be given it. `start` is whether a line begins here. */
static void put(const char *text, bool start)
{
	for (; *text != '\0'; start = *text++ == '\n') {
		if (start && (*text == '.' || *text == '\''))
			fputs("\\&", stdout);
		if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '-')
			fputs("\\-", stdout);
		else if (*text == '\'')
			fputs("\\(aq", stdout);
		else if (*text == '~')
			fputs("\\(ti", stdout);
		else if (*text == '^')
			fputs("\\(ha", stdout);
		else
			putchar(*text);
	}
}

/* Paragraphs, with an empty line between; a line that begins with two spaces stands alone. */
static void put_paragraphs(const char *text)
{
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");
		char line[256];

		snprintf(line, sizeof(line), "%.*s", (int)length, text);
		if (length == 0)
			puts(".PP");
		else if (strncmp(line, "  ", 2) == 0)
			puts(".br");
		if (length > 0) {
			put(line, true);
			putchar('\n');
		}
		text += length + (text[length] == '\n');
	}
}

static void put_title(const char *page, int section)
{
	fputs(".TH \"", stdout);
	for (const char *at = page; *at != '\0'; at++)
		putchar(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at);
	printf("\" %d \"\" \"librac_track %s\"\n.SH NAME\n", section, RAC_VERSION);
	put(page, true);
}

/* All the other pages. */
static void put_see_also(const char *page, const struct rac_verb *verbs, size_t count)
{
	const char *separator = "";

	puts(".SH \"SEE ALSO\"");
	if (strcmp(page, "rac") != 0) {
		fputs(".BR rac (1)", stdout);
		separator = ",\n";
	}
	for (size_t i = 0; i < count; i++) {
		if (strncmp(page, "rac-", 4) == 0 && strcmp(page + 4, verbs[i].name) == 0)
			continue;
		printf("%s.BR rac\\-%s (1)", separator, verbs[i].name);
		separator = ",\n";
	}
	if (strcmp(page, LIBRARY_PAGE) != 0)
		printf("%s.BR %s (7)", separator, LIBRARY_PAGE);
	putchar('\n');
}

static void put_synopsis(const struct rac_usage *usage)
{
	fputs(".B ", stdout);
	put(usage->verb, false);
	putchar('\n');
	if (usage->groups != NULL)
		puts("[\\fIFLAG\\fR...]");
	put(usage->operands, true);
	if (usage->operands[0] != '\0')
		putchar('\n');
}

static void put_flags(const struct rac_usage *usage)
{
	const struct rac_flag_group *const *group = usage->groups;

	for (; group != NULL && *group != NULL; group++) {
		fputs(".SS \"", stdout);
		put((*group)->title, false);
		puts("\"");
		for (size_t i = 0; i < (*group)->count; i++) {
			const struct rac_flag *flag = &(*group)->flags[i];

			fputs(".TP\n\\fB", stdout);
			put(flag->name, false);
			fputs("\\fR", stdout);
			if (flag->value != NULL) {
				fputs(" \\fI", stdout);
				put(flag->value, false);
				fputs("\\fR", stdout);
			}
			putchar('\n');
			put(flag->help, true);
			putchar('\n');
		}
	}
}

static void put_examples(const struct rac_usage *usage)
{
	for (size_t i = 0; i < usage->example_count; i++) {
		if (i > 0)
			puts(".PP");
		put(usage->examples[i].says, true);
		fputs(":\n.PP\n.nf\n.RS\n", stdout);
		put(usage->examples[i].command, true);
		puts("\n.RE\n.fi");
	}
}

static bool has_examples(const struct rac_usage *const *usages)
{
	for (; *usages != NULL; usages++)
		if ((*usages)->example_count > 0)
			return true;
	return false;
}

static void put_verb(
	const char *page, const struct rac_verb *verb, const struct rac_verb *verbs, size_t count)
{
	const struct rac_usage *const *usages = verb->usages();
	bool several = usages[1] != NULL;

	put_title(page, 1);
	fputs(" \\- ", stdout);
	put(verb->help, false);
	puts("\n.SH SYNOPSIS");
	for (size_t i = 0; usages[i] != NULL; i++) {
		if (i > 0)
			puts(".br");
		put_synopsis(usages[i]);
	}
	for (size_t i = 0; usages[i] != NULL; i++) {
		if (several)
			printf(".SH \"%s\"\n", usages[i]->verb);
		else
			puts(".SH DESCRIPTION");
		put_paragraphs(usages[i]->summary);
		if (!several && usages[i]->groups != NULL)
			puts(".SH OPTIONS");
		put_flags(usages[i]);
	}
	puts(".SH \"EXIT STATUS\"");
	put(rac_usage_statuses(usages[0]), true);
	putchar('\n');
	if (has_examples(usages))
		puts(".SH EXAMPLES");
	for (size_t i = 0; usages[i] != NULL; i++)
		put_examples(usages[i]);
	put_see_also(page, verbs, count);
}

static void put_command(const struct rac_verb *verbs, size_t count)
{
	put_title("rac", 1);
	puts(" \\- caps, counts and reports the GPU memory of programs\n"
	     ".SH SYNOPSIS\n"
	     ".B rac\n"
	     "\\fIVERB\\fR [\\fIARGUMENT\\fR...]\n"
	     ".SH DESCRIPTION\n"
	     "Runs programs under\n"
	     ".BR librac_track (7),\n"
	     "which caps and counts the memory that they allocate through CUDA, and reads what it\n"
	     "reported. Each verb has \\fB\\-\\-help\\fR and a page of its own.");
	for (size_t i = 0; i < count; i++) {
		printf(".TP\n.BR rac\\-%s (1)\n", verbs[i].name);
		put(verbs[i].help, true);
		putchar('\n');
	}
	puts(".SH OPTIONS\n"
	     ".TP\n\\fB\\-\\-help\\fR\nthe verbs\n"
	     ".TP\n\\fB\\-\\-version\\fR\nthe version\n"
	     ".TP\n\\fB\\-\\-man\\fR [\\fIPAGE\\fR]\n"
	     "a manual page in roff, for \\fBman \\-l \\-\\fR; without \\fIPAGE\\fR, their names\n"
	     ".TP\n\\fB\\-\\-completion\\fR [\\fISHELL\\fR]\n"
	     "what bash, zsh or fish reads to complete the command; for bash, which need not be named:\n"
	     "\\fBeval \"$(rac \\-\\-completion)\"\\fR\n"
	     ".SH \"EXIT STATUS\"\n"
	     "0 done, 1 a finding or a difference, 2 wrong usage, 125 rac itself failed; of\n"
	     ".BR rac\\-run (1)\n"
	     "the program\\(aqs own, 126 and 127 as in the shell.");
	put_see_also("rac", verbs, count);
}

static void put_setting(const struct rac_setting_info *info)
{
	printf(".TP\n\\fB%s\\fR=\\fI", info->variable);
	put(info->values, false);
	puts("\\fR");
	put(info->help, true);
	fputs("\n(\\fBrac run ", stdout);
	put(info->flag[1] == '\0' ? "-" : "--", false);
	put(info->flag, false);
	fputs("\\fR; default: ", stdout);
	put(info->preset, false);
	puts(")");
}

static void put_library(const struct rac_verb *verbs, size_t count)
{
	put_title(LIBRARY_PAGE, 7);
	puts(" \\- caps and counts the memory that a program allocates through CUDA\n"
	     ".SH SYNOPSIS\n"
	     ".B RAC_LIMIT=8G LD_PRELOAD=/path/to/librac_track.so\n"
	     "\\fIPROGRAM\\fR [\\fIARGUMENT\\fR...]\n"
	     ".SH DESCRIPTION\n"
	     "A request that passes the cap gets the out\\-of\\-memory error that CUDA itself would\n"
	     "have given. When the program ends, a report says for each device what the peak was,\n"
	     "what was refused and what was never freed. A program that does not use CUDA notices\n"
	     "nothing. In a secure\\-execution process (setuid, file capabilities) the library does\n"
	     "nothing.\n"
	     ".SH ENVIRONMENT\n"
	     "Read once, at the first use of CUDA; a child process reads its own. A value that does\n"
	     "not parse is said on stderr; a cap that does not parse refuses every allocation.");
	for (int i = 0; i < RAC_SETTING_COUNT; i++)
		put_setting(rac_setting_info((enum rac_setting)i));
	puts(".PP\n"
	     "Without \\fBRAC_LIMIT\\fR the cap is taken from\n"
	     "\\fBCUDA_DEVICE_MEMORY_LIMIT_\\fIN\\fR, \\fBCUDA_DEVICE_MEMORY_LIMIT\\fR,\n"
	     "\\fBCUDA_MPS_PINNED_DEVICE_MEM_LIMIT\\fR or \\fBNVIDIA_GPU_MEMORY_LIMIT\\fR, in this\n"
	     "order.");
	put_see_also(LIBRARY_PAGE, verbs, count);
}

bool rac_manual_print(const char *page, const struct rac_verb *verbs, size_t count)
{
	if (strcmp(page, "rac") == 0) {
		put_command(verbs, count);
		return true;
	}
	if (strcmp(page, LIBRARY_PAGE) == 0) {
		put_library(verbs, count);
		return true;
	}
	for (size_t i = 0; i < count; i++) {
		if (strncmp(page, "rac-", 4) == 0 && strcmp(page + 4, verbs[i].name) == 0) {
			put_verb(page, &verbs[i], verbs, count);
			return true;
		}
	}
	return false;
}

void rac_manual_list(const struct rac_verb *verbs, size_t count)
{
	puts("rac.1");
	for (size_t i = 0; i < count; i++)
		printf("rac-%s.1\n", verbs[i].name);
	puts(LIBRARY_PAGE ".7");
}
