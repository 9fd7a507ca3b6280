#!/bin/sh
# coverage.sh - which lines and branches of core/ and shim/ the unit and program tests run: builds all for it in
# build-coverage, runs the tests there, and prints a line a file and one for each folder. The lines that are not run
# are in build-coverage/missing.txt. It fails below what docs/proof.md promises.
#
#   tests/coverage.sh [--again] [SCRIPT…]     --again: adds to what is there; SCRIPT: these alone, else all
set -u
cd "$(dirname "$0")/.." || exit 1
B=$PWD/build-coverage
least_core=95 least_shim=90
again=
[ "${1-}" != --again ] || { again=yes; shift; }

into() {
	make -s B=build-coverage LTO= SHIM_FRAME= "$@" || exit 1
}

# The shim's counters are in a file (tests/lib/coverage_counters.c); all others' are written as gcov does it.
shared=
for symbol in __gcov_exit __gcov_dump __gcov_reset; do
	shared="$shared -Wl,--wrap=$symbol"
done
mkdir -p "$B"
gcc -O0 -fPIC -fvisibility=hidden -D_GNU_SOURCE "-DCOVERAGE_FILE=\"$B/shim.counters\"" \
	-c tests/lib/coverage_counters.c -o "$B/counters.o" || exit 1
# Without inlining, so that a line is where it is written; counted atomically, for threads do. Nothing but core/ and
# shim/: programs under test end as they always do.
into EXTRA_CFLAGS='--coverage -O0 -fdata-sections -fprofile-update=atomic' \
	EXTRA_LDFLAGS="--coverage$shared $B/counters.o -Wl,-T,$PWD/tests/lib/coverage.ld" core shim
into EXTRA_LDFLAGS=--coverage cli units-plain record-tests diff build-coverage/apps/group_steps
into all apps

if [ -z "$again" ]; then
	find build-coverage -name '*.gcda' -delete
	rm -f "$B/shim.counters"
	build-coverage/tests/units-plain >/dev/null
fi
[ $# -gt 0 ] || set -- tests/programs/*.sh tests/cli/*.sh
for test in "$@"; do
	# These look at what is opened and called, at pages and at names, or stop at each instruction, of which this build
	# has many more.
	case $test in
	*/guest.sh | */everyday.sh | */html.sh | */symbols.sh | */gpu_check.sh | */install.sh | */group_kills.sh) continue ;;
	esac
	B=$B timeout 900 sh "$test" >"$B/test.log" 2>&1 </dev/null && continue
	echo "# $test fails in this build:"
	grep -A4 '^not ok' "$B/test.log" | head -n 20
done

# The sums of what the shim counted, added to what the others did.
env SHIM_COVERAGE=write LD_PRELOAD="$B/librac_track.so" true
rm -f "$B/shim.counters"
find "$B/core" "$B/shim" -name '*.gcda' >"$B/data.txt"
[ -s "$B/data.txt" ] || { echo 'no coverage data'; exit 1; }
xargs gcov --json-format --stdout --branch-probabilities <"$B/data.txt" 2>/dev/null |
	LEAST_core=$least_core LEAST_shim=$least_shim python3 tests/lib/coverage.py "$B/missing.txt"
