/*
 * run_folder.c - the folders in which `rac run` has records kept: making one, finding those of runs that
 * were killed, clearing them. What is in a record is not read here.
 *
 * rac-run.UID.PID.TICKS.XXXXXX: whose it is, and which process made it, by its pid and the time at which the
 * kernel started it. A folder is claimed by renaming it to a name of our own: of two runs that find it,
 * one succeeds.
 */
#include "run_records.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLAIMS_MAX 64 /* left folders that one run clears: a bound for who starts many at once */

/* When the kernel started a process, in ticks since boot; 0: there is none. */
static unsigned long long start_of(long pid)
{
	char path[64], text[1024];

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	FILE *file = fopen(path, "re");
	size_t n = file != NULL ? fread(text, 1, sizeof(text) - 1, file) : 0;

	if (file != NULL)
		fclose(file);
	text[n] = '\0';
	/* The name in parentheses may hold anything; start time is the 20th word after it. */
	const char *at = strrchr(text, ')');

	for (int word = 0; at != NULL && word < 20; word++) {
		at = strchr(at, ' ');
		at = at != NULL ? at + 1 : NULL;
	}
	return at != NULL ? strtoull(at, NULL, 10) : 0;
}

static bool is_folder_of_ours(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
		(status.st_mode & 077) == 0;
}

/* What others may write to serves as well, if it keeps them from removing what is not theirs. */
static bool is_usable(const char *path)
{
	struct stat status;

	return path != NULL && path[0] == '/' && stat(path, &status) == 0 &&
		S_ISDIR(status.st_mode) &&
		(status.st_uid == geteuid() || (status.st_mode & S_ISVTX) != 0) &&
		access(path, W_OK | X_OK) == 0;
}

static const char *base(void)
{
	const char *candidates[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};

	for (size_t i = 0; i < sizeof(candidates) / sizeof(*candidates); i++)
		if (is_usable(candidates[i]))
			return candidates[i];
	return NULL;
}

static bool name_one(char out[PATH_MAX], const char *in)
{
	int n = snprintf(out, PATH_MAX, "%s/" RAC_RECORD_RUN_FOLDER "%lu.%ld.%llu.XXXXXX", in,
		(unsigned long)geteuid(), (long)getpid(), start_of(getpid()));

	return n > 0 && n < PATH_MAX;
}

bool rac_run_folder_make(char out[PATH_MAX], struct rac_complaint *c)
{
	const char *in = base();

	out[0] = '\0';
	if (in == NULL)
		return rac_complain(c,
			"no folder for records: none of XDG_RUNTIME_DIR, TMPDIR and /tmp can be "
			"written");
	if (name_one(out, in) && mkdtemp(out) != NULL)
		return true;
	rac_complain(c, "cannot make a folder for records in '%s': %s", in, strerror(errno));
	out[0] = '\0';
	return false;
}

/* Whether the run that a folder's name tells of is gone. */
static bool is_left(const char *name)
{
	unsigned long uid;
	long pid;
	unsigned long long ticks;
	int end = 0;

	if (sscanf(name, RAC_RECORD_RUN_FOLDER "%lu.%ld.%llu.%n", &uid, &pid, &ticks, &end) != 3 ||
		end == 0)
		return false;
	return uid == (unsigned long)geteuid() && pid > 0 && start_of(pid) != ticks;
}

bool rac_run_folder_claim(char out[PATH_MAX], unsigned *visited)
{
	const char *in = base();
	DIR *folder = in != NULL ? opendir(in) : NULL;
	const struct dirent *entry;
	bool claimed = false;

	while (folder != NULL && !claimed && *visited < CLAIMS_MAX &&
		(entry = readdir(folder)) != NULL) {
		char left[PATH_MAX];
		int n = snprintf(left, sizeof(left), "%s/%s", in, entry->d_name);

		if (!is_left(entry->d_name) || n >= PATH_MAX || !is_folder_of_ours(left))
			continue;
		++*visited;
		claimed = name_one(out, in) && mkdtemp(out) != NULL;
		/* Over the empty folder of that name. */
		if (claimed && rename(left, out) != 0) {
			rmdir(out);
			claimed = false;
		}
	}
	if (folder != NULL)
		closedir(folder);
	return claimed;
}

void rac_run_folder_sweep(
	const char *folder, bool (*visit)(void *context, const char *path), void *context)
{
	DIR *entries = opendir(folder);
	const struct dirent *entry;

	while (entries != NULL && (entry = readdir(entries)) != NULL) {
		char path[PATH_MAX];
		int n = snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);

		if (entry->d_name[0] != '.' && n < PATH_MAX && visit(context, path))
			unlink(path);
	}
	if (entries != NULL)
		closedir(entries);
	rmdir(folder);
}

void rac_run_folder_each(void (*visit)(void *context, const char *folder), void *context)
{
	const char *in = base();
	DIR *folder = in != NULL ? opendir(in) : NULL;
	const struct dirent *entry;
	char path[PATH_MAX];

	while (folder != NULL && (entry = readdir(folder)) != NULL)
		if (strncmp(entry->d_name, RAC_RECORD_RUN_FOLDER, strlen(RAC_RECORD_RUN_FOLDER)) ==
				0 &&
			snprintf(path, sizeof(path), "%s/%s", in, entry->d_name) < PATH_MAX &&
			is_folder_of_ours(path))
			visit(context, path);
	if (folder != NULL)
		closedir(folder);
}
