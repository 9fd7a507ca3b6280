#!/bin/sh
# lookups.sh - what look-ups of functions cost with the shim, beside the floor and without either: medians of
# interleaved rounds. It judges nothing: the figures depend on the machine.
#
#   B=build tests/bench/lookups.sh [ROUNDS]
set -eu
cd "$(dirname "$0")/../.."

B=${B:-build}
case $B in
/*) ;;
*) B=$PWD/$B ;;
esac
rounds=${1:-15}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LD_LIBRARY_PATH="$B/sim" RAC_REPORT=none

round=0
while [ "$round" -lt "$rounds" ]; do
	for candidate in none floor shim; do
		case $candidate in
		none) preload= ;;
		floor) preload=$B/tests/bench/floor_lookup.so ;;
		shim) preload=$B/librac_track.so ;;
		esac
		LD_PRELOAD=$preload "$B/tests/bench/lookups" 100000 | sed "s/^/$candidate	/"
	done
	round=$((round + 1))
done >"$work/all"

printf '%-30s %9s %9s %9s %9s\n' 'ns per look-up' alone floor shim added
cut -f 2 "$work/all" | awk '!seen[$0]++' | while IFS= read -r kind; do
	for candidate in none floor shim; do
		awk -F '\t' -v c="$candidate" -v k="$kind" '$1 == c && $2 == k { print $3 }' \
			"$work/all" | sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
	done | tr '\n' ' ' | awk -v k="$kind" \
		'{ printf "%-30s %9.1f %9.1f %9.1f %+9.1f\n", k, $1, $2, $3, $3 - $1 }'
done
