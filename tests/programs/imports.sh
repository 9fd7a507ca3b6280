#!/bin/sh
# imports.sh - memory of another process, of another API and of an imported pool: the owner is
# charged, the borrower is not, and its giving back is known.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

for what in ipc pool external; do
	rm -f "$T"/*.json "$T/board"
	run env SIMCUDA_SHARED="$T/board" "$APPS/import_shared" $what
	sed '/^owner\|^borrower/d' "$T/out" >"$T/plain"
	is "$what: without the shim both processes end well" "$status" 0

	shimmed SIMCUDA_SHARED="$T/board" RAC_REPORT="$T/%p.json" SIMCUDA_TRUTH="$T/%p.truth" \
		"$APPS/import_shared" $what
	is "$what: both processes end well" "$status" 0
	is "$what: calls return what the driver returns" \
		"$(sed '/^owner\|^borrower/d' "$T/out")" "$(cat "$T/plain")"
	for role in owner borrower; do
		pid=$(sed -n "s/^$role //p" "$T/out")
		is "$what: the $role's figures are the driver's" \
			"$("$PYTHON" tests/lib/truth.py "$T/$pid.json" "$T/$pid.truth" 2>&1)" ''
	done
	cp "$T/$pid.json" "$T/report.json" || continue
	is "$what: what is borrowed is no allocation" \
		"$(report 'sum(d["allocations"] for d in r["devices"])')" 0
	is "$what: its return is known" "$(report 'r["unknown_frees"]')" 0
done

finish
