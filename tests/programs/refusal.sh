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
is 'of each it is said what there is to say' "$(lines) $(said 1)" "6 out of memory in the driver: \
cuMemAlloc_v2 of 1.00 TiB by refusal on device 0: 0 B in use; free on the device: 8.00 GiB of 8.00 GiB"

# One line that says what was asked and by whom, what is in use, the cap and where it is from, who holds
# it, and what lies outside of the count.
shimmed RAC_LIMIT=3M "$APPS/leak" -r 1M 2M
is 'a refusal is one line' "$(lines)" 1
is 'it names call, request, caller, use, cap, source and who holds it' "$(said 1)" \
	"refused: cudaMalloc of 2.00 MiB by leak on device 0: 3.00 MiB in use, cap 3.00 MiB (RAC_LIMIT), \
0 B left; held: 3.00 MiB by cudaMalloc of leak"
shimmed RAC_STACKS=none RAC_LIMIT=3M "$APPS/leak" -r 1M 2M
contains 'where no callers are kept, the kinds of memory' "$(said 1)" '0 B left; held by kind: device 3.00 MiB'
shimmed RAC_LIMIT=4M "$APPS/route_host" local 2M 1M "$APPS/route_plugin.so" "$APPS/route_plugin_static.so"
is 'the caller is the module that called; who holds most comes first' "$(said 1)" "refused: cuMemAlloc_v2 of \
2.00 MiB by route_plugin_static.so on device 0: 3.00 MiB in use, cap 4.00 MiB (RAC_LIMIT), 1.00 MiB left; \
held: 2.00 MiB by cudaMalloc of route_plugin.so, 1.00 MiB by cuMemAlloc_v2 of route_plugin_static.so"
outside() {
	shimmed LD_LIBRARY_PATH="$SIM" SIMCUDA_CONTEXT_BYTES=300M RAC_LIMIT=1G "$@" \
		"$APPS/query_nvml" linked cuda:0 take:600M take:600M
	said 1 | sed 's/.*held: //'
}
is 'what lies outside of the count is said, where it is known' "$(outside)" \
	'600 MiB by cuMemAlloc_v2 of query_nvml; outside the count: 300 MiB (nvml)'
is 'or that it is within' "$(outside RAC_SCOPE=process)" "600 MiB by cuMemAlloc_v2 of query_nvml; \
of that beyond allocations: 300 MiB (nvml, lagging, within the limit)"

# The driver's own out of memory, and who else is on the device.
hold() {
	mkfifo "$T/go.$1"
	SIMCUDA_SHARED=$T/board "$APPS/query_nvml" linked cuda:0 take:$2 wait \
		<"$T/go.$1" >"$T/ready.$1" 7>&- 8>&- &
}
hold 1 3G
exec 7>"$T/go.1"
first=$!
hold 2 4G
exec 8>"$T/go.2"
second=$!
while [ ! -s "$T/ready.1" ] || [ ! -s "$T/ready.2" ]; do sleep 0.01; done
on_board() {
	shimmed SIMCUDA_SHARED="$T/board" "$@"
	said 1
}
driver='out of memory in the driver: cuMemAlloc_v2 of 700 MiB by query_nvml on device 0'
is "the driver's own refusal is said, with what neighbours hold" \
	"$(on_board "$APPS/query_nvml" linked cuda:0 take:600M take:700M)" "$driver: 600 MiB in use; held: \
600 MiB by cuMemAlloc_v2 of query_nvml; free on the device: 424 MiB of 8.00 GiB; 2 other processes \
hold 7.00 GiB, most of it pid $second: 4.00 GiB"
contains 'and with the cap, where there is one' \
	"$(on_board RAC_LIMIT=2G "$APPS/query_nvml" linked cuda:0 take:600M take:700M)" \
	"$driver: 600 MiB in use, cap 2.00 GiB (RAC_LIMIT), 1.41 GiB left; "
is 'and counted as a failure of the driver, not as a refusal' "$(report '
[r["devices"][0][k] for k in ("driver_failures", "refused")]')" '[1, 0]'
exec 7>&-
wait "$first"
contains 'one neighbour' "$(on_board "$APPS/query_nvml" linked cuda:0 take:7000M)" \
	"; 1 other process holds 4.00 GiB (pid $second)"
is 'neighbours are not looked for where the program has no NVML' \
	"$(on_board "$APPS/leak" 8000M | sed 's/.*free/free/')" 'free on the device: 4.00 GiB of 8.00 GiB'
exec 8>&-
wait
shimmed SIMCUDA_MEMORY=1G "$APPS/peer_kinds" pool
contains 'the same for pools' "$(said 1)" 'out of memory in the driver: cuMemAlloc'
shimmed SIMCUDA_FAIL='cuMemAlloc_v2:2=719' "$APPS/leak" 1M
is 'another failure of the driver is not said' "$(lines)" 0

shimmed RAC_LIMIT=3M "$APPS/leak" -r 1M 2M
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
contains 'and the last says which number it is' "$(grep 'refused: ' "$T/err" | tail -n 1)" \
	'not all are shown'
contains 'at the end it is said how many there were' "$(tail -n 1 "$T/err")" \
	"refused in all: $refused requests ("
shimmed RAC_REPORT=stderr RAC_LIMIT=16M "$APPS/threads" -n 4 -o 2000 -b 4M
is 'but not where the report says it on stderr' "$(grep -c 'refused in all' "$T/err")" 0

# RAC_ON_LIMIT
shimmed RAC_LIMIT=3M RAC_ON_LIMIT=warn "$APPS/leak" 1M 2M
figures 'with warn the call goes through'
is 'with warn it is said' "$(said 1)" "over the cap, let through: cuMemAlloc_v2 of 2.00 MiB by leak \
on device 0: 3.00 MiB in use, cap 3.00 MiB (RAC_LIMIT), 0 B left; held: 3.00 MiB by cuMemAlloc_v2 of leak"
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
