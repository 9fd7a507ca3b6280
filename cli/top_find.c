/*
 * top_find.c - finds the records that `rac top` shows: those of `rac run`, those that processes publish in the
 * status folder, and those of bare preloads in the memory of processes that we may look into.
 */
#include "top.h"

#include "run_records.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The memory of all processes is looked through only so often; known ones are read each time. */
#define SEARCH_NS UINT64_C(5000000000)
#define KNOWN_MAX 1024

static struct {
	uint64_t searched_ns;
	pid_t pids[KNOWN_MAX];
	size_t count;
	size_t unseen;
} known;

static void add_folder(struct rac_top *t, const char *folder, enum rac_top_source source)
{
	DIR *entries = opendir(folder);
	const struct dirent *entry;
	char path[PATH_MAX];

	while (entries != NULL && (entry = readdir(entries)) != NULL)
		if (entry->d_name[0] != '.' &&
			snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) < PATH_MAX)
			rac_top_add_file(t, path, source);
	if (entries != NULL)
		closedir(entries);
}

static void add_run_folder(void *context, const char *folder)
{
	add_folder(context, folder, RAC_TOP_RUN);
}

/* Whether the process has the library; *seen: whether that could be told. */
static bool has_library(pid_t pid, bool *seen)
{
	char path[64], *line = NULL;
	size_t capacity = 0;
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%ld/maps", (long)pid);
	FILE *maps = fopen(path, "re");

	*seen = maps != NULL || errno == ENOENT;
	while (maps != NULL && !found && getline(&line, &capacity, maps) >= 0)
		found = strstr(line, "librac_track.so") != NULL;
	if (maps != NULL)
		fclose(maps);
	free(line);
	return found;
}

/* Only those are kept that have a record: the others' memory is not looked through each time. */
static void search_processes(struct rac_top *t)
{
	DIR *folder = opendir("/proc");
	const struct dirent *entry;

	known.count = known.unseen = 0;
	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		bool seen;

		if (pid <= 0)
			continue;
		if (has_library(pid, &seen) && !rac_top_has(t, (uint64_t)pid) &&
			known.count < KNOWN_MAX && rac_top_add_process(t, pid))
			known.pids[known.count++] = pid;
		known.unseen += !seen;
	}
	if (folder != NULL)
		closedir(folder);
}

void rac_top_find(struct rac_top *t)
{
	rac_run_folder_each(add_run_folder, t);
	if (t->status_folder != NULL)
		add_folder(t, t->status_folder, RAC_TOP_STATUS);
	if (known.searched_ns == 0 || t->taken_ns - known.searched_ns > SEARCH_NS) {
		known.searched_ns = t->taken_ns;
		search_processes(t);
	} else {
		for (size_t i = 0; i < known.count; i++)
			if (!rac_top_has(t, (uint64_t)known.pids[i]))
				rac_top_add_process(t, known.pids[i]);
	}
	t->unseen = known.unseen;
}
