/*
 * format_github.c - findings for a job of GitHub Actions: annotations as commands on its output (docs.github.com,
 * workflow commands), and a table in the step summary, whose file $GITHUB_STEP_SUMMARY names.
 */
#include "defects.h"
#include "emit.h"
#include "site_words.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* GitHub shows ten annotations of a level for a step. */
#define ANNOTATIONS_MOST 10
#define ROWS_MOST        100

static const char *const commands[] = {[RAC_DEFECT_ERROR] = "error",
	[RAC_DEFECT_WARNING] = "warning",
	[RAC_DEFECT_NOTE] = "notice"};

/* What would end the command or its property; a property's value more than the message. */
static void put_escaped(struct rac_emit *e, const char *text, bool is_property)
{
	for (; *text != '\0'; text++) {
		if (*text == '%')
			rac_emit_string(e, "%25");
		else if (*text == '\n')
			rac_emit_string(e, "%0A");
		else if (*text == '\r')
			rac_emit_string(e, "%0D");
		else if (is_property && *text == ':')
			rac_emit_string(e, "%3A");
		else if (is_property && *text == ',')
			rac_emit_string(e, "%2C");
		else
			rac_emit_bytes(e, text, 1);
	}
}

static void put_annotation(struct rac_emit *e, const struct rac_defect *d)
{
	rac_emit_string(e, "::");
	rac_emit_string(e, commands[d->level]);
	rac_emit_string(e, " ");
	if (d->is_in_sources) {
		rac_emit_string(e, "file=");
		put_escaped(e, d->file, true);
		rac_emit_string(e, ",line=");
		rac_emit_u64(e, d->line);
		rac_emit_string(e, ",");
	}
	rac_emit_string(e, "title=");
	put_escaped(e, d->title, true);
	rac_emit_string(e, "::");
	put_escaped(e, d->message, false);
	rac_emit_string(e, "\n");
}

/* Markdown in a cell of a table, where names may hold anything. */
static void put_cell(struct rac_emit *e, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '<')
			rac_emit_string(e, "&lt;");
		else if (*text == '&')
			rac_emit_string(e, "&amp;");
		else {
			if (strchr("\\`*_{}[]()#+-!|>~@:", *text) != NULL)
				rac_emit_string(e, "\\");
			rac_emit_bytes(e, text, 1);
		}
	}
}

static void put_row(struct rac_emit *e, const struct rac_defect *d)
{
	rac_emit_string(e, "| ");
	rac_emit_string(e, rac_defect_level_name(d->level));
	rac_emit_string(e, " | ");
	put_cell(e, d->message);
	rac_emit_string(e, " | ");
	put_cell(e, d->file);
	if (d->line > 0) {
		rac_emit_string(e, ":");
		rac_emit_u64(e, d->line);
	}
	rac_emit_string(e, " | ");
	put_cell(e, d->fingerprint);
	rac_emit_string(e, " |\n");
}

static void put_summary(struct rac_emit *e, const struct rac_defects *all, size_t reports)
{
	rac_emit_string(e, "### GPU memory\n\n");
	if (all->count == 0) {
		rac_emit_string(e, "Nothing was left and no condition failed, in ");
		rac_emit_u64(e, reports);
		rac_emit_string(e, reports == 1 ? " process.\n" : " processes.\n");
		return;
	}
	rac_emit_string(e, "| | what | where | id |\n|---|---|---|---|\n");
	for (size_t i = 0; i < all->count && i < ROWS_MOST && !e->refused; i++)
		put_row(e, &all->list[i]);
	if (all->count > ROWS_MOST) {
		rac_emit_string(e, "\nand ");
		rac_emit_u64(e, all->count - ROWS_MOST);
		rac_emit_string(e, " more\n");
	}
}

static bool write_fd(void *context, const char *bytes, size_t n)
{
	const int *fd = context;

	while (n > 0) {
		ssize_t written = write(*fd, bytes, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		bytes += written;
		n -= (size_t)written;
	}
	return true;
}

static bool append_summary(const struct rac_defects *all, size_t reports, struct rac_complaint *c)
{
	const char *path = getenv("GITHUB_STEP_SUMMARY");
	struct rac_quote quote;
	struct rac_emit e;
	int fd;

	if (path == NULL || path[0] == '\0')
		return true;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
	struct rac_sink sink = {write_fd, &fd};
	bool done = fd >= 0;

	if (done) {
		rac_emit_init(&e, &sink);
		put_summary(&e, all, reports);
		done = rac_emit_finish(&e);
	}
	int error = errno;

	if (fd >= 0)
		close(fd);
	return done ||
		rac_complain(c, "cannot write the step summary, GITHUB_STEP_SUMMARY=%s: %s",
			rac_quote(&quote, path), strerror(error));
}

bool rac_format_github(const struct rac_export *in, struct rac_sink *sink, struct rac_complaint *c)
{
	size_t shown[RAC_DEFECT_LEVELS] = {0};
	struct rac_defects all;
	struct rac_emit e;

	if (!rac_defects_make(in, &all, c))
		return false;
	rac_emit_init(&e, sink);
	for (size_t i = 0; i < all.count && !e.refused; i++)
		if (all.list[i].level != RAC_DEFECT_SUPPRESSED &&
			shown[all.list[i].level]++ < ANNOTATIONS_MOST)
			put_annotation(&e, &all.list[i]);
	bool done = rac_emit_finish(&e) && append_summary(&all, in->count, c);

	rac_defects_free(&all);
	return done;
}
