#!/bin/sh
# run_record.sh - `rac run` reports its processes whatever way they end, and leaves nothing behind.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

rac=$B/rac
mkdir -m 700 "$T/runtime"
export XDG_RUNTIME_DIR="$T/runtime"
compile "$T/die" '
	#include <cuda.h>
	#include <signal.h>
	#include <stdlib.h>
	#include <sys/syscall.h>
	#include <unistd.h>
	int main(int argc, char **argv)
	{
		CUdeviceptr memory;
		CUcontext context;
		if (argc < 3 || cuInit(0) || cuDevicePrimaryCtxRetain(&context, 0) ||
			cuCtxSetCurrent(context) || cuMemAlloc(&memory, (size_t)atoi(argv[2]) << 20))
			return 99;
		if (atoi(argv[1]) == 0)
			syscall(SYS_exit_group, 7);
		if (atoi(argv[1]) > 0)
			kill(getpid(), atoi(argv[1]));
		pause();
		return 0;
	}' -Itests/sim/include -L"$SIM" -lcuda -Wl,-rpath,"$SIM"

# ended_as HOW STATUS: what the report in $T/r.json says of the end, and of the memory.
ended_as() {
	"$PYTHON" -c 'import json, sys
r = json.load(open(sys.argv[1]))
print(r["process"]["end"]["how"], r["process"]["end"]["status"], r["devices"][0]["live_bytes"] >> 20,
	r["devices"][0]["peak_bytes"] >> 20, r["sites"][0]["owner"], r["sites"][0]["live_bytes"] >> 20)' \
		"$T/r.json" 2>&1
}

run "$rac" run --report "$T/r.json" "$T/die" 9 3
is 'a program that is killed is reported' "$status $(ended_as)" '137 killed 9 3 3 die 3'
run "$rac" run --report "$T/r.json" "$T/die" 15 3
is 'so is one that a signal ends' "$status $(ended_as)" '143 signal 15 3 3 die 3'
run "$rac" run --report "$T/r.json" "$T/die" 0 3
is 'and one that leaves by the system call itself' "$status $(ended_as)" '7 _exit 7 3 3 die 3'
run "$rac" run "$T/die" 9 3
is 'on stderr it is the report that the program would have made' \
	"$(grep -c '^==rac [0-9]*== SUMMARY: peak 3.00 MiB on device 0; still allocated when it died' "$T/err")" 1
run "$rac" run "$APPS/leak" 1M
is 'one that reports itself is not reported again' "$(grep -c SUMMARY "$T/err")" 1
run "$rac" run "$APPS/nocuda"
ended 'one that uses no CUDA is none of our business' 0 ''
is 'no record is left of all of them' "$(ls -A "$T/runtime")" ''

# shellcheck disable=SC2016  # the inner shell's
run "$rac" run --report "$T/%p.many" sh -c '"$0" 9 1; "$0" 15 2; exec "$1" 4M' "$T/die" "$APPS/leak"
is 'each process of a run has its report' "$(find "$T" -name '*.many' | wc -l | tr -d ' ')" 3
is 'and they are listed together' "$(grep -c 'the 3 processes that used CUDA' "$T/err")" 1
contains 'with what the system says of each' "$(cat "$T/err")" 'killed 0'

# What the process itself would print names modules only.
compile "$T/named" '
	#include <cuda.h>
	#include <unistd.h>
	__attribute__((noinline)) static void take_some(CUdeviceptr *memory)
	{
		cuMemAlloc(memory, 1 << 20);
	}
	int main(int argc, char **argv)
	{
		CUdeviceptr memory;
		CUcontext context;
		if (cuInit(0) || cuDevicePrimaryCtxRetain(&context, 0) || cuCtxSetCurrent(context))
			return 99;
		take_some(&memory);
		if (argc > 1)
			sleep(2);
		return argv[argc] != 0;
	}' -g -Itests/sim/include -L"$SIM" -lcuda -Wl,-rpath,"$SIM"
case $("$rac" --version 2>&1; "$rac" doctor 2>&1) in
*'without elfutils'*)
	skip 'functions are named' 'rac was built without elfutils'
	;;
*)
	run "$rac" run "$T/named"
	contains 'on stderr the functions of one that ends by itself are named' "$(cat "$T/err")" \
		'cuMemAlloc_v2 in take_some ('
	contains 'up to main' "$(cat "$T/err")" 'called by main ('
	;;
esac
is 'once' "$(grep -c SUMMARY "$T/err")" 1
# shellcheck disable=SC2016  # the inner shell's
"$rac" run sh -c '"$0" late & sleep 1' "$T/named" 2>"$T/err"
contains 'a process that goes on after the run is named' "$(cat "$T/err")" 'goes on; see it with'
"$PYTHON" -c 'import sys, time
for _ in range(500):
    if "SUMMARY" in open(sys.argv[1]).read():
        break
    time.sleep(0.02)' "$T/err"
is 'and reports itself when it ends' "$(grep -c SUMMARY "$T/err")" 1
find "$T/runtime" -mindepth 1 -delete

run env RAC_REPORT=none "$rac" run "$T/die" 9 3
is 'who wants no report gets none' "$status $(grep -c rac "$T/err")" '137 0'
run "$rac" run "$rac" run "$T/die" 9 3
is 'a run within a run leaves it to the outer one' "$status $(grep -c SUMMARY "$T/err")" '137 1'

run "$rac" run --record "$T/kept.rec" "$T/die" 9 3
is 'with a record of the user'\''s own the report comes as well' "$(grep -c SUMMARY "$T/err")" 1
is 'and the record stays' "$("$rac" report --json "$T/kept.rec" | "$PYTHON" -c 'import json, sys
print(json.load(sys.stdin)["devices"][0]["live_bytes"])')" 3145728

# A run that is killed takes its program along, and its records stay.
"$rac" run "$T/die" -1 5 2>"$T/err" &
victim=$!
"$PYTHON" -c 'import glob, sys, time
for _ in range(500):
    if glob.glob(sys.argv[1] + "/rac-run.*/*"):
        break
    time.sleep(0.02)' "$T/runtime"
run "$rac" run "$APPS/nocuda"
ended 'the records of a run that goes on are left alone' 0 ''
is 'and stay where they are' "$(find "$T/runtime" -type f | wc -l | tr -d ' ')" 1
kill -9 "$victim"
wait "$victim" 2>"$T/null"
"$PYTHON" -c 'import os, sys, time
for _ in range(500):
    if not os.popen("pgrep -f " + sys.argv[1] + ".die").read():
        break
    time.sleep(0.02)' "$T"
run "$rac" run --report "$T/next/%p.json" "$APPS/nocuda"
contains 'the next run reports what a killed one left' "$(cat "$T/err")" \
	'SUMMARY: peak 5.00 MiB on device 0; still allocated when it died: 5.00 MiB in 1 allocation'
contains 'and says so' "$(cat "$T/err")" 'this is of an earlier run, which was killed'
is 'but not among its own reports' "$(find "$T/next" -type f 2>"$T/null")" ''
is 'then it is gone' "$(ls -A "$T/runtime")" ''

mkdir -m 500 "$T/closed"
run env XDG_RUNTIME_DIR="$T/closed/none" TMPDIR="$T" "$rac" run "$T/die" 9 3
is 'without XDG_RUNTIME_DIR the record is kept in TMPDIR' "$(grep -c SUMMARY "$T/err")" 1
is 'which is left clean' "$(find "$T" -maxdepth 1 -name 'rac-run*')" ''
mkdir -m 700 "$T/100%p"
run env XDG_RUNTIME_DIR="$T/100%p" "$rac" run "$T/die" 9 3
is 'a percent sign in the folder is just that' "$(grep -c SUMMARY "$T/err")" 1

finish
