#!/bin/sh
# habits.sh - programs that size themselves as frameworks do, capped at 4 GiB on a card of 80: each
# settles inside the cap without an error of its own (rows 1, 7, 10 to 12).
# shellcheck disable=SC2086  # lists of variables are split on purpose
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh
export SIMCUDA_MEMORY=80G SIMCUDA_CONTEXT_BYTES=400M LD_LIBRARY_PATH="$SIM"

run "$APPS/habits" xla
is 'the test itself: without the library the card is filled' "$status $(cat "$T/out")" \
	'0 took 61140 of 81920 MiB'

# habit NAME EXPECTED HABIT FIGURE VARIABLE=VALUE…: what it settled on, and that the device never held
# more; FIGURE is what the cap covers, by the simulator.
habit() {
	habit_name=$1 habit_expected=$2 habit_what=$3 habit_figure=$4
	shift 4
	shimmed RAC_LIMIT=4G "$@" "$APPS/habits" $habit_what
	is "$habit_name" "$status $(cat "$T/out")$(grep -v '^==rac' "$T/err")" "0 $habit_expected"
	is "$habit_name: never more than the cap" "$(truth "$habit_figure <= 4 << 30")" True
}
live='t["devices"][0]["live"]["peak_bytes"]'
all='t["devices"][0]["physical_peak"]'
habit 'vLLM: 90 % of total less what is used' 'cache 1638 of 4096 MiB' vllm "$live"
is 'vLLM: nothing was refused' "$(report 'r["devices"][0]["refused"]')" 0
habit 'XLA: 75 % of what is free' 'took 3072 of 4096 MiB' xla "$live"
habit 'PyTorch: fill, free the cache, try again' 'filled 4096 MiB, freed its cache 82 times' torch "$live"
for release in 11.2 11.8; do
	habit "PyTorch with the runtime of $release" 'filled 4096 MiB, freed its cache 82 times' torch "$live" \
		SIMCUDA_CUDART=$release
done

# The cap covers the context too.
habit 'vLLM, all of the process' 'cache 1238 of 4096 MiB' vllm "$all" RAC_SCOPE=process
is 'vLLM, all of the process: nothing was refused' "$(report 'r["devices"][0]["refused"]')" 0
habit 'XLA, all of the process' 'took 2772 of 4096 MiB' xla "$all" RAC_SCOPE=process
habit 'PyTorch, all of the process' 'filled 4096 MiB, freed its cache 82 times' torch "$all" \
	RAC_SCOPE=process
finish
