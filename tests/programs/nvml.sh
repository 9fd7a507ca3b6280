#!/bin/sh
# nvml.sh - what a program sees through NVML under a cap: the same as through CUDA, before CUDA is
# initialised and after, with NVML's own numbering of devices, and on each way to NVML's functions.
# shellcheck disable=SC2086  # lists of variables are split on purpose
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh
app=$APPS/query_nvml

# seen VARIABLE=VALUE… -- STEP…: what query_nvml printed, by each way in; they must not differ. On
# failure also what it said.
seen() {
	seen_settings=
	while [ "$1" != -- ]; do
		seen_settings="$seen_settings $1"
		shift
	done
	shift
	for seen_way in linked dlsym; do
		env LD_PRELOAD="$SHIM" RAC_REPORT=none $seen_settings "$app" $seen_way "$@" \
			>"$T/$seen_way" 2>"$T/said" || echo "status $?" >>"$T/$seen_way"
		grep -v '^==rac' "$T/said" >>"$T/$seen_way"
	done
	diff "$T/linked" "$T/dlsym" >/dev/null && cat "$T/linked" && return
	echo "linked: $(cat "$T/linked")"
	echo "dlsym: $(cat "$T/dlsym")"
}
whole='gpu 0: total 8192, free 8192, used 0, reserved 0, own 0, others 0'
second='gpu 1: total 8192, free 8192, used 0, reserved 0, own 0, others 0'

# The simulated devices have 8 GiB each.
run env SIMCUDA_CONTEXT_BYTES=200M "$app" linked show untouched cuda:0 take:100M show edges
is 'the test itself holds without the library' "$status $(cat "$T/out")" "0 $whole
gpu 0: total 8192, free 7892, used 300, reserved 0, own 300, others 0"
is 'without a cap NVML is shown as it is' \
	"$(seen SIMCUDA_CONTEXT_BYTES=200M -- show cuda:0 take:100M show edges)" "$(cat "$T/out")"
capped='gpu 0: total 1024, free 1024, used 0, reserved 0, own 0, others 0
gpu 0: total 1024, free 924, used 100, reserved 0, own 100, others 0'
steps='show untouched cuda:0 take:100M show agree edges'
is 'a cap is what NVML shows, before CUDA is initialised too, and agrees with cuMemGetInfo' \
	"$(seen SIMCUDA_CONTEXT_BYTES=200M RAC_LIMIT=1G -- $steps)" "$capped"
is 'a cap of a percentage' "$(seen RAC_LIMIT=12.5% -- $steps)" "$capped"
is 'of what CUDA has, where NVML counts more; that is outside of the cap' \
	"$(seen RAC_LIMIT=12.5% SIMCUDA_RESERVED=400M -- $steps)" "$capped"
is 'a driver that calls itself' "$(seen RAC_LIMIT=1G SIMCUDA_REENTER=1 -- $steps)" "$capped"
is 'a cap above the device shows the device' \
	"$(seen RAC_LIMIT=20G SIMCUDA_RESERVED=400M -- show cuda:0 take:100M show)" \
	'gpu 0: total 8592, free 8192, used 400, reserved 400, own 0, others 0
gpu 0: total 8592, free 8092, used 500, reserved 400, own 100, others 0'
is 'RAC_SHOW=device shows the device' \
	"$(seen RAC_LIMIT=1G RAC_SHOW=device -- show cuda:0 show)" "$whole
$whole"
is 'over the cap nothing is free, and no figure falls below nothing (row 10)' \
	"$(seen RAC_LIMIT=64M RAC_ON_LIMIT=warn -- cuda:0 take:100M show agree)" \
	'gpu 0: total 64, free 0, used 64, reserved 0, own 64, others 0'
for cap in lots GPU-eeee=1G; do
	is "where the cap ($cap) is not understood nothing is free" \
		"$(seen RAC_LIMIT=$cap -- show untouched)" \
		'gpu 0: total 8192, free 0, used 8192, reserved 0, own 0, others 0'
done
is 'where NVML knows no total the errors stay, and the cap holds all the same (row 21)' \
	"$(seen RAC_LIMIT=1G SIMCUDA_UNIFIED=1 -- show cuda:0 take:100M show)" \
	'gpu 0: error 3, own 0, others 0
gpu 0: error 3, own 100, others 0'

# Which device is meant: NVML counts otherwise than CUDA.
one='gpu 0: total 1024, free 1024, used 0, reserved 0, own 0, others 0'
two='gpu 0: total 2048, free 2048, used 0, reserved 0, own 0, others 0'
other_one=$(echo "$one" | sed 's/gpu 0/gpu 1/')
other_two=$(echo "$two" | sed 's/gpu 0/gpu 1/')
# both NAME EXPECTED VARIABLE=VALUE…: the same before and after CUDA is initialised.
both() {
	both_name=$1 both_expected=$2
	shift 2
	is "$both_name" "$(seen SIMCUDA_DEVICES=2 "$@" -- show untouched cuda:0 show agree)" \
		"$both_expected
$both_expected"
}
both 'each device by its own cap' "$one
$other_two" RAC_LIMIT=0=1G,1=2G
both 'ordinals are those after CUDA_VISIBLE_DEVICES (row 8)' "$two
$other_one" RAC_LIMIT=0=1G,1=2G CUDA_VISIBLE_DEVICES=1,0
both 'also where that names UUIDs, and where CUDA_DEVICE_ORDER is set' "$two
$other_one" RAC_LIMIT=0=1G,1=2G CUDA_VISIBLE_DEVICES=GPU-513cdaa1,GPU-513cdaa0-1122 \
	CUDA_DEVICE_ORDER=PCI_BUS_ID
both 'a device that CUDA does not see is shown as it is' "$whole
$other_one" RAC_LIMIT=1G CUDA_VISIBLE_DEVICES=1
both 'as are those behind an entry that means no device' "$one
$second" RAC_LIMIT=1G CUDA_VISIBLE_DEVICES=0,-1,1
both 'a cap by UUID' "$two
$other_one" RAC_LIMIT=GPU-513cdaa1=1G,2G CUDA_VISIBLE_DEVICES=1,0
is 'a program may choose its devices until CUDA starts' "$(seen SIMCUDA_DEVICES=2 RAC_LIMIT=1G -- \
	show visible:1 show cuda:0 show)" "$one
$other_one
$whole
$other_one
$whole
$other_one"
mixed='SIMCUDA_DEVICES=2 SIMCUDA_MEMORY=8G,16G SIMCUDA_FASTEST=1,0 RAC_LIMIT=0=1G,1=2G'
is 'GPUs of different kinds: the smallest cap that can be meant, then the right one' \
	"$(seen $mixed -- show untouched cuda:0 show agree)" "$one
$other_one
$two
$other_one"
is 'nothing is left open where CUDA counts by place' \
	"$(seen $mixed CUDA_DEVICE_ORDER=PCI_BUS_ID -- show untouched cuda:0 show agree)" "$one
$other_two
$one
$other_two"

# Divided GPUs: the parts are CUDA's devices.
gpu='gpu 0: total 16384, free 16384, used 0, reserved 0, own 0, others 0'
part0='part 0: total 1024, free 1024, used 0, reserved 0, own 0, others 0'
part1='part 1: total 1024, free 1024, used 0, reserved 0, own 0, others 0'
free1='part 1: total 8192, free 8192, used 0, reserved 0, own 0, others 0'
is 'a part of a divided GPU has the cap, the GPU is shown as it is' \
	"$(seen SIMCUDA_PARTS=2 RAC_LIMIT=1G -- show untouched cuda:0 show agree)" "$gpu
$part0
$part1
$gpu
$part0
$free1"
is 'the part that CUDA_VISIBLE_DEVICES names, and a cap by its UUID' "$(seen SIMCUDA_PARTS=2 \
	CUDA_VISIBLE_DEVICES=MIG-773cdaa1 RAC_LIMIT=MIG-77=1G,2G -- show untouched cuda:0 show agree)" \
	"$gpu
$(echo "$free1" | sed 's/part 1/part 0/')
$part1
$gpu
$(echo "$free1" | sed 's/part 1/part 0/')
$part1"

# Neighbours on the device, whom no cap hides: what they take away of it is theirs.
# beside HELD EXPECTED VARIABLE=VALUE…: with a process that holds so much, which has no cap.
beside() {
	beside_held=$1 beside_expected=$2
	shift 2
	rm -f "$T/ready" "$T/go"
	mkfifo "$T/go"
	SIMCUDA_SHARED=$T/board "$app" linked cuda:0 take:$beside_held wait <"$T/go" >"$T/ready" &
	exec 8>"$T/go"
	while [ ! -s "$T/ready" ]; do sleep 0.01; done
	is "a neighbour with $beside_held, $*" "$(seen SIMCUDA_SHARED="$T/board" "$@" -- \
		cuda:0 take:200M show)" "$beside_expected"
	exec 8>&-
	wait
}
beside 4G 'gpu 0: total 1024, free 824, used 200, reserved 0, own 200, others 0' RAC_LIMIT=1G
beside 7500M 'gpu 0: total 1024, free 492, used 532, reserved 0, own 200, others 332' RAC_LIMIT=1G
beside 4G 'gpu 0: total 8192, free 3896, used 4296, reserved 0, own 200, others 4096' \
	RAC_LIMIT=1G RAC_SHOW=device

# A program that uses NVML alone, as monitors do.
for settings in RAC_VERBOSE=1 RAC_LIMT=1G RAC_LIMIT=lots; do
	run env LD_PRELOAD="$SHIM" $settings "$app" linked show
	is "without CUDA nothing is said and nothing reported ($settings)" \
		"$status $(cat "$T/err")" '0 '
	run env LD_PRELOAD="$SHIM" $settings RAC_REPORT=none "$app" linked show cuda:0 show cuda:0
	contains "and at CUDA's first use it is said, once ($settings)" \
		"$(grep -c "== ${settings%=*}" "$T/err")" 1
done

# As Python's bindings do it: a handle of their own, functions by name.
cat >"$T/bindings.py" <<'END'
import ctypes
class Memory(ctypes.Structure):
    _fields_ = [("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong)]
nvml = ctypes.CDLL("libnvidia-ml.so.1")
assert nvml.nvmlInit_v2() == 0
device, memory = ctypes.c_void_p(), Memory()
assert nvml.nvmlDeviceGetHandleByIndex_v2(0, ctypes.byref(device)) == 0
assert nvml.nvmlDeviceGetMemoryInfo(device, ctypes.byref(memory)) == 0
print(memory.total >> 20, memory.free >> 20, memory.used >> 20)
END
run env LD_PRELOAD="$SHIM" LD_LIBRARY_PATH="$SIM" RAC_LIMIT=1G "$PYTHON" "$T/bindings.py"
is 'a Python program with NVML alone sees the cap, and nothing is said' \
	"$(cat "$T/out" "$T/err")" '1024 1024 0'
compile "$T/absent" '
	#include <dlfcn.h>
	#include <stdio.h>
	int main(void)
	{
		printf("%d", dlsym(RTLD_DEFAULT, "nvmlDeviceGetMemoryInfo") != NULL);
		printf("%d\n", dlsym(dlopen(NULL, RTLD_NOW), "nvmlDeviceGetMemoryInfo_v2") != NULL);
		return 0;
	}' -D_GNU_SOURCE
run env LD_PRELOAD="$SHIM" "$T/absent"
is 'who looks for NVML where there is none finds none' "$(cat "$T/out")" 00
finish
