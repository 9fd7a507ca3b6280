#!/bin/sh
# run_status.sh - `rac run` ends as its program ends, and passes signals on.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/tree.sh

make_tree "$T/tree"
rac=$T/tree/bin/rac

# wait_status COMMAND…: as the kernel has it: "exit N", "signal N" or "signal N core".
wait_status() {
	python3 -c '
import os, resource, signal, sys
pid = os.fork()
if pid == 0:
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execvp(sys.argv[1], sys.argv[1:])
status = os.waitpid(pid, 0)[1]
if os.WIFSIGNALED(status):
    print("signal", os.WTERMSIG(status), *["core"] * os.WCOREDUMP(status))
else:
    print("exit", os.WEXITSTATUS(status))' "$@" 2>"$T/err"
}

for wanted in 0 1 7 125 255; do
	run "$rac" run sh -c "exit $wanted"
	ended "status $wanted is kept" "$wanted" ''
done
run "$rac" run printf '%s|' a 'b c' '' '*'
is 'arguments are passed as they are' "$(cat "$T/out")" 'a|b c||*|'
is 'stdin is passed on' "$(echo hello | "$rac" run cat)" hello

for number in 1 2 3 9 13 15; do
	# shellcheck disable=SC2016  # the inner shell's
	is "death by signal $number is kept" \
		"$(wait_status "$rac" run sh -c 'ulimit -c 0; kill -$0 $$' "$number")" \
		"signal $number"
done
is 'a program that dumps core does not make rac do so' \
	"$(cd "$T" && wait_status "$rac" run sh -c 'kill -6 $$')" 'signal 6'

run "$rac" run no-such-program-anywhere
ended 'a program that is not in PATH gives 127' 127 \
	"rac run: cannot run 'no-such-program-anywhere': no such program in PATH"
run "$rac" run "$T/none"
ended 'a file that is not there gives 127' 127 \
	"rac run: cannot run '$T/none': No such file or directory"
run "$rac" run ''
ended 'an empty name gives 127' 127 "rac run: cannot run '': no such program in PATH"
echo 'echo ran "$0" "$1"' >"$T/plain"
run "$rac" run "$T/plain"
ended 'a file that may not be executed gives 126' 126 \
	"rac run: cannot run '$T/plain': Permission denied"
run "$rac" run "$T"
ended 'a folder gives 126' 126 "rac run: cannot run '$T': Is a directory"
chmod +x "$T/plain"
run "$rac" run "$T/plain" one
is 'a script without a first line runs in the shell' "$(cat "$T/out")" "ran $T/plain one"
printf '#!/no/such/interpreter\n' >"$T/orphan"
chmod +x "$T/orphan"
run "$rac" run "$T/orphan"
ended 'a script without its interpreter gives 127' 127 "rac run: cannot run '$T/orphan': its \
interpreter or dynamic linker does not exist"
is 'an empty PATH means the current folder' "$(cd "$T" && PATH='' "$rac" run plain two)" \
	'ran ./plain two'

# Says "ready", then each signal it takes, until SIGTERM.
compile "$T/catcher" '
	#include <signal.h>
	#include <stdio.h>
	int main(void)
	{
		sigset_t all, before;
		int number;
		sigprocmask(SIG_SETMASK, NULL, &before);
		sigfillset(&all);
		sigdelset(&all, SIGTSTP);
		sigprocmask(SIG_SETMASK, &all, NULL);
		for (int i = 1; i < 65; i++)
			if (sigismember(&before, i) == 1)
				printf("blocked %d\n", i);
		puts("ready");
		do {
			fflush(stdout);
			if (sigwait(&all, &number) == 0)
				printf("signal %d\n", number);
		} while (number != SIGTERM);
		return 9;
	}'

# wait_for TEXT: until it is in the catcher's output.
wait_for() {
	tries=0
	until grep -qx "$1" "$T/out" || [ "$tries" -ge 100 ]; do
		sleep 0.05
		tries=$((tries + 1))
	done
}

"$rac" run "$T/catcher" >"$T/out" 2>"$T/err" &
child=$!
wait_for ready
for number in 1 2 3 10 12 14 18 28 34 64 15; do
	kill -"$number" "$child"
	wait_for "signal $number"
done
wait "$child"
status=$?
ended 'the program ends on the signal that rac was sent' 9 ''
# The shell has its background jobs ignore 2 and 3; the catcher takes them all the same.
is 'each signal reaches it once, and none is blocked' \
	"$(sed 's/^signal //' "$T/out" | tr '\n' ' ')" \
	'ready 1 2 3 10 12 14 18 28 34 64 15 '

"$rac" run sh -c 'echo $$; exec sleep 60' >"$T/out" 2>"$T/err" &
child=$!
wait_for '[0-9]*'
program=$(cat "$T/out")
kill -9 "$child"
wait "$child" 2>"$T/err"
tries=0
while kill -0 "$program" 2>"$T/err" && [ "$tries" -lt 100 ]; do
	sleep 0.05
	tries=$((tries + 1))
done
if kill -0 "$program" 2>"$T/err"; then
	not_ok 'SIGKILL takes the program with it'
	kill -9 "$program"
else
	ok 'SIGKILL takes the program with it'
fi

# ignoring_children COMMAND…: as a parent that ignores SIGCHLD starts it.
ignoring_children() {
	python3 -c '
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execvp(sys.argv[1], sys.argv[1:])' "$@"
}
run ignoring_children "$rac" run python3 -c '
import signal
print(signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN)
raise SystemExit(7)'
ended 'the status is kept where SIGCHLD is ignored' 7 ''
is 'and the program still finds it ignored' "$(cat "$T/out")" True

tests/lib/job-control.py "$rac" run "$T/catcher" >"$T/out" 2>"$T/err"
cat "$T/out"
assert_passed=$((assert_passed + $(grep -c '^ok' "$T/out")))
assert_failed=$((assert_failed + $(grep -c '^not ok' "$T/out")))
is 'the test of job control ran' "$(grep -c '^ok\|^not ok' "$T/out"):$(cat "$T/err")" '7:'

finish
