#!/bin/sh
# stacks.sh - what a call stack costs, beside libgcc and libunwind, with Python's frames, and beside what
# heaptrack adds to each malloc and free; medians of interleaved runs, of what is installed. It judges
# nothing.
#
#   B=build tests/bench/stacks.sh [ROUNDS]
set -eu
cd "$(dirname "$0")/../.."

bench=${B:-build}/tests/bench/bench_stacks
rounds=${1:-7}
heaptrack=/usr/lib/heaptrack/libheaptrack_preload.so
unset LD_PRELOAD

"$bench"
"${PYTHON:-python3}" -B tests/bench/python_stacks.py "${B:-build}/stacks/python_probe.so" || :
if [ ! -f "$heaptrack" ]; then
	echo 'heaptrack is not here'
	exit 0
fi
median() {
	sort -n | awk '{ v[NR] = $1 } END { printf "%8d %8d %8d\n", v[int((NR + 1) / 2)], v[1], v[NR] }'
}
for depth in 20 60; do
	i=0
	while [ "$i" -lt "$rounds" ]; do
		echo "without $("$bench" allocate "$depth")"
		echo "with $(LD_PRELOAD=$heaptrack DUMP_HEAPTRACK_OUTPUT=/dev/null \
			"$bench" allocate "$depth" 2>/dev/null | tail -n 1)"
		i=$((i + 1))
	done | {
		work=$(mktemp)
		cat >"$work"
		for which in without with; do
			printf '  %-38s ' "malloc+free, $which heaptrack, depth $depth"
			sed -n "s/^$which //p" "$work" | median
		done
		rm -f "$work"
	}
done
