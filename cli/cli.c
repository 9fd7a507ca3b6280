/*
 * cli.c - how verbs say on stderr what went wrong; see cli.h.
 */
#include "cli.h"
#include "text.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 1024

/* One line in one write, so that lines of several processes do not mix. */
static void say(
	const char *verb, const char *kind, const char *format, va_list arguments, const char *more)
{
	char message[LINE_MAX_BYTES], line[LINE_MAX_BYTES];
	struct rac_text t;

	vsnprintf(message, sizeof(message), format, arguments);
	rac_text_init(&t, line, sizeof(line));
	rac_text_string(&t, verb);
	rac_text_string(&t, kind);
	rac_text_foreign(&t, message, strlen(message), sizeof(message));
	rac_text_string(&t, more);
	rac_text_end_line(&t);
	fflush(stdout);
	fputs(line, stderr);
}

int rac_usage_error(const char *verb, const char *format, ...)
{
	char more[64];
	va_list arguments;

	snprintf(more, sizeof(more), "; see %s --help", verb);
	va_start(arguments, format);
	say(verb, ": ", format, arguments, more);
	va_end(arguments);
	return RAC_EXIT_USAGE;
}

int rac_fail(const char *verb, int status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(verb, ": ", format, arguments, "");
	va_end(arguments);
	return status;
}

void rac_warn(const char *verb, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(verb, ": warning: ", format, arguments, "");
	va_end(arguments);
}

int rac_output_end(const char *verb)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return RAC_EXIT_DONE;
	return rac_fail(verb, RAC_EXIT_FAILED, "cannot write to stdout: %s", strerror(errno));
}
