/*
 * exec.c - the exec family: an image that leaves by it reports at that moment; what a report says, and
 * how one is withdrawn, is exit_report.c's.
 *
 * That a call succeeds can be known only when it is too late to report. So the report is made before,
 * where the file looks as if it can be run, and withdrawn where the call returns: a search along PATH that
 * tries one name after the other says nothing. posix_spawn, system and popen call the C library's own
 * functions, and a child of vfork has no state here: neither is noticed.
 *
 * All of this may run in signal handlers and in children of fork: no lock, no allocation.
 */
#include "exit_report.h"
#include "file_status.h"
#include "hooks.h"
#include "libc_real.h"
#include <alloca.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Came to glibc with 2.34; before, who finds ours gets the system call. */
#if !defined(__GLIBC__) || !__GLIBC_PREREQ(2, 34)
int execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags);
#endif

/* The system call knows no flags; of a descriptor the mode must do. */
static bool may_run(int folder, const char *path, int flags)
{
	struct statx st;

	if (rac_file_status(folder, path, flags, STATX_TYPE | STATX_MODE, &st) != 0 ||
		!S_ISREG(st.stx_mode) || (st.stx_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0)
		return false;
	return syscall(SYS_faccessat, folder, path, X_OK) == 0 || errno != EACCES;
}

static bool announce(int folder, const char *path, int flags)
{
	int saved = errno;
	bool announced = rac_exit_report_is_due() && may_run(folder, path, flags) &&
		rac_exit_report_provisionally(RAC_END_EXEC, 0);

	errno = saved;
	return announced;
}

/* Room for the longest name that a search along PATH makes. */
static size_t longest_candidate(const char *path, const char *file)
{
	size_t longest = 0;

	for (;; path++) {
		size_t n = strcspn(path, ":");

		if (n > longest)
			longest = n;
		path += n;
		if (*path == '\0')
			return longest + strlen(file) + sizeof("/");
	}
}

static bool may_run_along(const char *path, const char *file, char *candidate)
{
	for (;; path++) {
		size_t n = strcspn(path, ":");

		/* An empty entry is the current folder. */
		memcpy(candidate, path, n);
		candidate[n] = '/';
		strcpy(candidate + n + (n > 0), file);
		if (may_run(AT_FDCWD, candidate, 0))
			return true;
		path += n;
		if (*path == '\0')
			return false;
	}
}

static bool announce_search(const char *file)
{
	int saved = errno;

	if (!rac_exit_report_is_due())
		return false;
	if (strchr(file, '/') != NULL)
		return announce(AT_FDCWD, file, 0);
	const char *path = getenv("PATH");

	if (path == NULL)
		path = "/bin:/usr/bin";
	bool announced = may_run_along(path, file, alloca(longest_candidate(path, file))) &&
		rac_exit_report_provisionally(RAC_END_EXEC, 0);
	errno = saved;
	return announced;
}

/* To be called with what the call returned, which only a failed one does. */
static int came_back(bool announced, int result)
{
	if (announced)
		rac_exit_report_withdraw(errno);
	return result;
}

RAC_EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	bool announced = announce(AT_FDCWD, path, 0);

	return came_back(announced, RAC_LIBC_NEXT(execve)(path, argv, envp));
}

RAC_EXPORT int execv(const char *path, char *const argv[])
{
	bool announced = announce(AT_FDCWD, path, 0);

	return came_back(announced, RAC_LIBC_NEXT(execv)(path, argv));
}

RAC_EXPORT int execvp(const char *file, char *const argv[])
{
	bool announced = announce_search(file);

	return came_back(announced, RAC_LIBC_NEXT(execvp)(file, argv));
}

RAC_EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	bool announced = announce_search(file);

	return came_back(announced, RAC_LIBC_NEXT(execvpe)(file, argv, envp));
}

RAC_EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	bool announced = announce(fd, "", AT_EMPTY_PATH);

	return came_back(announced, RAC_LIBC_NEXT(fexecve)(fd, argv, envp));
}

RAC_EXPORT int execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags)
{
	__typeof__(execveat) *next = RAC_LIBC_NEXT(execveat);
	bool announced = announce(fd, path, flags & (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW));

	return came_back(announced,
		next != NULL ? next(fd, path, argv, envp, flags)
			     : (int)syscall(SYS_execveat, fd, path, argv, envp, flags));
}

/* How many arguments there are, the NULL at the end included. */
static size_t count_arguments(const char *first, va_list *rest)
{
	size_t count = 1;

	for (const char *argument = first; argument != NULL; count++)
		argument = va_arg(*rest, const char *);
	return count;
}

static void collect_arguments(char **argv, const char *first, va_list *rest)
{
	*argv = (char *)(uintptr_t)first;
	while (*argv != NULL)
		*++argv = va_arg(*rest, char *);
}

/* Declares argv, on the caller's stack, and rest, which is left behind the NULL. */
#define ARGUMENTS(argv, rest, first)                                         \
	va_list rest;                                                        \
	va_start(rest, first);                                               \
	char **argv = alloca(count_arguments(first, &rest) * sizeof(*argv)); \
	va_end(rest);                                                        \
	va_start(rest, first);                                               \
	collect_arguments(argv, first, &rest)

RAC_EXPORT int execl(const char *path, const char *arg, ...)
{
	ARGUMENTS(argv, rest, arg);
	va_end(rest);
	return execv(path, argv);
}

RAC_EXPORT int execle(const char *path, const char *arg, ...)
{
	ARGUMENTS(argv, rest, arg);
	char *const *envp = va_arg(rest, char *const *);

	va_end(rest);
	return execve(path, argv, envp);
}

RAC_EXPORT int execlp(const char *file, const char *arg, ...)
{
	ARGUMENTS(argv, rest, arg);
	va_end(rest);
	return execvp(file, argv);
}
