/*
 * signals.c - see signals.h.
 *
 * System calls, since the C library's functions leave out the signals that it uses itself, with which a
 * thread is cancelled, and sigtimedwait is a cancellation point.
 */
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct rac_signals rac_signals_hold(void)
{
	const uint64_t all = ~(RAC_SIGNAL_BIT(SIGSEGV) | RAC_SIGNAL_BIT(SIGBUS) |
		RAC_SIGNAL_BIT(SIGFPE) | RAC_SIGNAL_BIT(SIGILL) | RAC_SIGNAL_BIT(SIGTRAP) |
		RAC_SIGNAL_BIT(SIGSYS) | RAC_SIGNAL_BIT(SIGABRT));
	struct rac_signals held = {all};

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, &held.before, sizeof(all));
	return held;
}

void rac_signals_release(const struct rac_signals *held)
{
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &held->before, NULL, sizeof(held->before));
}

void rac_signals_hold_raised(struct rac_raised_signals *h, uint64_t set)
{
	int saved = errno;

	h->pending = 0;
	h->held = syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, &h->before, sizeof(set)) == 0;
	syscall(SYS_rt_sigpending, &h->pending, sizeof(h->pending));
	errno = saved;
}

void rac_signals_release_raised(const struct rac_raised_signals *h, uint64_t raised)
{
	const struct timespec at_once = {0};
	uint64_t ours = raised & ~h->pending;
	int saved = errno;

	if (!h->held)
		return;
	while (ours != 0 && syscall(SYS_rt_sigtimedwait, &ours, NULL, &at_once, sizeof(ours)) < 0 &&
		errno == EINTR)
		;
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &h->before, NULL, sizeof(h->before));
	errno = saved;
}
