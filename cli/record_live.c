/*
 * record_live.c - finds the record of a process that runs: the file that it has mapped, or the private memory
 * that a bare preload keeps it in. The process notices nothing.
 *
 * Private memory is found by its first word, which stands at the start of a page. A child of fork has a copy
 * of its parent's, which is told by the pid in it.
 */
#include "record_open.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define BATCH     512
#define PAGES_MAX (1u << 20)  /* looked at: 4 GiB, more than any memory around a record */
#define SMALL     (16u << 20) /* mappings that are looked through first */

struct mapping {
	uint64_t start, end;
	bool readable, writable, shared;
	char path[4096];
};

static bool parse_mapping(const char *line, struct mapping *out)
{
	char permissions[8] = "";
	int path_at = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %*s %*s %*s %n", &out->start, &out->end,
		    permissions, &path_at) < 3)
		return false;
	out->readable = permissions[0] == 'r';
	out->writable = permissions[1] == 'w';
	out->shared = permissions[3] == 's';
	snprintf(out->path, sizeof(out->path), "%s", path_at > 0 ? line + path_at : "");
	out->path[strcspn(out->path, "\n")] = '\0';
	return true;
}

static bool read_memory(pid_t pid, uint64_t address, void *to, size_t bytes)
{
	const struct iovec local = {to, bytes};
	const struct iovec remote = {(void *)(uintptr_t)address, bytes};

	return process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)bytes;
}

static bool read_live(void *context, uint64_t offset, void *to, size_t bytes)
{
	const struct rac_opened *o = context;

	return read_memory(o->pid, o->address + offset, to, bytes);
}

static bool is_of(const struct rac_opened *o, pid_t pid)
{
	return rac_record_view_parts(o->view)->header->process.pid == (uint64_t)pid;
}

/* The pid as the process itself sees it, in its own namespace. */
static pid_t pid_of_its_own(pid_t pid)
{
	char path[64], line[256];
	long own = pid;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	FILE *file = fopen(path, "re");

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "NSpid:", 6) == 0) {
			const char *last = strrchr(line, '\t');

			own = last != NULL ? strtol(last, NULL, 10) : own;
		}
	if (file != NULL)
		fclose(file);
	return (pid_t)own;
}

static bool try_address(pid_t pid, uint64_t address, const char *name, struct rac_opened *out)
{
	struct rac_record_source source = {.read = read_live,
		.other = rac_record_open_counters,
		.context = out,
		.length = RAC_RECORD_UNBOUNDED};
	struct rac_complaint unused = {""};

	*out = (struct rac_opened){.fd = -1, .counters_fd = -1, .pid = pid, .address = address};
	if (!rac_record_open_source(out, &source, name, &unused))
		return false;
	if (is_of(out, pid_of_its_own(pid)))
		return true;
	rac_record_close(out);
	return false;
}

/* Looks at the first word of each page. */
static bool scan(pid_t pid, const struct mapping *m, const char *name, unsigned *pages,
	struct rac_opened *out)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t words[BATCH];
	struct iovec remote[BATCH];

	for (uint64_t at = m->start; at < m->end && *pages < PAGES_MAX;) {
		size_t n = 0;
		uint64_t first = at;

		for (; n < BATCH && at < m->end; n++, at += page)
			remote[n] = (struct iovec){(void *)(uintptr_t)at, sizeof(words[0])};
		const struct iovec local = {words, n * sizeof(words[0])};
		ssize_t got = process_vm_readv(pid, &local, 1, remote, n, 0);

		*pages += (unsigned)n;
		for (size_t i = 0; got > 0 && i < (size_t)got / sizeof(words[0]); i++)
			if (words[i] == RAC_RECORD_MAGIC &&
				try_address(pid, first + i * page, name, out))
				return true;
	}
	return false;
}

/* A file that the process has mapped to write to, if it is its record. */
static bool try_file(pid_t pid, const struct mapping *m, const char *name, struct rac_opened *out)
{
	struct rac_complaint unused = {""};
	uint64_t magic = 0;
	int fd = open(m->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0 && pread(fd, &magic, sizeof(magic), 0) == (ssize_t)sizeof(magic) &&
		magic == RAC_RECORD_MAGIC) {
		if (!rac_record_open(fd, name, out, &unused))
			return false;
		if (is_of(out, pid_of_its_own(pid)))
			return true;
		rac_record_close(out);
		return false;
	}
	if (fd >= 0)
		close(fd);
	return false;
}

/* Looks through the mappings, the small ones or the others. */
static bool search(FILE *maps, pid_t pid, bool small, bool *preloaded, const char *name,
	struct rac_opened *out)
{
	char *line = NULL;
	size_t capacity = 0;
	struct mapping m;
	unsigned pages = 0;
	bool found = false;

	rewind(maps);
	while (!found && getline(&line, &capacity, maps) >= 0) {
		if (!parse_mapping(line, &m))
			continue;
		bool ours = strstr(m.path, "librac_track.so") != NULL;

		*preloaded = *preloaded || ours;
		if ((m.end - m.start <= SMALL) != small || !m.writable || !m.readable)
			continue;
		if (m.shared && m.path[0] == '/')
			found = try_file(pid, &m, name, out);
		else if (!m.shared && (m.path[0] == '\0' || ours))
			found = scan(pid, &m, name, &pages, out);
	}
	free(line);
	return found;
}

bool rac_record_open_pid(
	pid_t pid, const char *name, struct rac_opened *out, struct rac_complaint *c)
{
	char path[64];
	bool preloaded = false;

	snprintf(path, sizeof(path), "/proc/%ld/maps", (long)pid);
	FILE *maps = fopen(path, "re");

	if (maps == NULL)
		return rac_complain(c,
			errno == ENOENT ? "process %ld does not exist"
					: "process %ld is not yours to look into",
			(long)pid);
	bool found = search(maps, pid, true, &preloaded, name, out) ||
		(preloaded && search(maps, pid, false, &preloaded, name, out));

	fclose(maps);
	if (found)
		return true;
	return rac_complain(c,
		!preloaded ? "process %ld does not have the library"
			   : "process %ld has used no CUDA so far, or the kernel does not let its "
			     "memory be read",
		(long)pid);
}
