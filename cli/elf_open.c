/*
 * elf_open.c - finds the file that a module ran from, or refuses another one of its name.
 */
#include "elf_parts.h"

#include "complaint.h"
#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUILD_ID_DIGITS 128
/* Where separate debug files lie, in libdwfl's notation: beside the file, in .debug, in the system's folder. */
#define USUAL_PATHS   ":.debug:" RAC_DEBUG_DIR
#define RAC_DEBUG_DIR "/usr/lib/debug"

/* What was wrong with a candidate, from harmless to telling. */
enum verdict { ABSENT, CHANGED, OTHER_BUILD, RIGHT };

struct search {
	const struct rac_symbol *of;
	const struct rac_symbol_source *source;
	enum verdict best;
	char found_id[BUILD_ID_DIGITS + 1]; /* of what was there instead */
	int error;
	int fd; /* of what is RIGHT */
	char path[4096];
};

/* A plain file: what a report names may be anything. */
static int open_plain(const char *path, struct stat *status)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0 && (fstat(fd, status) != 0 || !S_ISREG(status->st_mode))) {
		close(fd);
		errno = EINVAL;
		fd = -1;
	}
	return fd;
}

static void read_build_id(int fd, char digits[BUILD_ID_DIGITS + 1])
{
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	const void *bytes = NULL;
	ssize_t n = elf != NULL ? dwelf_elf_gnu_build_id(elf, &bytes) : -1;

	digits[0] = '\0';
	for (ssize_t i = 0; i < n && i < BUILD_ID_DIGITS / 2; i++)
		snprintf(digits + 2 * i, 3, "%02x", ((const unsigned char *)bytes)[i]);
	elf_end(elf);
}

static uint64_t ns_of(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * UINT64_C(1000000000) + (uint64_t)t->tv_nsec;
}

/* A report may hold the beginning of a long build id. */
static enum verdict judge(struct search *s, int fd, const struct stat *status)
{
	const char *wanted = s->of->build_id;

	if (wanted[0] == '\0')
		return ns_of(&status->st_mtim) < s->source->started_unix_ns &&
				ns_of(&status->st_ctim) < s->source->started_unix_ns
			? RIGHT
			: CHANGED;
	read_build_id(fd, s->found_id);
	return strlen(wanted) >= 8 && strncmp(s->found_id, wanted, strlen(wanted)) == 0
		? RIGHT
		: OTHER_BUILD;
}

static bool try(struct search *s, const char *path)
{
	struct stat status;
	int fd = open_plain(path, &status);

	if (fd < 0) {
		if (s->best == ABSENT && s->error == 0)
			s->error = errno;
		return false;
	}
	enum verdict verdict = judge(s, fd, &status);

	if (verdict > s->best)
		s->best = verdict;
	if (verdict == RIGHT) {
		s->fd = fd;
		snprintf(s->path, sizeof(s->path), "%s", path);
		return true;
	}
	close(fd);
	return false;
}

/* The file itself, kept by its name or by its build id, or else its debug file, which has all we need. */
static bool try_folder(struct search *s, const char *folder, int length)
{
	static const char *const endings[] = {"", ".debug"};
	const char *id = s->of->build_id, *slash = strrchr(s->of->module, '/');
	char path[sizeof(s->path)];

	if (id[0] == '\0' || length == 0)
		return false;
	snprintf(path, sizeof(path), "%.*s/%s", length, folder,
		slash != NULL ? slash + 1 : s->of->module);
	if (try(s, path))
		return true;
	for (size_t i = 0; strlen(id) > 2 && i < 2; i++) {
		snprintf(path, sizeof(path), "%.*s/.build-id/%.2s/%s%s", length, folder, id, id + 2,
			endings[i]);
		if (try(s, path))
			return true;
	}
	return false;
}

static bool find(struct search *s)
{
	const char *at = s->source->debug_dirs;

	if (s->of->module[0] == '/' && try(s, s->of->module))
		return true;
	while (at != NULL && *at != '\0') {
		size_t length = strcspn(at, ":");

		if (try_folder(s, at, (int)length))
			return true;
		at += length + (at[length] == ':');
	}
	return try_folder(s, RAC_DEBUG_DIR, sizeof(RAC_DEBUG_DIR) - 1);
}

static void complain(const struct search *s)
{
	struct rac_complaint c = {""};
	struct rac_quote quote, id, other;
	const char *module = rac_quote(&quote, s->of->module);

	/* Usual where a report is of another machine: who then names folders wants to know. */
	if (s->best == ABSENT && s->source->debug_dirs == NULL)
		return;
	switch (s->best) {
	case ABSENT:
		rac_complain(&c,
			"%s cannot be read (%s) and no debug folder has its build id, so its"
			" functions are not named",
			module, strerror(s->error != 0 ? s->error : ENOENT));
		break;
	case CHANGED:
		rac_complain(&c,
			"%s has no build id and was changed since the process started, so its"
			" functions are not named; link with --build-id",
			module);
		break;
	case OTHER_BUILD:
		rac_complain(&c,
			"%s is not the file that ran: build id %s is now %s, so its functions are"
			" not named; --debug-dir names folders with the file that ran",
			module, rac_quote(&id, s->of->build_id),
			s->found_id[0] != '\0' ? rac_quote(&other, s->found_id) : "missing");
		break;
	case RIGHT:
		rac_complain(&c, "%s is no file of code: %s", module, dwfl_errmsg(-1));
		break;
	}
	s->source->complain(s->source->context, c.text);
}

static bool begin(struct rac_elf *elf, struct search *s)
{
	const char *dirs = s->source->debug_dirs;
	GElf_Addr bias;

	if (asprintf(&elf->debug_path, "%s%s" USUAL_PATHS, dirs != NULL ? dirs : "",
		    dirs != NULL ? ":" : "") < 0) {
		elf->debug_path = NULL;
		return false;
	}
	elf->callbacks = (Dwfl_Callbacks){
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
		.debuginfo_path = &elf->debug_path,
	};
	/* libdwfl asks servers by itself where this is set. */
	if (!s->source->debuginfod)
		unsetenv("DEBUGINFOD_URLS");
	elf->dwfl = dwfl_begin(&elf->callbacks);
	if (elf->dwfl == NULL)
		return false;
	elf->module = dwfl_report_offline(elf->dwfl, "", s->path, s->fd);
	if (elf->module == NULL)
		return false;
	s->fd = -1; /* libdwfl's now */
	dwfl_report_end(elf->dwfl, NULL, NULL);
	if (dwfl_module_getelf(elf->module, &bias) == NULL)
		return false;
	elf->bias = bias;
	return true;
}

bool rac_elf_open(
	struct rac_elf *elf, const struct rac_symbol *of, const struct rac_symbol_source *source)
{
	struct search s = {.of = of, .source = source, .fd = -1};

	*elf = (struct rac_elf){.dwfl = NULL};
	elf_version(EV_CURRENT);
	if (find(&s) && begin(elf, &s))
		return true;
	complain(&s);
	if (s.fd >= 0)
		close(s.fd);
	rac_elf_close(elf);
	return false;
}

void rac_elf_close(struct rac_elf *elf)
{
	if (elf->dwfl != NULL)
		dwfl_end(elf->dwfl);
	free(elf->functions);
	free(elf->debug_path);
}
