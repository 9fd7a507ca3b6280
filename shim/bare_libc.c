/*
 * bare_libc.c - functions of the C library that are a few lines or one system call, for the shim alone; what
 * they do and return is in the manual of the C library.
 *
 * A function that a library asks of the C library is looked up at the start of every program, used or
 * not, and most of those on strings choose among several versions then. All that our hot paths use is
 * asked for: memcpy, memset, memcmp. These here are called where CUDA is first used, in reports and on errors. They have
 * the names that core/ and the compiler know, and are seen within our library alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): each C library names them differently. */

/* Strings. They find their result in what they are given as constant. */
#define FOUND(pointer) ((char *)(uintptr_t)(pointer))

size_t strnlen(const char *text, size_t most)
{
	size_t n = 0;

	while (n < most && text[n] != '\0')
		n++;
	return n;
}

size_t strlen(const char *text)
{
	return strnlen(text, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t most)
{
	for (size_t i = 0; i < most; i++)
		if (a[i] != b[i] || a[i] == '\0')
			return (unsigned char)a[i] - (unsigned char)b[i];
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

void *memchr(const void *bytes, int byte, size_t n)
{
	for (const unsigned char *at = bytes; n > 0; at++, n--)
		if (*at == (unsigned char)byte)
			return FOUND(at);
	return NULL;
}

void *memrchr(const void *bytes, int byte, size_t n)
{
	for (const unsigned char *at = bytes; n > 0; n--)
		if (at[n - 1] == (unsigned char)byte)
			return FOUND(at + n - 1);
	return NULL;
}

char *strchr(const char *text, int byte)
{
	return memchr(text, byte, strlen(text) + 1);
}

char *strrchr(const char *text, int byte)
{
	return memrchr(text, byte, strlen(text) + 1);
}

char *strstr(const char *text, const char *part)
{
	size_t n = strlen(part);

	for (; strncmp(text, part, n) != 0; text++)
		if (*text == '\0')
			return NULL;
	return FOUND(text);
}

static size_t span(const char *text, const char *set, int wanted)
{
	size_t n = 0;

	while (text[n] != '\0' && (strchr(set, text[n]) != NULL) == wanted)
		n++;
	return n;
}

size_t strspn(const char *text, const char *set)
{
	return span(text, set, 1);
}

size_t strcspn(const char *text, const char *set)
{
	return span(text, set, 0);
}

char *strpbrk(const char *text, const char *set)
{
	text += strcspn(text, set);
	return *text != '\0' ? FOUND(text) : NULL;
}

char *strcpy(char *to, const char *from)
{
	return memcpy(to, from, strlen(from) + 1);
}

char *strncpy(char *to, const char *from, size_t most)
{
	size_t n = strnlen(from, most);

	memset(to + n, 0, most - n);
	return memcpy(to, from, n);
}

void *memmove(void *to, const void *from, size_t n)
{
	unsigned char *target = to;
	const unsigned char *source = from;

	if ((uintptr_t)to - (uintptr_t)from >= n)
		return memcpy(to, from, n);
	while (n-- > 0)
		target[n] = source[n];
	return to;
}

/* Numbers as the kernel writes them: without a prefix, and -1 where a process has no terminal. */
unsigned long long strtoull(const char *text, char **end, int base)
{
	const char *start = text;
	unsigned long long value = 0;

	while (*text == ' ')
		text++;
	bool is_negative = *text == '-';
	const char *digits = text += is_negative || *text == '+';

	for (;; text++) {
		unsigned digit = (unsigned)*text - '0';

		if (digit > 9)
			digit = ((unsigned)*text | 0x20) - 'a' + 10;
		if (digit >= (unsigned)base || (digit > 9 && (*text | 0x20) < 'a'))
			break;
		if (__builtin_mul_overflow(value, (unsigned)base, &value) ||
			__builtin_add_overflow(value, digit, &value))
			value = ULLONG_MAX;
	}
	if (end != NULL)
		*end = FOUND(text == digits ? start : text);
	return is_negative && value != ULLONG_MAX ? 0 - value : value;
}

unsigned long strtoul(const char *text, char **end, int base)
{
	return strtoull(text, end, base);
}

char *getenv(const char *name)
{
	size_t n = strlen(name);

	for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
		if (strncmp(*entry, name, n) == 0 && (*entry)[n] == '=')
			return *entry + n + 1;
	return NULL;
}

long sysconf(int name)
{
	switch (name) {
	case _SC_PAGESIZE:
		return (long)getauxval(AT_PAGESZ);
	case _SC_CLK_TCK:
		return (long)getauxval(AT_CLKTCK);
	default:
		errno = EINVAL;
		return -1;
	}
}

/* System calls. */
pid_t getpid(void)
{
	return (pid_t)syscall(SYS_getpid);
}

pid_t getppid(void)
{
	return (pid_t)syscall(SYS_getppid);
}

uid_t geteuid(void)
{
	return (uid_t)syscall(SYS_geteuid);
}

int sched_yield(void)
{
	return (int)syscall(SYS_sched_yield);
}

void *mmap(void *address, size_t bytes, int protection, int flags, int fd, off_t offset)
{
	return (void *)syscall(SYS_mmap, address, bytes, protection, flags, fd, offset);
}

int munmap(void *address, size_t bytes)
{
	return (int)syscall(SYS_munmap, address, bytes);
}

int mprotect(void *address, size_t bytes, int protection)
{
	return (int)syscall(SYS_mprotect, address, bytes, protection);
}

int madvise(void *address, size_t bytes, int advice)
{
	return (int)syscall(SYS_madvise, address, bytes, advice);
}

int access(const char *path, int mode)
{
	return (int)syscall(SYS_faccessat, AT_FDCWD, path, mode);
}

int mkdir(const char *path, mode_t mode)
{
	return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int link(const char *from, const char *to)
{
	return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path)
{
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int rename(const char *from, const char *to)
{
	return (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}

ssize_t readlink(const char *path, char *to, size_t capacity)
{
	return syscall(SYS_readlinkat, AT_FDCWD, path, to, capacity);
}

int fchmod(int fd, mode_t mode)
{
	return (int)syscall(SYS_fchmod, fd, mode);
}

int fstatfs(int fd, struct statfs *out)
{
	return (int)syscall(SYS_fstatfs, fd, out);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list rest;

	va_start(rest, request);
	void *argument = va_arg(rest, void *);

	va_end(rest);
	return (int)syscall(SYS_ioctl, fd, request, argument);
}

int getrlimit(__rlimit_resource_t resource, struct rlimit *out)
{
	return (int)syscall(SYS_prlimit64, 0, resource, NULL, out);
}

int gethostname(char *name, size_t capacity)
{
	struct utsname names;
	size_t n;

	if (syscall(SYS_uname, &names) != 0)
		return -1;
	n = strnlen(names.nodename, sizeof(names.nodename));
	if (n >= capacity)
		n = capacity;
	memcpy(name, names.nodename, n);
	if (n < capacity)
		name[n] = '\0';
	return 0;
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
