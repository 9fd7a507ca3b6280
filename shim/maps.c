/*
 * maps.c - see maps.h.
 *
 * The kernel hands the file out in pieces that begin and end anywhere, and a path may be longer than any
 * buffer on a small stack: so it is read byte by byte through a window.
 */
#include "maps.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WINDOW_BYTES 512

struct reader {
	int fd;
	unsigned at, filled;
	bool failed;
	unsigned char window[WINDOW_BYTES];
};

/* Which file a line is about. */
struct identity {
	uint64_t major, minor, inode;
};

struct line {
	uintptr_t start, end;
	uint64_t offset;
	struct identity file;
	bool is_executable;
	bool is_private_data; /* that can be read and written */
};

/* The next byte, or -1 at the end. */
static int next(struct reader *r)
{
	if (r->at == r->filled) {
		long got;

		/* Direct system calls: whoever else interposes read shall not see this one. */
		do
			got = syscall(SYS_read, r->fd, r->window, sizeof(r->window));
		while (got < 0 && errno == EINTR);
		if (got <= 0) {
			r->failed |= got < 0;
			return -1;
		}
		r->at = 0;
		r->filled = (unsigned)got;
	}
	return r->window[r->at++];
}

static int digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* A number and the one byte behind it. */
static uint64_t read_number(struct reader *r, unsigned base)
{
	uint64_t value = 0;
	int c;

	while ((c = next(r)) >= 0 && digit(c) >= 0)
		value = value * base + (unsigned)digit(c);
	return value;
}

/* All of a line but the blanks before the path and the path. False: there is no further line. */
static bool read_line(struct reader *r, struct line *out)
{
	char rights[5];

	out->start = (uintptr_t)read_number(r, 16);
	out->end = (uintptr_t)read_number(r, 16);
	for (unsigned i = 0; i < sizeof(rights); i++) {
		int c = next(r);

		if (c < 0)
			return false;
		rights[i] = (char)c;
	}
	out->is_executable = rights[2] == 'x';
	out->is_private_data = rights[0] == 'r' && rights[1] == 'w' && rights[3] == 'p';
	out->offset = read_number(r, 16);
	out->file.major = read_number(r, 16);
	out->file.minor = read_number(r, 16);
	/* The kernel ends the inode with a blank also where no path follows. */
	out->file.inode = read_number(r, 10);
	return out->end > out->start;
}

/* The rest of the line; kept where `out` is not NULL. */
static void read_path(struct reader *r, struct rac_mapping *out)
{
	static const char deleted[] = " (deleted)";
	uint32_t n = 0;
	int c = next(r);

	while (c == ' ')
		c = next(r);
	for (; c >= 0 && c != '\n'; c = next(r)) {
		if (out != NULL && n < sizeof(out->path))
			out->path[n++] = (char)c;
	}
	if (out == NULL)
		return;
	if (n > sizeof(deleted) - 1 &&
		memcmp(out->path + n - (sizeof(deleted) - 1), deleted, sizeof(deleted) - 1) == 0)
		n -= (uint32_t)sizeof(deleted) - 1;
	out->path_bytes = n;
}

static bool is_same(const struct identity *a, const struct identity *b)
{
	return a->inode == b->inode && a->major == b->major && a->minor == b->minor;
}

static enum rac_maps_result search(struct reader *r, uintptr_t address, struct rac_mapping *out)
{
	struct identity image = {0};
	struct line line;

	out->image = 0;
	out->path_bytes = 0;
	while (read_line(r, &line) && line.start <= address) {
		bool is_file = line.file.inode != 0;
		bool is_wanted = address < line.end;

		if (is_file && line.offset == 0) {
			out->image = line.start;
			image = line.file;
			read_path(r, out);
		} else if (is_wanted && is_file && !is_same(&line.file, &image)) {
			out->image = 0;
			read_path(r, out);
		} else if (!is_wanted) {
			read_path(r, NULL);
		}
		if (!is_wanted)
			continue;
		out->start = line.start;
		out->end = line.end;
		out->is_executable = line.is_executable;
		return RAC_MAPS_FOUND;
	}
	return r->failed ? RAC_MAPS_UNREADABLE : RAC_MAPS_FREE;
}

static void open_maps(struct reader *r)
{
	do
		r->fd = (int)syscall(
			SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC | O_NOCTTY);
	while (r->fd < 0 && errno == EINTR);
}

bool rac_maps_each_private(struct rac_mapping *room,
	bool (*visit)(void *context, const struct rac_mapping *mapping), void *context)
{
	struct reader r = {.fd = -1};
	struct line line;
	bool goes_on = true;
	int saved = errno;

	open_maps(&r);
	if (r.fd < 0) {
		errno = saved;
		return false;
	}
	room->end = 0;
	while (goes_on && read_line(&r, &line)) {
		bool is_behind = line.file.inode == 0 && line.start == room->end;

		read_path(&r, is_behind ? NULL : room);
		room->start = line.start;
		room->end = line.end;
		if (line.is_private_data)
			goes_on = visit(context, room);
	}
	syscall(SYS_close, r.fd);
	errno = saved;
	return !r.failed;
}

enum rac_maps_result rac_maps_find(uintptr_t address, struct rac_mapping *out)
{
	struct reader r = {.fd = -1};
	enum rac_maps_result result = RAC_MAPS_UNREADABLE;
	int saved = errno;

	open_maps(&r);
	if (r.fd >= 0) {
		result = search(&r, address, out);
		syscall(SYS_close, r.fd);
	}
	errno = saved;
	return result;
}
