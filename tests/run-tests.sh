#!/bin/sh
# run-tests.sh - runs what is already built: the simulator's self check, the program tests, the
# README's snippets, the unit tests; it builds and installs nothing.
#
#   B=build tests/run-tests.sh [PATTERN]    PATTERN: only program tests whose path matches it
#
# Those of tests/integrations, which need other systems, are run only where PATTERN begins so.
# A program test prints one "ok - …" or "not ok - …" line a case; a status other than 0 without a
# "not ok" line counts as one failure. Criterion's closing line comes last.
set -u
cd "$(dirname "$0")/.." || exit 1

pattern=${1:-*}
B=${B:-build}
case $B in
/*) ;;
*) B=$PWD/$B ;;
esac
export B
# Seconds for one script: well above what each needs, so that a hang ends with a name.
patience=600
# Where whole systems are fetched and built.
case $pattern in
tests/integrations/*) patience=3000 ;;
esac

# The tests decide what is preloaded and capped, not the shell they are started from.
unset LD_PRELOAD CUDA_VISIBLE_DEVICES CUDA_MPS_PINNED_DEVICE_MEM_LIMIT NVIDIA_GPU_MEMORY_LIMIT
for variable in $(env | sed -n 's/^\(RAC_[A-Z_]*\|CUDA_DEVICE_MEMORY_LIMIT[_0-9]*\)=.*/\1/p'); do
	unset "$variable"
done

log=$(mktemp) && ran=$(mktemp) || exit 1
trap 'rm -f "$log" "$ran"' EXIT
passed=0
failed=0
skipped=0
failures=

# run_check NAME COMMAND…: one case, judged by the status alone.
run_check() {
	# shellcheck disable=SC2016  # the inner shell's
	run_script "$1" sh -c 'name=$0; "$@" && echo "ok - $name"' "$@"
}

# run_script NAME COMMAND…
run_script() {
	name=$1
	shift
	printf '# %s\n' "$name"
	timeout -k 10 "$patience" "$@" </dev/null >"$log" 2>&1
	status=$?
	# Their own totals would be taken for the one below.
	grep -Ev '^[0-9]+ passed, [0-9]+ failed$' "$log"
	sed -n "s/^ok/${name##*/}	&/p" "$log" >>"$ran"
	# The fields of TAP: "ok - name # SKIP reason" was not run.
	good=$(grep -c '^ok' "$log")
	bad=$(grep -c '^not ok' "$log")
	skips=$(grep -c '^ok.*# *SKIP' "$log")
	if [ $((good + bad)) -eq 0 ]; then
		# Not TAP, but it counts: "…: 35 passed, 0 failed".
		total=$(grep -Eo '[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
		good=$(echo "${total:-0}" | cut -d ' ' -f 1)
		bad=$(echo "${total:-0 passed, 0}" | cut -d ' ' -f 3)
	fi
	if [ "$status" -eq 124 ]; then
		printf 'not ok - %s: not done after %s s\n' "$name" "$patience"
		bad=$((bad + 1))
	elif [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
		printf 'not ok - %s: status %s\n' "$name" "$status"
		bad=1
	elif [ "$status" -eq 0 ] && [ $((good + bad)) -eq 0 ]; then
		printf 'not ok - %s: it tested nothing\n' "$name"
		bad=1
	fi
	if [ "$bad" -gt 0 ]; then
		failures="$failures$name
"
	fi
	passed=$((passed + good - skips))
	failed=$((failed + bad))
	skipped=$((skipped + skips))
}

if [ "$pattern" = '*' ]; then
	run_script 'the simulated CUDA' make -s --no-print-directory B="$B" check-sim
	run_check 'the ledger equals the simulated device, in random runs' \
		make -s --no-print-directory B="$B" DIFF_SECONDS=24 check-diff
	run_script 'the model check' "$B/tests/model/model"
	run_script README.md scripts/check-readme.sh
fi
case $pattern in
tests/integrations/*) set -- tests/integrations/*.sh ;;
*) set -- tests/programs/*.sh tests/cli/*.sh ;;
esac
for script; do
	[ -f "$script" ] || continue
	# shellcheck disable=SC2254  # a pattern is what is wanted
	case $script in
	$pattern) run_script "$script" sh "$script" ;;
	esac
done

if [ "$pattern" = '*' ]; then
	run_check 'each row of docs/guest.md names tests that were run' \
		tests/lib/shown_by.py docs/guest.md "$ran"
	# shellcheck disable=SC2016  # the inner shell's
	run_check 'and one that was not run would be missed' \
		sh -c '! tests/lib/shown_by.py docs/guest.md /dev/null >"$0"' "$log"
fi

# At the end, where who waited for it looks.
case $pattern in
tests/integrations/*)
	sed -n 's/^\([^\t]*\)\t - \(.*\) # *SKIP \(.*\)$/# skipped: \1: \2: \3/p' "$ran"
	;;
esac
[ -z "$failures" ] || printf '# failures in:\n%s' "$failures"
[ "$skipped" -eq 0 ] || printf '%s skipped\n' "$skipped"
printf '%s passed, %s failed\n' "$passed" "$failed"

[ "$pattern" = '*' ] || exit $((failed > 0))
timeout -k 10 1200 "$B/tests/units" </dev/null 2>&1
units=$?
[ "$units" -ne 124 ] || echo 'not ok - unit tests: not done after 1200 s'
[ "$failed" -eq 0 ] && [ "$units" -eq 0 ]
