#!/bin/sh
# refusal.sh - what a program and its user see when the cap refuses, and that nothing else changes.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

# The program itself looks at codes, outputs, the last error and smaller requests.
for reenter in 0 1; do
	run env SIMCUDA_REENTER=$reenter "$APPS/refusal" 1024G 64M
	ended "without the shim the driver refuses so (reenter $reenter)" 0
	shimmed SIMCUDA_REENTER=$reenter RAC_LIMIT=256M "$APPS/refusal" 257M 64M
	figures "the cap refuses as the driver does (reenter $reenter)"
	is "a refusal is not a failure of the driver (reenter $reenter)" \
		"$(report 'r["devices"][0]["driver_failures"]')" 0
done
for release in 11.2 11.8; do
	shimmed SIMCUDA_CUDART=$release RAC_LIMIT=256M "$APPS/refusal" 257M 64M
	figures "the cap refuses as the driver does, runtime $release"
done
shimmed RAC_LIMIT=256M "$APPS/refusal" 257M 256M
figures 'what is just the cap is granted, again and again'
shimmed RAC_LIMIT=256M "$APPS/refusal" 1024G 64M
figures 'more than the device has is refused by the cap'
shimmed "$APPS/refusal" 1024G 64M
figures 'without a cap the driver refuses by itself'
is 'and that is a failure of the driver, not a refusal' "$(report '
[r["devices"][0][k] for k in ("driver_failures", "refused")]')" '[6, 0]'
is 'and the shim says nothing of it' "$(lines)" 0

# One line that says what was asked, what is in use, the cap and where it is from.
shimmed RAC_LIMIT=3M "$APPS/leak" -r 1M 2M
is 'a refusal is one line' "$(lines)" 1
is 'it names call, request, use, cap and source' "$(said 1)" \
	"refused: cudaMalloc of 2.00 MiB on device 0: 3.00 MiB in use, cap 3.00 MiB (RAC_LIMIT), 0 B left"
is 'the report counts it' "$(report '
[r["devices"][0][k] for k in ("refused", "refused_bytes", "limit_bytes", "live_bytes")]')" \
	'[1, 2097152, 3145728, 3145728]'

# Many of them.
shimmed RAC_LIMIT=16M "$APPS/threads" -n 4 -o 20000 -b 4M
figures 'refused a thousand times, the report equals the truth' threads
refused=$(report 'r["devices"][0]["refused"]')
[ "$refused" -gt 1000 ] && [ "$(lines)" -lt 40 ]
status=$?
ended "many refusals ($refused) are few lines ($(lines))" 0
contains 'and the last says how many there were' "$(grep 'refused: ' "$T/err" | tail -n 1)" \
	'not all are shown'

# RAC_ON_LIMIT
shimmed RAC_LIMIT=3M RAC_ON_LIMIT=warn "$APPS/leak" 1M 2M
figures 'with warn the call goes through'
is 'with warn it is said' "$(said 1)" "over the cap, let through: cuMemAlloc_v2 of 2.00 MiB \
on device 0: 3.00 MiB in use, cap 3.00 MiB (RAC_LIMIT), 0 B left"
is 'with warn nothing is refused, and how far over the cap is reported' "$(report '
[r["devices"][0][k] for k in ("refused", "over_bytes", "peak_bytes")]')" '[0, 2097152, 5242880]'
# shellcheck disable=SC3045  # both shells that may be sh have it
ulimit -c 0
shimmed RAC_LIMIT=3M RAC_ON_LIMIT=abort "$APPS/leak" 1M 2M
is 'with abort the process ends by SIGABRT' "$status" 134
contains 'with abort it is said first' "$(said 1)" 'refused: cuMemAlloc_v2 of 2.00 MiB'

# Pitched memory takes whole rows of the device's own width: as much as fits by that is granted.
compile "$T/pitched" '
	#include <cuda.h>
	#include <stdio.h>
	int main(void)
	{
		CUcontext ctx;
		CUdeviceptr memory = 4711;
		size_t pitch = 0, height = 1, before = 0;
		if (cuInit(0) || cuDevicePrimaryCtxRetain(&ctx, 0) || cuCtxSetCurrent(ctx))
			return 9;
		while (cuMemAllocPitch(&memory, &pitch, 100, height, 4) == 0) {
			before = pitch * height++;
			cuMemFree(memory);
			memory = 4711;
		}
		printf("%zu left untouched %d\n", (1u << 20) - before, memory == 4711);
		return before + pitch <= (1u << 20);
	}' -Itests/sim/include -L"$SIM" -lcuda -Wl,-rpath,"$SIM"
shimmed RAC_LIMIT=1M "$T/pitched"
figures 'pitched memory is granted up to the cap'
is 'pitched memory is charged by its true size' \
	"$(report 'r["devices"][0]["peak_bytes"] <= 1 << 20')" True

# Arguments at the edge.
for app in edges edges_runtime; do
	run "$APPS/$app"
	cp "$T/out" "$T/alone"
	for setting in RAC_VERBOSE=0 RAC_LIMIT=4G RAC_LIMIT=100% RAC_SHOW=device SIMCUDA_REENTER=1; do
		env LD_PRELOAD="$SHIM" RAC_REPORT=none $setting "$APPS/$app" >"$T/under" 2>"$T/err"
		run diff "$T/alone" "$T/under"
		ended "$app: arguments at the edge are answered as without the shim ($setting)" 0 ''
	done
done
shimmed "$APPS/edges"
# A free before cuInit is one that the ledger does not know; the driver never looked at it.
is 'edges: the report equals the truth' \
	"$("$PYTHON" tests/lib/truth.py "$T/report.json" "$T/truth.json")" \
	'unknown frees: 7, the report has 8'
shimmed "$APPS/edges_runtime"
figures 'edges_runtime: the report equals the truth'

finish
