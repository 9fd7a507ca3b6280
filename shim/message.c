/*
 * message.c - see message.h.
 *
 * write and poll of the C library are cancellation points: a thread that is to be
 * cancelled would end in the middle of a CUDA function, which natively returns. The system calls
 * themselves are none.
 */
#include "message.h"

#include "checked.h"
#include "file_status.h"
#include "process_info.h"
#include "signals.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* For a reader of a full pipe, from one piece to the next; no line of ours is worth more of the
 * host's time. */
#define WAIT_NS UINT64_C(100000000)

static void identify(int fd, struct rac_stderr_identity *out)
{
	struct statx st;

	*out = (struct rac_stderr_identity){0};
	out->known = rac_file_status(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_TYPE, &st) == 0;
	if (!out->known)
		return;
	out->device_major = st.stx_dev_major;
	out->device_minor = st.stx_dev_minor;
	out->inode = st.stx_ino;
	out->type = st.stx_mode & S_IFMT;
}

void rac_message_note_stderr(struct rac_stderr_identity *out)
{
	identify(STDERR_FILENO, out);
}

bool rac_message_stderr_is_same(const struct rac_state *state)
{
	const struct rac_stderr_identity *was = &state->stderr_identity;
	struct rac_stderr_identity now;
	int saved = errno;

	identify(STDERR_FILENO, &now);
	errno = saved;
	return was->known && now.known && now.device_major == was->device_major &&
		now.device_minor == was->device_minor && now.inode == was->inode &&
		now.type == was->type;
}

/* False: nothing can be written before the deadline. What is wrong with a descriptor write says. */
static bool wait_for_room(int fd, uint64_t deadline)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	long found;

	do {
		uint64_t left = rac_saturating_sub(deadline, rac_monotonic_ns());
		struct timespec bound = {.tv_sec = (time_t)(left / 1000000000),
			.tv_nsec = (long)(left % 1000000000)};

		found = syscall(SYS_ppoll, &ready, 1, &bound, NULL, 0);
	} while (found < 0 && errno == EINTR);
	return found != 0;
}

/*
 * One write, of a descriptor that has room. Another thread may take that room first, so one that
 * does not wait is tried. Linux before 6.4 has none for pipes: there a piece of at most PIPE_BUF is
 * what fits where poll saw room. What is no regular file might wait for its reader in the middle of
 * a longer piece.
 */
static long write_some(int fd, uint32_t type, const char *bytes, size_t n)
{
	size_t piece = type == S_IFREG || n < PIPE_BUF ? n : PIPE_BUF;

	if (type == S_IFIFO || type == S_IFSOCK) {
		/* readv and writev share the structure, so it is not const. */
		struct iovec vector = {(void *)(uintptr_t)bytes, n};
		long written = syscall(SYS_pwritev2, fd, &vector, 1L, -1L, -1L, RWF_NOWAIT);

		if (written >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS))
			return written;
	}
	return syscall(SYS_write, fd, bytes, piece);
}

/* 0, or the error. */
static int write_patiently(int fd, const char *bytes, size_t n)
{
	uint64_t deadline = rac_monotonic_ns() + WAIT_NS;
	struct rac_stderr_identity file;

	identify(fd, &file);
	while (n > 0) {
		if (!wait_for_room(fd, deadline))
			return ETIMEDOUT;
		long written = write_some(fd, file.type, bytes, n);

		if (written > 0) {
			bytes += written;
			n -= (size_t)written;
			deadline = rac_monotonic_ns() + WAIT_NS;
		} else if (written == 0) {
			return EIO;
		} else if (errno == EAGAIN) {
			/* Room for something, but not for this. */
			if (rac_monotonic_ns() >= deadline)
				return ETIMEDOUT;
		} else if (errno != EINTR) {
			return errno;
		}
	}
	return 0;
}

/* A pipe without a reader raises SIGPIPE, a file at its limit SIGXFSZ. */
int rac_message_write_all(int fd, const char *bytes, size_t n)
{
	const uint64_t may_raise = RAC_SIGNAL_BIT(SIGPIPE) | RAC_SIGNAL_BIT(SIGXFSZ);
	struct rac_raised_signals held;
	int saved = errno;

	rac_signals_hold_raised(&held, may_raise);
	int error = write_patiently(fd, bytes, n);

	rac_signals_release_raised(&held,
		error == EPIPE           ? RAC_SIGNAL_BIT(SIGPIPE)
			: error == EFBIG ? RAC_SIGNAL_BIT(SIGXFSZ)
					 : 0);
	errno = saved;
	return error;
}

void rac_message_stderr(const struct rac_state *state, const char *bytes, size_t n)
{
	if (rac_message_stderr_is_same(state))
		rac_message_write_all(STDERR_FILENO, bytes, n);
}
