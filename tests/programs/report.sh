#!/bin/sh
# report.sh - where the report goes, that it comes once and whole, and what it never does to the host.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

# preloaded [VARIABLE=VALUE…] PROGRAM…: under the shim, the report where the variables say.
preloaded() {
	run env LD_PRELOAD="$SHIM" "$@"
}

leak=$APPS/leak
summary='==rac [0-9]*== SUMMARY: peak 2.00 MiB on device 0; still allocated at exit: 1.00 MiB'

# Places.
preloaded "$leak" 1M
is 'without a setting it goes to stderr' "$(tail -n 1 "$T/err" | grep -c "^$summary")" 1
is 'and every line of it says whose it is' "$(grep -cv '^==rac [0-9]*== ' "$T/err")" 0
is 'nothing goes to stdout' "$(cat "$T/out")" ''
preloaded RAC_REPORT=none "$leak" 1M
ended 'none means none' 0 ''
preloaded RAC_REPORT="$T/plain" "$leak" 1M
ended 'a report to a file leaves stderr alone' 0 ''
is 'a path without an ending holds text' "$(tail -n 1 "$T/plain" | grep -c "^$summary")" 1
preloaded RAC_REPORT="$T/a.json" "$leak" 1M
is 'a path that ends in .json holds JSON' \
	"$("$PYTHON" -m json.tool "$T/a.json" | grep -c '"schema": "rac.report/1"')" 1
preloaded RAC_REPORT="$T/b.json" RAC_FORMAT=text "$leak" 1M
is 'RAC_FORMAT overrules the ending' "$(tail -n 1 "$T/b.json" | grep -c "^$summary")" 1
preloaded RAC_FORMAT=json "$leak" 1M
is 'JSON on stderr is JSON alone' "$("$PYTHON" -m json.tool "$T/err" | grep -c '"schema"')" 1
preloaded RAC_REPORT="$T/deep/er/%e-%h-%r-%q{COLOUR}-%%.json" RANK=12 COLOUR=red "$leak" 1M
is 'patterns are filled in and folders are made' "$(ls "$T/deep/er")" \
	"leak-$(uname -n)-12-red-%.json"
preloaded RAC_REPORT="$T/%p.json" sh -c 'echo $$; exec "$0" 1M' "$leak"
is '%p is the process id' "$(ls "$T/$(cat "$T/out").json" 2>&1)" "$T/$(cat "$T/out").json"
preloaded RAC_REPORT="$T/a.json" "$leak" 1M 2M
is 'the report of an earlier run is replaced' "$(ls "$T"/a.json*)" "$T/a.json"
is 'by the new one' "$("$PYTHON" -c 'import json, sys
print(json.load(open(sys.argv[1]))["devices"][0]["live_bytes"])' "$T/a.json")" 3145728
(umask 027 && env LD_PRELOAD="$SHIM" RAC_REPORT="$T/new/mode.json" "$leak" 1M)
is 'the modes of file and folder are as the umask says' \
	"$(stat -c %a "$T/new/mode.json") $(stat -c %a "$T/new")" '640 750'
is 'no temporary file is left' "$(find "$T" -name '*.tmp.*')" ''

# A file that came while the program ran is somebody else's.
compile "$T/slow" '
	#include <cuda.h>
	#include <stdio.h>
	#include <unistd.h>
	int main(int argc, char **argv)
	{
		FILE *file;
		usleep(30000);
		file = fopen(argv[argc - 1], "w");
		if (!file || fputs("not yours\n", file) < 0 || fclose(file))
			return 9;
		return cuInit(0);
	}' -Itests/sim/include -L"$SIM" -lcuda -Wl,-rpath,"$SIM"
preloaded RAC_REPORT="$T/taken" "$T/slow" "$T/taken"
is 'a file that came after the start of the program is kept' "$(cat "$T/taken")" 'not yours'
is 'and the report lies beside it' "$(cat "$T"/taken.[0-9]* | grep -c SUMMARY)" 1
preloaded RAC_REPORT="$T/both.json" "$APPS/guest_child" both
is 'a parent and its child that name one file keep a report each' "$(ls "$T"/both.json* | wc -l)" 2

# Places that cannot be written.
mkdir "$T/is-a-folder"
for place in /proc/none/r.json "$T/plain/r.json" "$T/is-a-folder"; do
	preloaded RAC_REPORT="$place" "$APPS/guest_child" before 5
	ended "a report that cannot be written leaves the status alone: ${place##*/}" 5
	is "and costs one line that names the place: ${place##*/}" \
		"$(grep -c "^==rac [0-9]*== no report: .*${place%/*}.*RAC_REPORT" "$T/err")" 1
done
is 'such a place is not changed' "$(ls "$T/is-a-folder")" ''

# Descriptor 2.
for what in keep close full broken nonblock; do
	run timeout 20 env LD_PRELOAD="$SHIM" RAC_LIMIT=1G "$APPS/guest_stderr" $what
	ended "stderr: the program goes on and keeps its status ($what)" 7
	is "stderr: its stdout is its own ($what)" "$(cat "$T/out")" 'guest_stderr: still here'
done
preloaded "$APPS/guest_stderr" keep
is 'stderr that is still what it was gets the report' "$(grep -c SUMMARY "$T/err")" 1
preloaded "$APPS/guest_stderr" close
is 'stderr that was closed gets none' "$(grep -c SUMMARY "$T/err")" 0
preloaded "$APPS/guest_stderr" replace "$T/log"
is 'a file that took the place of stderr is not written to' "$(cat "$T/log")" mine
is 'nor is the old stderr' "$(grep -c SUMMARY "$T/err")" 0
env LD_PRELOAD="$SHIM" "$leak" 1M 2>&-
status=$?
ended 'a program that was started without stderr runs as ever' 0
(
	trap '' PIPE
	env LD_PRELOAD="$SHIM" sh -c '"$0" 1M; echo $? >&3' "$leak" 3>"$T/inner" 2>&1 | true
)
is 'a reader that went away does not change the status' "$(cat "$T/inner")" 0

# One write.
long=$(printf '%3000s' '' | tr ' ' x)
for format in text json; do
	rm -f "$T/trace"
	run env RAC_FORMAT=$format strace -f -e trace=write -e signal=none -o "$T/trace" \
		env LD_PRELOAD="$SHIM" SIMCUDA_DEVICES=2 "$APPS/two_gpus" "1M" 2M
	if [ "$status" -ne 0 ]; then
		skip "a report on stderr is one write: $format" 'strace does not run here'
	else
		is "a report on stderr is one write: $format" "$(grep -c 'write(2, ' "$T/trace")" 1
	fi
done
preloaded "$leak" 1M "$long" "$long" "$long" "$long" "$long"
[ "$(wc -c <"$T/err")" -le 4096 ]
status=$?
ended 'a report on stderr fits a pipe, however long the command is' 0
is 'and still ends in its summary' "$(tail -n 1 "$T/err" | grep -c SUMMARY)" 1

# Once a process, for every process that used CUDA.
for order in 'none 0' 'before 1' 'after 1' 'both 2' 'threads 1'; do
	preloaded "$APPS/guest_child" "${order% *}" 3
	ended "fork and threads keep the status: ${order% *}" 3
	is "reports of a program that uses CUDA in this order: ${order}" \
		"$(grep -c SUMMARY "$T/err")" "${order#* }"
done
preloaded RAC_REPORT="$T/fork-%p.json" SIMCUDA_TRUTH="$T/fork-%p.truth" "$APPS/guest_child" both
for file in "$T"/fork-*.json; do
	is "child and parent report for themselves: ${file##*/}" \
		"$("$PYTHON" tests/lib/truth.py "$file" "${file%.json}.truth")" ''
	is "under the id of their own: ${file##*/}" "$("$PYTHON" -c 'import json, sys
print(json.load(open(sys.argv[1]))["process"]["pid"])' "$file")" \
		"$(echo "$file" | sed 's/.*fork-\([0-9]*\).json/\1/')"
done
preloaded RAC_REPORT="$T/status.json" "$APPS/guest_child" before 42
is 'the report has the status' "$("$PYTHON" -c 'import json, sys
print(json.load(open(sys.argv[1]))["process"]["end"])' "$T/status.json")" \
	"{'how': 'exit', 'status': 42}"
preloaded RAC_REPORT="$T/never.json" RAC_VERBOSE=1 RAC_LIMIT=8Q "$APPS/nocuda"
ended 'a program that never touches CUDA says nothing, whatever the settings' 0 ''
is 'and writes nothing' "$(ls "$T/never.json" 2>/dev/null)" ''
shimmed "$leak" 1M
is 'no driver function is called once the driver has ended' "$(truth 't["calls_after_end"]')" 0

finish
