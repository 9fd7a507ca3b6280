/*
 * Ends a member of a group after each single instruction of an operation, and stops it there while
 * another goes on: what its seat holds is then all or nothing of the operation, never a part, and the sum is
 * that of the seats. Uses core/ alone, no CUDA. Ends with 77 where processes cannot be traced.
 */
#include "check.h"
#include "group.h"
#include "rac_track.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CAP     10000
#define BEFORE  1000
#define BY      500
#define INSTEAD 77 /* what the other takes meanwhile */

static struct rac_group *group, *copy;
static struct rac_group_member victim, other;
static bool gives; /* the operation: take or give */

static void *map(void)
{
	void *memory = mmap(
		NULL, rac_group_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	EXPECT(memory != MAP_FAILED);
	return memory;
}

static void prepare(void)
{
	const struct rac_group_owner owner = {.pid = 1};
	uint64_t sum;

	rac_group_format(group);
	rac_group_sit(&other, group, 0, &owner);
	rac_group_sit(&victim, group, 1, &owner);
	OK(rac_group_take(&other, 1, CAP, &sum));
	OK(rac_group_take(&victim, BEFORE, CAP, &sum));
}

/* System calls as such, so that few instructions are not the operation's. */
static pid_t start(void)
{
	uint64_t sum;
	int status;

	prepare();
	pid_t pid = fork();

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
			_exit(77);
		syscall(SYS_kill, getpid(), SIGSTOP);
		if (gives)
			rac_group_give(&victim, BY);
		else
			rac_group_take(&victim, BY, CAP, &sum);
		syscall(SYS_exit_group, 0);
	}
	EXPECT(waitpid(pid, &status, 0) == pid);
	if (WIFEXITED(status)) {
		fprintf(stderr, "group_steps: processes cannot be traced here\n");
		exit(77);
	}
	return pid;
}

/* False: it has ended before. */
static bool step(pid_t pid, int count)
{
	int status;

	while (count-- > 0) {
		OK(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL));
		EXPECT(waitpid(pid, &status, 0) == pid);
		if (WIFEXITED(status))
			return false;
	}
	return true;
}

/* Whether the operation took effect. */
static bool check(struct rac_group *g)
{
	uint64_t held = rac_group_held(g, 1);
	uint64_t after = gives ? BEFORE - BY : BEFORE + BY;

	EXPECT(held == BEFORE || held == after);
	EXPECT(rac_group_sum(g) == held + rac_group_held(g, 0));
	EXPECT(rac_group_is_sound(g));
	return held == after;
}

static void go_on(struct rac_group *g)
{
	struct rac_group_member there = {.group = g, .seat = other.seat};
	bool took = check(g);
	uint64_t sum;

	OK(rac_group_take(&there, INSTEAD, CAP, &sum));
	EXPECT(check(g) == took);
	EXPECT(sum == rac_group_sum(g));
}

static void vacate(struct rac_group *g)
{
	rac_group_vacate(g, 1);
	EXPECT(rac_group_held(g, 1) == 0);
	EXPECT(rac_group_sum(g) == rac_group_held(g, 0));
	EXPECT(rac_group_is_sound(g));
}

/* Who is killed leaves the memory as it is at that moment: a copy shows what others make of it. */
static int die_at_each_instruction(void)
{
	pid_t pid = start();
	int count = 0, effects = 0;
	bool took = false;

	while (step(pid, 1)) {
		count++;
		memcpy((void *)copy, (void *)group, rac_group_bytes());
		if (check(copy) != took) {
			took = !took;
			effects++;
		}
		vacate(copy);
		memcpy((void *)copy, (void *)group, rac_group_bytes());
		go_on(copy);
		vacate(copy);
	}
	/* It takes effect at one instruction, and never goes back. */
	EXPECT(took && effects == 1);
	return count;
}

static void be_overtaken_after(int count, bool killed)
{
	pid_t pid = start();
	int status;

	EXPECT(step(pid, count));
	go_on(group);
	if (killed) {
		if (step(pid, count)) {
			OK(kill(pid, SIGKILL));
			EXPECT(waitpid(pid, &status, 0) == pid);
		}
		check(group);
		go_on(group);
		vacate(group);
		return;
	}
	OK(ptrace(PTRACE_CONT, pid, NULL, NULL));
	EXPECT(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	EXPECT(check(group));
}

int main(void)
{
	group = map();
	copy = map();
	for (int i = 0; i < 2; i++) {
		gives = i == 1;
		int count = die_at_each_instruction();

		/* Each figure is that of two ends of one operation. */
		for (int k = 1; k <= count; k++) {
			be_overtaken_after(k, false);
			be_overtaken_after(k, true);
		}
		printf("%s: ended and overtaken after each of %d instructions\n",
			gives ? "give" : "take", count);
	}
	return 0;
}
