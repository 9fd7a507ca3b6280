/*
 * group_file.c - see group_file.h. System calls as such: those of the C library are cancellation points,
 * see message.c.
 */
#include "group_file.h"

#include "file_status.h"
#include "group.h"
#include "process_info.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* SEEK_SET */
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_NS 50000 /* a lock is held for some hundred microseconds */

void rac_group_file_path(
	char path[RAC_GROUP_PATH_MAX], uint32_t uid, const char *group, const char *uuid)
{
	struct rac_text t;

	/* Numbers first, a UUID of known length last: no two names make the same path. */
	rac_text_init(&t, path, RAC_GROUP_PATH_MAX);
	rac_text_string(&t, "/dev/shm/rac-group-");
	rac_text_u64(&t, uid);
	rac_text_string(&t, "-");
	rac_text_string(&t, group);
	rac_text_string(&t, "-");
	rac_text_string(&t, uuid);
}

static enum rac_group_trouble fail(struct rac_group_file *f, enum rac_group_trouble trouble)
{
	f->error = errno;
	return trouble;
}

/* A plain file of this user, that nobody else may read and that has no second name. One that was removed
 * meanwhile has none: then others meet elsewhere. */
static enum rac_group_trouble check(struct rac_group_file *f, uint64_t *size)
{
	struct statx st;

	if (rac_file_status(f->fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st) != 0)
		return fail(f, RAC_GROUP_NOT_OPENED);
	f->error = 0;
	f->inode = st.stx_ino;
	f->device_major = st.stx_dev_major;
	f->device_minor = st.stx_dev_minor;
	*size = st.stx_size;
	if (!S_ISREG(st.stx_mode) || st.stx_uid != geteuid() || st.stx_nlink != 1)
		return RAC_GROUP_NOT_OURS;
	if ((st.stx_mode & 07777) == 0600)
		return RAC_GROUP_FINE;
	/* A umask that takes rights from the user himself; but rights of others are no work of ours. */
	if ((st.stx_mode & 0077) != 0 || syscall(SYS_fchmod, f->fd, 0600) != 0)
		return RAC_GROUP_NOT_OURS;
	return RAC_GROUP_FINE;
}

/* A file that grows past the limit raises SIGXFSZ; one without memory, SIGBUS at first touch. */
static enum rac_group_trouble make_room(struct rac_group_file *f, uint64_t size)
{
	struct rlimit limit;
	uint64_t wanted = rac_group_bytes();

	if (size >= wanted)
		return RAC_GROUP_FINE;
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < wanted) {
		f->error = EFBIG;
		return RAC_GROUP_NO_ROOM;
	}
	if (syscall(SYS_fallocate, f->fd, 0, 0L, (long)wanted) != 0)
		return fail(f, RAC_GROUP_NO_ROOM);
	return RAC_GROUP_FINE;
}

enum rac_group_trouble rac_group_file_open(struct rac_group_file *f, const char *path, bool makes)
{
	/* Neither through a link that somebody else has put there, nor waiting for the other end of a pipe. */
	int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
	int saved = errno;
	enum rac_group_trouble trouble;
	uint64_t size = 0;

	*f = (struct rac_group_file){.fd = -1};
	f->fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags | (makes ? O_CREAT : 0), 0600);
	if (f->fd < 0) {
		trouble = fail(f, RAC_GROUP_NOT_OPENED);
	} else {
		trouble = check(f, &size);
		if (trouble == RAC_GROUP_FINE && makes)
			trouble = make_room(f, size);
		else if (trouble == RAC_GROUP_FINE && size < rac_group_bytes())
			trouble = RAC_GROUP_OTHER_VERSION;
		if (trouble != RAC_GROUP_FINE)
			rac_group_file_close(f);
	}
	errno = saved;
	return trouble;
}

void rac_group_file_close(struct rac_group_file *f)
{
	int saved = errno;

	if (f->fd >= 0)
		syscall(SYS_close, f->fd);
	f->fd = -1;
	errno = saved;
}

static size_t page(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

void *rac_group_file_map(struct rac_group_file *f)
{
	int saved = errno;
	void *p = mmap(NULL, rac_group_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);

	f->error = errno;
	errno = saved;
	return p != MAP_FAILED ? p : NULL;
}

void *rac_group_file_map_token(struct rac_group_file *f)
{
	int saved = errno;
	void *p = mmap(NULL, page(), PROT_NONE, MAP_SHARED, f->fd, 0);

	/* In a child it would keep the locks beyond our death. */
	if (p != MAP_FAILED && madvise(p, page(), MADV_DONTFORK) != 0) {
		f->error = errno;
		munmap(p, page());
		p = MAP_FAILED;
	} else if (p == MAP_FAILED) {
		f->error = errno;
	}
	errno = saved;
	return p != MAP_FAILED ? p : NULL;
}

void rac_group_unmap(void *group)
{
	int saved = errno;

	munmap(group, rac_group_bytes());
	errno = saved;
}

void rac_group_unmap_token(void *token)
{
	int saved = errno;

	munmap(token, page());
	errno = saved;
}

static long lock_call(struct rac_group_file *f, int command, short type, struct flock *lock)
{
	lock->l_type = type;
	lock->l_whence = SEEK_SET;
	return syscall(SYS_fcntl, f->fd, command, lock);
}

static enum rac_group_trouble lock_as(struct rac_group_file *f, short type, uint64_t place)
{
	struct flock lock = {.l_start = (off_t)place, .l_len = 1};
	int saved = errno;
	enum rac_group_trouble trouble = RAC_GROUP_FINE;

	if (lock_call(f, F_OFD_SETLK, type, &lock) != 0)
		trouble = errno == EAGAIN || errno == EACCES ? RAC_GROUP_BUSY
							     : fail(f, RAC_GROUP_NOT_LOCKED);
	errno = saved;
	return trouble;
}

enum rac_group_trouble rac_group_file_lock(struct rac_group_file *f, uint64_t place)
{
	return lock_as(f, F_WRLCK, place);
}

enum rac_group_trouble rac_group_file_lock_shared(struct rac_group_file *f, uint64_t place)
{
	return lock_as(f, F_RDLCK, place);
}

void rac_group_file_unlock(struct rac_group_file *f, uint64_t place)
{
	struct flock lock = {.l_start = (off_t)place, .l_len = 1};
	int saved = errno;

	lock_call(f, F_OFD_SETLK, F_UNLCK, &lock);
	errno = saved;
}

enum rac_group_trouble rac_group_file_lock_soon(
	struct rac_group_file *f, uint64_t place, uint64_t patience_ns)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	uint64_t deadline = rac_monotonic_ns() + patience_ns;
	int saved = errno;

	for (;;) {
		enum rac_group_trouble trouble = rac_group_file_lock(f, place);

		if (trouble != RAC_GROUP_BUSY || rac_monotonic_ns() >= deadline)
			return trouble;
		syscall(SYS_nanosleep, &pause, NULL);
		errno = saved;
	}
}

static bool is_any_locked(struct rac_group_file *f, uint64_t first, uint64_t count)
{
	struct flock lock = {.l_start = (off_t)first, .l_len = (off_t)count};
	int saved = errno;
	bool locked = lock_call(f, F_OFD_GETLK, F_WRLCK, &lock) != 0 || lock.l_type != F_UNLCK;

	errno = saved;
	return locked;
}

bool rac_group_file_is_locked(struct rac_group_file *f, uint64_t place)
{
	return is_any_locked(f, place, 1);
}

/* To the end of the file, wherever that is: another version may have more seats. */
bool rac_group_file_has_members(struct rac_group_file *f)
{
	return is_any_locked(f, RAC_GROUP_SEAT(0), 0);
}
