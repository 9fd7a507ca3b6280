#!/bin/sh
# export.sh - `rac export`: each form is read by the program that it is for, where that is here, and its
# sums are those of the report.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/reports.sh

needs_json report

formats=$(sed -n 's/^EXPORT_FORMAT(\([a-z]*\),.*/\1/p' cli/formats.def)

# exported FORMAT REPORT FLAG…: into $T/export.FORMAT.
exported() {
	exported_format=$1
	exported_report=$2
	shift 2
	run "$RAC" export --format "$exported_format" --output "$T/export.$exported_format" "$@" \
		"$exported_report"
}

# adds_up NAME FORMAT REPORT [VALUE]
adds_up() {
	exported "$2" "$3" ${4:+--value "$4"}
	if [ "$status" -ne 0 ]; then
		not_ok "$1" "status $status; stderr: $(cat "$T/err")"
		return
	fi
	is "$1" "$("$PYTHON" tests/lib/exports.py "$2" "$T/export.$2" "$3" ${4:+"$4"} 2>&1)" ''
}

timeline='r["timeline"] = timeline(r["sites"], [10**9, 2 * 10**9, 3 * 10**9, 4 * 10**9, 5 * 10**9, 6 * 10**9],
	[0, 1, 2, 3, 5, 5], [32212254720, 1073741824, 2147483648, 536870912, 2097152, 0])
d = r["devices"][0]
d["live_bytes"] -= 536870912; d["peak_bytes"] -= 536870912; d["allocations"] -= 4; d["frees"] -= 3'
changed "$T/timeline.json" "$timeline"
changed "$T/bare.json" 'r["sites"] = []'
changed "$T/empty.json" 'r["sites"] = []; r["devices"] = []'
changed "$T/hostile.json" '
bad = "\033[31m;\n\t\"\\<b>&\u009b\u202e" + "x" * 3000
for s in r["sites"]:
	s["owner"] = s["api"] = s["id"] = bad + s["id"]
	for f in s["frames"]: f["function"] = f["file"] = f["module"] = f["build_id"] = bad
for d in r["devices"]: d["name"] = d["uuid"] = bad
p = r["process"]
p["executable"] = p["host"] = p["rank"] = bad; p["command"] = [bad]'
changed "$T/many.json" '
for s in r["sites"]: s["live_count"] *= 10**12
for d in r["devices"]: d["allocations"] += 10**16'

for format in $formats; do
	[ "$format" = heaptrack ] && continue
	adds_up "$format adds up" "$format" "$GOLDEN"
	adds_up "$format adds up without sites" "$format" "$T/bare.json"
	adds_up "$format adds up with a timeline" "$format" "$T/timeline.json"
	adds_up "$format takes names of any bytes" "$format" "$T/hostile.json"
done
adds_up 'folded adds up for live bytes' folded "$GOLDEN" live
adds_up 'folded adds up for calls' folded "$GOLDEN" count
for format in $formats; do
	exported "$format" "$T/empty.json"
	ended "$format of a process without a device" 0 ''
	exported "$format" "$T/many.json"
	ended "$format of more allocations than can be listed" 0 ''
	is "$format of those is not endless" "$(($(wc -c <"$T/export.$format") < 100000000))" 1
	if grep -q "^EXPORT_FORMAT($format, false" cli/formats.def; then
		exported "$format" "$T/hostile.json"
		is "$format holds no control characters" \
			"$(LC_ALL=C tr -d '\n -~\200-\377' <"$T/export.$format" | wc -c)" 0
		is "$format is UTF-8" "$(iconv -f UTF-8 -t UTF-8 "$T/export.$format" 2>&1 >/dev/null)" ''
	fi
done

if [ -e "$B/apps/demo" ] && [ -e "$B/librac_track.so" ]; then
	run env RAC_RECORD="$T/demo.rec" RAC_REPORT="$T/demo.json" RAC_LIMIT=640M \
		LD_PRELOAD="$B/librac_track.so" "$B/apps/demo"
	for format in pprof folded speedscope torch prometheus; do
		exported "$format" "$T/demo.rec"
		is "$format of a record is that of the report" "$("$PYTHON" tests/lib/exports.py \
			"$format" "$T/export.$format" "$T/demo.json" 2>&1)" ''
	done
fi

exported folded "$GOLDEN"
is 'a folded stack begins with the device and ends with the call' "$(sed -n 2p "$T/export.folded")" \
	'GPU 0;<module> (/home/ada/serve.py:41);Engine.step (/home/ada/engine.py:204);KVCache::grow(unsigned long) (src/kv_cache.cu:118);cuMemAlloc_v2 1073741824'
is 'what no site accounts for is a stack of its own' "$(tail -n 1 "$T/export.folded")" \
	'GPU 0;(no site accounts for it) 536870912'

if command -v go >/dev/null; then
	exported pprof "$GOLDEN"
	go tool pprof -top -sample_index=inuse_space -unit B "$T/export.pprof" >"$T/out" 2>"$T/err"
	contains 'pprof itself adds up to the live bytes' "$(cat "$T/out")" 'of 16644046848B total'
	contains 'and names functions' "$(cat "$T/out")" ' KVCache::grow'
	contains 'also those of Python' "$(cat "$T/out")" ' <module>'
	contains 'and the program' "$(cat "$T/out")" 'File: python3.12'
	go tool pprof -top -unit B "$T/export.pprof" >"$T/out" 2>"$T/err"
	contains 'and by default shows the peak' "$(cat "$T/out")" 'of 36576428032B total'
	go tool pprof -top -unit B -tagfocus=grade=leak "$T/export.pprof" >"$T/out" 2>"$T/err"
	contains 'and selects by tag' "$(cat "$T/out")" 'Showing nodes accounting for 1679818752B'
	exported pprof "$T/hostile.json"
	go tool pprof -top "$T/export.pprof" >"$T/out" 2>"$T/err"
	is 'and takes names of any bytes' "$?:$(LC_ALL=C tr -d '\n\t -~\200-\377' <"$T/out" | wc -c)" 0:0
else
	skip 'pprof itself' 'go is not here'
fi

# heaptracks REPORT COST: the sum that heaptrack itself finds for one of its costs.
heaptracks() {
	exported heaptrack "$1"
	heaptrack_print -f "$T/export.heaptrack" -F "$T/costs" --flamegraph-cost-type "$2" \
		>"$T/printed" 2>&1 || cat "$T/printed"
	awk '{ sum += $NF } END { printf "%.0f\n", sum }' "$T/costs"
}
if command -v heaptrack_print >/dev/null; then
	is 'heaptrack itself adds up to the live bytes' "$(heaptracks "$GOLDEN" leaked)" 16644046848
	is 'and to the peak' "$(heaptracks "$GOLDEN" peak)" 36576428032
	contains 'and names functions' "$(cat "$T/printed")" 'KVCache::grow(unsigned long)'
	contains 'also those of Python' "$(cat "$T/printed")" '[module]'
	contains 'and knows how long it ran' "$(cat "$T/printed")" 'total runtime: 182.40s'
	is 'without sites, too' "$(heaptracks "$T/bare.json" leaked)" 16644046848
	is 'and the peak of a timeline' "$(heaptracks "$T/timeline.json" peak)" 35972448256
	is 'and its end' "$(heaptracks "$T/timeline.json" leaked)" 16107175936
	is 'and names of any bytes' "$(heaptracks "$T/hostile.json" leaked)" 16644046848
else
	skip 'heaptrack itself' 'heaptrack_print is not here'
fi

if command -v promtool >/dev/null; then
	for report in "$GOLDEN" "$T/bare.json" "$T/hostile.json" "$T/timeline.json"; do
		exported prometheus "$report"
		is "promtool finds nothing wrong with ${report##*/}" \
			"$(promtool check metrics <"$T/export.prometheus" 2>&1):$?" ':0'
	done
	changed "$T/other.json" 'r["process"]["pid"] = 4712'
	run "$RAC" export --format prometheus "$GOLDEN" "$T/other.json"
	is 'nor with several processes in one file' \
		"$(promtool check metrics <"$T/out" 2>&1):$?" ':0'
	is 'which are all there' "$(grep -c '^rac_device_live_bytes' "$T/out")" 4
else
	skip 'promtool' 'it is not here'
fi
changed "$T/owners.json" 'r["sites"] = [dict(r["sites"][0], id=f"{n:08x}", owner=f"lib{n}.so", live_bytes=n, peak_bytes=n)
	for n in range(1, 101)]'
run "$RAC" export --format prometheus "$T/owners.json"
is 'a process has 32 owners at most' "$(grep -c '^rac_owner_live_bytes' "$T/out")" 33
contains 'the largest' "$(cat "$T/out")" 'owner="lib69.so",kind="pool",grade="pool"} 69'
contains 'and one sum of all others' "$(cat "$T/out")" 'owner="(others)",kind="pool",grade="pool"} 2346'
run "$RAC" export --format prometheus "$GOLDEN" "$GOLDEN"
ended 'processes that could not be told apart are refused' 125 \
	"rac export: '$GOLDEN' and '$GOLDEN' are of the same host, pid, program and rank, so their metrics cannot be told apart; leave one away"

run "$RAC" export --format pprof --running
ended 'processes that run are exported as metrics alone' 2 \
	'rac export: --running is for prometheus; pprof is made of FILE; see rac export --help'
run "$RAC" export --format prometheus
ended 'a file is needed, or --running' 2 'rac export: FILE is missing; see rac export --help'
run "$RAC" export --format prometheus --running "$GOLDEN"
ended 'not both' 2 'rac export: --running takes no FILE; see rac export --help'

run "$RAC" export "$GOLDEN"
ended 'a form must be named' 2
contains 'and those that there are, are' "$(cat "$T/err")" "--format is missing; it is one of pprof|folded|"
run "$RAC" export --format folded "$GOLDEN" "$GOLDEN"
ended 'most forms are of one report' 2 \
	'rac export: folded is made of one report at a time; 2 are given; see rac export --help'
run "$RAC" export --format folded "$T/absent.json"
ended 'a report that is not there is said' 125 \
	"rac export: cannot read '$T/absent.json': No such file or directory"
echo precious >"$T/file"
run "$RAC" export --format folded --output "$T/file" "$T/absent.json"
is 'and the file that was to be written is as it was' "$(cat "$T/file")" precious
if command -v script >/dev/null; then
	script -qec "$RAC export --format torch $GOLDEN" /dev/null </dev/null >"$T/out" 2>&1
	is 'a binary form is not written to a terminal' "$?:$(tr -d '\r' <"$T/out")" \
		'125:rac export: this form is binary and not for a terminal; write --output FILE'
fi
finish
