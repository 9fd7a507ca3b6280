#!/bin/sh
# export_running.sh - `rac export --running` writes the metrics of every process that runs, whoever's it is.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

mkdir -m 700 "$T/runtime"
mkdir -m 1777 "$T/status"
export XDG_RUNTIME_DIR="$T/runtime" RAC_REPORT=none RAC_STATUS_DIR="$T/status"
# Takes so many MiB, says so, and stays until its stdin ends. Its name is its own, since all processes of the
# machine are seen.
stay=stay$$
compile "$T/$stay" '
	#include <cuda.h>
	#include <stdio.h>
	#include <stdlib.h>
	int main(int argc, char **argv)
	{
		CUdeviceptr memory;
		CUcontext context;
		if (argc < 2 || cuInit(0) || cuDevicePrimaryCtxRetain(&context, 0) || cuCtxSetCurrent(context) ||
			cuMemAlloc(&memory, (size_t)atoi(argv[1]) << 20))
			return 99;
		puts("ready");
		fflush(stdout);
		return getchar() == 0;
	}' -Itests/sim/include -L"$SIM" -lcuda -Wl,-rpath,"$SIM" || finish
mkfifo "$T/hold"
: >"$T/ready"
LD_PRELOAD="$SHIM" RAC_LIMIT=1G "$T/$stay" 1 <"$T/hold" >>"$T/ready" &
env -u RAC_STATUS_DIR "$RAC" run "$T/$stay" 2 <"$T/hold" >>"$T/ready" &
LD_PRELOAD="$SHIM" "$T/$stay" 4 <"$T/hold" >>"$T/ready" &
killed=$!
exec 9>"$T/hold"
tries=0
until [ "$(wc -l <"$T/ready")" -eq 3 ] || [ "$tries" -eq 1000 ]; do
	tries=$((tries + 1))
	sleep 0.01
done

# of_ours METRIC: its values for our program, smallest first.
of_ours() {
	sed -n "s/^$1{.*program=\"$stay\".*user=\"$(id -un)\".*} //p" "$T/rac.prom" | sort -n | tr '\n' ' '
}

run "$RAC" export --format prometheus --running --output "$T/rac.prom"
ended 'they are written' 0 ''
is 'what each holds, and whose it is' "$(of_ours rac_device_live_bytes)" '1048576 2097152 4194304 '
is 'its cap, if it has one' "$(of_ours rac_device_limit_bytes)" '1073741824 '
if command -v promtool >/dev/null; then
	is 'promtool finds nothing wrong' "$(promtool check metrics <"$T/rac.prom" 2>&1):$?" ':0'
else
	skip 'promtool finds nothing wrong' 'it is not here'
fi

kill -KILL "$killed"
wait "$killed" 2>"$T/null"
run "$RAC" export --format prometheus --running --output "$T/rac.prom"
is 'who was killed holds nothing any more' "$(of_ours rac_device_live_bytes)" '1048576 2097152 '
exec 9>&-
wait
run "$RAC" export --format prometheus --running --output "$T/rac.prom"
is 'nor does who has ended' "$status $(of_ours rac_device_live_bytes)" '0 '
# As in containers, where the first process of each has the same pid.
# contained HOST MIB
contained() {
	unshare --pid --uts --fork --kill-child sh -c 'hostname "$1" && exec "$2" "$3"' sh "$1" "$T/$stay" "$2" \
		<"$T/hold" >>"$T/ready" &
}
if unshare --pid --uts --fork true 2>"$T/null"; then
	rm -f "$T"/status/* && : >"$T/ready"
	export LD_PRELOAD="$SHIM"
	contained one 1
	contained two 2
	contained two 4
	unset LD_PRELOAD
	exec 9>"$T/hold"
	tries=0
	until [ "$(wc -l <"$T/ready")" -eq 3 ] || [ "$tries" -eq 1000 ]; do
		tries=$((tries + 1))
		sleep 0.01
	done
	run "$RAC" top --json
	is 'rac top tells processes of the same pid apart' "$(grep -o "\"program\":\"$stay\"" "$T/out" | wc -l)" 3
	run "$RAC" export --format prometheus --running --output "$T/rac.prom"
	is 'so do metrics, by their hosts' "$(grep -c "^rac_device_live_bytes.*program=\"$stay\"" "$T/rac.prom")" 2
	contains 'and say which they cannot' "$(cat "$T/err")" \
		'rac export: warning: 1 of the processes are left out: others have the same host, pid, program and rank'
	exec 9>&-
	wait
else
	skip 'processes of the same pid are told apart' 'no pid namespaces here'
fi
run "$RAC" export --format prometheus --running --output "$T/absent/rac.prom"
ended 'a folder that is not there is said' 125
finish
