/*
 * file_name.c - see file_name.h.
 */
#include "file_name.h"

#include "file_status.h"
#include "process_info.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* rename, RENAME_NOREPLACE */
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAMES 8 /* that are tried, of a file or a temporary one, before we give up */

int rac_file_open(const char *path, int flags, unsigned mode)
{
	return (int)syscall(SYS_openat, AT_FDCWD, path, O_CLOEXEC | O_NOCTTY | flags, mode);
}

void rac_file_close(int fd)
{
	int saved = errno;

	syscall(SYS_close, fd);
	errno = saved;
}

static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0777);
		*slash = '/';
	}
}

/* A name may be taken by what was left by a process that was killed and had our pid, which comes back in
 * containers. */
int rac_file_name_create(const struct rac_state *state, const struct rac_text *path,
	char temporary[RAC_FILE_NAME_MAX], int flags, unsigned mode)
{
	struct rac_text t;
	int fd = -1;

	errno = EEXIST;
	for (int i = 0; i < NAMES && fd < 0 && errno == EEXIST; i++) {
		rac_text_init(&t, temporary, RAC_FILE_NAME_MAX);
		rac_text_string(&t, path->buffer);
		rac_text_string(&t, ".tmp.");
		rac_text_i64(&t, state->pid);
		if (i > 0) {
			rac_text_string(&t, ".");
			rac_text_u64(&t, rac_monotonic_ns());
		}
		if (t.cut) {
			errno = ENAMETOOLONG;
			return -1;
		}
		if (i == 0)
			make_folders(temporary);
		fd = rac_file_open(temporary, O_CREAT | O_EXCL | O_NOFOLLOW | flags, mode);
	}
	return fd;
}

static bool exists(const char *path)
{
	struct statx st;

	return rac_file_status(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, 0, &st) == 0;
}

static bool is_taken(void)
{
	errno = EEXIST;
	return false;
}

/* By the system call: renameat2 came to the C library with glibc 2.28, and to others later. */
static bool rename_by(const char *from, const char *to, unsigned flags)
{
	return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags) == 0;
}

/* If the name is free, so that of two processes that come together one gets it. EEXIST: it is taken. */
static bool take_free_name(const char *temporary, const char *path)
{
	if (link(temporary, path) == 0) {
		unlink(temporary);
		return true;
	}
	if (errno == EEXIST)
		return false;
	/* Not every file system has links: FAT, some of FUSE's. Some cannot do this either. */
	if (rename_by(temporary, path, RENAME_NOREPLACE))
		return true;
	if (errno == EEXIST)
		return false;
	return exists(path) ? is_taken() : rename(temporary, path) == 0;
}

/* EEXIST: what is there stays. */
static bool replace(const struct rac_state *state, const char *temporary, const char *path,
	bool (*may_replace)(const struct rac_state *state, const char *path))
{
	if (exists(path) && !may_replace(state, path))
		return is_taken();
	/* What we get is looked at: another process may have replaced the file before us. */
	if (!rename_by(temporary, path, RENAME_EXCHANGE))
		return rename(temporary, path) == 0;
	if (!exists(temporary) || may_replace(state, temporary)) {
		unlink(temporary);
		return true;
	}
	rename_by(temporary, path, RENAME_EXCHANGE);
	return is_taken();
}

bool rac_file_name_take(const struct rac_state *state, const char *temporary, struct rac_text *path,
	bool (*may_replace)(const struct rac_state *state, const char *path))
{
	for (int i = 0; i < NAMES; i++) {
		if (take_free_name(temporary, path->buffer) ||
			(errno == EEXIST && replace(state, temporary, path->buffer, may_replace)))
			return true;
		if (errno != EEXIST)
			return false;
		rac_text_string(path, ".");
		rac_text_i64(path, state->pid);
		if (path->cut) {
			errno = ENAMETOOLONG;
			return false;
		}
	}
	return false;
}
