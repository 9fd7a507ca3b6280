#!/bin/sh
# races.sh - threads at the cap, and long random runs: the cap holds at every instant, nothing that fits
# is refused, and the ledger is the simulator's.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

# budget NAME SECONDS [VARIABLE=VALUE…]: eight threads, each with an eighth of the cap of its own.
budget() {
	budget_name=$1 budget_seconds=$2
	shift 2
	shimmed RAC_LIMIT=64M "$@" "$APPS/race_budget" 64M "$budget_seconds" 8
	is "$budget_name: what fits is granted, what does not is refused" "$(cat "$T/out")" \
		'refused although they fit: 0, granted although they do not: 0'
	is "$budget_name: the device was full to the byte, and never fuller" \
		"$(truth 't["devices"][0]["live"]["peak_bytes"]')" 67108864
	is "$budget_name: nor was the ledger ever above the cap" \
		"$(report '[r["devices"][0][k] for k in ("peak_bytes", "over_bytes")]')" \
		'[67108864, 0]'
	figures "$budget_name: the report equals the truth" threads
}

budget 'eight threads at the cap for 10 s' 10
budget 'eight threads at the cap, the driver slow' 2 SIMCUDA_DELAY_NS=20000
budget 'eight threads at the cap, a driver that calls itself' 1 SIMCUDA_REENTER=1

# Threads of which one alone can have what all want.
for threads in 2 3 4; do
	shimmed RAC_LIMIT=1M "$APPS/race_duel" 1M 2 $threads
	is "$threads threads that each want more than half: no two have it at once" "$(cat "$T/out")" \
		'had by two at once: 0, granted at all: 1, refused at all: 1'
	is "and the device never held two, $threads threads" \
		"$(truth 't["devices"][0]["live"]["peak_bytes"]')" 524289
done

# Threads that take what they can get.
for runtime in '' -r; do
	shimmed RAC_LIMIT=16M "$APPS/threads" $runtime -n 8 -s 3 -b 4M
	figures "eight threads that want more than there is: the report equals the truth $runtime" \
		threads
	is "and the device never held more than the cap $runtime" "$(truth '
t["devices"][0]["live"]["peak_bytes"] <= 16 << 20')" True
done
shimmed RAC_LIMIT=16M SIMCUDA_CUDART_HIDDEN=1 "$APPS/threads" -r -n 8 -s 1 -b 4M
figures 'so do threads of a runtime whose driver calls are not visible' threads
is 'and the device never held more than the cap there either' "$(truth '
t["devices"][0]["live"]["peak_bytes"] <= 16 << 20')" True

# random NAME OPERATIONS THREADS SEED
random() {
	shimmed RAC_LIMIT=64M SIMCUDA_DEVICES=2 "$APPS/race_ledger" 64M "$2" "$3" "$4"
	ended "$1: the ledger equals the truth whenever nothing is under way" 0
	contains "$1: that was looked at" "$(cat "$T/out")" 'race_ledger: fine, compared '
	figures "$1: and so does the report" "${5:-exact}"
}

random 'a million random operations' 1000000 1 "${RAC_TEST_SEED:-1}"
random 'a million random operations in eight threads' 1000000 8 "${RAC_TEST_SEED:-2}" threads

finish
