#!/bin/sh
# output.sh - what the shim writes where: it harms neither the program nor what is there already,
# whatever stderr and RAC_REPORT are.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

# Uses CUDA, is refused once, and ends with status 7.
#	stack	ends by _exit(3) in a handler of SIGSEGV, on the stack that is usual for one: 8 KiB, and
#		16 on aarch64, where the kernel puts more there
#	full	its stderr is a pipe that takes nothing more; who writes to it waits
#	gate	says that it is there, and waits for the end of its stdin
#	cancel	a thread that is to be cancelled is refused, and ends the process with status 5
compile "$T/guest" '
	#include <cuda.h>
	#include <fcntl.h>
	#include <pthread.h>
	#include <signal.h>
	#include <string.h>
	#include <sys/mman.h>
	#include <unistd.h>
	#ifdef __aarch64__
	#define STACK 16384
	#else
	#define STACK 8192
	#endif
	static CUcontext ctx;
	static int is_refused(void)
	{
		CUdeviceptr memory;
		return cuMemAlloc(&memory, (size_t)1 << 40) == CUDA_ERROR_OUT_OF_MEMORY;
	}
	static void on_segv(int number)
	{
		(void)number;
		_exit(3);
	}
	static void fault(void)
	{
		size_t page = (size_t)sysconf(_SC_PAGESIZE);
		char *room = mmap(NULL, page + STACK, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		stack_t stack = {.ss_sp = room + page, .ss_size = STACK};
		struct sigaction action = {.sa_handler = on_segv, .sa_flags = SA_ONSTACK};
		mprotect(room, page, PROT_NONE);
		sigaltstack(&stack, NULL);
		sigaction(SIGSEGV, &action, NULL);
		*(volatile char *)room = 1;
	}
	static void fill_stderr(void)
	{
		static char page[4096];
		int ends[2];
		if (pipe(ends) || dup2(ends[1], 2) != 2 || fcntl(2, F_SETFL, O_NONBLOCK))
			_exit(8);
		while (write(2, page, sizeof(page)) > 0)
			;
		fcntl(2, F_SETFL, 0);
	}
	static void *be_cancelled(void *unused)
	{
		cuCtxSetCurrent(ctx);
		pthread_cancel(pthread_self());
		_exit(is_refused() ? 5 : 6);
		return unused;
	}
	int main(int argc, char **argv)
	{
		const char *what = argc > 1 ? argv[1] : "";
		pthread_t thread;
		if (strstr(what, "full"))
			fill_stderr();
		if (cuInit(0) || cuDevicePrimaryCtxRetain(&ctx, 0) || cuCtxSetCurrent(ctx))
			return 9;
		if (strstr(what, "gate") && write(1, "x", 1) == 1)
			while (read(0, &thread, 1) > 0)
				;
		if (strstr(what, "cancel")) {
			pthread_create(&thread, NULL, be_cancelled, NULL);
			pthread_join(thread, NULL);
			return 10;
		}
		if (!is_refused())
			return 11;
		if (strstr(what, "stack"))
			fault();
		return 7;
	}' -Itests/sim/include -L"$SIM" -lcuda -lpthread -Wl,-rpath,"$SIM" -O2 -D_GNU_SOURCE

# A file system without links, and with NO_RENAMEAT2 one that knows the old rename alone.
compile "$T/no_links.so" '
	#include <dlfcn.h>
	#include <errno.h>
	#include <stdarg.h>
	#include <stdlib.h>
	#include <sys/syscall.h>
	long syscall(long number, ...)
	{
		long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
		long a[6];
		va_list list;
		va_start(list, number);
		for (int i = 0; i < 6; i++)
			a[i] = va_arg(list, long);
		va_end(list);
		if (number == SYS_linkat) {
			errno = EPERM;
			return -1;
		}
		if (number == SYS_renameat2 && getenv("NO_RENAMEAT2")) {
			errno = EINVAL;
			return -1;
		}
		return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	}' -shared -fPIC -D_GNU_SOURCE -ldl

# with REPORT COMMAND…: the command under the shim, not for longer than it may take.
with() {
	with_report=$1
	shift
	timeout 20 env LD_PRELOAD="${PRELOAD:-$SHIM}" RAC_LIMIT=1G RAC_REPORT="$with_report" "$@"
}

# reports FILE: how many reports are in it.
reports() {
	grep -c '^==rac [0-9]*== SUMMARY: ' "$1"
}

# files FOLDER: the names in it, in one line.
files() {
	find "$1" -mindepth 1 -printf '%f\n' | sort | tr '\n' ' '
}

# What is no file is written to and stays what it is.
mkfifo "$T/fifo"
timeout 20 cat "$T/fifo" >"$T/got" &
# Opened once its reader has.
exec 3>"$T/fifo"
run with "$T/fifo" "$T/guest"
exec 3>&-
wait $!
ended 'a report into a FIFO' 7
is 'reaches its reader whole' "$(reports "$T/got")" 1
is 'and the FIFO is still one' "$(find "$T/fifo" -printf %y)" p
run with "$T/fifo" "$T/guest"
ended 'nobody waits for a FIFO that nobody reads' 7
contains 'but that there is no report is said' "$(said 2)" "no report: cannot open '$T/fifo'"
if mknod "$T/null" c 1 3 2>/dev/null; then
	run with "$T/null" "$T/guest"
	ended 'a report into a device' 7
	is 'does not replace it' "$(find "$T" -name 'null*' -printf '%f %y')" 'null c'
else
	skip 'a report into a device' 'only root makes device nodes'
fi
ln -s /proc/self/fd/1 "$T/link"
with "$T/link" "$T/guest" 2>"$T/err" | cat >"$T/got"
is 'a link to a descriptor that is a pipe is followed' \
	"$(reports "$T/got") $(find "$T/link" -printf %y)" '1 l'
mkdir "$T/folder"
run with "$T/folder" "$T/guest"
ended 'a folder is not written to' 7
contains 'which is said' "$(said 2)" "no report: cannot open '$T/folder'"

# Nothing here can harm /dev: in it a name is replaced by nobody but root.
names='/dev/fd/1 /proc/self/fd/1'
[ -w /dev ] || names="$names /dev/stdout"
for name in $names; do
	{
		echo before
		with "$name" "$T/guest" 2>"$T/err"
		echo after
	} >"$T/got"
	is "$name is written to where the program is" \
		"$(sed -n -e 1p -e '$p' "$T/got" | tr '\n' ' ')$(reports "$T/got")" 'before after 1'
done
with /dev/fd/1 "$T/guest" 2>"$T/err" | cat >"$T/got"
is 'also where it is a pipe' "$(reports "$T/got")" 1

# No file of somebody else's is lost, on no file system.
mkdir "$T/names"
for around in '' "NO_RENAMEAT2=" "NO_RENAMEAT2=1"; do
	case $around in
	'') on='with links' PRELOAD=$SHIM ;;
	*=) on='without links' PRELOAD=$SHIM:$T/no_links.so ;;
	*) on='with the old rename alone' PRELOAD=$SHIM:$T/no_links.so ;;
	esac
	unset NO_RENAMEAT2
	[ "$around" != NO_RENAMEAT2=1 ] || export NO_RENAMEAT2=1
	rm -f "$T/names/"*
	run with "$T/names/r" "$T/guest"
	ended "a report, $on" 7
	is "gets its name, $on" "$(files "$T/names") $(reports "$T/names/r")" 'r  1'
	touch -d '1 hour ago' "$T/names/r"
	run with "$T/names/r" "$T/guest"
	is "an older file is replaced, $on" "$(files "$T/names") $(reports "$T/names/r")" 'r  1'
	for times in 1 2; do
		echo mine >"$T/names/r"
		touch -d '1 hour' "$T/names/r"
		# timeout and env are replaced by what they start; the shell's pid is the guest's.
		pid=$(sh -c 'echo $$; [ "$3" = 1 ] || { echo mine >"$1.$$"; touch -d "1 hour" "$1.$$"; }
			exec env LD_PRELOAD="$4" RAC_REPORT="$1" "$2" 2>/dev/null' \
			sh "$T/names/r" "$T/guest" "$times" "$PRELOAD")
		[ "$times" = 1 ] && ours=r.$pid || ours=r.$pid.$pid
		is "a younger file is not, nor is the second: $times, $on" \
			"$(cat "$T/names/r") $(reports "$T/names/$ours") $(files "$T/names" |
				grep -c tmp)" 'mine 1 0'
		rm -f "$T/names/"*
	done
done
unset NO_RENAMEAT2 PRELOAD
echo old >"$T/names/r"
touch -d '1 hour ago' "$T/names/r"
mkfifo "$T/gate"
exec 3<>"$T/gate"
: >"$T/there"
for number in 1 2 3 4 5 6 7 8 9 10 11 12; do
	(exec 3>&- && with "$T/names/r" "$T/guest" gate) <"$T/gate" >>"$T/there" \
		2>"$T/err.$number" &
done
tenths=0
while [ "$(wc -c <"$T/there")" -lt 12 ] && [ "$tenths" -lt 600 ]; do
	sleep 0.1
	tenths=$((tenths + 1))
done
exec 3>&-
wait
is 'of many that end together each leaves its report' \
	"$(cat "$T/names/"* | grep -c 'SUMMARY: ')" 12
rm -f "$T/names/"*
sh -c 'echo left >"$1.tmp.$$"; exec env LD_PRELOAD="$3" RAC_REPORT="$1" "$2"' \
	sh "$T/names/r" "$T/guest" "$SHIM" 2>"$T/err"
is 'what a killed process with our pid left is in nobody'\''s way' \
	"$(reports "$T/names/r") $(files "$T/names" | wc -w) $(cat "$T/names/"*tmp*)" '1 2 left'

# A small stack.
run with "$T/stacked" "$T/guest" stack
is 'on a signal stack a report is written to a path' \
	"$status $(reports "$T/stacked")" '3 1'
run with "$T/stacked.json" RAC_FORMAT=json "$T/guest" stack
is 'as JSON, too' "$status $(grep -c '"status":3' "$T/stacked.json")" '3 1'
run with stderr "$T/guest" stack
is 'and to stderr' "$status $(reports "$T/err")" '3 1'
run with stderr RAC_FORMAT=json "$T/guest" stack
is 'there as JSON, too' "$status $(grep -c '"status":3' "$T/err")" '3 1'

# A stderr that takes nothing, and threads that are to end.
for report in none stderr; do
	run with "$report" "$T/guest" full
	ended "no refusal waits for the reader of a full pipe (report to $report)" 7
done
for what in cancel cancel-full; do
	rm -f "$T/cancelled"
	run with "$T/cancelled" "$T/guest" "$what"
	is "no thread is cancelled by what the shim writes ($what)" \
		"$status $(reports "$T/cancelled")" '5 1'
done
run with stderr "$T/guest" cancel
is 'nor by a report on stderr' "$status $(reports "$T/err")" '5 1'

# A limit on files. What the shell and the program write goes into a pipe.
mkdir "$T/limited"
out=$( (ulimit -f 0 && with "$T/limited/r" "$T/guest") 2>&1)
is 'a limit on the size of files ends nobody' "$?" 7
contains 'it is said' "$out" "no report: cannot write '$T/limited/r' (errno 27)"
is 'and half a report is not left' "$(files "$T/limited")" ''

finish
