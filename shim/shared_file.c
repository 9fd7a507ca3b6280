/*
 * shared_file.c - see shared_file.h.
 */
#include "shared_file.h"

#include "file_name.h"
#include "file_status.h"
#include "signals.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

bool rac_shared_file_identify(int fd, struct rac_shared_file *out)
{
	struct statx st;

	if (rac_file_status(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_TYPE, &st) != 0 ||
		!S_ISREG(st.stx_mode))
		return false;
	*out = (struct rac_shared_file){st.stx_dev_major, st.stx_dev_minor, st.stx_ino};
	return true;
}

/* 0, or the error. Where there is no call for it, zeros that are written take the space. */
static int write_zeros(int fd, uint64_t offset, uint64_t bytes)
{
	static const char zeros[16384];

	while (bytes > 0) {
		uint64_t piece = bytes < sizeof(zeros) ? bytes : sizeof(zeros);
		long written = syscall(SYS_pwrite64, fd, zeros, piece, offset);

		if (written < 0 && errno != EINTR)
			return errno;
		if (written == 0)
			return EIO;
		if (written > 0) {
			offset += (uint64_t)written;
			bytes -= (uint64_t)written;
		}
	}
	return 0;
}

/*
 * A file system that writes a block elsewhere each time it changes can run out of space for one that it
 * has. Btrfs can be told not to, while the file is empty.
 */
static void write_in_place(int fd)
{
	struct statfs fs;
	long flags = 0;

	if (fstatfs(fd, &fs) != 0 || fs.f_type != BTRFS_SUPER_MAGIC ||
		ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
		return;
	flags |= FS_NOCOW_FL;
	ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

/* 0, or the error. A file that would pass RLIMIT_FSIZE raises a signal that ends the host. */
static int reserve(int fd, uint64_t offset, uint64_t bytes)
{
	struct rac_raised_signals held;
	int error = 0;

	rac_signals_hold_raised(&held, RAC_SIGNAL_BIT(SIGXFSZ));
	if (offset == 0)
		write_in_place(fd);
	while (syscall(SYS_fallocate, fd, 0, offset, bytes) != 0 && (error = errno) == EINTR)
		error = 0;
	if (error == EOPNOTSUPP || error == ENOSYS)
		error = write_zeros(fd, offset, bytes);
	rac_signals_release_raised(&held, error == EFBIG ? RAC_SIGNAL_BIT(SIGXFSZ) : 0);
	return error;
}

void *rac_shared_file_map(int fd, uint64_t offset, uint64_t bytes)
{
	int error = reserve(fd, offset, bytes);

	if (error != 0) {
		errno = error;
		return NULL;
	}
	void *p = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);

	return p != MAP_FAILED ? p : NULL;
}

static bool is_same(int fd, const struct rac_shared_file *file)
{
	struct rac_shared_file now;

	return rac_shared_file_identify(fd, &now) && now.device_major == file->device_major &&
		now.device_minor == file->device_minor && now.inode == file->inode;
}

int rac_shared_file_reopen(const char *path, const struct rac_shared_file *file)
{
	int fd = rac_file_open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0);

	if (fd < 0 || is_same(fd, file))
		return fd;
	rac_file_close(fd);
	errno = ESTALE;
	return -1;
}

bool rac_shared_file_is(const char *path, const struct rac_shared_file *file)
{
	int fd = rac_file_open(path, O_PATH | O_NOFOLLOW, 0);
	bool is = fd >= 0 && is_same(fd, file);

	if (fd >= 0)
		rac_file_close(fd);
	return is;
}

void rac_shared_file_unlink(const char *path, const struct rac_shared_file *file)
{
	if (rac_shared_file_is(path, file))
		unlink(path);
}

void rac_shared_file_punch(int fd, uint64_t offset, uint64_t bytes)
{
	syscall(SYS_fallocate, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, bytes);
}
