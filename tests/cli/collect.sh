#!/bin/sh
# collect.sh - `rac collect` reports what could not report itself, from the records in a folder, once.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

compile "$T/die" '
	#include <cuda.h>
	#include <signal.h>
	#include <stdlib.h>
	#include <unistd.h>
	int main(int argc, char **argv)
	{
		CUdeviceptr memory;
		CUcontext context;
		if (argc < 2 || cuInit(0) || cuDevicePrimaryCtxRetain(&context, 0) ||
			cuCtxSetCurrent(context) || cuMemAlloc(&memory, 3 << 20))
			return 99;
		if (atoi(argv[1]) > 0)
			kill(getpid(), atoi(argv[1]));
		pause();
		return 0;
	}' -Itests/sim/include -L"$SIM" -lcuda -Wl,-rpath,"$SIM"

# killed SIGNAL: a process that leaves its record in $T/records; sets $pid.
killed() {
	sh -c 'echo $$ >"$0"; exec env LD_PRELOAD="$1" RAC_RECORD="$2/%p" "$3" "$4"' \
		"$T/pid" "$SHIM" "$T/records" "$T/die" "$1" >/dev/null 2>&1
	pid=$(cat "$T/pid")
}

killed 9
run "$RAC" collect "$T/records"
ended 'a process that was killed is reported' 0
is 'on stderr, as it would have done' "$(grep -c "^==rac $pid== SUMMARY: peak 3.00 MiB on device 0; still allocated when it died" "$T/err")" 1
is 'and the folder is gone' "$(ls -d "$T/records" 2>/dev/null)" ''
killed 15
run env RAC_REPORT="$T/%e-%p.json" "$RAC" collect --pid "$pid" --wait-status 15 "$T/records"
is 'or where RAC_REPORT says, with what is known of its end' "$(cat "$T/err")$("$PYTHON" -c '
import json, sys; print(json.load(open(sys.argv[1]))["process"]["end"])' "$T/die-$pid.json")" \
	"{'how': 'signal', 'status': 15}"
killed 9
run env RAC_REPORT=none "$RAC" collect "$T/records"
is 'nothing is said where nothing is to be' "$status $(cat "$T/err")$(ls -d "$T/records" 2>/dev/null)" '0 '

run env LD_PRELOAD="$SHIM" RAC_RECORD="$T/records/%p" "$APPS/leak" 1M
killed 9
run "$RAC" collect "$T/records"
is 'what reported itself is not reported again' "$(grep -c SUMMARY "$T/err")" 1

env LD_PRELOAD="$SHIM" RAC_RECORD="$T/records/%p" "$T/die" 0 &
alive=$!
until [ -e "$T/records/$alive" ]; do sleep 0.05; done
run "$RAC" collect "$T/records"
contains 'a process that runs is named' "$(cat "$T/err")" "process $alive goes on; see it with: rac report $T/records/$alive"
is 'and keeps its record' "$(ls "$T/records")" "$alive"
kill -9 "$alive"
wait "$alive" 2>/dev/null
run env RAC_REPORT=none "$RAC" collect "$T/records"
is 'until it is gone' "$(ls -d "$T/records" 2>/dev/null)" ''

run "$RAC" collect "$T/records"
ended 'a folder that is not there is said' 125 "rac collect: '$T/records': No such file or directory"
run "$RAC" collect "$SHIM"
ended 'and a file that is none' 125 "rac collect: '$SHIM': Not a directory"
mkdir "$T/records"
run env RAC_REPORT=%z "$RAC" collect "$T/records"
contains 'so is a path that cannot be understood' "$(cat "$T/err")" "RAC_REPORT='%z'"
finish
