/*
 * Ends a member of a group after each single instruction of an operation, and stops it there while others
 * go on: what its seat holds is then all or nothing of the operation, never a part, and the sum is that of
 * the seats, after each instruction that follows, too. Uses core/ alone, no CUDA. Ends with 77 where
 * processes cannot be traced.
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
#define INSTEAD 77 /* what others take meanwhile */

static const struct rac_group_owner owner = {.pid = 1};

/* In memory that processes share, so that one can play another thread of the victim's. */
static struct members {
	struct rac_group_member victim, other;
} * members;
static struct rac_group *group, *copy;

static bool gives;     /* the operation: take or give */
static bool succeeds;  /* the victim has its seat from one that was killed in the midst of it */
static uint64_t extra; /* what another thread has taken for the victim's seat */

static void *map(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	EXPECT(memory != MAP_FAILED);
	return memory;
}

static void take(struct rac_group_member *m, uint64_t bytes)
{
	uint64_t sum;

	OK(rac_group_take(m, bytes, CAP, &sum));
}

static void operate(void)
{
	uint64_t sum;

	if (gives)
		rac_group_give(&members->victim, BY);
	else
		rac_group_take(&members->victim, BY, CAP, &sum);
}

static void give_all(void)
{
	rac_group_give(&members->victim, CAP);
}

/* System calls as such, so that few instructions are not the function's. */
static pid_t start(void (*function)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
			_exit(77);
		syscall(SYS_kill, getpid(), SIGSTOP);
		function();
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

/* The seat's last operation has taken effect, and its owner did not live to do more. */
static void leave_unfinished(void)
{
	pid_t pid = start(give_all);

	while (rac_group_held(group, 1) != 0)
		EXPECT(step(pid, 1));
	OK(kill(pid, SIGKILL));
	EXPECT(waitpid(pid, NULL, 0) == pid);
	rac_group_sit(&members->victim, group, 1, &owner);
}

static void prepare(void)
{
	extra = 0;
	rac_group_format(group);
	rac_group_sit(&members->other, group, 0, &owner);
	rac_group_sit(&members->victim, group, 1, &owner);
	take(&members->victim, BEFORE);
	take(&members->other, 1);
	if (succeeds)
		leave_unfinished();
}

/* Whether the operation took effect. */
static bool check(struct rac_group *g)
{
	uint64_t held = rac_group_held(g, 1), before = (succeeds ? 0 : BEFORE) + extra;
	uint64_t after = gives ? (before > BY ? before - BY : 0) : before + BY;

	EXPECT(held == before || held == after);
	EXPECT(rac_group_sum(g) == held + rac_group_held(g, 0));
	return held == after;
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
	int count = 0, effects = 0;
	bool took = false;

	prepare();
	for (pid_t pid = start(operate); step(pid, 1); count++) {
		struct rac_group_member other = {.group = copy, .seat = 0};

		memcpy((void *)copy, (void *)group, rac_group_bytes());
		if (check(copy) != took) {
			took = !took;
			effects++;
		}
		vacate(copy);
		memcpy((void *)copy, (void *)group, rac_group_bytes());
		take(&other, INSTEAD);
		EXPECT(check(copy) == took);
		vacate(copy);
	}
	/* It takes effect at one instruction, and never goes back. */
	EXPECT(took && effects == 1);
	return count;
}

/* What others do meanwhile. */
static void one_more(void)
{
	take(&members->other, INSTEAD);
}

static void up_and_down(void)
{
	uint64_t rest = CAP - rac_group_sum(group);

	/* So that the record that was the group's state says in the end that all is taken. */
	take(&members->other, 0);
	for (int i = 0; i < 9; i++) {
		take(&members->other, rest);
		rac_group_give(&members->other, rest);
	}
}

static void another_thread(void)
{
	take(&members->victim, INSTEAD);
	extra += INSTEAD;
}

static void other_threads(void)
{
	for (int i = 0; i < 9; i++) {
		take(&members->victim, CAP / 2);
		rac_group_give(&members->victim, CAP / 2);
	}
}

static void be_overtaken_after(int count, void (*overtake)(void))
{
	prepare();
	pid_t pid = start(operate);

	EXPECT(step(pid, count));
	bool took = check(group);

	overtake();
	do {
		EXPECT(check(group) >= took);
		took = check(group);
	} while (step(pid, 1));
	EXPECT(took);
	vacate(group);
}

int main(void)
{
	static void (*const overtakes[])(void) = {
		another_thread, one_more, up_and_down, other_threads};

	group = map(rac_group_bytes());
	copy = map(rac_group_bytes());
	members = map(sizeof(*members));
	for (int i = 0; i < 2; i++) {
		gives = i == 1;
		int count = die_at_each_instruction();

		/* The two differ in the arithmetic between the first step and the last alone. */
		for (size_t o = 0; o < (gives ? 1 : sizeof(overtakes) / sizeof(overtakes[0])); o++)
			for (int k = 1; k <= count; k++)
				be_overtaken_after(k, overtakes[o]);
		printf("%s: ended and overtaken after each of %d instructions\n",
			gives ? "give" : "take", count);
	}
	gives = false;
	succeeds = true;
	printf("take, after one who did not finish: ended after each of %d instructions\n",
		die_at_each_instruction());
	return 0;
}
