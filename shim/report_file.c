/*
 * report_file.c - see report_file.h.
 */
#include "report_file.h"

#include "message.h"
#include "process_info.h"
#include "startup.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* rename */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct buffered_file {
	int fd;
	char *buffer;
	size_t capacity, used;
	bool failed;
};

static bool flush(struct buffered_file *f)
{
	if (!f->failed && f->used > 0)
		f->failed = !rac_message_write_all(f->fd, f->buffer, f->used);
	f->used = 0;
	return !f->failed;
}

static bool write_buffered(void *context, const char *bytes, size_t n)
{
	struct buffered_file *f = context;

	while (n > 0 && !f->failed) {
		size_t room = f->capacity - f->used;
		size_t piece = n < room ? n : room;

		memcpy(f->buffer + f->used, bytes, piece);
		f->used += piece;
		bytes += piece;
		n -= piece;
		if (f->used == f->capacity)
			flush(f);
	}
	return !f->failed;
}

static void complain(struct rac_state *state, const char *what, const char *path, int error)
{
	char line[RAC_STARTUP_LINE_MAX];
	struct rac_text t;

	rac_startup_begin_line(&t, line, sizeof(line), state);
	rac_text_string(&t, "no report: cannot ");
	rac_text_string(&t, what);
	rac_text_string(&t, " ");
	rac_text_quoted(&t, path, strlen(path), 256);
	rac_text_string(&t, " (errno ");
	rac_text_i64(&t, error);
	rac_text_string(&t, "); RAC_REPORT must name a place that this process may write to");
	rac_text_end_line(&t);
	rac_message_stderr(state, line, t.used);
}

/* Makes every folder of the path that is missing. The mode is left to the umask, which is not
 * touched. */
static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0777);
		*slash = '/';
	}
}

static bool is_younger_than_us(const char *path)
{
	struct statx st;

	/* statx, because lstat is a symbol of glibc 2.33 where it is not an inline function. */
	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_MTIME, &st) != 0)
		return false;
	uint64_t written = (uint64_t)st.stx_mtime.tv_sec * 1000000000u + st.stx_mtime.tv_nsec;

	return !rac_process_info_is_before_us(written);
}

/* Renames without replacing what came into being since we started. */
static bool publish(const struct rac_state *state, const char *temporary, struct rac_text *path)
{
	/* link fails where the name is taken, so of two processes that end together one gets it. */
	if (link(temporary, path->buffer) == 0) {
		unlink(temporary);
		return true;
	}
	if (errno == EEXIST && is_younger_than_us(path->buffer)) {
		rac_text_string(path, ".");
		rac_text_i64(path, state->pid);
	}
	return rename(temporary, path->buffer) == 0;
}

void rac_report_file_write(struct rac_state *state, const char *path,
	const struct rac_report *report, bool json, char *buffer, size_t capacity)
{
	char final_path[4096], temporary[4096];
	struct rac_text final_text, temporary_text;
	struct buffered_file file = {.buffer = buffer, .capacity = capacity};
	struct rac_sink sink = {write_buffered, &file};

	rac_text_init(&final_text, final_path, sizeof(final_path));
	rac_text_string(&final_text, path);
	rac_text_init(&temporary_text, temporary, sizeof(temporary));
	rac_text_string(&temporary_text, path);
	rac_text_string(&temporary_text, ".tmp.");
	rac_text_i64(&temporary_text, state->pid);
	if (final_text.cut || temporary_text.cut) {
		complain(state, "use the name", path, ENAMETOOLONG);
		return;
	}
	make_folders(temporary);
	file.fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (file.fd < 0) {
		complain(state, "create", temporary, errno);
		return;
	}
	bool written = json ? rac_report_json(report, &sink) : rac_report_text(report, &sink);

	written = flush(&file) && written;
	written = close(file.fd) == 0 && written;
	if (!written || !publish(state, temporary, &final_text)) {
		complain(state, "write", path, errno);
		unlink(temporary);
	}
}
