/*
 * safe_read.c - see safe_read.h.
 */
#include "safe_read.h"

#include "atomics.h"
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGES_AT_ONCE 32

/* The kernel, or a filter, does not let a process read itself: then it never will. */
static rac_atomic_u32 refused;

/* A change of the signal mask that is no change: the kernel looks at the memory before it looks at what
 * is asked. No sandbox can do without this call. */
static bool probe(uintptr_t address)
{
	uintptr_t word = address & ~(uintptr_t)7;

	/* No mask at all would be no error. */
	return word != 0 &&
		(syscall(SYS_rt_sigprocmask, -1L, word, NULL, 8UL) == 0 || errno != EFAULT);
}

/* Bytes read of as many pages as `remote` says, or -1 when refused. */
static ssize_t read_remote(void *to, size_t n, const struct iovec *remote, unsigned long count)
{
	struct iovec local = {to, n};
	ssize_t got;

	if (rac_load_relaxed(&refused) != 0) /* relaxed: each thread may find out by itself */
		return -1;
	got = (ssize_t)syscall(SYS_process_vm_readv, getpid(), &local, 1UL, remote, count, 0UL);
	if (got >= 0)
		return got;
	if (errno == EFAULT)
		return 0;
	if (errno == ENOSYS || errno == EPERM || errno == EACCES)
		rac_store_relaxed(&refused, 1);
	return -1;
}

__attribute__((no_sanitize("address", "thread"))) static void copy(
	void *to, uintptr_t from, size_t n)
{
	memcpy(to, (const void *)from, n);
}

static bool read_probed(void *to, uintptr_t from, size_t n)
{
	uintptr_t last = from + n - 1;

	for (uintptr_t page = from; page <= last; page += RAC_SAFE_PAGE) {
		if (!probe(page))
			return false;
		page &= ~(uintptr_t)(RAC_SAFE_PAGE - 1);
	}
	copy(to, from, n);
	return true;
}

bool rac_safe_read(void *to, uintptr_t from, size_t n)
{
	struct iovec remote = {(void *)from, n};
	int saved = errno;
	bool done;

	if (n == 0)
		return true;
	if (from + n < from)
		return false;
	ssize_t got = read_remote(to, n, &remote, 1);

	done = got >= 0 ? (size_t)got == n : read_probed(to, from, n);
	errno = saved;
	return done;
}

static size_t count_readable(uintptr_t page, size_t pages)
{
	struct iovec remote[PAGES_AT_ONCE];
	char bytes[PAGES_AT_ONCE];
	size_t readable = 0;

	for (size_t i = 0; i < pages; i++)
		remote[i] = (struct iovec){(void *)(page + i * RAC_SAFE_PAGE), 1};
	ssize_t got = read_remote(bytes, pages, remote, pages);

	if (got >= 0)
		return (size_t)got;
	while (readable < pages && probe(page + readable * RAC_SAFE_PAGE))
		readable++;
	return readable;
}

size_t rac_safe_pages(uintptr_t address, size_t pages)
{
	uintptr_t page = address & ~(uintptr_t)(RAC_SAFE_PAGE - 1);
	size_t most = (UINTPTR_MAX - page) / RAC_SAFE_PAGE;
	size_t readable = 0;
	int saved = errno;

	if (pages > most)
		pages = most;
	while (readable < pages) {
		size_t ask = pages - readable < PAGES_AT_ONCE ? pages - readable : PAGES_AT_ONCE;
		size_t got = count_readable(page + readable * RAC_SAFE_PAGE, ask);

		readable += got;
		if (got < ask)
			break;
	}
	errno = saved;
	return readable;
}
