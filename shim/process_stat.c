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

enum rac_process_known rac_process_stat_read(uint64_t pid, struct rac_process_stat *out)
{
	char path[32], text[1024];
	int saved = errno;
	struct rac_text t;
	long n = -1;

	rac_text_init(&t, path, sizeof(path));
	rac_text_string(&t, "/proc/");
	rac_text_u64(&t, pid);
	rac_text_string(&t, "/stat");
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	int error = errno;

	if (fd >= 0) {
		n = syscall(SYS_read, fd, text, sizeof(text) - 1);
		error = errno;
		syscall(SYS_close, fd);
	}
	errno = saved;
	if (n < 0)
		return error == ENOENT || error == ESRCH ? RAC_PROCESS_ABSENT : RAC_PROCESS_UNKNOWN;
	text[n] = '\0';
	return parse(text, out) ? RAC_PROCESS_THERE : RAC_PROCESS_UNKNOWN;
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
