/*
 * record_dead.c - see record_dead.h.
 *
 * The kernel says whether a file is open for writing anywhere, which a shared mapping of it is: it then
 * grants no read lease. That holds across containers, where pids say nothing, and for a pid that came
 * back. File systems that know no leases leave the word to the record, the pid and the boot.
 */
#include "record_dead.h"

#include "file_name.h"
#include "file_status.h"
#include "process_identity.h"
#include "process_info.h"
#include "process_stat.h"
#include "signals.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum answer { NO, YES, NOT_KNOWN };

/* What is looked at of a record: everything of the header up to the names, and how it ended. */
struct beginning {
	uint64_t magic;
	uint32_t version, header_bytes;
	struct rac_record_end end;
	uint64_t pid, uid, start_ticks, pid_namespace;
	uint64_t started_unix_ns, started_mono_ns;
	char boot_id[RAC_RECORD_BOOT_ID_MAX];
	char host[RAC_RECORD_TEXT_MAX];
};

static bool read_at(int fd, size_t offset, void *to, size_t bytes)
{
	return syscall(SYS_pread64, fd, to, bytes, offset) == (long)bytes;
}

#define READ(fd, out, in_header, field)                                             \
	read_at((fd), offsetof(struct rac_record_header, in_header), &(out)->field, \
		sizeof((out)->field))

static bool read_beginning(int fd, struct beginning *b)
{
	return READ(fd, b, magic, magic) && READ(fd, b, version, version) &&
		READ(fd, b, header_bytes, header_bytes) && b->magic == RAC_RECORD_MAGIC &&
		b->version == RAC_RECORD_VERSION &&
		b->header_bytes == sizeof(struct rac_record_header) && READ(fd, b, end, end) &&
		READ(fd, b, process.pid, pid) && READ(fd, b, process.start_ticks, start_ticks) &&
		READ(fd, b, process.pid_namespace, pid_namespace) &&
		READ(fd, b, process.started_unix_ns, started_unix_ns) &&
		READ(fd, b, process.started_mono_ns, started_mono_ns) &&
		READ(fd, b, process.boot_id, boot_id) && READ(fd, b, process.host, host);
}

/*
 * Somebody who opens the file for writing just then would have a signal sent to who holds the lease; it is
 * sent to this thread alone, which does not let it through.
 */
static enum answer is_open_for_writing(int fd)
{
	struct f_owner_ex self = {F_OWNER_TID, (pid_t)syscall(SYS_gettid)};
	struct rac_raised_signals held;
	enum answer answer = NOT_KNOWN;

	rac_signals_hold_raised(&held, RAC_SIGNAL_BIT(SIGIO));
	if (held.held && syscall(SYS_fcntl, fd, F_SETOWN_EX, &self) == 0) {
		if (syscall(SYS_fcntl, fd, F_SETLEASE, F_RDLCK) == 0)
			answer = NO;
		else if (errno == EAGAIN)
			answer = YES;
		if (answer == NO)
			syscall(SYS_fcntl, fd, F_SETLEASE, F_UNLCK);
	}
	rac_signals_release_raised(&held, RAC_SIGNAL_BIT(SIGIO));
	return answer;
}

/* By what the record says of its process; a pid of another namespace, or of another machine, is nothing
 * that we could look up. */
static bool is_gone(const struct beginning *b, const struct rac_record_process *us)
{
	struct rac_record_process now = {.pid = b->pid};

	if (strncmp(b->host, us->host, sizeof(b->host)) != 0 || us->boot_id[0] == '\0')
		return false;
	if (strncmp(b->boot_id, us->boot_id, sizeof(b->boot_id)) != 0)
		return b->boot_id[0] != '\0';
	if (b->pid_namespace != us->pid_namespace || us->pid_namespace == 0)
		return false;
	if (syscall(SYS_kill, (pid_t)b->pid, 0) != 0 && errno == ESRCH)
		return true;
	now.start_ticks = rac_process_start_ticks(b->pid);
	return now.start_ticks != 0 && b->start_ticks != 0 && now.start_ticks != b->start_ticks;
}

static bool is_this_process(const struct beginning *b, const struct rac_record_process *us)
{
	return b->pid == us->pid && b->start_ticks == us->start_ticks &&
		b->pid_namespace == us->pid_namespace &&
		strncmp(b->boot_id, us->boot_id, sizeof(b->boot_id)) == 0;
}

/* Whether it was written to since this image was loaded, as far as file times and the record tell. */
static bool is_younger(const struct statx *st, const struct beginning *b)
{
	uint64_t written = (uint64_t)st->stx_mtime.tv_sec * 1000000000u + st->stx_mtime.tv_nsec;
	uint64_t ended = rac_load_relaxed(&b->end.mono_ns);

	if (ended > b->started_mono_ns)
		ended = b->started_unix_ns + (ended - b->started_mono_ns);
	return !rac_process_info_is_before_us(written) || !rac_process_info_is_before_us(ended);
}

static bool is_dead(int fd, const struct rac_record_process *us)
{
	struct beginning b;
	struct statx st;

	if (rac_file_status(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_UID | STATX_MTIME, &st) !=
			0 ||
		!S_ISREG(st.stx_mode) || st.stx_uid != geteuid() || !read_beginning(fd, &b))
		return false;
	if (is_this_process(&b, us) || is_younger(&st, &b))
		return false;
	switch (is_open_for_writing(fd)) {
	case NO:
		return true;
	case YES:
		return false;
	default:
		return rac_load_relaxed(&b.end.how) != RAC_END_RUNNING || is_gone(&b, us);
	}
}

bool rac_record_is_dead(const struct rac_state *state, const char *path)
{
	int fd = rac_file_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	int saved = errno;
	bool dead;

	if (fd < 0)
		return false;
	dead = is_dead(fd, &state->record.header->process);
	rac_file_close(fd);
	errno = saved;
	return dead;
}
