#!/bin/sh
# check-oldest.sh - builds programs for the oldest glibc that is promised and runs the tests with them and the library
# that was built here. Only that glibc is fetched, and nobody need be root: programs name its loader and its libraries
# themselves. All of an old release is check-glibc.sh's.
#
#   scripts/check-oldest.sh LIBRARY [SCRIPT…]      usually build/librac_track.so; without scripts, all that can be run
#
# Prints one "ok - …", "not ok - …" or "ok - … # SKIP …" line a case.
#
#   DEBIAN_MIRROR   asked first
set -u
library=$(realpath "$1") || exit 2
shift
cd "$(dirname "$0")/.." || exit 1
. scripts/world.sh

world='glibc 2.31' B=$PWD/build-oldest enter=with_oldest
root=$B/root compiler=$B/cc
mirrors="${DEBIAN_MIRROR:-} http://deb.debian.org/debian http://archive.debian.org/debian
	https://snapshot.debian.org/archive/debian/20240831T000000Z"
# Debian 11.11's.
packages='
05f7264da867b37f4c5ce49266b558ea1e81e05a9464f623152fca70f3550282 pool/main/g/glibc/libc6_2.31-13+deb11u11_amd64.deb
e7f7b45d9c5cfcf37609f0b6efd3c645272c812144703af89dfd32218fcb0fd3 pool/main/g/glibc/libc6-dev_2.31-13+deb11u11_amd64.deb
e3be603bd12377bb90fcfb0f2048ca3a81c886e49d6f09945b82159d1c54f7b2 pool/main/l/linux/linux-libc-dev_5.10.223-1_amd64.deb
e478f2709d8474165bb664de42e16950c391f30eaa55bc9b3573281d83a29daf pool/main/g/gcc-10/libgcc-s1_10.2.1-6_amd64.deb'

# Python, and all that is not built here, has the glibc of this machine.
world_part=$*
[ $# -gt 0 ] || set -- absent arrays guest imports kernel_cap life life_exec nvml output query races record refusal \
	report routes scope settings sites untracked
# shellcheck disable=SC2034  # for world.sh
lacks='
nvml | a Python program with NVML* | that Python is one with the glibc of this machine
'

skip_world() {
	echo "ok - $world # SKIP $1"
	exit 0
}

# Whole or not at all.
fetch() {
	[ "$(cat "$root/packages" 2>/dev/null)" != "$packages" ] || return 0
	rm -rf "$root" "$B/part"
	mkdir -p "$B/part/packed"
	# shellcheck disable=SC2086  # a list of words
	echo "$packages" | sed 1d | timeout 150 python3 scripts/fetch.py "$B/part/packed" $mirrors || return 1
	for package in "$B"/part/packed/*.deb; do
		dpkg-deb -x "$package" "$B/part" || return 1
	done
	rm -r "$B/part/packed"
	# They name places in the root folder.
	find "$B/part" -type l | while read -r link; do
		target=$(readlink "$link")
		[ "${target#/}" = "$target" ] || ln -sf "$root$target" "$link"
	done
	echo "$packages" >"$B/part/packages"
	mv "$B/part" "$root"
}

# The loader opens libgcc_s by itself to end a thread, and would find that of this machine.
write_compiler() {
	cat >"$compiler" <<-END
		#!/bin/sh
		exec gcc --sysroot='$root' -B'$root/usr/lib/x86_64-linux-gnu/' -L'$root/usr/lib/x86_64-linux-gnu' \\
			-L'$root/lib/x86_64-linux-gnu' -Wl,--dynamic-linker='$root/lib/x86_64-linux-gnu/ld-2.31.so' \\
			-Wl,-rpath,'$root/lib/x86_64-linux-gnu' "\$@" -Wl,--push-state,--no-as-needed -lgcc_s -Wl,--pop-state
	END
	chmod +x "$compiler"
}

with_oldest() {
	CC=$compiler B=$B "$@"
}

[ "$(uname -m)" = x86_64 ] || skip_world 'its packages are known here for x86-64 alone'
command -v dpkg-deb >/dev/null || skip_world 'no dpkg-deb to unpack it with'
mkdir -p "$B"
fetch 2>"$B/log" || skip_world "it could not be fetched: $(tail -n 1 "$B/log" | grep . || echo 'the time was up')"
write_compiler
printf '#include <gnu/libc-version.h>\n#include <stdio.h>\nint main(void) { return puts(gnu_get_libc_version()) < 0; }' |
	"$compiler" -x c - -o "$B/version" 2>"$B/log" || skip_world "gcc cannot link with it: $(head -n 1 "$B/log")"
[ "$("$B/version")" = 2.31 ] || skip_world "its loader does not run here"

world_build "$B" CC="$compiler" apps
cp "$library" "$B/librac_track.so"
ln -sf "$(dirname "$library")/rac" "$B/rac"
for script; do
	world_check "$script" sh "tests/programs/$script.sh"
done
[ "$world_failures" -eq 0 ]
