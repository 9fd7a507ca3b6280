#!/bin/sh
# report.sh - `rac report`: shows what a process reported, and says of anything else what is wrong.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/reports.sh

needs_json report

run "$RAC" report "$GOLDEN"
ended 'a JSON report is shown' 0 ''
is 'as the process would have printed it' "$(diff "$T/out" tests/data/reports/train.txt)" ''
cp "$T/out" "$T/text"

run "$RAC" report --json "$GOLDEN"
ended 'and as JSON again' 0 ''
is 'which loses nothing' "$("$PYTHON" -c '
import json, sys
print(json.load(open(sys.argv[1])) == json.load(open(sys.argv[2])))' "$T/out" "$GOLDEN")" True
cp "$T/out" "$T/canonical.json"
run "$RAC" report --format json "$T/canonical.json"
is 'and is the same byte for byte from then on' "$(cmp "$T/out" "$T/canonical.json" 2>&1)" ''

run "$RAC" report - <"$GOLDEN"
is 'stdin is read' "$(diff "$T/out" "$T/text")" ''
is 'so is a pipe' "$(cat "$GOLDEN" | "$RAC" report /dev/stdin 2>&1 | diff - "$T/text")" ''

run "$RAC" report "$GOLDEN" "$T/none" "$GOLDEN"
ended 'one that is not there does not hide the others' 125 \
	"rac report: cannot read '$T/none': No such file or directory"
is 'which are shown' "$(cat "$T/text" "$T/text" | diff - "$T/out")" ''

run "$RAC" report --output "$T/copy.txt" "$GOLDEN"
ended 'a report goes into a file' 0 ''
is 'in full' "$(diff "$T/copy.txt" "$T/text")" ''
echo precious >"$T/copy.txt"
run "$RAC" report --output "$T/copy.txt" "$T/none"
is 'a file is not touched by what cannot be read' "$(cat "$T/copy.txt"; ls "$T"/copy.txt*)" \
	"precious
$T/copy.txt"
run "$RAC" report --output "$T/no/such/place" "$GOLDEN"
ended 'a place that is not there is said' 125 \
	"rac report: cannot write '$T/no/such/place': No such file or directory"
"$RAC" report "$GOLDEN" >/dev/full 2>"$T/err"
status=$?
ended 'a full disk is said' 125 'rac report: cannot write to stdout: No space left on device'

run "$RAC" report
ended 'a file is needed' 2 'rac report: an argument is missing; the use is: rac report FILE|PID...; see rac report --help'
run "$RAC" report --format yaml "$GOLDEN"
ended 'a form that does not exist is wrong usage' 2
contains 'and those that do are listed' "$(cat "$T/err")" "--format 'yaml' is not one of text|json"

# refuses NAME LINE: the last written $T/r.json is refused with that one line.
refuses() {
	run "$RAC" report "$T/r.json"
	ended "$1" 125 "rac report: $2"
	is "$1, without output" "$(cat "$T/out")" ''
}

# wrong STATEMENT WHAT RIGHT: the golden report after the statement is wrong there.
wrong() {
	changed "$T/r.json" "$1"
	refuses "$1" "'$T/r.json': $2; it must be $3"
}

count='a whole number from 0 to 2^64-1'
wrong 'r["schema"] = "rac.report/2"' "schema is the string 'rac.report/2'" \
	"'rac.report/1' for this version of rac"
wrong 'r["devices"][0]["live_bytes"] = "12"' "devices[0].live_bytes is the string '12'" "$count"
wrong 'r["devices"][1]["peak_bytes"] = -1' 'devices[1].peak_bytes is -1' "$count"
wrong 'r["devices"][1]["peak_bytes"] = 1.5' 'devices[1].peak_bytes is 1.5' "$count"
wrong 'r["devices"][1]["frees"] = None' 'devices[1].frees is missing' "$count"
wrong 'del r["devices"][1]["refused"]' 'devices[1].refused is missing' "$count"
wrong 'r["devices"][1]["ordinal"] = 2 ** 32' 'devices[1].ordinal is 4294967296' \
	'a whole number from 0 to 2^32-1'
wrong 'r["devices"][1]["ordinal"] = 64' 'devices[1].ordinal is 64' 'a whole number from 0 to 63'
wrong 'r["devices"][1]["ordinal"] = 0' 'devices[1].ordinal is 0' "different from the others'"
wrong 'r["devices"] = {}' 'devices is an object' 'an array'
wrong 'del r["devices"]' 'devices is missing' 'an array'
wrong 'r["devices"][0] = 7' 'devices[0] is 7' 'an object'
wrong 'r["devices"][0]["kinds"] = []' 'devices[0].kinds is an array' 'an object'
wrong 'r["devices"][0]["kinds"]["pool"] = 3' 'devices[0].kinds.pool is 3' 'an object'
wrong 'r["devices"][0]["kinds"]["pool"]["frees"] = [1]' \
	'devices[0].kinds.pool.frees is an array' "$count"
wrong 'r["devices"][0]["untracked_bytes"] = True' 'devices[0].untracked_bytes is true' "$count"
wrong 'r["process"] = []' 'process is an array' 'an object'
wrong 'del r["process"]["pid"]' 'process.pid is missing' "$count"
wrong 'r["process"]["host"] = {}' 'process.host is an object' 'a string without NUL'
wrong 'r["process"]["host"] = "a\0b"' "process.host is the string 'a\\x00b'" 'a string without NUL'
wrong 'r["process"]["command"] = "ls"' "process.command is the string 'ls'" 'an array of strings'
wrong 'r["process"]["command"][1] = 7' 'process.command[1] is 7' 'a string without NUL'
wrong 'r["process"]["started"] = "yesterday"' "process.started is the string 'yesterday'" \
	'a time like "2026-01-01T00:00:00Z"'
wrong 'r["process"]["seconds"] = -3' 'process.seconds is -3' 'a number of seconds from 0'
wrong 'r["process"]["end"]["how"] = "melted"' "process.end.how is the string 'melted'" \
	'one of running, exit, _exit, signal, killed, exec'
wrong 'r["process"]["end"]["status"] = 2 ** 63' 'process.end.status is 9223372036854775808' \
	'a whole number of 64 bits'
wrong 'r["host"]["pinned"] = []' 'host.pinned is an array' 'an object'
wrong 'r["sites"] = 1' 'sites is 1' 'an array'
wrong 'r["sites"][2] = None' 'sites[2] is missing' 'an object'
wrong 'r["sites"][2]["kind"] = "hbm"' "sites[2].kind is the string 'hbm'" \
	'one of device, managed, array, vmm, pool, graph, pinned'
wrong 'r["sites"][2]["grade"] = "A"' "sites[2].grade is the string 'A'" \
	'one of suppressed, pool, library, once, referenced, leak'
wrong 'r["sites"][2]["device"] = 9' 'sites[2].device is 9' 'the ordinal of one of devices'
wrong 'r["sites"][2]["device"] = None' 'sites[2].device is missing' 'a whole number from 0 to 2^32-1'
wrong 'del r["sites"][2]["peak_bytes"]' 'sites[2].peak_bytes is missing' "$count"
wrong 'r["sites"][0]["frames"] = "main"' "sites[0].frames is the string 'main'" 'an array'
wrong 'r["sites"][0]["frames"][1] = "main"' "sites[0].frames[1] is the string 'main'" 'an object'
wrong 'r["sites"][0]["frames"][1]["line"] = "12"' \
	"sites[0].frames[1].line is the string '12'" "$count"
line='r["timeline"] = timeline(r["sites"], [5, 5, 9], [0, 4, 0], [1, 2, 3])'
wrong 'r["timeline"] = []' 'timeline is an array' 'an object'
wrong "$line; del r['timeline']['at_ns']" 'timeline.at_ns is missing' 'an array'
wrong "$line; r['timeline']['site'] = 7" 'timeline.site is 7' 'an array'
wrong "$line; r['timeline']['site'].pop()" 'timeline.site is an array' 'as long as timeline.at_ns'
wrong "$line; r['timeline']['site'][1] = 6" 'timeline.site[1] is 6' 'the position of one of sites, or null'
wrong "$line; r['timeline']['at_ns'][2] = 4" 'timeline.at_ns[2] is 4' \
	'a whole number, and not before the one in front of it'
wrong "$line; r['timeline']['live_bytes'][2] = -4" 'timeline.live_bytes[2] is -4' "$count"
wrong "$line; r['timeline']['device'][1] = 7" 'timeline.device[1] is 7' \
	'the ordinal of one of devices, or null'
wrong "$line; r['timeline']['device'][0] = None" 'timeline.device[0] is missing' 'that of the site'
wrong "$line; r['timeline']['stands_for'][0] = []" 'timeline.stands_for[0] is an array' "$count"
wrong "$line; r['timeline']['coarse_until_ns'] = []" \
	'timeline.coarse_until_ns is an array' "$count"
changed "$T/r.json" "$line"
run "$RAC" report --json "$T/r.json"
contains 'a timeline is kept' "$(cat "$T/out")" \
	'"timeline":{"coarse_until_ns":0,"missed":0,"at_ns":[5,5,9],"site":[0,4,0],"device":[0,null,0],"live_bytes":[1,2,3],"device_bytes":[1,2,3],"most_bytes":[1,2,3],"stands_for":[1,1,1]},'
wrong 'r["verdict"] = 1' 'verdict is 1' 'an object'
wrong 'r["verdict"]["conditions"] = 1' 'verdict.conditions is 1' 'an array'
wrong 'r["verdict"]["conditions"][0]["failed"] = "yes"' \
	"verdict.conditions[0].failed is the string 'yes'" 'true or false'
wrong 'r["verdict"]["exit_code"] = 2 ** 31' 'verdict.exit_code is 2147483648' \
	'a whole number of 32 bits'

changed "$T/r.json" 'r["devices"] = [{**r["devices"][0], "ordinal": i} for i in range(65)]'
refuses 'more devices than there can be' \
	"'$T/r.json': devices has 65 elements; at most 64 are read"
echo '{"a": 1}' >"$T/r.json"
refuses 'another JSON document' \
	"'$T/r.json' is no report: it does not begin with \"schema\": \"rac.report/1\""
: >"$T/r.json"
refuses 'an empty file' "'$T/r.json' is not a JSON document: it ends too early at byte 0"
head -c 1000 "$GOLDEN" >"$T/r.json"
refuses 'a report that was cut' "'$T/r.json' is not a JSON document: it ends too early at byte 1000"
printf '\177ELF\2\1\1\0\0\0' >"$T/r.json"
run "$RAC" report "$T/r.json"
ended 'a program is no report' 125
is 'which takes one line' "$(wc -l <"$T/err")" 1
"$PYTHON" -c 'print("[" * 100000)' >"$T/r.json"
run "$RAC" report "$T/r.json"
ended 'what is nested too deep is refused' 125
truncate -s 200M "$T/r.json"
refuses 'a file that is too large' \
	"'$T/r.json' has more than 134217728 bytes, which is the most that is read"
rm "$T/r.json"
mkdir "$T/r.json"
refuses 'a folder' "cannot read '$T/r.json': Is a directory"
rmdir "$T/r.json"
mkfifo "$T/r.json"
refuses 'a pipe that nobody writes to' \
	"'$T/r.json' is not a JSON document: it ends too early at byte 0"
rm "$T/r.json"

changed "$T/r.json" 'r["new"] = [{"x": 1}]; r["devices"][0]["shape"] = {}; r["sites"][0]["hot"] = 1'
run "$RAC" report "$T/r.json"
is 'keys that are not known are passed over' "$(cat "$T/err"; diff "$T/out" "$T/text")" ''
changed "$T/r.json" 'r = {k: r[k] for k in ("schema", "process", "devices")}
r["process"] = {"pid": 1, "end": {"how": "running"}}; r["devices"] = []'
run "$RAC" report "$T/r.json"
ended 'a report may lack what is not needed' 0 ''
contains 'and is shown' "$(cat "$T/out")" '==rac 1== SUMMARY: no device used'

changed "$T/r.json" 'r["process"]["command"] = ["a\033[31mb\nc"]; r["process"]["host"] = "\u009bx"
r["devices"][0]["name"] = "GPU\r"; r["verdict"]["conditions"][0]["condition"] = "leak\033]0;x\007"'
run "$RAC" report "$T/r.json"
is 'control characters do not reach the terminal' "$(LC_ALL=C tr -d '\n -~' <"$T/out" | wc -c)" 0
contains 'but are shown' "$(cat "$T/out")" 'a\x1b[31mb\x0ac'
changed "$T/r.json" 'r["devices"][0]["live_bytes"] = "\033[31m\n" + "x" * 999'
run "$RAC" report "$T/r.json"
is 'nor those of a message' "$(LC_ALL=C tr -d '\n -~' <"$T/err" | wc -c):$(wc -l <"$T/err")" 0:1

changed "$T/r.json" 'r["devices"][0]["refused_bytes"] = 2 ** 64 - 1
r["process"]["seconds"] = 12.345678; r["process"]["end"]["status"] = -2 ** 63'
run "$RAC" report --json "$T/r.json"
contains 'integers keep all 64 bits' "$(cat "$T/out")" '"refused_bytes":18446744073709551615,'
contains 'and times their decimals' "$(cat "$T/out")" '"seconds":12.345678,'
contains 'and signs' "$(cat "$T/out")" '"status":-9223372036854775808}'
changed "$T/r.json" 'r["process"]["end"] = {"how": "exit", "status": None}'
run "$RAC" report --json "$T/r.json"
contains 'a status that nobody knew stays unknown' "$(cat "$T/out")" '"end":{"how":"exit","status":null}'
run "$RAC" report "$T/r.json"
contains 'in the text too' "$(cat "$T/out")" '== ended after '

if [ -e "$B/apps/demo" ] && [ -e "$B/librac_track.so" ]; then
	run env RAC_LIMIT=640M RAC_REPORT="$T/demo.json" LD_PRELOAD="$B/librac_track.so" "$B/apps/demo"
	run "$RAC" report --json "$T/demo.json"
	is "a process's own report is repeated byte for byte" "$(cmp "$T/out" "$T/demo.json" 2>&1)" ''
	"$RAC" report "$T/demo.json" >"$T/shown"
	run env RAC_LIMIT=640M LD_PRELOAD="$B/librac_track.so" "$B/apps/demo"
	is 'and its text is what the process prints' \
		"$(grep -v ' refused: \| after ' "$T/err" | sed 's/rac [0-9]*/rac/')" \
		"$(grep -v ' after ' "$T/shown" | sed 's/rac [0-9]*/rac/')"
fi
finish
