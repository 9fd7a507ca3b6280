#!/bin/sh
# timeline.sh - what RAC_TIMELINE keeps adds up: it ends at what is live, its highest level is the peak, it
# accounts for every call, in as much memory as it was given, and also for who reads the record.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

# adds_up NAME REPORT [folded|whole]
adds_up() {
	is "$1" "$("$PYTHON" tests/lib/timeline_check.py "$2" ${3:+"$3"} 2>&1)" ''
}

shimmed "$APPS/demo"
is 'unless it is asked for there is no timeline' "$(report '"timeline" in r')" False
shimmed RAC_TIMELINE=off "$APPS/demo"
is 'or where it is declined' "$(report '"timeline" in r')" False
shimmed RAC_TIMELINE=on "$APPS/demo"
figures 'a program with a timeline is counted as ever'
adds_up 'it has each call, one by one' "$T/report.json" whole
is 'and what was held after each' "$(report '[b >> 20 for b in r["timeline"]["live_bytes"]][:6]')" \
	'[100, 200, 300, 400, 500, 600]'

# Four threads and many more events than there is room for.
shimmed RAC_TIMELINE=4M RAC_RECORD="$T/run.rec" "$APPS/threads" -n 4 -o 30000
ended 'four threads run as ever' 0 ''
adds_up 'four threads add up, folded' "$T/report.json" folded
is 'in bounded memory' "$(report 'len(r["timeline"]["at_ns"]) * 32 < 2**22')" True
run "$RAC" report --json "$T/run.rec"
is 'the record says the same' "$(cmp "$T/out" "$T/report.json" 2>&1)" ''
shimmed RAC_TIMELINE=2M SIMCUDA_DEVICES=2 RAC_LIMIT=4G "$APPS/race_ledger" 4G 40000 4 7
adds_up 'two devices and pinned memory of four threads add up' "$T/report.json" folded
for kind in linear pool cached async vmm vmm-device pitched managed other-device; do
	shimmed RAC_TIMELINE=64K RAC_LIMIT=1G SIMCUDA_DEVICES=2 "$APPS/peer_kinds" "$kind"
	adds_up "peer_kinds $kind adds up" "$T/report.json"
done

# A killed program.
run env LD_PRELOAD="$SHIM" RAC_TIMELINE=64K RAC_RECORD="$T/killed.rec" "$APPS/record_steps" \
	alloc 3000 1K free 2990 alloc 4 1M free 3 kill
is 'a killed program leaves its timeline' "$("$RAC" report --json "$T/killed.rec" >"$T/killed.json" 2>&1; echo $?)" 0
adds_up 'that adds up' "$T/killed.json" folded

# Where it cannot be.
run env LD_PRELOAD="$SHIM" RAC_TIMELINE=many RAC_REPORT=none "$APPS/demo"
contains 'what is no size is said' "$(cat "$T/err")" \
	"RAC_TIMELINE='many' does not begin with a digit; write on, off or a size from 64K to 64M"
run env LD_PRELOAD="$SHIM" RAC_TIMELINE=65535 RAC_REPORT=none "$APPS/demo"
contains 'and what is too little' "$(cat "$T/err")" \
	"RAC_TIMELINE='65535' is too little; write a size from 64K to 64M"
shimmed RAC_STACKS=none RAC_TIMELINE=on "$APPS/demo"
adds_up 'without sites the devices add up' "$T/report.json"

# The flag.
for words in '--timeline --' '--timeline 1M --' '--timeline=64K' '--timeline'; do
	rm -f "$T/report.json"
	# shellcheck disable=SC2086  # words
	run "$RAC" run --report "$T/report.json" $words "$APPS/demo"
	adds_up "rac run $words" "$T/report.json" whole
done
run "$RAC" run --timeline 1K "$APPS/demo"
ended 'rac run does not start with what is too little' 125 \
	"rac run: RAC_TIMELINE='1K' is too little; write a size from 64K to 64M"
finish
