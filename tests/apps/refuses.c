/*
 * Becomes another program, to which the kernel refuses system calls, as sandboxes have it do.
 * Usage: refuses ERROR CALL[,CALL…] PROGRAM [ARGUMENT…]; ERROR is a number, CALL a name of the list below
 */
#include "check.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALL(name)                     \
	{                              \
#name, (int)SYS_##name \
	}

static const struct {
	const char *name;
	int number;
} calls[] = {CALL(memfd_create), CALL(process_vm_readv), CALL(fallocate), CALL(pwritev2),
	CALL(ppoll), CALL(linkat), CALL(renameat2), CALL(mkdirat), CALL(faccessat), CALL(statx),
	CALL(futex), CALL(getrandom), CALL(unlinkat), CALL(rt_sigprocmask), CALL(rt_sigpending),
	CALL(madvise), CALL(readlinkat), CALL(getppid), CALL(fstatfs), CALL(ftruncate), CALL(flock),
	CALL(uname)};

static struct sock_filter filter[64] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
};

static int number_of(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].number;
	FAIL("%s is not in the list", name);
}

int main(int argc, char **argv)
{
	unsigned short length = 1;

	EXPECT(argc > 3);
	for (char *name = strtok(argv[2], ","); name != NULL; name = strtok(NULL, ",")) {
		filter[length++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number_of(name), 0, 1);
		filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
			SECCOMP_RET_ERRNO | ((unsigned)atoi(argv[1]) & SECCOMP_RET_DATA));
	}
	filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = {length, filter};

	OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	OK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
	execv(argv[3], argv + 3);
	FAIL("%s does not start", argv[3]);
}
