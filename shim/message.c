/*
 * message.c - see message.h.
 */
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 100 /* for a reader of a full pipe; our line is not worth more of the host's time */

/* statx, because fstat is a symbol of glibc 2.33 where it is not an inline function. */
void rac_message_note_stderr(struct rac_stderr_identity *out)
{
	struct statx st;

	out->known = statx(STDERR_FILENO, "", AT_EMPTY_PATH, STATX_INO | STATX_TYPE, &st) == 0;
	if (!out->known)
		return;
	out->device_major = st.stx_dev_major;
	out->device_minor = st.stx_dev_minor;
	out->inode = st.stx_ino;
	out->type = st.stx_mode & S_IFMT;
}

static bool is_still_stderr(const struct rac_stderr_identity *was)
{
	struct rac_stderr_identity now;

	rac_message_note_stderr(&now);
	return was->known && now.known && now.device_major == was->device_major &&
		now.device_minor == was->device_minor && now.inode == was->inode &&
		now.type == was->type;
}

/* Writes until done; a descriptor that takes nothing is waited for once. */
static bool write_patiently(int fd, const char *bytes, size_t n)
{
	bool waited = false;

	while (n > 0) {
		ssize_t written = write(fd, bytes, n);

		if (written >= 0) {
			bytes += written;
			n -= (size_t)written;
		} else if ((errno == EAGAIN || errno == EWOULDBLOCK) && !waited) {
			struct pollfd ready = {.fd = fd, .events = POLLOUT};

			poll(&ready, 1, WAIT_MS);
			waited = true;
		} else if (errno != EINTR) {
			return false;
		}
	}
	return true;
}

/* A write to a pipe without a reader raises SIGPIPE in this thread: held back here, and taken out of
 * the queue unless one was already waiting, which is the host's. On Linux sigprocmask is this thread's
 * mask; pthread_sigmask is a symbol of glibc 2.32. */
bool rac_message_write_all(int fd, const char *bytes, size_t n)
{
	const struct timespec at_once = {0};
	sigset_t pipe_signal, before, pending;
	int saved = errno;

	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	sigemptyset(&pending);
	sigpending(&pending);
	bool was_pending = sigismember(&pending, SIGPIPE) == 1;
	bool masked = sigprocmask(SIG_BLOCK, &pipe_signal, &before) == 0;
	bool done = write_patiently(fd, bytes, n);

	if (!done && errno == EPIPE && masked && !was_pending)
		while (sigtimedwait(&pipe_signal, NULL, &at_once) < 0 && errno == EINTR)
			;
	if (masked)
		sigprocmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return done;
}

void rac_message_stderr(const struct rac_state *state, const char *bytes, size_t n)
{
	int saved = errno;

	if (is_still_stderr(&state->stderr_identity))
		rac_message_write_all(STDERR_FILENO, bytes, n);
	errno = saved;
}
