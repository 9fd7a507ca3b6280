/*
 * run_deliver.c - brings what `rac run` and `rac collect` report themselves to where the program would have brought it; what is
 * reported is not decided here.
 */
#include "run_records.h"

#include "cli.h"
#include "output.h"
#include "path_pattern.h"
#include "run.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One write takes no more on a pipe; see core/report.h. */
#define PIPE_BYTES 4096
#define HEAD_BYTES 16384 /* of a report: all that it says of the process */

static void write_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t written = write(fd, bytes, n);

		if (written < 0 && errno != EINTR)
			return;
		if (written > 0) {
			bytes += written;
			n -= (size_t)written;
		}
	}
}

static bool write_stream(void *context, const char *bytes, size_t n)
{
	return fwrite(bytes, 1, n, context) == n;
}

/* All that `print` makes, to stderr in as few pieces as it takes. */
static void to_stderr(void (*print)(const void *what, struct rac_sink *sink), const void *what)
{
	char *bytes = NULL;
	size_t n = 0;
	FILE *stream = open_memstream(&bytes, &n);
	struct rac_sink sink = {write_stream, stream};

	if (stream == NULL)
		return;
	print(what, &sink);
	if (fclose(stream) == 0)
		write_all(STDERR_FILENO, bytes, n);
	free(bytes);
}

static void print_json(const void *report, struct rac_sink *sink)
{
	rac_report_json(report, sink);
}

static void print_table(const void *all, struct rac_sink *sink)
{
	rac_merge_print(all, sink);
}

void rac_run_deliver_table(const struct rac_merge *all)
{
	fprintf(stderr, RAC_RUN ": the %zu processes that used CUDA:\n", all->processes);
	to_stderr(print_table, all);
}

static const char *lookup(void *context, const char *name)
{
	(void)context;
	return getenv(name);
}

/* False: it was said why. */
static bool expand(const struct rac_report_process *p, const char *pattern, const char *verb,
	struct rac_text *path)
{
	const char *slash = p->executable != NULL ? strrchr(p->executable, '/') : NULL;
	char message[512];
	struct rac_text why;
	const struct rac_path_values values = {
		.pid = p->pid,
		.host = p->host,
		.program = slash != NULL ? slash + 1 : p->executable,
		.rank = p->rank,
		.variable = lookup,
	};

	rac_text_init(&why, message, sizeof(message));
	if (rac_path_expand(path, "RAC_REPORT", pattern, &values, &why) == RAC_OK)
		return true;
	rac_warn(verb, "%s", message);
	return false;
}

static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0777);
		*slash = '/';
	}
}

/* A file that was written since the process started is somebody else's. */
static bool is_taken(const char *path, const struct rac_report_process *p)
{
	struct stat status;

	if (lstat(path, &status) != 0 || !S_ISREG(status.st_mode))
		return false;
	return (uint64_t)status.st_mtim.tv_sec * 1000000000u + (uint64_t)status.st_mtim.tv_nsec >
		p->started_unix_ns;
}

static void write_to(const char *path, const struct rac_report *report,
	const struct rac_settings *settings, const char *verb)
{
	struct rac_complaint c = {""};
	struct rac_output output;

	if (rac_output_open(&output, path, false, &c)) {
		if (settings->format == RAC_FORMAT_JSON)
			rac_report_json(report, &output.sink);
		else
			rac_report_text(report, &output.sink);
		rac_output_close(&output, true, &c);
	}
	if (c.text[0] != '\0')
		rac_warn(verb, "no report of process %llu: %s",
			(unsigned long long)report->process.pid, c.text);
}

static void to_path(
	const struct rac_report *report, const struct rac_settings *settings, const char *verb)
{
	char buffer[RAC_SETTINGS_PATTERN_MAX];
	struct rac_text path;

	rac_text_init(&path, buffer, sizeof(buffer));
	if (!expand(&report->process, settings->report_pattern, verb, &path))
		return;
	make_folders(buffer);
	if (is_taken(buffer, &report->process)) {
		rac_text_string(&path, ".");
		rac_text_u64(&path, report->process.pid);
	}
	write_to(buffer, report, settings, verb);
}

/*
 * Whether the process wrote the file: its report begins with its pid, in either form. An image that left by exec
 * has the pid of the next.
 */
static bool is_of(const char *path, const struct rac_report_process *p)
{
	char head[HEAD_BYTES] = "", text[64], json[64], how[64];
	struct stat status;
	FILE *file;

	if (lstat(path, &status) != 0 || !S_ISREG(status.st_mode) ||
		(file = fopen(path, "re")) == NULL)
		return false;
	head[fread(head, 1, sizeof(head) - 1, file)] = '\0';
	fclose(file);
	snprintf(text, sizeof(text), "==rac %llu== ", (unsigned long long)p->pid);
	snprintf(json, sizeof(json), "\"pid\":%llu,", (unsigned long long)p->pid);
	snprintf(how, sizeof(how), "\"end\":{\"how\":\"%s\"", rac_end_name(p->end));
	return strncmp(head, text, strlen(text)) == 0 ||
		(strstr(head, json) != NULL && strstr(head, how) != NULL);
}

void rac_run_deliver_again(const struct rac_report *report, const struct rac_settings *settings)
{
	char buffer[RAC_SETTINGS_PATTERN_MAX];
	struct rac_text path;

	if (settings->report_to != RAC_REPORT_PATH)
		return;
	rac_text_init(&path, buffer, sizeof(buffer));
	if (!expand(&report->process, settings->report_pattern, RAC_RUN, &path))
		return;
	/* The process stepped aside for a file that was there. */
	if (!is_of(buffer, &report->process)) {
		rac_text_string(&path, ".");
		rac_text_u64(&path, report->process.pid);
	}
	if (is_of(buffer, &report->process))
		write_to(buffer, report, settings, RAC_RUN);
}

void rac_run_deliver(
	const struct rac_report *report, const struct rac_settings *settings, const char *verb)
{
	char text[PIPE_BYTES];

	if (settings->report_to == RAC_REPORT_PATH)
		to_path(report, settings, verb);
	else if (settings->report_to == RAC_REPORT_STDERR && settings->format == RAC_FORMAT_JSON)
		to_stderr(print_json, report);
	else if (settings->report_to == RAC_REPORT_STDERR)
		write_all(STDERR_FILENO, text, rac_report_text_fit(report, text, sizeof(text)));
}
