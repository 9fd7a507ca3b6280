#!/bin/sh
# run_verdict.sh - `rac run` judges every process that it started, with names, baselines and rules, and ends so.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh
needs_symbols() { "$RAC" doctor 2>/dev/null | grep -q 'names functions and lines'; }

compile "$T/app" '
	#include <cuda_runtime.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <string.h>
	#include <sys/wait.h>
	#include <unistd.h>
	static __attribute__((noinline)) void cache_grow(size_t bytes)
	{
		void *memory;
		if (cudaMalloc(&memory, bytes))
			exit(1);
	}
	static __attribute__((noinline)) void plan_make(size_t bytes)
	{
		void *memory;
		if (cudaMalloc(&memory, bytes))
			exit(1);
	}
	int main(int argc, char **argv)
	{
		puts("said");
		for (int i = 1; i < argc; i++) {
			if (strcmp(argv[i], "grow") == 0)
				cache_grow(1 << 20);
			else if (strcmp(argv[i], "plan") == 0)
				plan_make(2 << 20);
			else if (strcmp(argv[i], "fail") == 0)
				return 5;
			else if (strcmp(argv[i], "die") == 0)
				abort();
			else if (strcmp(argv[i], "fork") == 0) {
				if (fork() != 0)
					return wait(NULL) < 0;
			} else if (strcmp(argv[i], "both") == 0 && fork() != 0)
				wait(NULL);
		}
		return 0;
	}' -g -O1 -Itests/sim/include -L"$SIM" -lcudart -Wl,-rpath,"$SIM"

# judged FLAG… -- ARGUMENT…: runs the program under rac run.
judged() {
	run env XDG_RUNTIME_DIR="$T" "$RAC" run --report none "$@"
}

# last: the last line of stderr, without process ids.
last() { sed -n '$s/process [0-9][0-9]*/process PID/;$p' "$T/err"; }

# findings: what is said of places, without process ids.
findings() { sed -n 's/^==rac [0-9]*== //p' "$T/err" | grep -v '^ '; }

judged --fail-on leak -- "$T/app" grow
is 'a leak fails' "$status $(cat "$T/out")" '23 said'
is 'the last line says by what' "$(last)" \
	'rac run: verdict: failed by leak (1.00 MiB) in process PID; exit code 23'
judged --fail-on leak --exit-code 9 -- "$T/app"
is 'a program that leaks nothing passes' "$status" 0
judged --fail-on 'leak>1M,leaks>1' -- "$T/app" grow
is 'bounds are inclusive' "$status $(last)" '0 rac run: verdict: passed'
judged --fail-on leak --exit-code 9 -- "$T/app" grow
is 'the status can be chosen' "$status" 9
judged --fail-on leak -- "$T/app" grow fail
is "the program's own failure wins" "$status" 5
judged --fail-on leak -- "$T/app" both grow
is 'a child is judged, too' "$status $(findings | grep -c '^failed: leak')" '23 2'
judged --fail-on leak,leaks\>9 -- "$T/app" fork grow die
is 'what a killed process held is no leak' "$status $(findings | sort -u)" \
	'0 not judged: leak: the process did not end by itself
not judged: leaks>9: the process did not end by itself'
judged --fail-on nocuda -- "$T/app"
is 'a run without CUDA fails where that is asked' "$status $(last)" \
	'23 rac run: verdict: failed by nocuda: no process used CUDA; exit code 23'
judged --fail-on leak -- "$T/app"
is 'and is loud where it is not' "$status $(last)" \
	'0 rac run: warning: verdict: nothing was judged, since no process used CUDA'
judged --fail-on nocuda -- "$T/app" fork grow
is 'a child that uses CUDA is enough' "$status" 0
judged --fail-on leek -- "$T/app"
is 'a list that cannot be read is refused' "$status $(cut -c 1-45 "$T/err")" \
	"125 rac run: RAC_FAIL_ON='leek' is no condition; "
printf 'leak:x\nleek:y\n' >"$T/wrong"
judged --suppressions "$T/wrong" -- "$T/app"
contains 'so is a rule' "$status $(cat "$T/err")" "125 rac run: '$T/wrong', line 2: rule='leek:y': 'leek'"
judged --suppressions "$T/absent" -- "$T/app"
is 'and a file that is not there' "$status" 125
judged --baseline "$T/absent" -- "$T/app"
is 'or a baseline' "$status" 125
judged --fail-on leak env -- env
is 'the program sees no settings of a verdict that rac reaches' "$(grep -c 'RAC_FAIL_ON\|RAC_BASELINE' "$T/out")" 0
run env XDG_RUNTIME_DIR="$T" "$RAC" run --report "$T/r-%p.json" --fail-on leak -- "$T/app" grow
is 'the report in a file gets the verdict' "$("$PYTHON" -c 'import json, sys
v = json.load(open(sys.argv[1]))["verdict"]
print(v["exit_code"], v["conditions"][0]["failed"])' "$T"/r-*.json)" '23 True'
rm -f "$T"/r-*.json

# Without caches.
run env XDG_RUNTIME_DIR="$T" TF_GPU_ALLOCATOR=mine XLA_PYTHON_CLIENT_PREALLOCATE=false "$RAC" run --uncached -- \
	sh -c 'echo $PYTORCH_NO_CUDA_MEMORY_CACHING $XLA_PYTHON_CLIENT_ALLOCATOR $XLA_PYTHON_CLIENT_PREALLOCATE $TF_GPU_ALLOCATOR'
is 'caches of libraries are switched off, but where the user set something else' "$status $(cat "$T/out")" \
	'0 1 platform false mine'
contains 'what is set is said' "$(head -n 1 "$T/err")" \
	'rac run: uncached: set PYTORCH_NO_CUDA_MEMORY_CACHING=1 (PyTorch), XLA_PYTHON_CLIENT_ALLOCATOR=platform (JAX)'
is 'and what is left' "$(sed -n 2p "$T/err")" \
	'rac run: warning: uncached: left as you set them, so these may still cache: TF_GPU_ALLOCATOR=mine (TensorFlow)'
mkdir "$T/apps"
cp "$T/app" "$T/apps/libc10_cuda.so"
judged --fail-on leak -- "$T/apps/libc10_cuda.so" grow
is "what PyTorch's allocator holds is no leak" "$status" 0
judged --uncached --fail-on leak -- "$T/apps/libc10_cuda.so" grow
is 'unless it caches nothing' "$status" 23

if ! needs_symbols; then
	skip 'rules and baselines by function' 'rac was built without elfutils'
	finish
fi
judged --stacks native --fail-on leak -- "$T/app" grow
is 'a leak is shown with its stack' "$(sed -n 's/^==rac [0-9]*== *\(#.*\)/\1/p' "$T/err" | sed "s,$T,DIR,g")" \
	"#0 cache_grow  DIR/compile.c:11  (app)
#1 main  DIR/compile.c:25  (app)"
run env XDG_RUNTIME_DIR="$T" "$RAC" run --stacks native --report "$T/base.json" -- "$T/app" grow
judged --stacks native --fail-on new --baseline "$T/base.json" -- "$T/app" grow grow
is 'what leaked before is not new' "$status" 0
judged --stacks native --fail-on new --baseline "$T/base.json" -- "$T/app" grow plan
is 'what did not is' "$status $(findings | sed 's/ \[.*//')" '23 failed: new, measured 1
new leak: 2.00 MiB in 1 allocation on device 0, cudaMalloc by app
leak: 1.00 MiB in 1 allocation on device 0, cudaMalloc by app'
run "$RAC" suppress --bounds "$T/base.json"
is 'rac suppress writes a rule for it' "$(cat "$T/out")" \
	"# 1.00 MiB in 1 allocation by app, cudaMalloc
leak:^cache_grow\$ max=1048576B count=1"
cp "$T/out" "$T/known"
judged --stacks native --fail-on leak --suppressions "$T/known" -- "$T/app" grow
is 'which forgives it' "$status $(last)" '0 rac run: verdict: passed'
judged --stacks native --fail-on leak --suppressions "$T/known" -- "$T/app" grow plan
is 'and nothing else' "$status $(findings | sed 's/ \[.*//')" '23 failed: leak, measured 2.00 MiB
leak: 2.00 MiB in 1 allocation on device 0, cudaMalloc by app'
judged --stacks native --fail-on leak --suppressions "$T/known" -- "$T/app" grow grow
is 'nor more of it' "$status" 23
run env XDG_RUNTIME_DIR="$T" "$RAC" run --stacks native --report "$T/main.json" -- "$APPS/leaks/pinned"
run "$RAC" suppress --output "$T/main.supp" "$T/main.json"
is 'a rule by main would forgive everything, so it goes by the id' \
	"$(sed -n 's/^site:^[0-9a-f]\{8\}\$$/site/p' "$T/main.supp")" site
judged --stacks native --fail-on leak --suppressions "$T/main.supp" -- "$APPS/leaks/pinned"
is 'which holds in another run' "$status" 0
judged --stacks native --fail-on leak --suppressions "$T/main.supp" -- "$APPS/leaks/managed"
is 'and for nothing else in main' "$status" 23
printf 'leak:plan_make\nfile:nowhere\n' >"$T/rules"
judged --stacks native --fail-on leak --suppressions "$T/rules" -- "$T/app" plan
is 'a rule that matched nothing is named' "$status $(grep matched "$T/err")" \
	"0 rac run: warning: rule 'file:nowhere' matched nothing"
for number in 1 2; do
	run env XDG_RUNTIME_DIR="$T" "$RAC" run --stacks native --fail-on leak -- "$T/app" grow plan grow
	sed -e 's/==rac [0-9]*==/==rac PID==/' -e 's/process [0-9][0-9]*/process PID/' -e 's/after [0-9.]* s/after N s/' \
		"$T/err" >"$T/text.$number"
done
is 'two runs give the same text' "$(diff "$T/text.1" "$T/text.2")" ''
is 'and no record is left' "$(ls -d "$T"/rac-run.* 2>/dev/null)" ''
run "$RAC" suppress --builtin
contains 'what is built in can be shown' "$(cat "$T/out")" 'library:^libnccl.so name=NCCL'
cp "$T/out" "$T/builtin"
judged --fail-on leak --suppressions "none,$T/builtin" -- "$T/app" grow
is 'and given back as a file' "$status" 23
run "$RAC" suppress
is 'a report is needed' "$status" 2

# Records where the user wants them are judged as those in a folder of the run.
# judged FOLDER COMMAND…: status, what the last line says, and how many processes were reported.
judged_in() {
	judged_folder=$1
	shift
	run env XDG_RUNTIME_DIR="$judged_folder" "$RAC" run --fail-on 'leak>1M' "$@"
	# shellcheck disable=SC2154  # set by run
	echo "$status $(sed -n '$s/ (.*//; $s/^rac run: //p' "$T/err") $(grep -c SUMMARY "$T/err")"
}
here=$T/here
mkdir -m 700 "$here"
two='"$0" plan; "$0" grow; exec "$0" grow'
is 'with a record of one'\''s own each process is judged and reported' \
	"$(judged_in "$here" --record "$T/%p.rec" sh -c "$two" "$T/app")" '23 verdict: failed by leak>1M 3'
is 'and the records stay' "$(find "$T" -maxdepth 1 -name '*.rec' | wc -l | tr -d ' ') $(ls -A "$here")" '3 '
is 'also where one takes the name of another' \
	"$(judged_in "$here" --record "$T/one.rec" sh -c "$two" "$T/app")" '23 verdict: failed by leak>1M 3'
is 'a run within the run leaves them to the outer one' \
	"$(judged_in "$here" --record "$T/inner.rec" "$RAC" run "$T/app" plan)" '23 verdict: failed by leak>1M 1'
is 'nothing is left but the records' "$(ls -A "$here")" ''
if [ -w /dev/shm ] && [ "$(stat -c %d /dev/shm)" != "$(stat -c %d "$T")" ]; then
	away=$(mktemp -d /dev/shm/rac-test.XXXXXX)
	is 'records on another file system are judged' \
		"$(judged_in "$away" --record "$T/%p.away" sh -c "$two" "$T/app")" '23 verdict: failed by leak>1M 3'
	is 'one that another replaced there makes the verdict none' \
		"$(judged_in "$away" --record "$T/two.rec" sh -c '"$0" plan; "$0" grow' "$T/app")" \
		'125 verdict: none, since not every process could be judged; exit code 125 1'
	contains 'and it is said why' "$(cat "$T/err")" 'with %p in RAC_RECORD each has its own'
	rmdir "$away"
else
	skip 'records on another file system are judged' '/dev/shm is none'
fi

finish
