#!/bin/sh
# verdict.sh - a preloaded program ends with the status that its verdict asks for, unless it failed by itself, and
# writes what it would have written; what only rac run can judge is said.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

end=$APPS/life_end leak=$APPS/leak

# ends NAME STATUS [VARIABLE=VALUE…] PROGRAM…
ends() {
	ends_name=$1 ends_status=$2
	shift 2
	shimmed timeout 60 env "$@"
	is "$ends_name" "$status" "$ends_status"
}

# conditions: what the last report says of each.
conditions() {
	report '"; ".join("%s %d%s" % (c["condition"], c["value"], " failed" if c["failed"] else "")
		for c in r["verdict"]["conditions"]), r["verdict"]["exit_code"]'
}

ends 'a leak fails' 23 RAC_FAIL_ON=leak "$leak" 1M
ends 'nothing is asked without a condition' 0 "$leak" 1M
ends 'a bound is inclusive' 0 RAC_FAIL_ON='leak>3M,leaks>2,peak>5M' "$leak" 1M 2M
is 'and each condition is reported' "$(conditions)" \
	'leak>3M 3145728; leaks>2 2; peak>5M 5242880 0'
ends 'what is above a bound fails' 7 RAC_EXIT_CODE=7 RAC_FAIL_ON='leak>3145727B,leaks>1,peak>4M' \
	"$leak" 1M 2M
is 'each by its own figure' "$(conditions)" \
	'leak>3145727B 3145728 failed; leaks>1 2 failed; peak>4M 5242880 failed 7'
ends 'a refusal fails' 23 RAC_LIMIT=600M RAC_FAIL_ON=refused "$APPS/demo"
ends 'which is counted without a cap, too' 0 RAC_FAIL_ON=refused "$APPS/demo"
ends 'what was not measured is not judged' 0 RAC_FAIL_ON='untracked>1B' "$leak" 1M
is 'and the report says why' "$(report 'r["verdict"]["conditions"][0]["unjudged"]')" \
	'nothing told what the driver charges beyond what is tracked'
ends 'growth takes checkpoints' 0 RAC_FAIL_ON=growth "$leak" 1M
ends 'a list that cannot be read fails' 23 RAC_FAIL_ON=leek "$leak"
contains 'and is said' "$(said 1)" "RAC_FAIL_ON='leek' is no condition; write leak,"
ends 'a program without CUDA is not judged' 0 RAC_FAIL_ON=leek "$APPS/nocuda"
is 'nor spoken to' "$(cat "$T/err")" ''

# Every way to end, and what was written in the meantime.
for way in return exit thread runtime; do
	run timeout 60 "$end" $way 0 atexit on_exit destructor
	alone=$(cat "$T/out")
	ends "the status changes at the end of exit: $way" 23 RAC_FAIL_ON=leak "$end" $way 0 atexit on_exit destructor
	is "what is written there is written once: $way" "$(cat "$T/out")" "$alone"
	ends "the program's own failure wins: $way" 5 RAC_FAIL_ON=leak "$end" $way 5
done
for way in _exit _Exit quick_exit; do
	run timeout 60 "$end" $way 0
	alone=$(cat "$T/out")
	ends "only the status changes at $way" 23 RAC_FAIL_ON=leak "$end" $way 0
	is "and nothing is flushed that was not: $way" "$(cat "$T/out")" "$alone"
	ends "the program's own failure wins: $way" 5 RAC_FAIL_ON=leak "$end" $way 5
done
ends 'a busy program ends judged' 23 RAC_FAIL_ON=leak "$end" busy 0
ends 'a status of which nothing arrives counts as 0' 23 RAC_FAIL_ON=leak "$end" exit 256

# A thread that holds the streams, more output than any buffer, and one that is closed.
compile "$T/writes" '
	#include <cuda_runtime.h>
	#include <pthread.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <string.h>
	#include <unistd.h>
	static pthread_barrier_t held;
	static void *hold(void *stream)
	{
		flockfile(stream);
		pthread_barrier_wait(&held);
		for (;;)
			pause();
		return NULL;
	}
	int main(int argc, char **argv)
	{
		void *memory;
		pthread_t thread;
		if (cudaMalloc(&memory, 1 << 20))
			return 1;
		for (int i = 0; i < 20000; i++)
			printf("line %d\n", i);
		if (argc > 1 && strcmp(argv[1], "frees") == 0)
			return (int)cudaFree(memory);
		if (argc > 1 && strcmp(argv[1], "held") == 0) {
			pthread_barrier_init(&held, NULL, 2);
			pthread_create(&thread, NULL, hold, stdin);
			pthread_barrier_wait(&held);
		}
		return 0;
	}' -pthread -Itests/sim/include -L"$SIM" -lcudart -Wl,-rpath,"$SIM"
run "$T/writes"
cp "$T/out" "$T/expected"
ends 'what is freed is no leak' 0 RAC_FAIL_ON=leak,leaks\>0 "$T/writes" frees
ends 'a full buffer is written out' 23 RAC_FAIL_ON=leak "$T/writes"
is 'whole, into a file' "$(cmp "$T/out" "$T/expected" 2>&1)" ''
env LD_PRELOAD="$SHIM" RAC_REPORT=none RAC_FAIL_ON=leak "$T/writes" 2>/dev/null | cat >"$T/piped"
is 'and into a pipe' "$(cmp "$T/piped" "$T/expected" 2>&1)" ''
run timeout 20 "$T/writes" held
alone=$status
if [ "$alone" -eq 0 ]; then
	ends 'a thread that holds a stream is not waited for' 23 RAC_FAIL_ON=leak timeout 20 "$T/writes" held
	is 'and nothing is lost' "$(cmp "$T/out" "$T/expected" 2>&1)" ''
else
	skip 'a thread that holds a stream is not waited for' 'the C library itself waits for it'
fi

# Children, Python's among them, judge for themselves.
if "$PYTHON" -c 'import ctypes' 2>/dev/null; then
	cat >"$T/worker.py" <<-'end'
		import ctypes, os, sys
		child = os.fork()
		if child == 0:
		    cuda = ctypes.CDLL(sys.argv[1] + "/libcudart.so.13")
		    memory = ctypes.c_void_p()
		    assert cuda.cudaMalloc(ctypes.byref(memory), 1 << 20) == 0
		    os._exit(0)
		print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
	end
	run env LD_PRELOAD="$SHIM" RAC_REPORT=none RAC_FAIL_ON=leak "$PYTHON" "$T/worker.py" "$SIM"
	is 'a worker that leaves by os._exit is judged, its parent is not' "$status $(cat "$T/out")" '0 23'
fi

# Rules.
printf 'owner:^leak$ max=3M count=2\n# why\napi:nothing\n' >"$T/rules"
ends 'a rule forgives' 0 RAC_FAIL_ON=leak RAC_SUPPRESSIONS="$T/rules" "$leak" 1M 2M
is 'and the grade says so' "$(report '[s["grade"] for s in r["sites"]]')" "['suppressed']"
is 'with what each rule matched' "$(report '[(x["rule"], x["bytes"], x["count"], x["exceeded"]) for x in r["verdict"]["rules"]]')" \
	"[('owner:^leak\$ max=3M count=2', 3145728, 2, False), ('api:nothing', 0, 0, False)]"
ends 'up to its bounds' 23 RAC_FAIL_ON=leak RAC_SUPPRESSIONS="$T/rules" "$leak" 1M 2M 4K
printf 'pool:^leak$ name=arena\n' >"$T/owners"
ends 'a module can be called a pool' 0 RAC_FAIL_ON=leak RAC_SUPPRESSIONS="$T/owners" "$leak" 1M
is 'and gets the name' "$(report '[(s["owner_name"], s["grade"]) for s in r["sites"]]')" "[('arena', 'pool')]"
# The file alone makes it known.
mkdir "$T/apps"
ln -s "$SIM" "$T/sim"
cp "$leak" "$T/apps/libnccl.so.9"
ends 'what is built in knows libraries' 0 RAC_FAIL_ON=leak "$T/apps/libnccl.so.9" 1M
is 'by name' "$(report '[(s["owner_name"], s["grade"]) for s in r["sites"]]')" "[('NCCL', 'library')]"
ends 'and can be switched off' 23 RAC_FAIL_ON=leak RAC_SUPPRESSIONS=none "$T/apps/libnccl.so.9" 1M
printf 'leak:main\nleek:x\n' >"$T/wrong"
ends 'a file that is not there forgives nothing' 23 RAC_FAIL_ON=leak RAC_SUPPRESSIONS="$T/absent,$T/wrong" "$leak" 1M
is 'all that is wrong with rules is said once' "$(sed 's/^==rac [0-9]*== //' "$T/err" | grep -v '^verdict' | cut -c 1-200)" \
	"RAC_SUPPRESSIONS: '$T/absent' is not there; its rules do not hold
RAC_SUPPRESSIONS: $T/wrong, line 2: rule='leek:x': 'leek' at character 1 is not what a rule begins with; write leak:, owner:, file:, python:, api:, site:, pool:, library: or own:
RAC_SUPPRESSIONS: 1 rule needs symbols, which only rac run has; owner:, api:, pool:, library: and own: hold here"
ends 'what only rac run can judge fails nothing' 0 RAC_FAIL_ON=new,nocuda RAC_BASELINE=old.json "$leak" 1M
is 'and is said once' "$(sed 's/^==rac [0-9]*== //' "$T/err")" \
	'RAC_FAIL_ON: new and nocuda can only be judged by rac run, not here
RAC_BASELINE is read by rac run alone; it has no effect here'
ends 'where the report does not go to stderr a failed verdict is said there' 23 RAC_FAIL_ON='leak>1K,leaks>0' "$leak" 1M
is 'in one line' "$(said 1)" 'verdict: failed by leak>1K (1.00 MiB), leaks>0 (1); exit code 23'
ends 'without sites all that is left is a leak' 23 RAC_STACKS=none RAC_FAIL_ON=leak "$leak" 1M
finish
