/*
 * report_file.c - see report_file.h.
 *
 * read and close of the C library are cancellation points, so here are the system calls; see
 * message.c. How the file comes to its name is file_name.c's.
 */
#include "report_file.h"

#include "file_name.h"
#include "file_status.h"
#include "message.h"
#include "process_info.h"
#include "startup.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct buffered_file {
	int fd;
	char *buffer;
	size_t capacity, used;
	int error; /* 0: none yet */
};

static bool flush(struct buffered_file *f)
{
	if (f->error == 0 && f->used > 0)
		f->error = rac_message_write_all(f->fd, f->buffer, f->used);
	f->used = 0;
	return f->error == 0;
}

static bool write_buffered(void *context, const char *bytes, size_t n)
{
	struct buffered_file *f = context;

	while (n > 0 && f->error == 0) {
		size_t room = f->capacity - f->used;
		size_t piece = n < room ? n : room;

		memcpy(f->buffer + f->used, bytes, piece);
		f->used += piece;
		bytes += piece;
		n -= piece;
		if (f->used == f->capacity)
			flush(f);
	}
	return f->error == 0;
}

/* 0, or the error. */
static int write_report(struct rac_state *state, int fd, const struct rac_report *report, bool json)
{
	struct buffered_file file = {
		.fd = fd, .buffer = state->report_buffer, .capacity = sizeof(state->report_buffer)};
	struct rac_sink sink = {write_buffered, &file};

	if (json)
		rac_report_json(report, &sink);
	else
		rac_report_text(report, &sink);
	flush(&file);
	return file.error;
}

static void complain(struct rac_state *state, const char *what, const char *path, int error)
{
	struct rac_text t;

	rac_startup_begin_line(&t, state->report_line, sizeof(state->report_line), state);
	rac_text_string(&t, "no report: cannot ");
	rac_text_string(&t, what);
	rac_text_string(&t, " ");
	rac_text_quoted(&t, path, strlen(path), 256);
	rac_text_string(&t, " (errno ");
	rac_text_i64(&t, error);
	rac_text_string(&t, "); RAC_REPORT must name a place that this process may write to");
	rac_text_end_line(&t);
	rac_message_stderr(state, state->report_line, t.used);
}

/* The descriptor that a path names, or -1. Opened anew, a file would be written from its beginning,
 * over what the program said, and a socket not at all. */
static int named_descriptor(const char *path)
{
	static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
	int fd = -1;

	if (strcmp(path, "/dev/stdout") == 0)
		return STDOUT_FILENO;
	if (strcmp(path, "/dev/stderr") == 0)
		return STDERR_FILENO;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		size_t n = strlen(folders[i]);

		if (strncmp(path, folders[i], n) != 0 || path[n] == '\0')
			continue;
		for (path += n, fd = 0; *path >= '0' && *path <= '9' && fd < INT_MAX / 10; path++)
			fd = fd * 10 + (*path - '0');
		return *path == '\0' ? fd : -1;
	}
	return -1;
}

static enum rac_delivery write_to_descriptor(struct rac_state *state, int fd, const char *path,
	const struct rac_report *report, bool json)
{
	if (fd == STDERR_FILENO && !rac_message_stderr_is_same(state))
		return RAC_DELIVERED_NOWHERE;
	int error = write_report(state, fd, report, json);

	if (error != 0)
		complain(state, "write", path, error);
	return error == 0 ? RAC_DELIVERED_STREAM : RAC_DELIVERED_NOWHERE;
}

/* What is there and is no regular file, links followed; 0: a file is to be made. */
static uint32_t special_type(const char *path)
{
	struct statx st;

	if (rac_file_status(AT_FDCWD, path, 0, STATX_TYPE, &st) != 0 || S_ISREG(st.stx_mode))
		return 0;
	return st.stx_mode & S_IFMT;
}

/* Not to wait for a pipe's reader, and not to lose a device node to a file of ours. */
static enum rac_delivery write_to_special(struct rac_state *state, uint32_t type, const char *path,
	const struct rac_report *report, bool json)
{
	/* Whoever names a disk does not want its beginning overwritten. */
	int fd = type != S_IFBLK ? rac_file_open(path, O_WRONLY | O_NONBLOCK, 0) : -1;

	if (fd < 0) {
		complain(state, "open", path, type != S_IFBLK ? errno : EINVAL);
		return RAC_DELIVERED_NOWHERE;
	}
	enum rac_delivery delivery = write_to_descriptor(state, fd, path, report, json);

	rac_file_close(fd);
	return delivery;
}

/* Whether a file is the report of a process with our pid. */
static bool has_our_pid(const struct rac_state *state, const char *path)
{
	char beginning[128], text[32], json[32];
	struct rac_text t;
	int fd = rac_file_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	long n = fd >= 0 ? syscall(SYS_read, fd, beginning, sizeof(beginning) - 1) : -1;

	if (fd >= 0)
		rac_file_close(fd);
	beginning[n > 0 ? n : 0] = '\0';
	rac_startup_begin_line(&t, text, sizeof(text), state);
	rac_text_init(&t, json, sizeof(json));
	rac_text_string(&t, "\"pid\":");
	rac_text_i64(&t, state->pid);
	rac_text_string(&t, ",");
	return strncmp(beginning, text, strlen(text)) == 0 || strstr(beginning, json) != NULL;
}

/* Not what was written since we started, or by an image that this process was before, but for a report of
 * our own that is overtaken. */
static bool may_replace(const struct rac_state *state, const char *path)
{
	struct statx st;

	if (rac_shared_file_is(path, &state->provisional_report))
		return true;

	if (rac_file_status(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_MTIME, &st) != 0)
		return true;
	uint64_t written = (uint64_t)st.stx_mtime.tv_sec * 1000000000u + st.stx_mtime.tv_nsec;

	return rac_process_info_is_before_us(written) &&
		!(rac_process_info_may_be_ours(written) && has_our_pid(state, path));
}

static enum rac_delivery write_file(
	struct rac_state *state, struct rac_text *path, const struct rac_report *report, bool json)
{
	int fd = rac_file_name_create(state, path, state->report_temporary, O_WRONLY, 0666);

	if (fd < 0) {
		complain(state, "create", state->report_temporary, errno);
		return RAC_DELIVERED_NOWHERE;
	}
	int error = write_report(state, fd, report, json);

	state->provisional_report = state->report_file;
	rac_shared_file_identify(fd, &state->report_file);
	/* The error of a file on another machine may come only now. */
	if (syscall(SYS_close, fd) != 0 && error == 0)
		error = errno;
	if (error == 0 && !rac_file_name_take(state, state->report_temporary, path, may_replace))
		error = errno;
	if (error == 0)
		return RAC_DELIVERED_FILE;
	unlink(state->report_temporary);
	complain(state, "write", path->buffer, error);
	return RAC_DELIVERED_NOWHERE;
}

enum rac_delivery rac_report_file_write(
	struct rac_state *state, struct rac_text *path, const struct rac_report *report, bool json)
{
	int fd = named_descriptor(path->buffer);
	uint32_t type = fd < 0 ? special_type(path->buffer) : 0;

	if (fd >= 0)
		return write_to_descriptor(state, fd, path->buffer, report, json);
	if (type != 0)
		return write_to_special(state, type, path->buffer, report, json);
	return write_file(state, path, report, json);
}

void rac_report_file_remove(struct rac_state *state)
{
	rac_shared_file_unlink(state->report_path, &state->report_file);
	state->report_file = (struct rac_shared_file){0};
}
