#!/bin/sh
# faults.sh - whatever fails of what the shim asks the system for, and in a world that lacks what it likes to have:
# the program ends as ever, the cap holds, and what is lost is said. FAULTS=all lets each system call fail, not only
# those that get memory and files (make check-faults).
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

app=$APPS/fault_steps
calls='--calls mmap,mremap,memfd_create,openat,open,ftruncate,fallocate,write,pwrite64,pwritev2,link,rename,renameat2,mkdir,madvise'
[ "${FAULTS-}" != all ] || calls=

if strace -k -o /dev/null true 2>/dev/null; then
	group=faults-$$
	# shellcheck disable=SC2086  # two words
	for setting in RAC_VERBOSE=0 RAC_RECORD=FOLDER/run.rec RAC_STATUS_DIR=FOLDER RAC_GROUP=$group; do
		run "$PYTHON" tests/faults/sweep.py $calls "$app" "$SHIM" "$T/sweep" $setting
		is "with $setting, whichever call fails" "$status $(grep -c '^ok - each of' "$T/out")" '0 1'
		[ "$status" -eq 0 ] || cat "$T/out" "$T/err"
	done
	rm -f /dev/shm/rac-group-"$(id -u)-$group"-*
else
	skip 'each system call fails once' 'strace cannot tell who calls'
fi

for setting in RAC_VERBOSE=0 RAC_SCOPE=process RAC_LIMIT=none RAC_GROUP=faults-$$; do
	run "$PYTHON" tests/faults/driver.py "$APPS/driver_steps" "$SHIM" "$T/driver" $setting
	is "with $setting, whichever call of the driver fails" "$status $(grep -c '^ok - each of' "$T/out")" '0 1'
	[ "$status" -eq 0 ] || head -n 20 "$T/out"
done
rm -f /dev/shm/rac-group-"$(id -u)-faults-$$"-*

# goes_on NAME COMMAND…: the program ends well, is given no more than its cap, and its report, or a line, says so.
# What it prints is ALLOCATIONS FREES LIVE REFUSED.
goes_on() {
	goes_name=$1
	shift
	rm -f "$T/report.json"
	run "$@"
	if [ "$status" -ne 0 ]; then
		not_ok "$goes_name" "status $status, stderr $(cat "$T/err")"
	elif [ -s "$T/report.json" ]; then
		is "$goes_name" "$(report '*(r["devices"][0][k] for k in ("allocations", "frees", "live_bytes"))')" \
			"$(cut -d ' ' -f 1-3 "$T/out")"
	else
		is "$goes_name" "$(cut -d ' ' -f 1-3 "$T/out"), $(grep -c '^==rac' "$T/err" | sed 's/[1-9][0-9]*/said/')" \
			"$full, said"
	fi
}


# Without /proc the loader does not know where the program lies.
export LD_LIBRARY_PATH="$SIM"
shim="env LD_PRELOAD=$SHIM RAC_LIMIT=8M RAC_REPORT=$T/report.json"
full=$($shim "$app" 8M 2>/dev/null | cut -d ' ' -f 1-3)
is 'the program is given what it may have' "$full" '48 16 6291456'

# shellcheck disable=SC2086  # lists of words
limits() {
	# A make that runs this has descriptors of its own, and would leave none to the program.
	clear='exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-'
	for limit in '-n 4' '-n 5' '-f 1' '-f 8' '-l 0' '-s 64' '-i 0' '-q 0' '-u 1' '-d 4096' '-v 65536' '-x 0'; do
		goes_on "ulimit $limit" sh -c "$clear; ulimit $limit 2>/dev/null; exec $shim RAC_RECORD=$T/run.rec $app 8M"
		rm -f "$T"/run.rec*
	done
}
limits

# What sandboxes refuse to programs that know nothing of it: each call, and all of them; for lack of rights, or as an old
# kernel would.
each='memfd_create process_vm_readv fallocate pwritev2 ppoll linkat renameat2 mkdirat faccessat statx getrandom unlinkat
	rt_sigprocmask rt_sigpending madvise readlinkat getppid fstatfs ftruncate flock uname'
all=$(echo $each | tr ' ' ',')
for error in 1 38; do
	for call in $each "$all"; do
		goes_on "with error $error for $call" $shim RAC_RECORD="$T/run.rec" RAC_STACKS=native,python \
			"$APPS/refuses" $error "$call" "$app" 8M
		rm -f "$T"/run.rec*
	done
	run $shim RAC_GROUP=faults-$$ "$APPS/refuses" $error "$all" "$app" 8M
	is "a group with error $error for all of them gives no more than the cap" \
		"$status $(awk '{ print $3 <= 8388608 }' "$T/out")" '0 1'
done
rm -f /dev/shm/rac-group-"$(id -u)-faults-$$"-*

in_world() {
	goes_on "$1" unshare -rm sh -c "$2; exec $shim $3 $app 8M"
}
if unshare -rm true 2>/dev/null; then
	mkdir "$T/small" "$T/fixed"
	small="mount -t tmpfs -o size=64k none $T/small"
	in_world 'a disk that is full while the record is made' "$small" "RAC_RECORD=$T/small/r.rec"
	in_world 'a disk with room for a part of the record' "${small%64k*}512k none $T/small" "RAC_RECORD=$T/small/r.rec"
	in_world 'a disk that is full when the report is written' "$small; head -c 64k /dev/zero >$T/small/x" \
		"RAC_REPORT=$T/small/report.json"
	in_world 'a file system that is read only' "mount -t tmpfs -o ro none $T/fixed" \
		"RAC_RECORD=$T/fixed/r.rec RAC_STATUS_DIR=$T/fixed"
	in_world 'no /proc' 'mount -t tmpfs none /proc' "RAC_RECORD=$T/run2.rec"
	in_world 'no /dev' 'mount -t tmpfs none /dev' "RAC_RECORD=$T/run3.rec"
	in_world 'no /tmp and no /sys' 'mount -t tmpfs none /sys' "RAC_STATUS_DIR=$T"
	# A group cannot be had there: nothing is granted.
	run unshare -rm sh -c "mount -t tmpfs -o ro none /dev/shm; exec $shim RAC_GROUP=faults-$$ $app 8M"
	is 'a group without /dev/shm grants nothing, and it is said' \
		"$status $(cat "$T/out") $(grep -c '/dev/shm' "$T/err" | sed 's/[1-9][0-9]*/said/')" '0 0 0 0 80 said'
	# A root folder with nothing but what the program is linked with.
	mkdir -p "$T/root/made"
	for file in $(env LD_PRELOAD="$SHIM" ldd "$app" | grep -o '/[^ ]*') "$SHIM" "$app" $(ls "$SIM"/*.so*); do
		mkdir -p "$T/root$(dirname "$file")" && cp -L "$file" "$T/root$file"
	done
	rm -f "$T/report.json"
	run unshare -r chroot "$T/root" "$app" 8G
	if [ "$status" -eq 0 ]; then
		run env LD_PRELOAD= unshare -r "$PYTHON" -c 'import os, sys
os.chroot(sys.argv[1])
os.chdir("/")
os.execve(sys.argv[3], [sys.argv[3], "8M"], {"LD_PRELOAD": sys.argv[2], "LD_LIBRARY_PATH": os.environ["LD_LIBRARY_PATH"], "RAC_LIMIT": "8M",
	"RAC_REPORT": "/made/report.json", "RAC_RECORD": "/made/run.rec"})' "$T/root" "$SHIM" "$app"
		cp "$T/root/made/report.json" "$T/report.json" 2>/dev/null
		is 'a root folder with nothing in it' "$status $(cut -d ' ' -f 1-3 "$T/out") $(report '*(r["devices"][0][k]
			for k in ("allocations", "frees", "live_bytes"))')" "0 $full $full"
	else
		skip 'a root folder with nothing in it' 'the program does not run in one'
	fi
else
	skip 'worlds that lack something' 'no user namespace is to be had'
fi
finish
