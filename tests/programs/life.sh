#!/bin/sh
# life.sh - however a program begins, forks and ends, it does so as without the shim, and there is one report for
# each process that used CUDA, made after the last free; what follows an exec is life_exec.sh's.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

app=$APPS/life_end library=$APPS/life_library.so

# as_alone NAME COMMAND…: the same output and status with and without the shim; the shim's run is the last.
as_alone() {
	as_name=$1
	shift
	run timeout 60 "$@"
	as_status=$status as_output=$(cat "$T/out")
	shimmed timeout 60 "$@"
	is "$as_name" "$status $(cat "$T/out")" "$as_status $as_output"
}

# says NAME HOW STATUS LIVE: what the last report says of the end.
says() {
	is "$1" "$(report 'r["process"]["end"], r["devices"][0]["live_bytes"] >> 20')" \
		"{'how': '$2', 'status': $3} $4"
}

# equals_truth NAME
equals_truth() {
	is "$1" "$("$PYTHON" tests/lib/truth.py "$T/report.json" "$T/truth.json" 2>&1)" ''
}

# Ends at which handlers run. The simulator's truth is written when the driver is unloaded, after them.
for way in return exit thread pthread_exit runtime small; do
	as_alone "a program ends as ever: $way" "$app" $way 42
	equals_truth "its report equals the truth: $way"
	as_alone "its handlers run as ever: $way" "$app" $way 42 atexit on_exit destructor key
	equals_truth "and what they free is freed: $way"
done
shimmed "$app" exit 42 atexit on_exit at_quick_exit destructor key
says 'what no handler frees is left' exit 42 3
shimmed "$app" pthread_exit 0 key
says 'the last thread ends the program with 0' exit 0 1
for number in 1 2 3 4 5; do
	as_alone "a program may end while its threads allocate ($number)" "$app" busy 42 atexit destructor
	says "its report is whole ($number)" exit 42 1
done

# Ends at which no handlers run, or others.
for way in _exit _Exit; do
	as_alone "$way flushes nothing and runs no handler" "$app" $way 42 atexit on_exit destructor
	says "$way reports" _exit 42 4
done
as_alone 'quick_exit runs its own handlers' "$app" quick_exit 42 atexit at_quick_exit destructor
says 'quick_exit reports after them' _exit 42 3
as_alone '_exit may come while threads allocate' "$app" _busy 42
says 'and its report is whole' _exit 42 1
as_alone 'a handler on a signal stack may allocate, free and end' "$app" handler 42
says 'and there is a report' _exit 42 1

# Signals: nothing of ours is in their way, the core dump included.
cat >"$T/wait.py" <<-'end'
	import os, resource, subprocess, sys
	resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
	child = subprocess.Popen(sys.argv[2:], cwd=sys.argv[1], stderr=subprocess.PIPE)
	errors = child.stderr.read()
	status = os.waitpid(child.pid, 0)[1]
	print(os.WTERMSIG(status), os.WCOREDUMP(status), len(os.listdir(sys.argv[1])), errors)
end
for way in abort term; do
	rm -rf "$T/cores" && mkdir "$T/cores" && run "$PYTHON" "$T/wait.py" "$T/cores" "$app" $way 42
	expected=$(cat "$T/out")
	rm -rf "$T/cores" && mkdir "$T/cores" &&
		run "$PYTHON" "$T/wait.py" "$T/cores" env LD_PRELOAD="$SHIM" "$app" $way 42
	is "a signal ends the program as ever, and nothing is said: $way" "$(cat "$T/out")" "$expected"
done

# A handler that ends the program comes while the report waits for a reader.
cat >"$T/late.py" <<-'end'
	import os, subprocess, sys, time
	reader, writer = os.pipe()
	os.set_blocking(writer, False)
	try:
	    while True: os.write(writer, b"x" * 4096)
	except BlockingIOError:
	    os.set_blocking(writer, True)
	child = subprocess.Popen(sys.argv[1:], stderr=writer, stdout=subprocess.DEVNULL)
	os.close(writer)
	time.sleep(0.06)
	print(open(reader, "rb").read().count(b"SUMMARY: "), child.wait())
end
# On a busy machine the reader may come too late for any report.
for _ in 1 2 3 4 5; do
	run "$PYTHON" "$T/late.py" env LD_PRELOAD="$SHIM" "$app" alarm 42
	[ "$(cat "$T/out")" != '0 42' ] || continue
	break
done
is 'a handler that ends the program does not cut the report off' "$(cat "$T/out")" '1 42'

# The smallest stack that a thread can have, and all that is said at the first use.
run "$app" small 42
expected=$(cat "$T/out")
for setting in RAC_LIMIT=1G 'RAC_LIMIT=1G RAC_VERBOSE=1' RAC_STACKS=native,python \
	'RAC_STACKS=native,python RAC_DEPTH=128' 'RAC_LIMIT=GPU-0=1G;1=2G RAC_BOGUS=1 RAC_FORMAT=x'; do
	# shellcheck disable=SC2086  # a list of variables
	run env LD_PRELOAD="$SHIM" $setting "$app" small 42
	case $setting in
	*x) ended "on the smallest stack: wrong settings are said" 1 ;;
	*) is "on the smallest stack: $setting" "$status $(cat "$T/out")" "42 $expected" ;;
	esac
	contains "and a report follows ($setting)" "$(tail -n 1 "$T/err")" 'SUMMARY: peak'
done

# Libraries that use CUDA in their constructors and destructors.
compile "$T/linked" 'int main(void) { return 3; }' -Wl,--no-as-needed "$library" \
	-Wl,-rpath,"$APPS:$SIM"
compile "$T/opener" '
	#include <dlfcn.h>
	#include <stdlib.h>
	int main(int argc, char **argv)
	{
		void *library = dlopen(argv[1], RTLD_NOW);
		return !library || (argc > 2 && dlclose(library)) ? 99 : 3;
	}' -ldl
as_alone 'a library allocates in its constructor and frees in its destructor' "$T/linked"
equals_truth 'and the report equals the truth'
says 'which has seen all of it' exit 3 1
is 'its command and time are known' "$(report 'r["process"]["command"], r["process"]["seconds"] < 60,
r["process"]["started"] > "2020"')" "['$T/linked'] True True"
for preload in "$SHIM:$library" "$library:$SHIM"; do
	shimmed LD_PRELOAD="$preload" "$APPS/nocuda"
	figures "a preloaded library does so: ${preload##*/} behind"
	says "and what it freed is freed: ${preload##*/} behind" exit 0 1
done
as_alone 'a library that is opened does so' "$T/opener" "$library"
says 'and is reported' exit 3 1
as_alone 'one that is opened and closed does so' "$T/opener" "$library" close
says 'and is reported, too' exit 3 1
for command in "$T/linked" "$T/opener $library"; do
	# shellcheck disable=SC2086  # a command and its argument
	as_alone "a constructor may end the program: ${command%% *}" env LIFE_EXIT=5 $command
	# The loader runs no destructors of libraries whose constructors it still runs.
	says "its report says so: ${command%% *}" exit 5 "$([ "$command" = "$T/linked" ] && echo 3 || echo 1)"
done
compile "$T/guest" '
	#include <dlfcn.h>
	int main(int argc, char **argv)
	{
		void *shim = dlopen(argv[argc - 1], RTLD_NOW);
		return !shim || dlclose(shim) ? 99 : 0;
	}' -ldl
run "$T/guest" "$SHIM"
ended 'a program that opens the shim itself, and closes it, ends well' 0 ''

# Children, however they are made.
for way in fork _Fork clone double daemon; do
	for order in 'before 1' 'after 1' 'both 2'; do
		# What a daemon leaves behind holds the pipe until it ends.
		out=$(env LD_PRELOAD="$SHIM" "$APPS/guest_child" "${order% *}" 3 $way 2>&1)
		status=$?
		[ $way = daemon ] && parent=0 || parent=3
		[ "$way-$order" = 'daemon-both 2' ] && reports=1 || reports=${order#* }
		is "each process that used CUDA reports, and nobody else: $way, ${order% *}" \
			"$status $(echo "$out" | grep -c 'SUMMARY: ')" "$parent $reports"
	done
done
out=$(env LD_PRELOAD="$SHIM" "$APPS/guest_child" after 3 daemon 2>&1)
contains 'the parent of a daemon leaves by _exit' "$out" 'ended by _exit with status 0'
if unshare -pf true 2>/dev/null; then
	for order in 'before 1' 'after 1' 'both 2'; do
		# Parent and child have the pid 1.
		run unshare -pf --kill-child env LD_PRELOAD="$SHIM" \
			"$APPS/guest_child" "${order% *}" 3 inner
		is "a child that has the pid of its parent is another process: ${order% *}" \
			"$status $(grep -c '^==rac 1== SUMMARY: ' "$T/err")" "3 ${order#* }"
	done
else
	skip 'a child that has the pid of its parent is another process' 'no PID namespace is to be had'
fi

finish
