#!/bin/sh
# guest.sh - programs do not notice the shim: those without CUDA not at all, those with CUDA by the
# report alone.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

# opened FILE: what a traced program asked for, without the library itself. Sorted, since processes and
# threads take turns as they like.
opened() {
	sed -n -e 's/^[0-9]* *//' -e 's/^\(openat\|open\|creat\|mkdir\)([^"]*"\([^"]*\)".*/\1 \2/p' \
		-e 's/^\(socket\|connect\|pipe2*\|eventfd2*\|memfd_create\)(.*/\1/p' "$1" |
		grep -v -e librac_track.so -e ' /proc/[0-9]' | sort
}

# unnoticed NAME PROGRAM…: the same output, status and files with and without the shim.
unnoticed() {
	unnoticed_name=$1
	shift
	if ! command -v "$1" >/dev/null; then
		skip "$unnoticed_name: the same output and status" "no $1 here"
		return
	fi
	"$@" >"$T/out1" 2>"$T/err1" </dev/null
	unnoticed_status=$?
	env LD_PRELOAD="$SHIM" RAC_LIMIT=1G RAC_VERBOSE=1 "$@" >"$T/out2" 2>"$T/err2" </dev/null
	is "$unnoticed_name: the same output and status" "$? $(cat "$T/out2" "$T/err2")" \
		"$unnoticed_status $(cat "$T/out1" "$T/err1")"
	# The second run of the two that are compared finds the same caches. What threads are still about when a
	# program ends differs by chance, so what differs is tried again.
	strace -f -o "$T/trace1" "$@" >/dev/null 2>&1 </dev/null
	if [ "$?" -eq "$unnoticed_status" ]; then
		for _ in 1 2 3; do
			strace -f -E LD_PRELOAD="$SHIM" -o "$T/trace2" "$@" >/dev/null 2>&1 </dev/null
			opened "$T/trace1" >"$T/opened1"
			opened "$T/trace2" >"$T/opened2"
			run diff "$T/opened1" "$T/opened2"
			[ "$status" -ne 0 ] || break
			strace -f -o "$T/trace1" "$@" >/dev/null 2>&1 </dev/null
		done
		is "$unnoticed_name: nothing more is opened" "$(cat "$T/out")" ''
	else
		skip "$unnoticed_name: nothing more is opened" 'strace does not run it'
	fi
}

unnoticed 'a program without CUDA' "$APPS/nocuda"
unnoticed 'sh' sh -c 'echo hello; exit 3'
unnoticed 'bash' bash -c 'echo hello | cat; true'
unnoticed 'ls' ls -la tests
unnoticed 'git' git --version
unnoticed 'git status' git -C "$PWD" rev-parse --show-toplevel
unnoticed 'curl' curl --version
unnoticed 'openssl' openssl version
unnoticed 'node' node -e 'console.log(1 + 1)'
unnoticed 'the compiler' "${CC:-gcc}" -fsyntax-only -x c /dev/null
interpreter=$("$PYTHON" -c 'import sys; print(sys.executable)')
unnoticed 'python3 -c pass' "$interpreter" -c pass
unnoticed 'python3 with ctypes and threads' "$interpreter" -c '
import ctypes, ctypes.util, threading
t = threading.Thread(target=print, args=("hello",)); t.start(); t.join()
try:
    ctypes.CDLL("libcuda.so.1")
except OSError as error:
    print(error)
print(ctypes.CDLL(None).getpid() > 0, hasattr(ctypes.CDLL(None), "cuInit"))'
unnoticed 'python3 that closes a library, once too often' "$interpreter" -c '
import _ctypes
handle = _ctypes.dlopen("libm.so.6", 0)
_ctypes.dlclose(handle)
try:
    _ctypes.dlclose(handle)
except OSError as error:
    print(error)'

# With CUDA: all that /proc and the C library tell a program of itself.
run "$APPS/guest_state"
ended 'a program that looks at itself before and after CUDA' 0
cp "$T/out" "$T/alone"
for setting in RAC_REPORT=none RAC_REPORT="$T/state.json" RAC_LIMIT=4G RAC_VERBOSE=1 \
	RAC_RECORD="$T/guest.rec" RAC_STATUS_DIR="$T" RAC_LIMIT=8G,x; do
	env LD_PRELOAD="$SHIM" $setting "$APPS/guest_state" >"$T/under" 2>"$T/err"
	status=$?
	case $setting in
	*,x) ended "a program that looks at itself, refused everything" 1 ;;
	*)
		run diff "$T/alone" "$T/under"
		is "a program that looks at itself sees no difference (${setting%"$T"*})" "$(cat "$T/out")" ''
		;;
	esac
done

# Before the first CUDA call, and where there is none.
compile "$T/idle" 'int main(void) { return 0; }' -Wl,--no-as-needed "$SIM/libcuda.so.1" -Wl,-rpath,"$SIM"
shimmed "$T/idle"
is 'no CUDA function is called at load or at exit' "$status $(truth 't["calls"]')" '0 {}'
# calls FILE: the system calls in it, without those by which the loader loads a library.
calls() {
	sed -n 's/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' "$1" |
		grep -vx -e openat -e read -e mmap -e mprotect -e close -e '.*fstat.*' | sort | uniq -c
}
compile "$T/empty.so" 'static void __attribute__((constructor)) nothing(void) {}' -shared -fPIC
if strace -f -o "$T/trace1" -E LD_PRELOAD="$T/empty.so" "$APPS/nocuda" >/dev/null 2>&1; then
	strace -f -o "$T/trace2" -E LD_PRELOAD="$SHIM" -E RAC_LIMIT=1G "$APPS/nocuda" >/dev/null 2>&1
	calls "$T/trace1" >"$T/calls1"
	calls "$T/trace2" >"$T/calls2"
	run diff "$T/calls1" "$T/calls2"
	is 'all that happens is that the time and the process id are noted' \
		"$(sed -n 's/^> *//p' "$T/out" | tr '\n' ' ')" '2 clock_gettime 1 getpid '
else
	skip 'all that happens is that the time and the process id are noted' 'strace does not run here'
fi

# Ends of programs.
for end in 0 1 42 255; do
	run env LD_PRELOAD="$SHIM" RAC_REPORT=none "$APPS/guest_child" before $end
	ended "a program that ends with $end ends with $end" $end ''
done
run env LD_PRELOAD="$SHIM" sh -c 'kill -TERM $$'
is 'a program that a signal ends, ends by that signal' "$status" 143

# What it offers and asks for.
run scripts/check-library.sh "$SHIM"
ended 'exports equal the list, libc alone is needed' 0 ''

nm -D --undefined-only "$SHIM" | sed 's/.* //; s/@.*//' |
	grep -Ex 'pthread_create|clone|sigaction|signal|umask|setenv|putenv|unsetenv|setlocale|chdir|setrlimit' \
		>"$T/asked"
is 'no thread, handler, umask, environment, locale or limit of the process is its business' \
	"$(cat "$T/asked")" ''

finish
