#!/bin/sh
# query.sh - what a program sees as memory sizes under a cap, on each way of asking, against what the
# simulated devices really hold.
# shellcheck disable=SC2086  # lists of variables are split on purpose
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
export RAC_REPORT=none

# sizes NAME CAP DEVICE VARIABLE=VALUE…: every figure is as the cap and the device have it.
sizes() {
	sizes_name=$1 sizes_cap=$2 sizes_device=$3
	shift 3
	run env LD_PRELOAD="$B/librac_track.so" "$@" "$B/apps/query_sizes" "$sizes_cap" "$sizes_device"
	is "$sizes_name" "$status $(cat "$T/out")$(grep -v '^==rac' "$T/err")" '0 query_sizes: fine'
}

# The simulated devices have 8 GiB each.
run "$B/apps/query_sizes" none
is 'the test itself holds without the library' "$status" 0
sizes 'without a cap the device is shown as it is (A8, A9)' none 0 RAC_VERBOSE=0
sizes 'a cap is shown as total, what is left of it as free; NULL outputs are fine (A8, row 12)' 1G 0 \
	RAC_LIMIT=1G
sizes 'a cap of more than 4 GiB saturates the 32-bit functions' 5G 0 RAC_LIMIT=5G
sizes 'a cap above the device shows the device' 20G 0 RAC_LIMIT=20G
sizes 'free is bounded by what the device has left' 7G 0 RAC_LIMIT=7G SIMCUDA_CONTEXT_BYTES=3G
sizes 'a cap of a percentage' 2G 0 RAC_LIMIT=25%
sizes 'RAC_SHOW=device shows the device whatever the cap' none 0 RAC_LIMIT=1G RAC_SHOW=device
sizes 'over the cap free is 0, and the call succeeds (A8, A24, row 10, row 11)' 10M 0 \
	RAC_LIMIT=10M RAC_ON_LIMIT=warn
sizes 'where the cap is not understood nothing is free' closed 0 RAC_LIMIT=lots
sizes 'nor where it names a device that is not there' closed 0 RAC_LIMIT=GPU-eeee=1G
sizes 'each device by its own cap: the first' 2G 0 SIMCUDA_DEVICES=2 RAC_LIMIT=1=1G,2G
sizes 'each device by its own cap: the second, also before any context (B13)' 1G 1 \
	SIMCUDA_DEVICES=2 RAC_LIMIT=1=1G,2G
sizes 'a cap by UUID follows the device to another ordinal (row 8)' 1G 0 \
	SIMCUDA_DEVICES=2 CUDA_VISIBLE_DEVICES=1,0 RAC_LIMIT=GPU-513cdaa1=1G,3G
sizes 'a driver that calls itself is answered with the truth' 4G 0 RAC_LIMIT=50% SIMCUDA_REENTER=1

# seen VARIABLE=VALUE… [-- ARGUMENT…]: what query_runtime printed.
seen() {
	env LD_PRELOAD="$B/librac_track.so" "$@" 2>&1
}
is 'the runtime shows the same: memory info and device properties' \
	"$(seen RAC_LIMIT=1G "$B/apps/query_runtime" 0 100M)" 'total 1024, free 924, properties 1024'
is 'also with RAC_SHOW=device' \
	"$(seen RAC_LIMIT=1G RAC_SHOW=device "$B/apps/query_runtime" 0 100M)" \
	'total 8192, free 8092, properties 8192'
is 'also by a percentage on a driver that calls itself' \
	"$(seen RAC_LIMIT=25% SIMCUDA_REENTER=1 "$B/apps/query_runtime" 0 1G)" \
	'total 2048, free 1024, properties 2048'

for release in 11.2 11.8; do
	is "the runtime of $release, too" "$(seen RAC_LIMIT=1G SIMCUDA_CUDART=$release \
		"$B/apps/query_runtime" 0 100M)" 'total 1024, free 924, properties 1024'
done

# free_holds NAME CAP VARIABLE=VALUE… ; the seeds are new each time and printed.
seed=${SEED:-$(($(date +%s) % 1000000))}
free_holds() {
	free_name=$1
	shift
	for threads in 1 8; do
		seed=$((seed + 1))
		run env LD_PRELOAD="$B/librac_track.so" "$@" "$B/apps/query_free" "$seed" 40 "$threads"
		is "$free_name, $threads threads (seed $seed)" \
			"$status$(grep -v '^==rac' "$T/err")" 0
	done
	sed 's/^/# /' "$T/out"
}
free_holds 'a free that is shown can be allocated: bounded by the cap' RAC_LIMIT=1G
free_holds 'a free that is shown can be allocated: bounded by the device' \
	RAC_LIMIT=3G SIMCUDA_MEMORY=1G
free_holds 'a free that is shown can be allocated: now by the one, now by the other' \
	RAC_LIMIT=1G SIMCUDA_MEMORY=1100M SIMCUDA_CONTEXT_BYTES=90M
free_holds 'a free that is shown can be allocated: without a cap' SIMCUDA_MEMORY=1G
free_holds 'a free that is shown can be allocated: managed memory takes none of the device' \
	RAC_LIMIT=1G SIMCUDA_MANAGED=oversubscribe
free_holds 'a free that is shown can be allocated: the cap covers contexts, too' RAC_LIMIT=1G \
	RAC_SCOPE=process SIMCUDA_CONTEXT_BYTES=90M LD_LIBRARY_PATH="$B/sim"
free_holds 'a free that is shown can be allocated: the cap is a group'"'"'s' RAC_LIMIT=1G \
	RAC_GROUP=query-$$ SIMCUDA_SHARED="$T/board"
rm -f /dev/shm/rac-group-*-query-$$-*
finish
