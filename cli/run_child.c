/*
 * run_child.c - runs the program as a child: passes signals on, follows its stops, and ends as it
 * ended. It does not touch its output.
 *
 * The child stays in our process group, so what the terminal sends (Ctrl-C, Ctrl-Z, hang-up, a
 * change of size) reaches it without us. Only what a process sent to us alone is passed on; a
 * sender that addresses the whole group reaches the program twice, as with other wrappers.
 *
 * All signals are blocked and taken one by one, so nothing here runs in a handler.
 */
#include "cli.h"
#include "run.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS_OF_SIGNAL 128 /* plus the number, as shells have it */

/* Left alone: faults of our own code, and stops, which take effect on us as on the program. */
static const int left_alone[] = {
	SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGTSTP, SIGTTIN, SIGTTOU};

static void take_signals(sigset_t *taken, sigset_t *before)
{
	sigfillset(taken);
	for (size_t i = 0; i < sizeof(left_alone) / sizeof(left_alone[0]); i++)
		sigdelset(taken, left_alone[i]);
	sigprocmask(SIG_BLOCK, taken, before);
}

/* In the child. It dies with us: whoever kills rac by SIGKILL means the program. */
static _Noreturn void become(const struct rac_run_target *target, char **argv, pid_t parent,
	const sigset_t *mask, const struct sigaction *on_child)
{
	int error;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(RAC_EXIT_FAILED);
	sigaction(SIGCHLD, on_child, NULL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	/* Not execv: a script without a first line of its own goes to the shell. */
	execvp(target->path, argv);
	error = errno;
	rac_fail(RAC_RUN, 0, "cannot run '%s': %s", argv[0],
		error == ENOENT ? "its interpreter or dynamic linker does not exist"
				: strerror(error));
	_exit(error == ENOENT ? RAC_EXIT_NOT_FOUND : RAC_EXIT_CANNOT_RUN);
}

/*
 * The child stopped itself: stop, too, so that the shell sees a stopped job. If it was stopped from
 * the terminal, so were we, and by the time we get here we are already continued.
 */
static void follow_stop(int signal)
{
	sigset_t pending;

	if (signal != SIGTSTP && signal != SIGTTIN && signal != SIGTTOU)
		return;
	if (sigpending(&pending) == 0 && sigismember(&pending, SIGCONT) == 1)
		return;
	raise(SIGTSTP);
}

/* True once the child has ended. */
static bool has_ended(pid_t child, int *status)
{
	while (waitpid(child, status, WNOHANG | WUNTRACED) == child) {
		if (!WIFSTOPPED(*status))
			return true;
		follow_stop(WSTOPSIG(*status));
	}
	return false;
}

static int wait_for(pid_t child, const sigset_t *taken)
{
	int status;

	for (;;) {
		siginfo_t info;
		int signal = sigwaitinfo(taken, &info);

		if (signal == SIGCHLD) {
			if (has_ended(child, &status))
				return status;
		} else if (signal > 0 && info.si_code <= 0) {
			/* Positive codes are the kernel's: it asked the program as well. */
			kill(child, signal);
		}
	}
}

/* Ends this process by the signal, without a second core file. */
static int die_by(int signal)
{
	struct sigaction by_default = {.sa_handler = SIG_DFL};
	sigset_t just_this;

	/* Not by a limit of 0: a core_pattern that names a program does not heed it. */
	prctl(PR_SET_DUMPABLE, 0);
	sigaction(signal, &by_default, NULL);
	sigemptyset(&just_this);
	sigaddset(&just_this, signal);
	sigprocmask(SIG_UNBLOCK, &just_this, NULL);
	raise(signal);
	/* Process 1 of a container does not die of it. */
	return STATUS_OF_SIGNAL + signal;
}

int rac_run_child(const struct rac_run_target *target, char **argv, struct rac_run_ended *out)
{
	struct sigaction by_default = {.sa_handler = SIG_DFL}, on_child;
	pid_t parent = getpid(), child;
	sigset_t taken, before;

	/* A parent that ignores SIGCHLD would have us lose the status. */
	sigaction(SIGCHLD, &by_default, &on_child);
	take_signals(&taken, &before);
	child = fork();
	if (child < 0)
		return rac_fail(
			RAC_RUN, RAC_EXIT_FAILED, "cannot start a process: %s", strerror(errno));
	if (child == 0)
		become(target, argv, parent, &before, &on_child);
	out->child = child;
	out->status = wait_for(child, &taken);
	return 0;
}

int rac_run_finish(const struct rac_run_ended *ended, int verdict)
{
	if (WIFSIGNALED(ended->status))
		return die_by(WTERMSIG(ended->status));
	return WEXITSTATUS(ended->status) != 0 ? WEXITSTATUS(ended->status) : verdict;
}
