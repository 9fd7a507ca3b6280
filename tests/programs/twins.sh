#!/bin/sh
# twins.sh - functions that later versions of CUDA replaced, and those that few programs call: the report says what the
# device says of memory that was taken and given back by them, and the cap holds for them.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

for part in linear host contexts green code graphs others; do
	run "$APPS/twins" $part
	ended "$part: alone" 0 ''
	for setting in RAC_VERBOSE=0 RAC_LIMIT=512M 'RAC_LIMIT=1G RAC_SCOPE=process'; do
		# shellcheck disable=SC2086  # words
		shimmed $setting SIMCUDA_CONTEXT_BYTES=64M SIMCUDA_MODULE_BYTES=2M "$APPS/twins" $part
		figures "$part, with $setting"
	done
done
is 'host memory by cuMemCreate is pinned' "$(report '*(r["host"]["pinned"][k] for k in ("live_bytes", "allocations"))')" \
	'2097152 2'
shimmed RAC_LIMIT=512M "$APPS/twins" linear host contexts green code graphs others
figures 'all of them'

shimmed RAC_LIMIT=32M "$APPS/twins" refused
ended 'what passes the cap is refused, and nothing is written' 0
is 'and counted' "$(report '*(r["devices"][0][k] for k in ("refused", "allocations"))')" '4 0'
finish
