#!/bin/sh
# settings.sh - what each setting does under a bare preload, and what is said of those that are wrong:
# one line each, at the first use of CUDA.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

# wrong SETTING LINE: exactly that line is said, and the program runs on.
wrong() {
	shimmed "$1" "$APPS/leak" 1M
	if [ "$(lines)" -ne 1 ]; then
		not_ok "one line about $1" "stderr: $(cat "$T/err")"
	else
		is "one line about $1" "$(said 1)" "$2"
	fi
}

# fails_closed SETTING LINE [MORE SETTINGS]: that line first, and then no device allocation is granted.
fails_closed() {
	fails_what=$1 fails_line=$2
	shift 2
	shimmed "$fails_what" "$@" "$APPS/refusal" 1M 4K
	is "one line about $fails_what" "$(said 1)" \
		"$fails_line; until then every device allocation is refused"
	is "with $fails_what every allocation is refused" "$(report '
[r["devices"][0][k] for k in ("allocations", "peak_bytes")]') $(truth '
t["devices"][0]["live"]["peak_bytes"]')" '[0, 0] 0'
	contains "with $fails_what the refusal says why" "$(said 2)" \
		': nothing is granted, because the cap is not understood (see above)'
}

fails_closed RAC_LIMIT=8Q "RAC_LIMIT='8Q': 'Q' at character 2 is not a unit; write K, M, G or T, \
alone or followed by B, i or iB; or B for bytes"
fails_closed RAC_LIMIT= "$(env LD_PRELOAD="$SHIM" RAC_LIMIT= "$APPS/leak" 1M 2>&1 |
	sed -n '1s/^==rac [0-9]*== \(.*\); until then.*/\1/p')"
contains 'an empty cap is named' "$fails_line" "RAC_LIMIT=''"
fails_closed CUDA_DEVICE_MEMORY_LIMIT=many "CUDA_DEVICE_MEMORY_LIMIT='many' does not begin with a \
digit; write a number and a unit, such as 8G, 512M or 1.5G"
fails_closed RAC_LIMT=8G "RAC_LIMT='8G' is not a setting of this version; write RAC_LIMIT"
fails_closed RAC_SCOPE=all "RAC_SCOPE='all' is none of its values; write allocations or process" \
	RAC_LIMIT=8G
for bad in '8G,,4G' '0=8G,0=4G' '-1' '1.5' '99999999999999999999G' '120%x' '8 G G' '=8G' 'GPU-=1G' \
	'0=' '8G;x' '1e3' '0x10' ' ' '101%'; do
	shimmed RAC_LIMIT="$bad" "$APPS/leak" 1M
	if [ "$status" -eq 0 ]; then
		not_ok "a cap of '$bad' is refused"
	else
		is "a cap of '$bad' is one line and fails closed" \
			"$(grep -c "RAC_LIMIT='.*until then" "$T/err") $(truth '
t["devices"][0]["live"]["peak_bytes"]')" '1 0'
	fi
done
fails_closed RAC_LIMIT=7=1G "$(env LD_PRELOAD="$SHIM" RAC_LIMIT=7=1G "$APPS/leak" 1M 2>&1 |
	sed -n '1s/^==rac [0-9]*== \(.*\); until then.*/\1/p')"
contains 'a cap for a device that is not there is named' "$fails_line" "RAC_LIMIT: '7' is no device here"
fails_closed RAC_LIMIT=GPU-ffff=1G "$(env LD_PRELOAD="$SHIM" RAC_LIMIT=GPU-ffff=1G \
	"$APPS/leak" 1M 2>&1 | sed -n '1s/^==rac [0-9]*== \(.*\); until then.*/\1/p')"
contains 'so is one for a UUID that no device has' "$fails_line" GPU-ffff

wrong RAC_ON_LIMIT=maybe "RAC_ON_LIMIT='maybe' is none of its values; write deny, warn or abort"
wrong RAC_SHOW=all "RAC_SHOW='all' is none of its values; write limit or device"
wrong RAC_FORMAT=xml "RAC_FORMAT='xml' is none of its values; write text or json"
wrong RAC_VERBOSE=much "RAC_VERBOSE='much' is neither on nor off; write 1 or 0"
wrong RAC_EXIT_CODE=x "RAC_EXIT_CODE='x' is no status; write a number from 1 to 255; 23 holds"
wrong RAC_OTHER=1 "$(env LD_PRELOAD="$SHIM" RAC_REPORT=none RAC_OTHER=1 "$APPS/leak" 1M 2>&1 |
	sed -n '1s/^==rac [0-9]*== //p')"
contains 'an unknown setting is named' "$(said 1)" "RAC_OTHER='1' is not a setting of this version"
wrong RAC_SCOPE=all "RAC_SCOPE='all' is none of its values; write allocations or process"
shimmed RAC_REPORT='%z' "$APPS/leak" 1M
contains 'a pattern that is wrong is named' "$(said 1)" "RAC_REPORT='%z'"
shimmed RAC_ON_LIMIT="$(printf 'a\033[2J\nb')" "$APPS/leak" 1M
is 'control bytes of a value do not reach the terminal' "$(said 1)" \
	"RAC_ON_LIMIT='a\\x1b[2J\\x0ab' is none of its values; write deny, warn or abort"
shimmed RAC_ON_LIMIT=x RAC_SHOW=y RAC_OTHER=1 "$APPS/leak" 1M
is 'each wrong setting is a line of its own' "$(lines)" 3

# cap_is NAME BYTES [VARIABLE=VALUE…]: of device 0
cap_is() {
	cap_name=$1 cap_bytes=$2
	shift 2
	shimmed SIMCUDA_DEVICES=2 SIMCUDA_MEMORY=8G,4G "$@" "$APPS/leak" 1M
	is "$cap_name" "$(report 'r["devices"][0]["limit_bytes"]') $(lines)" "$cap_bytes 0"
}

cap_is 'no setting is no cap' None
cap_is 'a plain size' 1073741824 RAC_LIMIT=1G
cap_is 'spaces and any case' 1073741824 RAC_LIMIT=' 1 gIb '
cap_is 'a fraction' 1610612736 RAC_LIMIT=1.5G
cap_is 'a percentage of the device' 2147483648 RAC_LIMIT=25%
cap_is 'none is no cap' None RAC_LIMIT=none
cap_is '0 is no cap' None RAC_LIMIT=0
cap_is 'by ordinal' 1073741824 RAC_LIMIT='1=2G,0=1G'
cap_is 'by ordinal, another' None RAC_LIMIT='1=2G'
cap_is 'by star' 3145728 RAC_LIMIT='*=3M;1=2G'
cap_is 'a device of its own before star' 1073741824 RAC_LIMIT='3M,0=1G'
cap_is 'by UUID' 1073741824 RAC_LIMIT='GPU-513cdaa0-1122-4333-8444-556677081900=1G,3M'
cap_is 'by a prefix of a UUID' 1073741824 RAC_LIMIT='GPU-513cdaa0=1G,GPU-513cdaa1=2G'
cap_is 'by UUID, in another order of devices' 2147483648 CUDA_VISIBLE_DEVICES=1,0 \
	RAC_LIMIT='GPU-513cdaa0=1G,GPU-513cdaa1=2G'
cap_is "ordinals are the program's own" 1073741824 CUDA_VISIBLE_DEVICES=1,0 RAC_LIMIT='0=1G,1=2G'
cap_is 'a percentage is of the device that is visible' 1073741824 CUDA_VISIBLE_DEVICES=1 \
	RAC_LIMIT=25%
cap_is 'CUDA_DEVICE_MEMORY_LIMIT' 1073741824 CUDA_DEVICE_MEMORY_LIMIT=1G
cap_is 'CUDA_DEVICE_MEMORY_LIMIT of a device comes first' 2147483648 CUDA_DEVICE_MEMORY_LIMIT=1G \
	CUDA_DEVICE_MEMORY_LIMIT_0=2G
cap_is 'CUDA_MPS_PINNED_DEVICE_MEM_LIMIT' 1073741824 CUDA_MPS_PINNED_DEVICE_MEM_LIMIT=0=1G,1=512M
cap_is 'NVIDIA_GPU_MEMORY_LIMIT is in MiB' 536870912 NVIDIA_GPU_MEMORY_LIMIT=512
cap_is 'RAC_LIMIT comes before all of them' 3145728 RAC_LIMIT=3M CUDA_DEVICE_MEMORY_LIMIT=1G \
	NVIDIA_GPU_MEMORY_LIMIT=512
shimmed SIMCUDA_DEVICES=2 RAC_LIMIT=0=4M,1=1M "$APPS/two_gpus" 4M 2M
contains 'each device has its own cap' "$(said 1)" 'on device 1: 0 B in use, cap 1.00 MiB'

# RAC_SHOW
compile "$T/sizes" '
	#include <cuda_runtime.h>
	#include <stdio.h>
	int main(void)
	{
		size_t left, total;
		void *memory;
		if (cudaMalloc(&memory, 1 << 20) || cudaMemGetInfo(&left, &total))
			return 9;
		printf("%zu %zu\n", left, total);
		return cudaMalloc(&memory, left) != cudaSuccess;
	}' -Itests/sim/include -L"$SIM" -lcudart -Wl,-rpath,"$SIM"
shimmed RAC_LIMIT=5M "$T/sizes"
is 'the program sees the cap' "$(cat "$T/out")" '4194304 5242880'
ended 'and what it sees as free it gets' 0
shimmed RAC_LIMIT=5M RAC_SHOW=device "$T/sizes"
is 'with RAC_SHOW=device it sees the device' "$(cat "$T/out")" '8588886016 8589934592'

# RAC_VERBOSE
shimmed RAC_VERBOSE=1 RAC_LIMIT=1G "$APPS/leak" 1M
contains 'RAC_VERBOSE says what holds and where it is from' "$(cat "$T/err")" \
	"cap 1.00 GiB, from RAC_LIMIT"
for name in LIMIT ON_LIMIT SHOW REPORT FORMAT; do
	grep -q "RAC_$name" "$T/err" || not_ok "RAC_VERBOSE names RAC_$name"
done

# A child reads its own.
shimmed RAC_LIMIT=1G sh -c 'RAC_LIMIT=3M exec "$0" 1M' "$APPS/leak"
is 'settings are those of the image that uses CUDA' "$(report 'r["devices"][0]["limit_bytes"]')" \
	3145728

finish
