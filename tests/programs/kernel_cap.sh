#!/bin/sh
# kernel_cap.sh - caps that the kernel or the driver itself holds the process to are found, and the
# smaller one holds. The kernel's is a folder of ours in the place of the real control groups.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

# What the kernel has for this process, copied: the group lies at the same path below.
groups=$T/cgroup
own=$(sed -n 's/^0:://p' /proc/self/cgroup)
mkdir -p "$groups$own"
touch "$groups/cgroup.controllers"
inside="unshare --user --map-root-user --mount"
in_groups() {
	# shellcheck disable=SC2016  # the inner shell's
	$inside sh -c 'mount --bind "$0" /sys/fs/cgroup && exec "$@"' "$groups" "$@"
}
# cap VARIABLE=VALUE… PROGRAM…: the cap that is reported, and where the verbose line says it is from.
cap() {
	rm -f "$T/report.json"
	run "$@"
	printf '%s %s %s' "$status" "$(report 'r["devices"][0]["limit_bytes"]')" \
		"$(sed -n 's/^==rac.*== device 0 .*, from //p' "$T/err")"
}
shim="env LD_PRELOAD=$SHIM RAC_REPORT=$T/report.json RAC_VERBOSE=1"

if [ -n "$own" ] && in_groups true 2>/dev/null; then
	printf 'drm/0000:09:00.0/vram0 5\nnvidia/0000:01:00.0/vidmem %s\n' $((1 << 30)) \
		>"$groups$own/dmem.max"
	is 'dmem.max of the own group is a cap' "$(cap in_groups $shim "$APPS/leak" 1M)" \
		'0 1073741824 dmem.max of its cgroup'
	is 'a smaller cap that is set holds' "$(cap in_groups $shim RAC_LIMIT=512M "$APPS/leak" 1M)" \
		'0 536870912 RAC_LIMIT'
	is 'a larger one does not' "$(cap in_groups $shim RAC_LIMIT=2G "$APPS/leak" 1M)" \
		'0 1073741824 dmem.max of its cgroup'
	run in_groups $shim "$APPS/leak" 1000M 100M
	contains 'what passes it is refused, and it is said what cap that is' "$(cat "$T/err")" \
		'cap 1.00 GiB (dmem.max of its cgroup)'
	is 'NVML and CUDA show it' "$(in_groups env LD_PRELOAD="$SHIM" RAC_REPORT=none \
		"$APPS/query_nvml" linked show untouched cuda:0 show agree)" \
		'gpu 0: total 1024, free 1024, used 0, reserved 0, own 0, others 0
gpu 0: total 1024, free 1024, used 0, reserved 0, own 0, others 0'
	is 'a cap that cannot be read fails closed all the same' \
		"$(in_groups $shim RAC_VERBOSE=0 RAC_LIMIT=lots "$APPS/leak" 1M 2>&1 |
			grep -c 'nothing is granted')" 1
	echo 'nvidia/0000:01:00.0/vidmem 0' >"$groups$own/dmem.max"
	run in_groups $shim "$APPS/leak" 1M
	contains 'where the kernel allows nothing, nothing is granted' "$(cat "$T/err")" 'refused: '
	echo 'nvidia/0000:01:00.0/vidmem max' >"$groups$own/dmem.max"
	is 'max is no cap' "$(cap in_groups $shim "$APPS/leak" 1M)" '0 None no setting'
	rm "$groups$own/dmem.max"
	echo 'nvidia/0000:01:00.0/vidmem 99999999999999' >"$groups/dmem.max"
	echo 'nvidia/0000:02:00.0/vidmem 4194304' >>"$groups/dmem.max"
	is 'each device by its own region' "$(cap in_groups $shim SIMCUDA_DEVICES=2 \
		CUDA_VISIBLE_DEVICES=1,0 "$APPS/leak" 1M)" '0 4194304 dmem.max of its cgroup'
else
	for name in 'dmem.max of the own group is a cap' 'each device by its own region'; do
		skip "$name" 'no mount namespaces here, or no control groups of version 2'
	done
fi

# The driver's own limit is asked of NVML, where the program has it.
limited="SIMCUDA_GROUP_LIMIT=1G LD_LIBRARY_PATH=$SIM"
is "the driver's limit, which NVML tells, is a cap" \
	"$(cap $shim $limited "$APPS/query_nvml" linked cuda:0)" \
	"0 1073741824 the driver's limit of its cgroup"
is 'a smaller cap that is set holds there too' \
	"$(cap $shim $limited RAC_LIMIT=512M "$APPS/query_nvml" linked cuda:0)" '0 536870912 RAC_LIMIT'
is 'NVML is not loaded for that' "$(cap $shim $limited "$APPS/leak" 1M)" '0 None no setting'

# What RAC_VERBOSE=1 says of each device.
run $shim SIMCUDA_DEVICES=3 RAC_LIMIT=0=1G,GPU-513cdaa1=25% "$APPS/leak" 1M
is 'the cap of each device and its source are shown at the first use' \
	"$(sed -n 's/^==rac [0-9]*== \(device .*\)/\1/p' "$T/err")" \
	'device 0 (Simulated GPU): cap 1.00 GiB, from RAC_LIMIT
device 1 (Simulated GPU): cap 2.00 GiB, from RAC_LIMIT
device 2 (Simulated GPU): cap none, from no setting'
finish
