/*
 * read_file.c - see read_file.h.
 */
#include "read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_BYTES 65536

static char *complain_errno(struct rac_complaint *c, const char *path)
{
	struct rac_quote quote;
	int error = errno;

	rac_complain(c, "cannot read %s: %s", rac_quote(&quote, path), strerror(error));
	return NULL;
}

static int open_path(const char *path)
{
	if (strcmp(path, "-") == 0)
		return STDIN_FILENO;
	/* Without O_NONBLOCK, opening a FIFO would wait for somebody to write to it. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return fd;
}

/* One byte more than the file has, so that its end is seen without growing. */
static size_t first_room(int fd, size_t most)
{
	struct stat status;

	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= 0)
		return FIRST_BYTES < most ? FIRST_BYTES : most + 1;
	return (size_t)status.st_size < most ? (size_t)status.st_size + 1 : most + 1;
}

static char *read_descriptor(
	int fd, const char *path, size_t most, size_t *n, struct rac_complaint *c)
{
	size_t room = first_room(fd, most);
	char *bytes = malloc(room), *more;
	struct rac_quote quote;

	*n = 0;
	while (bytes != NULL) {
		ssize_t got = read(fd, bytes + *n, room - *n);

		if (got == 0)
			return bytes;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			free(bytes);
			return complain_errno(c, path);
		}
		*n += (size_t)got;
		if (*n > most) {
			rac_complain(c,
				"%s has more than %zu bytes, which is the most that is read",
				rac_quote(&quote, path), most);
			free(bytes);
			return NULL;
		}
		if (*n < room)
			continue;
		room = room <= most / 2 ? room * 2 : most + 1;
		more = realloc(bytes, room);
		if (more == NULL)
			free(bytes);
		bytes = more;
	}
	rac_complain(c, "no memory to read %s", rac_quote(&quote, path));
	return NULL;
}

char *rac_file_read(const char *path, size_t most, size_t *n, struct rac_complaint *c)
{
	int fd = open_path(path);

	if (fd < 0)
		return complain_errno(c, path);
	char *bytes = read_descriptor(fd, path, most, n, c);

	if (fd != STDIN_FILENO)
		close(fd);
	return bytes;
}
