/*
 * life.c - the beginning and the end of the process: the constructor, the exit handlers, cuInit; an image
 * that another one replaces is exec.c's.
 *
 * The constructor of a preloaded library runs before the program registers anything and before the C
 * library registers that destructors are to be run, and exit handlers run last in, first out: so ours runs
 * after the program's and its libraries' destructors, and what they free is not called a leak. _exit runs no
 * handlers, so it is taken over: it reports and leaves, flushing nothing. A child of vfork shares our memory
 * and has no state of its own; it leaves without a word. So does a process that has more rights than its
 * user, in which nothing is registered either.
 */
#include "life.h"

#include "at_start.h"
#include "driver.h"
#include "exit_report.h"
#include "judge.h"
#include "libc_real.h"
#include "presence.h"
#include "process_info.h"
#include "signals.h"
#include "thread.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What at_quick_exit is made of in glibc; a C library without it gets no report at quick_exit. */
int __cxa_at_quick_exit(void (*handler)(void *), void *object) __attribute__((weak));
/* What atexit is made of, which musl has as well; on_exit musl has not. */
int __cxa_atexit(void (*handler)(void *), void *object, void *library);
/* NOLINTNEXTLINE(readability-redundant-declaration): this one makes it weak. */
extern __typeof__(on_exit) on_exit __attribute__((weak));

/* The status to end with: the program's own, if it is not 0, whatever the verdict asks for. */
static int judged(int status)
{
	int asked = rac_judge_status();

	return asked == 0 || (status & 0xff) != 0 ? status : asked;
}

/* The system call, since the C library's function would be this one. */
static _Noreturn void leave(int status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}

/*
 * This one runs last, so that nothing but the streams are left to do for exit, which goes on where it stands
 * when it is called again: it flushes them once, as it would have with the status of before.
 */
RAC_AT_START_CODE static void on_exit_handler(int status, void *unused)
{
	(void)unused;
	if (rac_state_if_started() == NULL)
		return;
	rac_exit_report(RAC_END_EXIT, status & 0xff);
	if (judged(status) != status)
		exit(judged(status));
}

RAC_AT_START_CODE static void at_exit_handler(void *unused)
{
	(void)unused;
	if (rac_state_if_started() != NULL)
		rac_exit_report(RAC_END_EXIT, RAC_REPORT_STATUS_UNKNOWN);
}

/* glibc hands the status to every handler, as the second argument. */
static void on_quick_exit_handler(void *unused, int status)
{
	(void)unused;
	rac_exit_report(RAC_END_UNDERSCORE_EXIT, status & 0xff);
	/* The last one; what follows is _exit. */
	if (judged(status) != status)
		leave(judged(status));
}

RAC_AT_START_CODE void rac_life_register(void)
{
	RAC_AT_START_DATA static rac_atomic_u32 registered;

	if (rac_exchange_acq_rel(&registered, 1) != 0)
		return;
	if (on_exit != NULL)
		on_exit(on_exit_handler, NULL);
	else
		__cxa_atexit(at_exit_handler, NULL, NULL);
	if (__cxa_at_quick_exit != NULL)
		__cxa_at_quick_exit(
			(__extension__(void (*)(void *))(uintptr_t) & on_quick_exit_handler), NULL);
}

RAC_AT_START_CODE static void __attribute__((constructor)) at_load(int argc, char **argv)
{
	rac_presence_start();
	if (rac_state_is_inert())
		return;
	rac_process_info_keep(argc, argv);
	rac_life_register();
}

RAC_EXPORT _Noreturn void _exit(int status)
{
	/* Nor is there another end between the report and this one. */
	rac_signals_hold();
	rac_exit_report(RAC_END_UNDERSCORE_EXIT, status & 0xff);
	leave(judged(status));
}

RAC_EXPORT _Noreturn void _Exit(int status)
{
	_exit(status);
}

/* The C library's lets the parent leave by an _exit of its own. */
RAC_EXPORT int daemon(int nochdir, int noclose)
{
	bool announced = rac_exit_report_provisionally(RAC_END_UNDERSCORE_EXIT, 0);
	int result = RAC_LIBC_NEXT(daemon)(nochdir, noclose);

	/* The parent comes here only if there is no child. */
	if (announced && rac_state_if_started() != NULL)
		rac_exit_report_withdraw(errno);
	return result;
}

RAC_EXPORT CUresult cuInit(unsigned int Flags)
{
	const struct rac_driver *driver = rac_driver();

	if (!rac_enter())
		return driver->cuInit(Flags);
	CUresult result = driver->cuInit(Flags);

	if (result == CUDA_SUCCESS)
		rac_state_note_use(rac_state());
	rac_leave();
	return result;
}
