#!/bin/sh
# run.sh - hours in little: a program that uses all kinds of memory in several threads, forks, and loses children, with
# a record, a status folder and a group, for as long as it is told; beside it another member of the group comes,
# is killed and comes again. Memory, descriptors and mappings of the shim have to stay flat, figures exact.
#
#   B=build SOAK_SECONDS=1800 tests/soak/run.sh
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

seconds=${SOAK_SECONDS:-1800} group=soak-$$
mkdir "$T/status"
rac() {
	env LD_PRELOAD="$SHIM" RAC_LIMIT=256M RAC_GROUP="$group" RAC_STATUS_DIR="$T/status" "$@"
}

(
	end=$(($(date +%s) + seconds))
	while [ "$(date +%s)" -lt $end ]; do
		rac RAC_REPORT=none "$APPS/record_steps" alloc 4 1M free 2 kill
		sleep 1
	done
) >/dev/null 2>&1 &
rac RAC_REPORT="$T/report.json" RAC_RECORD="$T/run.rec" "$APPS/soak_steps" "$seconds" 256M >"$T/out" 2>"$T/err"
status=$?
is "a program works for $seconds s" "$status $(grep -v '^==rac' "$T/err")" '0 '
wait
tail -n 1 "$T/out" | sed 's/^/# /'

# flat NAME WORD SLACK: from an eighth of the time on it does not grow by more.
flat() {
	is "$1 stay flat" "$(awk -v word="$2" -v slack="$3" '
		{ for (i = 1; i <= NF; i++) if (index($i, word) == 1) value = $(i - 1) + 0 }
		NR == 8 { first = value }
		value > most && NR >= 8 { most = value }
		END { if (NR < 16) print "too few samples"; else if (most > first + slack) print first " to " most }' "$T/out")" ''
}
flat 'the bytes in memory' KiB 2048
flat 'descriptors' descriptors 2
flat 'mappings' mappings 8
# The children's files go with them; what the killed ones left is theirs.
is 'nothing is live at the end, and calls and frees are as many' "$(report '[(d["live_bytes"],
	d["allocations"] == d["frees"], d["over_bytes"]) for d in r["devices"]]')" '[(0, True, 0)]'
is 'the record says the same' "$("$RAC" report --json "$T/run.rec" | cmp - "$T/report.json" 2>&1)" ''
rm -f /dev/shm/rac-group-"$(id -u)-$group"-*
finish
