#!/bin/sh
# security.sh - what docs/SECURITY.md claims: that the tests that it names are there, and those of its claims that no
# other file tests: links, files of others, and names that reach a terminal from a process.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

# Each claim names `file`: a case of it.
sed -n 's/^| .* | `\([a-z_.]*\)`: \(.*\) |$/\1 \2/p' docs/SECURITY.md >"$T/claims"
missing=
while read -r file case; do
	found=
	for path in tests/*/"$file"; do
		! grep -qF -- "$case" "$path" 2>/dev/null || found=1
	done
	[ -n "$found" ] || missing="$missing $file: $case;"
done <"$T/claims"
is 'each claim has a test that is there' "$(wc -l <"$T/claims") lines,$missing" "$(grep -c '^| .*\.[shc]*`: ' docs/SECURITY.md) lines,"

# Reports.
mkdir "$T/w"
echo precious >"$T/target"
touch -d '1 hour ago' "$T/target"
ln -s "$T/target" "$T/w/report.json"
run env LD_PRELOAD="$SHIM" RAC_REPORT="$T/w/report.json" "$APPS/leak" 1M
is 'a report is not written through a link' "$status $(cat "$T/target") $(find "$T/w" -name 'report.json*' -size +0 -type f | wc -l)" \
	'0 precious 1'
rm -f "$T"/w/*
# The pid is known beforehand: the shell's own, which exec keeps.
cat >"$T/trap.sh" <<-'end'
	ln -s "$1/target" "$1/w/report.json.tmp.$$"
	exec env LD_PRELOAD="$2" RAC_REPORT="$1/w/report.json" "$3" 1M
end
run sh "$T/trap.sh" "$T" "$SHIM" "$APPS/leak"
is 'nor is what lies at its temporary name' "$status $(cat "$T/target") $(find "$T/w" -name report.json -type f | wc -l)" \
	'0 precious 1'

# A folder that everybody may write to.
mkdir -m 1777 "$T/status"
env LD_PRELOAD="$SHIM" RAC_REPORT=none RAC_STATUS_DIR="$T/status" "$APPS/record_steps" alloc 2 1M make "$T/one" wait "$T/two" &
for _ in $(seq 200); do
	[ -e "$T/one" ] && break
	sleep 0.05
done
real=$(cd "$T/status" && ls)
ln -s /etc/passwd "$T/status/1-0x1.rac"
ln -s /nonexistent "$T/status/2-0x2.rac"
ln -s /dev/zero "$T/status/3-0x3.rac"
mkfifo "$T/status/4-0x4.rac"
mkdir "$T/status/5-0x5.rac"
: >"$T/status/6-0x6.rac"
head -c 300000 /dev/urandom >"$T/status/7-0x7.rac"
head -c 5000 "$T/status/$real" >"$T/status/8-0x8.rac"
run timeout 20 "$RAC" top --json --status-dir "$T/status"
is 'rubbish in a status folder is passed over' "$status $("$PYTHON" -c 'import json, sys
print([(row["live_bytes"], row["source"]) for row in json.load(open(sys.argv[1]))["rows"]
	if row["pid"] == int(sys.argv[2]) or row["source"] == "status"])' "$T/out" "${real%%-*}" 2>&1)" "0 [(2097152, 'status')]"
touch "$T/two"
wait

# Names of processes.
name=$(printf 'a\033[31m\nb\302\2332K')
cp "$APPS/record_steps" "$T/$name"
rm -f "$T/one" "$T/two"
export LD_LIBRARY_PATH="$SIM" # the copy does not lie beside it
run env LD_PRELOAD="$SHIM" RAC_LIMIT=1M "$T/$name" alloc 1 1M alloc 1 1M
is "a program's name reaches the terminal without control characters" \
	"$(LC_ALL=C tr -d '\n -~' <"$T/err" | wc -c) $(grep -c 'x1b.31m' "$T/err" | sed 's/[1-9]/said/')" '0 said'
env LD_PRELOAD="$SHIM" RAC_REPORT=none RAC_STATUS_DIR="$T/status" "$T/$name" alloc 2 1M make "$T/one" wait "$T/two" &
for _ in $(seq 200); do
	[ -e "$T/one" ] && break
	sleep 0.05
done
run timeout 20 "$RAC" top --once --status-dir "$T/status"
is 'nor does it by way of rac top' "$status $(LC_ALL=C tr -d '\n -~' <"$T/out" | wc -c) $(grep -c '31m' "$T/out")" '0 0 1'
touch "$T/two"
wait
finish
