/*
 * process_stat.c - see process_stat.h. System calls as such: those of the C library are cancellation
 * points, see message.c.
 */
#include "process_stat.h"

#include "file_status.h"
#include "text.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXITING 0x4 /* PF_EXITING in the kernel's flags, which stat shows */

/* proc(5) counts the fields from 1; the name of the program is the second. */
enum field { STATE = 3, FLAGS = 9, THREADS = 20, STARTED = 22 };

/* A name may hold blanks and parentheses, so fields are counted from the last of these. */
static bool parse(const char *text, struct rac_process_stat *out)
{
	const char *at = strrchr(text, ')');
	uint64_t values[STARTED + 1] = {0};

	if (at == NULL || at[1] != ' ')
		return false;
	at += 2;
	out->state = *at;
	for (int field = STATE + 1; field <= STARTED; field++) {
		at = strchr(at, ' ');
		if (at == NULL)
			return false;
		char *end;

		values[field] = strtoull(++at, &end, 10);
		if (end == at)
			return false;
	}
	out->exiting = (values[FLAGS] & EXITING) != 0;
	out->threads = values[THREADS];
	out->started = values[STARTED];
	return true;
}

/* Returns how much was read; below 0: the negative errno. errno is kept. */
static long read_file(const char *path, char *text, size_t capacity)
{
	int saved = errno;
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	long n = fd >= 0 ? syscall(SYS_read, fd, text, capacity - 1) : -1;

	if (n < 0)
		n = -errno;
	if (fd >= 0)
		syscall(SYS_close, fd);
	text[n > 0 ? n : 0] = '\0';
	errno = saved;
	return n;
}

size_t rac_process_read(const char *path, char *text, size_t capacity)
{
	long n = read_file(path, text, capacity);

	return n > 0 ? (size_t)n : 0;
}

enum rac_process_known rac_process_stat_read(uint64_t pid, struct rac_process_stat *out)
{
	char path[32], text[1024];
	struct rac_text t;

	rac_text_init(&t, path, sizeof(path));
	rac_text_string(&t, "/proc/");
	if (pid > 0)
		rac_text_u64(&t, pid);
	else
		rac_text_string(&t, "self");
	rac_text_string(&t, "/stat");
	long n = read_file(path, text, sizeof(text));

	if (n < 0)
		return n == -ENOENT || n == -ESRCH ? RAC_PROCESS_ABSENT : RAC_PROCESS_UNKNOWN;
	return parse(text, out) ? RAC_PROCESS_THERE : RAC_PROCESS_UNKNOWN;
}

uint64_t rac_process_start_ticks(uint64_t pid)
{
	struct rac_process_stat stat;

	return rac_process_stat_read(pid, &stat) == RAC_PROCESS_THERE ? stat.started : 0;
}

/* In a container /proc can be the host's: then its numbers are others than getpid's. */
static bool proc_is_ours(void)
{
	char text[24], *end;
	long n = readlink("/proc/self", text, sizeof(text) - 1);

	if (n <= 0)
		return false;
	text[n] = '\0';
	return strtoul(text, &end, 10) == (unsigned long)getpid() && *end == '\0';
}

uint64_t rac_process_namespace(void)
{
	struct statx st;
	int saved = errno;
	bool known = proc_is_ours() &&
		rac_file_status(AT_FDCWD, "/proc/self/ns/pid", 0, STATX_INO, &st) == 0;

	errno = saved;
	return known ? st.stx_ino : 0;
}
