#!/bin/sh
# check-aarch64.sh - builds everything for aarch64 with a cross compiler and runs the tests in an
# emulator of that processor; what the emulator itself cannot do is listed here, with the reason.
#
#   scripts/check-aarch64.sh [SCRIPT…]      "units" among them; without one, all, and once more with branch protection
#
# Prints one "ok - …", "not ok - …" or "ok - … # SKIP …" line a case. Programs are started through
# binfmt_misc of a user namespace of our own, so that nothing of this machine is changed.
set -u
cd "$(dirname "$0")/.." || exit 1
. scripts/world.sh

compiler=${AARCH64_CC:-aarch64-linux-gnu-gcc}
export QEMU_LD_PREFIX=/usr/aarch64-linux-gnu
emulator=$(command -v qemu-aarch64-static)
world=aarch64 B=$PWD/build-aarch64 enter=emulated

# Tests that run this machine's own programs under the library are not for another processor.
world_part=$*
[ $# -gt 0 ] || set -- units absent arrays imports kernel_cap life nvml output query races record refusal report routes \
	scope settings sites untracked
lacks='
absent | so does python3 with ctypes* | that Python is one for this machine
output | a limit on the size of files* | the limit ends the emulator itself
output | it is said | as above
record | a live record can be read | it makes up the start time in /proc/self/stat: its process seems gone
record | and is not taken from its process | as above
record | what is published shows the figures | as above
record | a child of one with a record* | it makes up the start time in /proc/self/stat
record | an image that another one replaced* | as above
record | which has a record of its own | as above
record | so have the images of one process* | as above
record | another user from then on* | the namespace it runs in has one user
refusal | the driver*s own refusal is said, with what neighbours hold | as above: neighbours seem gone
refusal | and with the cap, where there is one | as above
refusal | and counted as a failure of the driver* | as above
refusal | one neighbour | as above
refusal | neighbours are not looked for* | as above
routes | 10,000 callers* | it is no measure of time
units | elf_image/is_not_there_when* | the emulator never uses a place in memory again
units | code_modules/are_compared_each_time* | as above
units | code_modules/keep_their_names_when* | as above
units | code_modules/take_the_place_of* | as above
units | unwind/learns_anew_where_another* | as above
units | unwind/is_right_in_threads_while* | as above, which fills the table of places
units | unwind_stacks/goes_on_behind_a_signal* | it has no vDSO, through which the way leads
units | safe_read/sees_what_can_be_read* | it checks system calls in another order than the kernel
life | a child that has the pid of its parent* | it has no new pid namespaces
nvml | a neighbour with* | it makes up the start time in /proc/self/stat
nvml | a Python program with NVML* | that Python is one for this machine
'

# emulated COMMAND…: runs it, with programs for aarch64 as if this machine could.
emulated() {
	# shellcheck disable=SC2016  # the inner shell's
	unshare --user --map-root-user --mount sh -c '
		mount -t binfmt_misc none /proc/sys/fs/binfmt_misc || exit 125
		bits="\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
		mask="\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"
		printf "%s" ":aarch64:M::$bits:$mask:$1:F" >/proc/sys/fs/binfmt_misc/register || exit 125
		export B="$2" CC="$3"
		shift 3
		exec "$@"' sh "$emulator" "$B" "$compiler" "$@"
}

# libgcc of Debian has no landing pads, so the library does without it here.
check_protection() {
	world_build "$B-bti" CC="$compiler" shim \
		EXTRA_CFLAGS='-mbranch-protection=standard -mno-outline-atomics' \
		EXTRA_LDFLAGS='-Wl,-z,force-bti'
	cp "$B/librac_track.so" "$B/librac_track.plain"
	cp "$B-bti/librac_track.so" "$B/librac_track.so"
	export QEMU_CPU=max
	world_check 'routes, branch protection enforced' sh tests/programs/routes.sh
	mv "$B/librac_track.plain" "$B/librac_track.so"
}

if ! command -v "$compiler" >/dev/null; then
	echo "ok - aarch64 # SKIP no $compiler"
	exit 0
fi
if ! emulated true 2>/dev/null; then
	echo 'ok - aarch64 # SKIP no emulator, or no user namespace that may register it'
	exit 0
fi
world_build "$B" CC="$compiler" all apps units-plain
echo "ok - aarch64: make CC=$compiler"
if scripts/check-library.sh "$B/librac_track.so"; then
	echo 'ok - aarch64: exports equal the list, an old libc alone is needed'
else
	echo 'not ok - aarch64: the library'
	world_failures=$((world_failures + 1))
fi
for script; do
	case $script in
	units) world_check units "$B/tests/units-plain" ;;
	*) world_check "$script" sh "tests/programs/$script.sh" ;;
	esac
done
[ -n "$world_part" ] || check_protection
[ "$world_failures" -eq 0 ]
