#!/bin/sh
# check-glibc.sh - runs the tests on other releases of Debian: with the library built there, and with
# the one built here. The releases are fetched by debootstrap into folders that are used again.
#
#   B=build scripts/check-glibc.sh [SUITE…]
#
# SUITE is a release of Debian; without one, bullseye (glibc 2.31, the oldest that is promised) and
# trixie (2.41). Prints one "ok - …", "not ok - …" or "ok - … # SKIP …" line a case.
#
#   DEBIAN_MIRROR   where from, default http://deb.debian.org/debian
set -u
cd "$(dirname "$0")/.." || exit 1
. scripts/debian-root.sh

B=${B:-build}
packages=g++,gcc,libc6-dev,libdw-dev,libiberty-dev,libjson-c-dev,libncurses-dev,make,procps,python3,strace,zlib1g-dev
failures=0

# check NAME SUITE COMMAND: one case; what it printed is shown where it failed.
check() {
	if root_within "$2" "$3" >"$worlds/$2.log" 2>&1 </dev/null; then
		echo "ok - $2: $1 ($(tail -n 1 "$worlds/$2.log"))"
		return 0
	fi
	grep -A 4 -E '^not ok|[Ee]rror' "$worlds/$2.log" | head -n 60
	tail -n 5 "$worlds/$2.log"
	echo "not ok - $2: $1"
	failures=$((failures + 1))
	return 1
}

check_suite() {
	root_copy_sources "$1"
	check 'everything is built there' "$1" \
		'make -s -j$(nproc) all apps units-plain && ldd --version | head -n 1' || return
	check 'unit tests' "$1" 'build/tests/units-plain'
	check 'programs and commands, all built there' "$1" "tests/run-tests.sh 'tests/*'"
	cp "$B/librac_track.so" "$worlds/$1/src/build/"
	check 'programs, with the library that was built here' "$1" \
		"tests/run-tests.sh 'tests/programs/*'"
}

[ -f "$B/librac_track.so" ] || {
	echo "check-glibc: $B/librac_track.so is not built; run make first" >&2
	exit 2
}
[ $# -gt 0 ] || set -- bullseye trixie
for suite; do
	if [ "$(id -u)" -ne 0 ] || ! unshare --mount true 2>/dev/null; then
		echo "ok - $suite # SKIP only root may use debootstrap, chroot and mount"
	elif ! root_fetch "$suite" "$suite" "$packages"; then
		tail -n 3 "$worlds/$suite.log"
		echo "ok - $suite # SKIP it could not be fetched from $mirror"
	elif ! root_within "$suite" true 2>"$worlds/$suite.log"; then
		echo "ok - $suite # SKIP it cannot be entered here: $(tail -n 1 "$worlds/$suite.log")"
	else
		check_suite "$suite"
	fi
done
[ "$failures" -eq 0 ]
