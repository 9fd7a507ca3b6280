/*
 * doctor_places.c - the checks of `rac doctor` that look at files and settings around the program.
 */
#include "doctor.h"

#include "run.h"
#include "run_records.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRELOAD_FILE "/etc/ld.so.preload"
#define PROBLEMS     16

void rac_doctor_library(struct rac_findings *f, char *library, size_t capacity)
{
	struct rac_complaint c = {""};
	char found[PATH_MAX];

	library[0] = '\0';
	if (!rac_run_library(found, &c)) {
		rac_finding_remedy(rac_finding_add(f, "library", RAC_FINDING_PROBLEM, "%s", c.text),
			"put librac_track.so beside rac, or into ../lib from there");
		return;
	}
	snprintf(library, capacity, "%s", found);
	rac_finding_add(f, "library", RAC_FINDING_OK, "%s, version " RAC_VERSION, library);
}

/* Whether a file has the name of the library in it. */
static bool mentions(const char *path, const char *name)
{
	char text[8192];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return strstr(text, name) != NULL;
}

void rac_doctor_preload(struct rac_findings *f, const char *library)
{
	const char *preload = getenv("LD_PRELOAD");

	if (mentions(PRELOAD_FILE, "librac_track.so")) {
		rac_finding_add(
			f, "preload", RAC_FINDING_OK, "active in every program, by " PRELOAD_FILE);
		return;
	}
	if (preload != NULL && strstr(preload, "librac_track.so") != NULL) {
		rac_finding_add(f, "preload", RAC_FINDING_OK,
			"active in what this shell starts: LD_PRELOAD=%s", preload);
		return;
	}
	rac_finding_remedy(
		rac_finding_add(f, "preload", RAC_FINDING_NOTE, "not active in this shell"),
		"start programs with: rac run CMD; or with: LD_PRELOAD=%s CMD",
		library[0] != '\0' ? library : "librac_track.so");
}

void rac_doctor_settings(struct rac_findings *f, struct rac_settings *settings)
{
	static struct rac_settings_problem problems[PROBLEMS];
	size_t found = rac_settings_read(settings, environ, problems, PROBLEMS);

	for (size_t i = 0; i < found && i < PROBLEMS; i++) {
		bool fatal = problems[i].kind == RAC_PROBLEM_LIMIT ||
			problems[i].kind == RAC_PROBLEM_VALUE;
		struct rac_finding *finding = rac_finding_add(f, "settings",
			fatal ? RAC_FINDING_PROBLEM : RAC_FINDING_NOTE, "%s", problems[i].message);

		if (problems[i].kind == RAC_PROBLEM_LIMIT)
			rac_finding_remedy(
				finding, "mend it: until then every device allocation is refused");
	}
	for (int i = 0; i < RAC_SETTING_COUNT; i++) {
		char line[RAC_SETTINGS_MESSAGE_MAX];
		struct rac_text t;

		if (!settings->shown[i].is_set)
			continue;
		rac_text_init(&t, line, sizeof(line));
		rac_settings_describe(&t, settings, (enum rac_setting)i);
		rac_finding_add(f, "settings", RAC_FINDING_OK, "%s", line);
	}
}

static void check_records(struct rac_findings *f)
{
	struct rac_complaint c = {""};
	char folder[PATH_MAX];

	if (!rac_run_folder_make(folder, &c)) {
		rac_finding_remedy(rac_finding_add(f, "records", RAC_FINDING_PROBLEM, "%s", c.text),
			"set XDG_RUNTIME_DIR or TMPDIR to a folder of yours; until then rac run "
			"reports nothing of a program that is killed");
		return;
	}
	rmdir(folder);
	*strrchr(folder, '/') = '\0';
	rac_finding_add(f, "records", RAC_FINDING_OK, "rac run keeps them in %s", folder);
}

static void check_status_folder(struct rac_findings *f)
{
	const char *path = getenv("RAC_STATUS_DIR");
	struct stat status;

	if (path == NULL || path[0] == '\0')
		return;
	if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode) || access(path, W_OK | X_OK) != 0)
		rac_finding_remedy(
			rac_finding_add(f, "status", RAC_FINDING_PROBLEM,
				"RAC_STATUS_DIR='%s' is no folder that you can write to", path),
			"have it made: install -d -m 1777 %s", path);
	else if ((status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0)
		rac_finding_remedy(rac_finding_add(f, "status", RAC_FINDING_PROBLEM,
					   "in RAC_STATUS_DIR='%s' everybody can remove what is "
					   "others'",
					   path),
			"chmod 1777 %s", path);
	else
		rac_finding_add(
			f, "status", RAC_FINDING_OK, "processes show themselves in %s", path);
}

static void check_ptrace(struct rac_findings *f)
{
	int fd = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC);
	char scope = '0';

	if (fd >= 0) {
		if (read(fd, &scope, 1) != 1)
			scope = '0';
		close(fd);
	}
	if (scope == '0' || geteuid() == 0)
		return;
	rac_finding_remedy(rac_finding_add(f, "top", RAC_FINDING_NOTE,
				   "the kernel lets no process read another's memory (yama, "
				   "ptrace_scope %c), so rac top and rac report PID do not see a "
				   "bare preload",
				   scope),
		"give them a record: rac run, RAC_RECORD or RAC_STATUS_DIR");
}

void rac_doctor_places(struct rac_findings *f)
{
	check_records(f);
	check_status_folder(f);
	check_ptrace(f);
}
