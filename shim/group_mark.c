/*
 * group_mark.c - tells a group's file from one of the same name that was removed while members use it, as
 * systemd does at the end of a user's last session (RemoveIPC); see group_file.h.
 *
 * A removed file cannot be opened, but its locks are in /proc/locks, with device and inode. So each member
 * also has a lock that others may share, at a place far behind the file's end that the path decides.
 */
#include "group_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FAR (UINT64_C(1) << 61)

/* 61 bits of FNV-1a. */
static uint64_t place_of(const char *path)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *path != '\0'; path++)
		hash = (hash ^ (unsigned char)*path) * UINT64_C(0x100000001b3);
	return FAR | (hash & (FAR - 1));
}

enum rac_group_trouble rac_group_file_mark(struct rac_group_file *f, const char *path)
{
	return rac_group_file_lock_shared(f, place_of(path));
}

/* One line: "5: OFDLCK ADVISORY  READ -1 00:1d:4711 FIRST LAST", device in hexadecimal. */
static bool is_mark_elsewhere(const char *line, const struct rac_group_file *f, uint64_t place)
{
	const char *at = strstr(line, " -1 ");
	char *end;

	if (at == NULL || strstr(line, "OFDLCK") == NULL)
		return false;
	unsigned long major = strtoul(at + 4, &end, 16);
	unsigned long minor = *end == ':' ? strtoul(end + 1, &end, 16) : 0;
	uint64_t inode = *end == ':' ? strtoull(end + 1, &end, 10) : 0;

	return *end == ' ' && strtoull(end, &end, 10) == place && major == f->device_major &&
		minor == f->device_minor && inode != f->inode;
}

/* The list can be long; it is read piece by piece, whole lines at a time. */
static bool search(int fd, const struct rac_group_file *f, uint64_t place)
{
	char text[1024];
	size_t used = 0;
	long n;

	while ((n = syscall(SYS_read, fd, text + used, sizeof(text) - 1 - used)) > 0) {
		char *line = text, *end;

		used += (size_t)n;
		text[used] = '\0';
		for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
			*end = '\0';
			if (is_mark_elsewhere(line, f, place))
				return true;
		}
		used = strlen(line);
		memmove(text, line, used);
		if (used == sizeof(text) - 1)
			used = 0;
	}
	return false;
}

bool rac_group_file_was_removed(const struct rac_group_file *f, const char *path)
{
	int saved = errno;
	int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/locks", O_RDONLY | O_CLOEXEC);
	bool found = fd >= 0 && search(fd, f, place_of(path));

	if (fd >= 0)
		syscall(SYS_close, fd);
	errno = saved;
	return found;
}
