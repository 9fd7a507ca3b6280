/*
 * test_safe_read.c - memory that is not there is not read, and nobody notices that it was tried; with
 * and without the kernel's help.
 */
#include "safe_read.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Three pages: two that can be read, and one that cannot. */
static char *pages(void)
{
	char *p = mmap(NULL, 3 * RAC_SAFE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		-1, 0);

	memset(p, 'a', 2 * RAC_SAFE_PAGE);
	mprotect(p + 2 * RAC_SAFE_PAGE, RAC_SAFE_PAGE, PROT_NONE);
	return p;
}

/* A page of a file that became shorter: reading it is SIGBUS. */
static const char *lost_page(void)
{
	char name[] = "/tmp/rac-safe-read-XXXXXX";
	int fd = mkstemp(name);
	const char *p;

	unlink(name);
	if (ftruncate(fd, RAC_SAFE_PAGE) != 0)
		return NULL;
	p = mmap(NULL, RAC_SAFE_PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (ftruncate(fd, 0) != 0)
		return NULL;
	close(fd);
	return p;
}

static void check_reads(void)
{
	char *p = pages(), to[64];
	uintptr_t end = (uintptr_t)p + 2 * RAC_SAFE_PAGE;

	errno = 42;
	cr_assert(rac_safe_read(to, (uintptr_t)p + RAC_SAFE_PAGE - 32, 64));
	cr_assert(eq(chr, to[63], 'a'));
	cr_assert(rac_safe_read(to, end - 64, 64));
	cr_assert(rac_safe_read(to, end - 1, 1));
	cr_assert_not(rac_safe_read(to, end - 63, 64));
	cr_assert_not(rac_safe_read(to, end, 1));
	cr_assert_not(rac_safe_read(to, (uintptr_t)lost_page(), 8));
	cr_assert_not(rac_safe_read(to, 0, 8));
	cr_assert_not(rac_safe_read(to, UINTPTR_MAX - 4, 8));
	cr_assert_not(rac_safe_read(to, UINT64_C(0x8000000000000000), 8));
	cr_assert(rac_safe_read(to, 0, 0));
	cr_assert(eq(sz, rac_safe_pages((uintptr_t)p + 5, 1), 1));
	cr_assert(eq(sz, rac_safe_pages((uintptr_t)p + 5, 100), 2));
	cr_assert(eq(sz, rac_safe_pages(end - 1, 100), 1));
	cr_assert(eq(sz, rac_safe_pages(end, 100), 0));
	cr_assert(eq(sz, rac_safe_pages(UINTPTR_MAX - 1, 100), 0));
	cr_assert(eq(int, errno, 42));
}

Test(safe_read, sees_what_can_be_read_and_what_cannot)
{
	check_reads();
}

Test(safe_read, counts_more_pages_than_it_asks_for_at_once)
{
	size_t n = 100;
	char *p =
		mmap(NULL, (n + 1) * RAC_SAFE_PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(p + n * RAC_SAFE_PAGE, RAC_SAFE_PAGE);
	cr_assert(eq(sz, rac_safe_pages((uintptr_t)p, 1000), n));
	cr_assert(eq(sz, rac_safe_pages((uintptr_t)p, 64), 64));
}

static bool refuse_process_vm_readv(int answer)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {4, filter};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

Test(safe_read, does_the_same_where_a_sandbox_refuses)
{
	if (!refuse_process_vm_readv(EPERM))
		cr_skip_test("no seccomp here");
	check_reads();
}

Test(safe_read, does_the_same_where_the_kernel_has_it_not)
{
	if (!refuse_process_vm_readv(ENOSYS))
		cr_skip_test("no seccomp here");
	check_reads();
}
