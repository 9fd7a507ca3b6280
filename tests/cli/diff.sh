#!/bin/sh
# diff.sh - `rac diff`: what differs between two reports, and from when on that counts.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/reports.sh

needs_json report

run "$RAC" diff "$GOLDEN" "$GOLDEN"
ended 'a report does not differ from itself' 0 ''
is 'and that is said' "$(tail -n 1 "$T/out")" 'no figure differs'
contains 'with the live bytes of each device' "$(tr -s ' ' <"$T/out")" ' live 15.5 GiB the same'

changed "$T/new.json" '
d = r["devices"][0]
k = d["kinds"]["device"]
s = r["sites"][1]
for f in (d, k, s): f["live_bytes"] += 2 ** 30
s["live_count"] += 32
s["total_bytes"] += 2 ** 30
for f in (d, k): f["allocations"] += 32
s["total_count"] += 32
k["peak_bytes"] += 2 ** 30'
run "$RAC" diff "$GOLDEN" "$T/new.json"
ended 'a difference is status 1' 1 ''
is 'and each figure that differs is counted' "$(tail -n 1 "$T/out")" '9 figures differ'
tr -s ' ' <"$T/out" >"$T/shown"
is 'the device, its kind and the site are shown' "$(grep -v '^old\|^new\|^[0-9]' "$T/shown")" \
	'device 0, Sample GPU 80GB
 live 15.5 GiB -> 16.5 GiB +1.00 GiB (+6.4%)
 peak 34.0 GiB the same
 allocations 1532 -> 1564 +32 (+2.0%)
device 0, kind device
 live 2.50 GiB -> 3.50 GiB +1.00 GiB (+40.0%)
 peak 2.50 GiB -> 3.50 GiB +1.00 GiB (+40.0%)
 allocations 100 -> 132 +32 (+32.0%)
device 1, Sample GPU 80GB
 live 1.00 MiB the same
 peak 2.00 MiB the same
site 9f2c5b1e on device 0: cuMemAlloc_v2 by libkv.so, KVCache::grow(unsigned long) (src/kv_cache.cu:118)
 live 2.00 GiB -> 3.00 GiB +1.00 GiB (+50.0%)
 live allocations 64 -> 96 +32 (+50.0%)
 in all 3.00 GiB -> 4.00 GiB +1.00 GiB (+33.3%)
 allocations 96 -> 128 +32 (+33.3%)'
run "$RAC" diff "$T/new.json" "$GOLDEN"
contains 'the other way round it shrank' "$(tr -s ' ' <"$T/out")" ' live 16.5 GiB -> 15.5 GiB -1.00 GiB (-6.0%)'

# tolerates NAME STATUS AMOUNT [OLD]
tolerates() {
	run "$RAC" diff --tolerance "$3" "${4:-$GOLDEN}" "$T/new.json"
	ended "$1" "$2" ''
}
tolerates 'a percentage is of the old figure' 0 50%
tolerates 'and holds up to itself' 1 49.999%
tolerates 'also for numbers of calls' 1 30%
tolerates 'a size is for bytes' 0 1G
tolerates 'and holds up to itself, too' 1 1073741823B
changed "$T/new.json" 'r["devices"][0]["allocations"] += 9; r["devices"][0]["frees"] += 9'
tolerates 'with a size, numbers of allocations may differ' 0 1B
tolerates 'without, they may not' 1 0
changed "$T/new.json" 'r["devices"][0]["refused"] += 1'
tolerates 'refusals differ whatever the size' 1 1T
changed "$T/new.json" 'r["unknown_frees"] += 1'
tolerates 'so do frees of what was never recorded' 1 1T
changed "$T/new.json" 'r["devices"][1]["over_bytes"] = 2 ** 64 - 1'
tolerates 'the largest figure does not wrap around' 1 100%
changed "$T/new.json" 'r["process"]["pid"] = 7; r["process"]["seconds"] = 1.0
r["devices"][0]["limit_bytes"] = 5; r["devices"][0]["name"] = "x"; r["verdict"]["exit_code"] = 0'
tolerates 'caps, names and times are not compared' 0 0

changed "$T/new.json" 'gone = r["sites"].pop(2); r["sites"].append({**gone, "id": "77777777"})'
run "$RAC" diff "$GOLDEN" "$T/new.json"
contains 'a site that is new is said to be' "$(cat "$T/out")" \
	'site 77777777 on device 0: cuMemCreate by libnccl.so.2, libnccl.so.2+0x2000 (only in the new report)'
contains 'one that is gone, too' "$(cat "$T/out")" \
	'site c0ffee00 on device 0: cuMemCreate by libnccl.so.2, libnccl.so.2+0x2000 (only in the old)'
changed "$T/new.json" 'r["sites"].reverse(); r["devices"].reverse()'
tolerates 'the order does not matter' 0 0
changed "$T/new.json" '
a = r["sites"][0]
r["sites"].append({**a, "live_bytes": 884901888, "live_count": 2, "peak_bytes": 0,
	"total_bytes": 0, "total_count": 0})
a["live_bytes"] -= 884901888
a["live_count"] -= 2'
tolerates 'a site that is listed in two pieces is one' 0 0
changed "$T/new.json" 'r["devices"].append({**r["devices"][1], "ordinal": 2})'
run "$RAC" diff "$GOLDEN" "$T/new.json"
contains 'a device that only one has is said' "$(cat "$T/out")" \
	'device 2, Sample GPU 80GB (only in the new report)'
changed "$T/new.json" 'r["devices"].append({"ordinal": 2, "live_bytes": 0, "peak_bytes": 0,
	"allocations": 0, "frees": 0, "refused": 0})'
tolerates 'one that was not used is no difference' 0 0

changed "$T/new.json" 'r["sites"][0]["live_bytes"] -= 1'
run "$RAC" diff --json "$GOLDEN" "$T/new.json"
ended 'the same as JSON' 1 ''
is 'has every figure' "$("$PYTHON" -c '
import json, sys
d = json.load(open(sys.argv[1]))
site = [r for r in d["rows"] if r["of"] == "site" and r["id"] == "11aa22bb"][0]
print(d["schema"], d["differing"], d["tolerance"], d["old"]["file"], len(d["rows"]),
	sum(r["differs"] for r in d["rows"]), site["figures"]["live_bytes"])' "$T/out")" \
	"rac.diff/1 1 0 $GOLDEN 15 1 {'old': 12884901888, 'new': 12884901887, 'differs': True}"

run "$RAC" diff "$GOLDEN"
ended 'one report is too few' 2
run "$RAC" diff --tolerance 5Q "$GOLDEN" "$GOLDEN"
ended 'an amount that is none is wrong usage' 2
contains 'and is named' "$(cat "$T/err")" "--tolerance='5Q'"
run "$RAC" diff "$GOLDEN" "$T/none"
ended 'a report that is not there is no difference' 125 \
	"rac diff: cannot read '$T/none': No such file or directory"
changed "$T/new.json" 'r["sites"][0]["id"] = "\033[31m"; r["sites"][0]["api"] = "\n"; r["sites"][0]["frames"][0]["function"] = "\u009b"; r["devices"][0]["name"] = "\r"'
run "$RAC" diff "$GOLDEN" "$T/new.json"
is 'control characters do not reach the terminal' "$(LC_ALL=C tr -d '\n -~' <"$T/out" | wc -c)" 0
finish
