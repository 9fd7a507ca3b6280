/*
 * record_open.c - see record_open.h; whether a process is there is record_fate.c's.
 */
#include "record_open.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Copies, since a mapping of a file that shrinks meanwhile would end us. */
static bool read_at(int fd, uint64_t offset, void *to, size_t bytes)
{
	char *at = to;

	while (bytes > 0) {
		ssize_t n = pread(fd, at, bytes, (off_t)offset);

		if (n <= 0)
			return false;
		at += n;
		offset += (uint64_t)n;
		bytes -= (size_t)n;
	}
	return true;
}

static uint64_t next_at(int fd, uint64_t offset)
{
	off_t next = lseek(fd, (off_t)offset, SEEK_DATA);

	/* Without an answer everything may be data; behind the last of it nothing is. */
	return next >= 0 ? (uint64_t)next : offset;
}

static bool read_record(void *context, uint64_t offset, void *to, size_t bytes)
{
	return read_at(((struct rac_opened *)context)->fd, offset, to, bytes);
}

static uint64_t next_in_record(void *context, uint64_t offset)
{
	return next_at(((struct rac_opened *)context)->fd, offset);
}

static bool read_counters(void *context, uint64_t offset, void *to, size_t bytes)
{
	return read_at(((struct rac_opened *)context)->counters_fd, offset, to, bytes);
}

static bool length_of(int fd, uint64_t *length)
{
	struct stat status;

	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
		return false;
	*length = (uint64_t)status.st_size;
	return true;
}

/* The name comes from the record, so it may be any: nothing but a plain file is opened, to read. */
bool rac_record_open_counters(void *context, const char *path, struct rac_record_source *out)
{
	struct rac_opened *o = context;
	uint64_t length;

	if (o->counters_fd >= 0)
		close(o->counters_fd);
	o->counters_fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (o->counters_fd < 0 || !length_of(o->counters_fd, &length))
		return false;
	*out = (struct rac_record_source){.read = read_counters, .context = o, .length = length};
	return true;
}

bool rac_record_begins(const void *bytes, size_t n)
{
	const uint64_t magic = RAC_RECORD_MAGIC;

	return n >= sizeof(magic) && memcmp(bytes, &magic, sizeof(magic)) == 0;
}

bool rac_record_open_source(struct rac_opened *o, const struct rac_record_source *source,
	const char *name, struct rac_complaint *c)
{
	char message[sizeof(c->text) / 2];
	struct rac_quote quote;
	struct rac_text why;

	rac_text_init(&why, message, sizeof(message));
	o->memory = malloc(rac_record_view_bytes());
	if (o->memory == NULL)
		rac_text_string(&why, "cannot be read for lack of memory");
	else
		o->view = rac_record_view_open(o->memory, source, &why);
	if (o->view != NULL)
		return true;
	rac_record_close(o);
	return rac_complain(c, "%s %s", rac_quote(&quote, name), message);
}

bool rac_record_open(int fd, const char *name, struct rac_opened *out, struct rac_complaint *c)
{
	struct rac_record_source source = {.read = read_record,
		.next = next_in_record,
		.other = rac_record_open_counters,
		.context = out};
	struct rac_quote quote;

	*out = (struct rac_opened){.fd = fd, .counters_fd = -1};
	if (!length_of(fd, &source.length)) {
		rac_record_close(out);
		return rac_complain(c, "%s is no plain file", rac_quote(&quote, name));
	}
	return rac_record_open_source(out, &source, name, c);
}

bool rac_record_open_bytes(const void *bytes, size_t n, const char *name, struct rac_opened *out,
	struct rac_complaint *c)
{
	*out = (struct rac_opened){.fd = -1, .counters_fd = -1, .bytes = {bytes, n}};
	struct rac_record_source source = rac_record_source_bytes(&out->bytes);

	return rac_record_open_source(out, &source, name, c);
}

void *rac_record_keep_view(struct rac_opened *o)
{
	void *memory = o->memory;

	if (o->fd >= 0)
		close(o->fd);
	if (o->counters_fd >= 0)
		close(o->counters_fd);
	*o = (struct rac_opened){.fd = -1, .counters_fd = -1};
	return memory;
}

void rac_record_close(struct rac_opened *o)
{
	free(rac_record_keep_view(o));
}
