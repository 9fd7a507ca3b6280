#!/bin/sh
# coverage.sh - which lines and branches of core/ and shim/ the unit and program tests run: builds all for it in
# build-coverage, runs the tests there, and prints a line a file and one for each folder. The lines that are not run
# are in build-coverage/missing.txt. It fails below what docs/proof.md promises.
#
#   tests/coverage.sh [--again]     --again: only adds up what is there
set -u
cd "$(dirname "$0")/.." || exit 1
B=$PWD/build-coverage
least_core=95 least_shim=90

if [ "${1-}" != --again ]; then
	# Without inlining, so that a line is where it is written; counted atomically, for threads do.
	mkdir -p build-coverage
	gcc -O0 -fPIC -fvisibility=hidden -c tests/lib/coverage_dump.c -o build-coverage/dump.o || exit 1
	make -s B=build-coverage LTO= SHIM_FRAME= EXTRA_CFLAGS='--coverage -O0 -fprofile-update=atomic' \
		EXTRA_LDFLAGS="--coverage -Wl,--wrap=rac_exit_report $B/dump.o" \
		all apps units-plain record-tests diff || exit 1
	find build-coverage -name '*.gcda' -delete
	build-coverage/tests/units-plain >/dev/null
	for test in tests/programs/*.sh tests/cli/*.sh; do
		case $test in
		*/everyday.sh | */secure.sh | */peers.sh | */guest.sh) continue ;; # those look at what is written and called
		esac
		B=$B timeout 600 sh "$test" >/dev/null 2>&1 </dev/null || echo "# $test fails in this build"
	done
fi
find "$B/core" "$B/shim" -name '*.gcda' >"$B/data.txt"
[ -s "$B/data.txt" ] || { echo 'no coverage data'; exit 1; }
xargs gcov --json-format --stdout --branch-probabilities <"$B/data.txt" 2>/dev/null |
	LEAST_core=$least_core LEAST_shim=$least_shim python3 tests/lib/coverage.py "$B/missing.txt"
