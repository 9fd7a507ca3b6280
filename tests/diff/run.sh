#!/bin/sh
# run.sh - runs the differential fuzzer in each of its modes, an equal share of the time each.
#
#   tests/diff/run.sh PROGRAM SECONDS
set -eu
program=$1
share=$(($2 / 10))
[ "$share" -gt 0 ] || share=1

mode() {
	echo "# $*"
	"$program" --seconds "$share" "$@" 2>/dev/null
}

mode --steps 5000
mode --steps 5000 --failures
mode --steps 3000 --limit 1073741824
mode --steps 3000 --limit 1073741824 --failures
mode --threads 4 --steps 5000
mode --threads 4 --steps 5000 --limit 1073741824
mode --threads 4 --steps 5000 --failures
RAC_STACKS=native,python
export RAC_STACKS
mode --steps 3000 --limit 1073741824 --failures
mode --threads 4 --steps 5000
unset RAC_STACKS
for sort in linear pinned array mipmap pool vmm graph; do
	share=$((($2 / 10 + 13) / 14))
	mode --steps 3000 --limit 134217728 --only "$sort"
	mode --threads 4 --steps 3000 --limit 134217728 --only "$sort"
done
