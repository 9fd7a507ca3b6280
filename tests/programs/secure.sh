#!/bin/sh
# secure.sh - in a process that has more rights than its user the shim is loaded and does nothing: no cap, no
# report, no word, no file, however it came by its rights and the shim into it.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

name='a process with more rights than its user'
if [ "$(id -u)" -ne 0 ] || ! command -v setpriv >/dev/null; then
	skip "$name: the shim is inert" 'needs root and setpriv'
	finish
fi

# Where everyone may read.
mkdir "$T/lib"
cp "$SHIM" "$SIM/libcuda.so.1" "$T/lib/"
chmod 755 "$T" "$T/lib"
shim=$T/lib/librac_track.so

# Says whether it is one, what the driver answers, by which function, and what its dlopen was asked for.
source='
	#include <cuda.h>
	#include <dlfcn.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <string.h>
	#include <sys/auxv.h>
	#include <sys/wait.h>
	#include <unistd.h>
	int main(int argc, char **argv)
	{
		CUcontext ctx;
		CUdeviceptr memory;
		Dl_info info = {0};
		void *driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
		printf("secure %lu", getauxval(AT_SECURE));
		if (cuInit(0) || cuDevicePrimaryCtxRetain(&ctx, 0) || cuCtxSetCurrent(ctx) || !driver)
			return 9;
		printf(" allocation %d", (int)cuMemAlloc(&memory, 1 << 20));
		dladdr(dlsym(driver, "cuMemAlloc_v2"), &info);
		printf(" of %s", strrchr(info.dli_fname, 0x2f) + 1);
		printf(" setting %s\n", getenv("RAC_LIMIT") ? getenv("RAC_LIMIT") : "none");
		fflush(stdout);
		if (argc > 1)
			execl("/bin/echo", "echo", argv[1], (char *)NULL);
		_exit(0);
	}'
compile "$T/plain" "$source" -Itests/sim/include "$T/lib/libcuda.so.1" -Wl,-rpath,"$T/lib" -D_GNU_SOURCE -ldl
compile "$T/linked" "$source" -Itests/sim/include -Wl,--no-as-needed "$shim" "$T/lib/libcuda.so.1" \
	-Wl,-rpath,"$T/lib" -D_GNU_SOURCE -ldl

# as_user COMMAND…: with the rights of nobody, and settings that would be noticed.
as_user() {
	setpriv --reuid=65534 --regid=65534 --clear-groups env RAC_LIMIT=4K RAC_VERBOSE=1 RAC_BOGUS=1 \
		RAC_REPORT="$T/lib/report" RAC_RECORD="$T/lib/record" "$@"
}

# for_all COMMAND…: as_user, with the shim in an /etc/ld.so.preload that nobody else sees.
for_all() {
	unshare -m sh -c 'mount --bind "$0" /etc && exec "$@"' "$T/etc" \
		setpriv --reuid=65534 --regid=65534 --clear-groups env RAC_LIMIT=4K RAC_VERBOSE=1 \
		RAC_BOGUS=1 RAC_REPORT="$T/lib/report" RAC_RECORD="$T/lib/record" "$@"
}

# give_rights WAY PROGRAM
give_rights() {
	case $1 in
	setuid) chmod 4755 "$2" ;;
	setgid) chmod 2755 "$2" ;;
	# To bind ports below 1024, at once: see capabilities(7), version 2 of the attribute.
	capability)
		"$PYTHON" -c 'import os, struct, sys
os.setxattr(sys.argv[1], "security.capability", struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0))' "$2"
		;;
	esac 2>/dev/null
}

# inert NAME WRAPPER PROGRAM
inert() {
	run "$2" "$3" ended
	case $(cat "$T/out") in
	'secure 1 '*)
		is "$1: no cap holds, and lookups are left alone" "$(cat "$T/out")" \
			'secure 1 allocation 0 of libcuda.so.1 setting 4K
ended'
		ended "$1: nothing is said" 0 ''
		is "$1: nothing is written" "$(ls "$T/lib")" 'libcuda.so.1
librac_track.so'
		;;
	*) skip "$1: the shim is inert" "this file system gives no rights: $(cat "$T/out")" ;;
	esac
}

run as_user "$T/linked"
is 'with the rights of its user alone the cap holds' "$(cat "$T/out")" \
	'secure 0 allocation 2 of librac_track.so setting 4K'
ways=as_user
if unshare -m true 2>/dev/null && cp -a /etc "$T/etc" 2>/dev/null; then
	echo "$shim" >"$T/etc/ld.so.preload"
	ways='as_user for_all'
	run for_all "$T/plain"
	is 'by /etc/ld.so.preload, too' "$(cat "$T/out")" \
		'secure 0 allocation 2 of librac_track.so setting 4K'
else
	skip "$name, the shim in /etc/ld.so.preload" 'no mount namespace is to be had'
fi
for way in $ways; do
	[ $way = as_user ] && program=$T/linked || program=$T/plain
	for rights in setuid setgid capability; do
		cp "$program" "$program.$rights"
		if give_rights $rights "$program.$rights"; then
			inert "$name by $rights ($way)" $way "$program.$rights"
		else
			skip "$name by $rights ($way)" 'the file system does not have it'
		fi
	done
done

# The system's own, with the shim preloaded for all.
case $ways in
*for_all)
	for command in 'su --version' 'passwd --status' 'mount --version' 'umount --version' 'sudo -V' 'su -c id'; do
		# shellcheck disable=SC2086  # a command and its arguments
		set -- $command
		[ -u "$(command -v "$1")" ] 2>/dev/null || continue
		as_user "$@" >"$T/alone" 2>&1 </dev/null
		echo "status $?" >>"$T/alone"
		for_all "$@" >"$T/under" 2>&1 </dev/null
		echo "status $?" >>"$T/under"
		run diff "$T/alone" "$T/under"
		is "$command, as nobody, is the same" "$(cat "$T/out")" ''
	done
	;;
esac

# What is opened: by someone who may look.
if strace -u nobody -o /dev/null /bin/true 2>/dev/null && [ -u "$T/linked.setuid" ]; then
	for program in "$T/linked.setuid" "$T/linked"; do
		strace -u nobody -f -o "$T/trace" -E RAC_LIMIT=4K -E RAC_REPORT="$T/lib/report" "$program" \
			>"$T/out" 2>"$T/err"
		grep -c -e 'readlink("/proc/self/exe' -e 'statx(2' -e 'lib/report' "$T/trace" >"$T/looked"
		case $program in
		*setuid) is "$name: nothing is looked at" "$(cat "$T/looked")" 0 ;;
		*) is 'which otherwise is' "$(grep -c '[1-9]' "$T/looked")" 1 ;;
		esac
	done
else
	skip "$name: nothing is looked at" 'strace does not run as nobody'
fi

finish
