#!/bin/sh
# merge.sh - `rac merge`: the processes of a job side by side, in the order of their ranks.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/reports.sh

needs_json report

# rank RANK STATEMENT: writes the report of a rank.
rank() {
	changed "$T/$1.json" "r['process'].update(rank='$1', pid=100 + $1); $2"
}
rank 0 'r["devices"].pop(); r["sites"].pop()'
rank 2 'd = r["devices"]; d.pop(); r["sites"].pop(); d[0]["peak_bytes"] = 2 ** 30
d[0]["live_bytes"] = 0; d[0]["refused"] = 0'
rank 10 'd = r["devices"]; d.pop(); r["sites"].pop(); d[0]["peak_bytes"] = 47 * 2 ** 30
d[0]["over_bytes"] = 3 * 2 ** 30; r["process"]["end"] = {"how": "killed", "status": 9}'
changed "$T/none.json" 'r["process"].update(rank=None, host="node1"); r["devices"] = []; r["sites"] = []'

run "$RAC" merge "$T/10.json" "$T/none.json" "$T/2.json" "$T/0.json"
ended 'reports are merged' 0 ''
is 'in the order of their ranks, with what is worst and what is missing' \
	"$(tr -s ' ' <"$T/out" | sed 's/^ //')" \
	'rank host pid ended device peak of cap live at end refused
0 node7 100 exit 0 0 34.0 GiB 77.2% 15.5 GiB 2
2 node7 102 exit 0 0 1.00 GiB 2.2% 0 B 0
10 node7 110 killed 9 0 47.0 GiB 106.8% 15.5 GiB 2
- node1 4711 exit 0 no device used

most least spread sum most of
peak 47.0 GiB 1.00 GiB 46.0 GiB 82.0 GiB rank 10, device 0
live at the end 15.5 GiB 0 B 15.5 GiB 31.0 GiB rank 0, device 0
requests refused 2 0 2 4 rank 0, device 0
limit passed by 3.00 GiB 0 B 3.00 GiB 3.00 GiB rank 10, device 0

no report of ranks 1, 3, 4, 5, 6, 7, 8, 9
4 reports, 3 devices used'

# json EXPRESSION: of the merge m of the last run with --json.
json() {
	"$PYTHON" -c "import json, sys; m = json.load(open(sys.argv[1])); print($1)" "$T/out" 2>&1
}
run "$RAC" merge --json "$T/10.json" "$T/none.json" "$T/2.json" "$T/0.json"
ended 'the same as JSON' 0 ''
is 'has a row for each device' "$(json '[(r["rank"], r["pid"], r["device"]) for r in m["rows"]]')" \
	"[('0', 100, 0), ('2', 102, 0), ('10', 110, 0), (None, 4711, None)]"
is 'and exact figures' "$(json '[m["figures"]["peak_bytes"][k] for k in ("most", "least", "spread", "sum")]')" \
	"[$((47 << 30)), $((1 << 30)), $((46 << 30)), $(((47 + 34 + 1) << 30))]"
is 'and who is worst' "$(json 'm["figures"]["peak_bytes"]["worst"]["rank"]')" 10
is 'and who is missing' "$(json 'm["missing_ranks"], m["missing"]')" '8 [1, 3, 4, 5, 6, 7, 8, 9]'

run "$RAC" merge "$GOLDEN"
is 'each device of a process is a row' "$(grep -c ' node7 ' "$T/out")" 2
run "$RAC" merge "$T/0.json" "$T/0.json"
is 'several processes of a rank are all there' "$(grep -c ' node7 ' "$T/out")" 2
is 'and no rank is missing' "$(grep -c 'no report' "$T/out")" 0
rank 1000000 'pass'
run "$RAC" merge "$T/1000000.json"
contains 'many missing ranks are counted' "$(cat "$T/out")" ', 31 and 999968 more'
changed "$T/odd.json" 'r["process"]["rank"] = "worker-1"'
run "$RAC" merge "$T/odd.json" "$T/0.json"
is 'ranks that are no numbers come last' "$(sed -n '2,4s/^ *\([^ ]*\).*/\1/p' "$T/out" | tr '\n' ' ')" \
	'0 worker-1 worker-1 '

run "$RAC" merge "$T/0.json" "$T/absent.json" "$T/2.json"
ended 'a report that is not there does not hide the others' 125 \
	"rac merge: cannot read '$T/absent.json': No such file or directory"
is 'which are merged' "$(tail -n 1 "$T/out")" '2 reports, 2 devices used'
run "$RAC" merge "$T/absent.json"
is 'nothing to merge is no table' "$status:$(cat "$T/out")" '125:'
changed "$T/top.json" 'r["devices"][0]["peak_bytes"] = 2 ** 64 - 1; r["devices"][0]["limit_bytes"] = 1'
run "$RAC" merge --json "$T/top.json" "$T/0.json"
is 'a sum that does not fit stops at the largest number' "$(json 'm["figures"]["peak_bytes"]["sum"]')" \
	18446744073709551615
changed "$T/top.json" 'r["process"]["rank"] = "\033[31m"; r["process"]["host"] = "a\nb"'
run "$RAC" merge "$T/top.json" "$T/0.json"
is 'control characters do not reach the terminal' "$(LC_ALL=C tr -d '\n -~' <"$T/out" | wc -c)" 0
finish
