/*
 * run_target.c - finds the program that is to be run, and tells whether the dynamic linker will
 * load the library into it; it starts nothing.
 */
#include "cli.h"
#include "run.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define HEAD_BYTES    4096 /* of a file; more than a first line or the program headers take */
#define STANDARD_PATH "/usr/local/bin:/bin:/usr/bin"

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#endif

#define NO_EFFECT "so no cap holds in it and nothing is counted"

/* 0 if the file can be executed, as far as one can tell, else why not. */
static int try_path(const char *path)
{
	struct stat s;

	if (stat(path, &s) != 0)
		return errno;
	if (S_ISDIR(s.st_mode))
		return EISDIR;
	return access(path, X_OK) == 0 ? 0 : errno;
}

/* An empty folder in PATH is the current one. */
static bool join_path(char out[PATH_MAX], const char *folder, size_t length, const char *name)
{
	int written = length > 0 ? snprintf(out, PATH_MAX, "%.*s/%s", (int)length, folder, name)
				 : snprintf(out, PATH_MAX, "./%s", name);

	return written >= 0 && written < PATH_MAX;
}

/* Of what stands in the way in several folders the first is kept, as execvp does. */
static int search_path(const char *name, char out[PATH_MAX])
{
	const char *path = getenv("PATH");
	int kept = ENOENT;

	if (path == NULL)
		path = STANDARD_PATH;
	for (;;) {
		size_t length = strcspn(path, ":");

		if (join_path(out, path, length, name)) {
			int error = try_path(out);

			if (error == 0)
				return 0;
			if (kept == ENOENT && error == EACCES)
				kept = error;
		}
		if (path[length] == '\0')
			return kept;
		path += length + 1;
	}
}

/* 0, or why the program cannot be run. */
static int find(const char *command, struct rac_run_target *out)
{
	size_t length = strlen(command);
	int error = ENOENT;

	if (length >= PATH_MAX) {
		error = ENAMETOOLONG;
	} else if (strchr(command, '/') != NULL) {
		memcpy(out->path, command, length + 1);
		error = try_path(out->path);
	} else if (length > 0) {
		error = search_path(command, out->path);
	}
	return error;
}

static bool explain(const char *command, int error, struct rac_complaint *c)
{
	return rac_complain(c, "cannot run '%s': %s", command,
		error == ENOENT && strchr(command, '/') == NULL ? "no such program in PATH"
								: strerror(error));
}

bool rac_run_look(const char *command, struct rac_run_target *out, struct rac_complaint *c)
{
	int error = find(command, out);

	return error == 0 || explain(command, error, c);
}

int rac_run_find(const char *command, struct rac_run_target *out)
{
	struct rac_complaint c = {""};
	int error = find(command, out);

	if (error == 0)
		return 0;
	explain(command, error, &c);
	return rac_fail(
		RAC_RUN, error == ENOENT ? RAC_EXIT_NOT_FOUND : RAC_EXIT_CANNOT_RUN, "%s", c.text);
}

/* How the dynamic linker comes into play. */
enum loading {
	LOADING_GLIBC,  /* or something that is not known better */
	LOADING_STATIC, /* not at all */
	LOADING_MUSL,
	LOADING_FOREIGN, /* other word size or machine */
	LOADING_SCRIPT,  /* the interpreter is to be looked at instead */
};

/* The first bytes of a file; 0 if it cannot be read. */
static size_t read_head(const char *path, char head[HEAD_BYTES])
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = file >= 0 ? read(file, head, HEAD_BYTES) : -1;

	if (file >= 0)
		close(file);
	return n > 0 ? (size_t)n : 0;
}

/* The path of the dynamic linker, which stands at this offset of the file; "" if it cannot be read. */
static void read_linker(const char *path, off_t offset, char linker[PATH_MAX])
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = file >= 0 ? pread(file, linker, PATH_MAX - 1, offset) : -1;

	if (file >= 0)
		close(file);
	linker[n > 0 ? n : 0] = '\0';
}

static enum loading inspect_elf(const char *path, const char *head, size_t n, char linker[PATH_MAX])
{
	Elf64_Ehdr file;

	if (n < sizeof(file) || head[EI_CLASS] != ELFCLASS64)
		return LOADING_FOREIGN;
	memcpy(&file, head, sizeof(file));
	if (file.e_machine != OWN_MACHINE || file.e_phentsize != sizeof(Elf64_Phdr))
		return LOADING_FOREIGN;
	for (unsigned i = 0; i < file.e_phnum; i++) {
		Elf64_Phdr segment;
		uint64_t at = i * sizeof(segment);

		/* Headers that do not follow the file's own are left to the kernel to judge. */
		if (file.e_phoff > n || at > n - file.e_phoff ||
			sizeof(segment) > n - file.e_phoff - at)
			return LOADING_GLIBC;
		memcpy(&segment, head + file.e_phoff + at, sizeof(segment));
		if (segment.p_type != PT_INTERP)
			continue;
		read_linker(path, (off_t)segment.p_offset, linker);
		return strstr(linker, "/ld-musl-") != NULL ? LOADING_MUSL : LOADING_GLIBC;
	}
	return LOADING_STATIC;
}

/* The interpreter on the first line of a script; false if there is none. */
static bool read_script(const char *head, size_t n, char interpreter[PATH_MAX])
{
	size_t from = 2, to;

	if (n < 2 || memcmp(head, "#!", 2) != 0)
		return false;
	while (from < n && (head[from] == ' ' || head[from] == '\t'))
		from++;
	for (to = from; to < n && strchr(" \t\r\n", head[to]) == NULL;)
		to++;
	if (to == from || to - from >= PATH_MAX)
		return false;
	memcpy(interpreter, head + from, to - from);
	interpreter[to - from] = '\0';
	return true;
}

/* *other is the interpreter of a script, or the dynamic linker of a program, "" where not known. */
static enum loading inspect(const char *path, char other[PATH_MAX])
{
	char head[HEAD_BYTES];
	size_t n = read_head(path, head);

	other[0] = '\0';
	if (n >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0)
		return inspect_elf(path, head, n, other);
	return read_script(head, n, other) ? LOADING_SCRIPT : LOADING_GLIBC;
}

/* Whether the kernel will start the file in secure-execution mode, see ld.so(8). */
static bool is_secure(const char *path)
{
	struct stat s;

	if (stat(path, &s) != 0)
		return false;
	if ((s.st_mode & S_ISUID) != 0 && s.st_uid != getuid())
		return true;
	if ((s.st_mode & S_ISGID) != 0 && (s.st_mode & S_IXGRP) != 0 && s.st_gid != getgid())
		return true;
	return getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0;
}

/* False: nothing is in the way. */
static bool obstacle(const char *path, enum loading loading, struct rac_complaint *c)
{
	switch (loading) {
	case LOADING_STATIC:
		return !rac_complain(c, "'%s' is linked statically, " NO_EFFECT, path);
	case LOADING_FOREIGN:
		return !rac_complain(c,
			"'%s' is for another kind of machine than the library, " NO_EFFECT, path);
	case LOADING_GLIBC:
	case LOADING_MUSL:
	case LOADING_SCRIPT:
		break;
	}
	if (!is_secure(path))
		return false;
	return !rac_complain(c,
		"'%s' runs with other rights than yours (setuid, setgid or capabilities): the "
		"dynamic linker then ignores the library, " NO_EFFECT,
		path);
}

bool rac_run_obstacle(const struct rac_run_target *target, struct rac_complaint *c)
{
	char interpreter[PATH_MAX], unused[PATH_MAX];
	enum loading loading = inspect(target->path, interpreter);

	/* Bits of a script itself do not count, the kernel ignores them. */
	if (loading == LOADING_SCRIPT)
		return obstacle(interpreter, inspect(interpreter, unused), c);
	return obstacle(target->path, loading, c);
}

bool rac_run_linker(
	const struct rac_run_target *target, char image[PATH_MAX], char linker[PATH_MAX])
{
	enum loading loading = inspect(target->path, linker);

	snprintf(image, PATH_MAX, "%s", target->path);
	if (loading == LOADING_SCRIPT) {
		snprintf(image, PATH_MAX, "%s", linker);
		loading = inspect(image, linker);
	}
	return loading == LOADING_GLIBC && linker[0] != '\0';
}
