#!/bin/sh
# leaks.sh - each program of the zoo (tests/apps/leaks) gets the verdict that it is to get, with a bare preload and from
# rac run, which blames the right place; no verdict is noisy, and none changes from run to run.
#
#   tests/programs/leaks.sh [PATTERN]     only the programs whose names fit
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

zoo=tests/apps/leaks
only=${1:-*}
export SIMCUDA_DEVICES=2

# The command of a program.
command_of() {
	if [ -f "$zoo/$1.py" ]; then
		echo "$PYTHON $zoo/$1.py $SIM"
	else
		echo "$APPS/leaks/$1"
	fi
}

# told FILE…: what is left by grade in MiB, over all reports, and the functions that are blamed for leaks and growth.
cat >"$T/told.py" <<-'end'
	import json, sys
	left, blamed = {}, set()
	carriers = "libc.so", "libc-2.", "ld-"
	for path in sys.argv[1:]:
	    for site in json.load(open(path))["sites"]:
	        if site["live_bytes"]:
	            left[site["grade"]] = left.get(site["grade"], 0) + site["live_bytes"]
	        if site["live_bytes"] and site["grade"] == "leak":
	            python = [f["function"] for f in site["frames"] if f["language"] == "python"]
	            native = [f["function"] for f in site["frames"] if f["language"] == "native" and
	                      f["function"] not in ("", "take", "_start") and
	                      not f["module"].split("/")[-1].startswith(carriers)]
	            blamed.update((python or native)[:1])
	print(",".join("%d_%s" % (b >> 20, g) for g, b in sorted(left.items())) or "-",
	      ",".join(sorted(b.split("(")[0] for b in blamed)) or "-")
end
told() { "$PYTHON" "$T/told.py" "$@" 2>&1; }

# What of stderr is no report: verdicts and complaints.
said_beside() {
	grep -v '^==rac [0-9]*== \|^rac run: the [0-9]* processes\|^rac run: verdict: \|^ *rank \|^$' "$T/err"
}

names=no
"$RAC" doctor 2>/dev/null | grep -q 'names functions and lines' && names=yes

grep -v '^#' $zoo/expected.txt >"$T/table"
while read -r name conditions bare run left blamed; do
	# shellcheck disable=SC2254  # a pattern is what is wanted
	case $name in
	$only) ;;
	*) continue ;;
	esac
	if [ ! -f "$zoo/$name.py" ] && [ ! -x "$APPS/leaks/$name" ]; then
		skip "$name" 'it was not built'
		continue
	fi
	command=$(command_of "$name")
	rm -f "$T"/r-*.json
	# shellcheck disable=SC2086  # a command of several words
	run env LD_PRELOAD="$SHIM" RAC_REPORT="$T/r-%p.json" RAC_FAIL_ON="$conditions" timeout 60 $command </dev/null
	set -- "$T"/r-*.json
	[ -f "$1" ] || set --
	was=$(told "$@")
	# A process that was killed leaves no report of its own.
	[ "$name" != worker_killed ] || was="1_leak -"
	is "$name: status and what is left, bare" "$status ${was% *}" "$bare ${left%/*}"
	left=${left#*/}
	rm -f "$T"/r-*.json
	# shellcheck disable=SC2086
	run env XDG_RUNTIME_DIR="$T" RAC_STACKS=native,python "$RAC" run --report "$T/r-%p.json" --fail-on "$conditions" -- \
		timeout 60 $command </dev/null
	set -- "$T"/r-*.json
	[ -f "$1" ] || set --
	was=$(told "$@")
	[ $names = yes ] || blamed=${was#* }
	if [ -f "$zoo/$name.py" ] && ! python_is_read; then
		skip "$name: who is blamed" "$python_is_not_read"
		blamed=${was#* }
	fi
	[ "$name" != worker_killed ] || was="$left -"
	is "$name: status, what is left and who is blamed, under rac run" "$status $was" "$run $left $blamed"
	is "$name: nothing else is said" "$(said_beside)" ''
	failed=$(grep -c '^==rac [0-9]*== failed: ' "$T/err")
	if [ "$run" -eq 0 ]; then
		is "$name: nothing fails" "$failed" 0
	elif [ "$failed" -gt 0 ]; then
		ok "$name: what fails is said"
	else
		not_ok "$name: what fails is said" "$(cat "$T/err")"
	fi
done <"$T/table"
[ "$only" = '*' ] || finish
is 'every program of the zoo has a verdict' \
	"$({
		cut -d ' ' -f 1 "$T/table"
		printf 'keeper\nplugin\n'
	} | sort)" \
	"$({
		ls $zoo | sed -n 's/\.\(c\|cc\|py\)$//p'
		printf 'loop_stripped\nloop_optimised\n'
	} | sort)"

# Who is blamed is never what carries everybody: the C library, an interpreter.
# blamed PROGRAM: what each output says that the memory was taken in, and the rule that would forgive it; once,
# however many places a compiler makes of one.
blamed() {
	# shellcheck disable=SC2046  # a command of several words
	run env XDG_RUNTIME_DIR="$T" RAC_STACKS=native,python "$RAC" run --report "$T/blamed.json" -- $(command_of "$1")
	{
		"$RAC" report "$T/blamed.json" | sed -n 's/.*  by [^:]* cudaMalloc\( in [^ :]*\)*.*/report\1/p'
		"$RAC" export --format junit "$T/blamed.json" | sed -n 's/.* message="[^"]* cudaMalloc by [^ ,]*\([^",]*\).*/junit\1/p'
		"$RAC" suppress "$T/blamed.json" | sed -n 's/^\(site:\).*/\1/; /^[a-z]*:/p'
	} | LC_ALL=C sort -u
}
is 'what starts a stripped program is not blamed' "$(blamed loop_stripped)" 'junit
report
site:'
if python_is_read; then
	is 'nor is what a Python program calls through' "$(blamed python_kept)" 'junit in step
leak:^step$
report in step'
else
	skip 'nor is what a Python program calls through' "$python_is_not_read"
fi

# The same text from run to run, but for numbers that differ by nature.
for program in growth loop worker; do
	for number in 1 2; do
		run env XDG_RUNTIME_DIR="$T" RAC_STACKS=native "$RAC" run --fail-on leak,growth -- "$APPS/leaks/$program"
		sed -e 's/==rac [0-9]*==/==rac PID==/' -e 's/process [0-9][0-9]*/process PID/' -e 's/after [0-9.]* s/after N s/' \
			-e 's/^\( *[^ ]* *\)[0-9][0-9]* /\1PID /' "$T/err" >"$T/text.$number"
	done
	is "$program: two runs give the same text" "$(diff "$T/text.1" "$T/text.2")" ''
done
finish
