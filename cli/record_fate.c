/*
 * record_fate.c - whether the process of a record is still there.
 *
 * A pid means something in its own namespace and until the machine restarts, and with the time at which it
 * was started it is one process. Where the record comes from another namespace of this machine the kernel
 * knows whether anybody has the file mapped for writing: then it grants no read lease.
 */
#include "record_open.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The beginning of a file of /proc, ended by NUL; "" where it cannot be read. */
static void read_proc(const char *path, char *out, size_t capacity)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, out, capacity - 1) : -1;

	if (fd >= 0)
		close(fd);
	out[n > 0 ? n : 0] = '\0';
}

static bool is_this_boot(const struct rac_record_process *p)
{
	char boot_id[RAC_RECORD_BOOT_ID_MAX];

	read_proc("/proc/sys/kernel/random/boot_id", boot_id, sizeof(boot_id));
	boot_id[strcspn(boot_id, "\n")] = '\0';
	return boot_id[0] != '\0' && strcmp(boot_id, p->boot_id) == 0;
}

static bool is_this_namespace(const struct rac_record_process *p)
{
	char name[32], expected[32];
	ssize_t n = readlink("/proc/self/ns/pid", name, sizeof(name) - 1);

	name[n > 0 ? n : 0] = '\0';
	snprintf(expected, sizeof(expected), "pid:[%llu]", (unsigned long long)p->pid_namespace);
	return strcmp(name, expected) == 0;
}

/* A process whose first thread has ended is a zombie to look at, and may have others. */
static bool has_threads(uint64_t pid)
{
	char path[64];
	unsigned count = 0;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%llu/task", (unsigned long long)pid);
	folder = opendir(path);
	while (folder != NULL && readdir(folder) != NULL)
		count++;
	if (folder != NULL)
		closedir(folder);
	/* "." and ".." and the first thread. */
	return count > 3;
}

static bool is_there(const struct rac_record_process *p)
{
	char path[64], stat[1024];
	const char *at;
	char state;

	snprintf(path, sizeof(path), "/proc/%llu/stat", (unsigned long long)p->pid);
	read_proc(path, stat, sizeof(stat));
	at = strrchr(stat, ')');
	if (at == NULL || at[1] == '\0')
		return false;
	state = at[2];
	for (int field = 0; at != NULL && field < 20; field++) {
		at = strchr(at, ' ');
		at = at != NULL ? at + 1 : NULL;
	}
	return at != NULL && strtoull(at, NULL, 10) == p->start_ticks &&
		((state != 'Z' && state != 'X') || has_threads(p->pid));
}

static bool is_written(const struct rac_opened *o)
{
	int fd = o->counters_fd >= 0 ? o->counters_fd : o->fd;

	if (fd < 0)
		return false;
	if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0)
		return true;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return false;
}

struct rac_record_fate rac_record_fate(const struct rac_opened *o)
{
	const struct rac_record_process *p = &rac_record_view_parts(o->view)->header->process;
	struct rac_record_fate fate = {.how = RAC_END_KILLED};
	struct timespec now;

	/* Its memory was just read. */
	bool runs = o->pid > 0;

	if (!runs && is_this_boot(p))
		runs = is_this_namespace(p) ? is_there(p) : is_written(o);
	if (!runs)
		return fate;
	clock_gettime(CLOCK_MONOTONIC, &now);
	fate.how = RAC_END_RUNNING;
	fate.mono_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	return fate;
}
