/*
 * signals.c - see signals.h.
 */
#include "signals.h"

#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BIT(number) (UINT64_C(1) << ((number)-1))

/* The system call, since the C library's functions leave out the signals that it uses itself: a thread that
 * is cancelled would end here. */
struct rac_signals rac_signals_hold(void)
{
	const uint64_t all = ~(BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGFPE) | BIT(SIGILL) |
		BIT(SIGTRAP) | BIT(SIGSYS) | BIT(SIGABRT));
	struct rac_signals held = {all};

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, &held.before, sizeof(all));
	return held;
}

void rac_signals_release(const struct rac_signals *held)
{
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &held->before, NULL, sizeof(held->before));
}
