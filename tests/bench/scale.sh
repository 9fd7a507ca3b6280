#!/bin/sh
# scale.sh - what many processes on one node, and many reports of one job, cost to watch and to merge: for docs/scale.md.
#
#   PROCESSES=300 REPORTS=10000   how many of each
#
# Prints a table; times are CPU and elapsed seconds of the command, memory is its highest resident set.
set -u
cd "$(dirname "$0")/../.." || exit 1

B=$PWD/${B:-build}
PROCESSES=${PROCESSES:-300}
REPORTS=${REPORTS:-10000}
folder=$(mktemp -d) || exit 1
children=
trap 'kill $children 2>/dev/null; rm -rf "$folder"' EXIT
export LD_LIBRARY_PATH="$B/sim" SIMCUDA_DEVICES=2

# measured NAME COMMAND...: a row with what the command took.
measured() {
	name=$1
	shift
	python3 - "$name" "$@" <<'END'
import os, resource, subprocess, sys, time
began = time.monotonic()
ended = subprocess.run(sys.argv[2:], stdout=open(os.environ['OUT'], 'w'))
elapsed = time.monotonic() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f'{sys.argv[1]:44} {elapsed:6.2f} s elapsed  {used.ru_utime + used.ru_stime:6.2f} s CPU  '
      f'{used.ru_maxrss / 1024:6.1f} MiB  status {ended.returncode}')
END
}

# Processes that each hold 100 allocations of 1 MiB, and publish themselves in one status folder.
mkdir "$folder/status" "$folder/reports"
i=0
while [ $i -lt "$PROCESSES" ]; do
	LD_PRELOAD="$B/librac_track.so" RAC_REPORT=none RAC_STATUS_DIR="$folder/status" \
		"$B/apps/record_steps" alloc 100 1048576 make "$folder/ready.$i" wait "$folder/end" &
	children="$children $!"
	i=$((i + 1))
done
for try in $(seq 600); do
	ready=$(find "$folder" -name 'ready.*' | wc -l)
	[ "$ready" = "$PROCESSES" ] && break
	sleep 0.2
done
[ "$ready" = "$PROCESSES" ] || { echo "scale.sh: $ready of $PROCESSES processes came up (make apps first)" >&2; exit 1; }
export OUT="$folder/out"
du -k "$folder/status" | awk -v n="$PROCESSES" '{ printf "%-44s %d files, %.1f KiB of disk or memory each\n", "status folder", n, $1 / n }'
measured "rac top --once, $PROCESSES processes" "$B/rac" top --once --json --status-dir "$folder/status"
python3 -c 'import json, sys; print(" " * 44, json.load(open(sys.argv[1]))["processes"], "seen")' "$OUT"
measured "rac export --format prometheus --running" "$B/rac" export --format prometheus --running \
	--status-dir "$folder/status" --output "$folder/rac.prom"
grep -vc '^#' "$folder/rac.prom" | awk -v n="$PROCESSES" '{ printf "%-44s %d, %.1f for each process\n", "series", $1, $1 / n }'
: >"$folder/end"
wait

# Reports of one job: those of one real rank under other names and ranks.
RAC_STACKS=native RANK=0 "$B/rac" run --report "$folder/rank0.json" -- "$B/apps/demo" >/dev/null 2>&1
python3 - "$folder" "$REPORTS" <<'END'
import json, sys
folder, count = sys.argv[1], int(sys.argv[2])
report = json.load(open(folder + '/rank0.json'))
for rank in range(count):
    report['process'].update(rank=str(rank), pid=1000 + rank, host=f'node{rank // 8:05}')
    json.dump(report, open(f'{folder}/reports/{rank}.json', 'w'))
END
wc -c "$folder/reports/0.json" | awk '{ printf "%-44s %d bytes\n", "a report", $1 }'
find "$folder/reports" -name '*.json' >"$folder/list"
measured "rac merge, $REPORTS reports" xargs -s 1900000 -a "$folder/list" "$B/rac" merge
tail -4 "$OUT"
measured "rac merge --json, $REPORTS reports" xargs -s 1900000 -a "$folder/list" "$B/rac" merge --json
