#!/bin/sh
# check-musl.sh - loads the library, which is built for glibc, into programs that use musl, and runs the
# tests with them; what is so in musl without the library too, or cannot be had, is listed here.
#
#   scripts/check-musl.sh LIBRARY [SCRIPT…]      usually build/librac_track.so; without scripts, all
#
# Prints one "ok - …", "not ok - …" or "ok - … # SKIP …" line a case.
set -u
library=$(realpath "$1") || exit 2
shift
cd "$(dirname "$0")/.." || exit 1
. scripts/world.sh

world=musl B=$PWD/build-musl enter=with_musl world_part=$*

[ $# -gt 0 ] || set -- arrays imports output query races refusal report routes settings untracked
lacks='
routes | *dlvsym: * | musl has no dlvsym
routes | *dlmopen* | musl has no dlmopen
routes | a library that opens others by its RUNPATH* | musl looks in the RUNPATH of the program alone
routes | RTLD_DEFAULT in a library opened RTLD_LOCAL* | musl looks in the scope of the program alone
report | the report has the status | musl does not tell it to who asks at exit; it is null
'

# The kernel's headers, which musl does not bring along, and none of glibc's.
kernel=$B/kernel
compiler="musl-gcc -idirafter $kernel"
provide_kernel() {
	mkdir -p "$kernel"
	ln -sfn /usr/include/linux /usr/include/asm-generic "$kernel"
	ln -sfn "/usr/include/$(gcc -dumpmachine)/asm" "$kernel/asm"
}

with_musl() {
	CC=$compiler B=$B "$@"
}

if ! command -v musl-gcc >/dev/null; then
	echo 'ok - musl # SKIP no musl-gcc'
	exit 0
fi
provide_kernel
world_build "$B" CC="$compiler" apps
cp "$library" "$B/librac_track.so"

# Nothing else on such a machine may notice.
for program in nocuda guest_child; do
	LD_PRELOAD=$B/librac_track.so "$B/apps/$program" >"$B/log" 2>&1 </dev/null
	status=$?
	"$B/apps/$program" >"$B/alone" 2>&1 </dev/null
	if [ "$status" -eq $? ] && cmp -s "$B/log" "$B/alone"; then
		echo "ok - musl: $program runs as without the library"
	else
		cat "$B/log"
		echo "not ok - musl: $program runs as without the library (status $status)"
		world_failures=$((world_failures + 1))
	fi
done
for script; do
	world_check "$script" sh "tests/programs/$script.sh"
done
[ "$world_failures" -eq 0 ]
