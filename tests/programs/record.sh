#!/bin/sh
# record.sh - the record of a process: it outlives the process however that ends, it is where RAC_RECORD says,
# it belongs to nobody else, and whatever goes wrong with it costs the program nothing.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

steps=$APPS/record_steps

# recorded [VARIABLE=VALUE…] STEP…: record_steps with its record in $T/run.rec and its report in $T/report.json.
recorded() {
	rm -f "$T/report.json" "$T"/run.rec*
	recorded_settings=
	while :; do
		case $1 in
		*=*) recorded_settings="$recorded_settings $1" ;;
		*) break ;;
		esac
		shift
	done
	# shellcheck disable=SC2086  # settings have no blanks
	run env LD_PRELOAD="$SHIM" RAC_REPORT="$T/report.json" RAC_RECORD="$T/run.rec" \
		$recorded_settings "$steps" "$@"
}

# of FILE EXPRESSION: a Python expression over the report that a record gives, r.
of() {
	"$RAC" report --json "$1" >"$T/of.json" 2>"$T/of.err" || {
		cat "$T/of.err"
		return
	}
	"$PYTHON" -c "import json, sys; r = json.load(open(sys.argv[1])); print($2)" "$T/of.json" 2>&1
}

# How it ended, what was live and at its peak, and how often memory was taken and given back.
figures='r["process"]["end"]["how"], r["process"]["end"]["status"], *[d[k] for d in r["devices"] for k in ("live_bytes", "peak_bytes", "allocations", "frees")]'

# files: what lies in the folder of the test and has to do with records.
files() {
	(cd "$T" && find . -name '*rec*' ! -name 'rec*.err' | sort | tr '\n' ' ')
}

there() {
	if [ -e "$1" ]; then echo yes; else echo no; fi
}

# appears FILE: waits for it.
appears() {
	appears_looks=0
	while [ ! -e "$1" ] && [ $appears_looks -lt 1000 ]; do
		sleep 0.01
		appears_looks=$((appears_looks + 1))
	done
}

# However the process ends.
recorded alloc 3 1M free 1 exit 7
ended 'a program whose record is kept ends as ever' 7 ''
is 'its record gives the report that it wrote, byte for byte' \
	"$("$RAC" report --json "$T/run.rec" | cmp - "$T/report.json" 2>&1)" ''
is 'nobody else may read it' "$(stat -c %a "$T/run.rec")" 600
is 'nothing else is left' "$(files)" './run.rec '
recorded alloc 2 1M _exit 3
is 'after _exit too' "$(of "$T/run.rec" "$figures")" '_exit 3 2097152 2097152 2 0'
recorded alloc 5 1M free 2 kill
is 'a process that was killed has left its figures' "$status $(of "$T/run.rec" "$figures")" \
	'137 killed 0 3145728 5242880 5 2'
is 'and no report of its own' "$(there "$T/report.json")" no
is 'when it died nobody knows' "$(of "$T/run.rec" 'r["process"]["seconds"]')" None
recorded alloc 20000 4K free 5000 kill
is 'so has one with many allocations' "$(of "$T/run.rec" "$figures")" \
	'killed 0 61440000 81920000 20000 5000'

# Where it lies.
recorded RAC_RECORD="$T/deep/er/%e-%h-%r-%p.rec" RANK=3 alloc 1 1M
is 'patterns are filled in and folders are made' "$(cd "$T/deep/er" && ls | sed 's/[0-9]*\.rec/PID.rec/')" \
	"record_steps-$(uname -n)-3-PID.rec"
rm -rf "$T/deep"
mkdir "$T/here" "$T/there"
(cd "$T/here" && env LD_PRELOAD="$SHIM" RAC_REPORT=none RAC_RECORD=run.rec "$steps" alloc 1 1M cd ../there alloc 5000 1)
is 'a relative path is one in the first folder' "$(of "$T/here/run.rec" "$figures") $(ls "$T/there")" \
	'exit 0 1053576 1053576 5001 0 '
is 'also for what grows later' "$(of "$T/here/run.rec" 'r["lost_bytes"]')" 0
rm -rf "$T/here" "$T/there"
run env LD_PRELOAD="$SHIM" RAC_RECORD="$T/run.rec" "$APPS/nocuda"
is 'a program without CUDA leaves none' "$status $(there "$T/run.rec")" '0 no'

# Files of others.
recorded alloc 1 1M kill
run env LD_PRELOAD="$SHIM" RAC_REPORT=none RAC_RECORD="$T/run.rec" "$steps" alloc 2 1M
is 'the record of a process that is gone makes way' "$(files) $(of "$T/run.rec" "$figures")" \
	'./run.rec  exit 0 2097152 2097152 2 0'
echo precious >"$T/run.rec"
run env LD_PRELOAD="$SHIM" RAC_REPORT=none RAC_RECORD="$T/run.rec" sh -c 'echo $$; exec "$0" alloc 2 1M' "$steps"
is 'what is no record stays' "$(cat "$T/run.rec")" precious
is 'and the record has the pid behind its name' "$(of "$T/run.rec.$(cat "$T/out")" "$figures")" \
	'exit 0 2097152 2097152 2 0'
rm -f "$T"/run.rec*
ln -s "$T/target" "$T/run.rec"
run env LD_PRELOAD="$SHIM" RAC_REPORT=none RAC_RECORD="$T/run.rec" sh -c 'echo $$; exec "$0" alloc 2 1M' "$steps"
is 'a link is not followed' "$(readlink "$T/run.rec") $(there "$T/target")" "$T/target no"
rm -f "$T"/run.rec*
env LD_PRELOAD="$SHIM" RAC_REPORT=none RAC_RECORD="$T/run.rec" "$steps" alloc 1 1M make "$T/one" wait "$T/two" kill &
appears "$T/one"
is 'a live record can be read' "$(of "$T/run.rec" "$figures")" 'running 0 1048576 1048576 1 0'
run env LD_PRELOAD="$SHIM" RAC_REPORT=none RAC_RECORD="$T/run.rec" sh -c 'echo $$; exec "$0" alloc 2 1M' "$steps"
is 'and is not taken from its process' "$(of "$T/run.rec" "$figures")" 'running 0 1048576 1048576 1 0'
is 'another process has its own' "$(of "$T/run.rec.$(cat "$T/out")" "$figures")" 'exit 0 2097152 2097152 2 0'
touch "$T/two"
wait
rm -f "$T/one" "$T/two"

# Children and images.
recorded fork alloc 2 1M exit 4
is 'a child has a record of its own' "$(of "$T/run.rec" "$figures")" 'exit 4 2097152 2097152 2 0'
is 'and its parent another' "$(files | wc -w) $(of "$(ls "$T"/run.rec.*)" "$figures")" \
	'2 exit 4 2097152 2097152 2 0'
# The simulated CUDA does not start in the child of one that did, which is what NVIDIA's does.
recorded alloc 3 1M fork alloc 1 1M
is 'a child of one with a record does not write into that' \
	"$(of "$T/run.rec" "$figures") $(of "$(ls "$T"/run.rec.*)" "$figures")" \
	'exit 0 4194304 4194304 4 0 exit 1'
recorded alloc 3 1M fork _exit 5
is 'a child without CUDA leaves none, and the record of its parent alone' \
	"$(files) $(of "$T/run.rec" "$figures")" './run.rec  _exit 5 3145728 3145728 3 0'
recorded alloc 3 1M exec alloc 1 1M exit 4
is 'an image that another one replaced says so' "$(of "$T/run.rec" "$figures")" 'exec 0 3145728 3145728 3 0'
is 'which has a record of its own' "$(of "$(ls "$T"/run.rec.*)" "$figures")" 'exit 4 1048576 1048576 1 0'
printf 'no interpreter\n' >"$T/script"
chmod +x "$T/script"
mkdir "$T/images"
run env LD_PRELOAD="$SHIM" RAC_REPORT=none RAC_RECORD="$T/images/%p.rec" "$steps" alloc 3 1M exec alloc 1 1M kill
is 'so have the images of one process where the name is by its pid, however the last one ends' \
	"$(for image in "$T/images/"*; do of "$image" "$figures"; done)" 'exec 0 3145728 3145728 3 0
killed 0 1048576 1048576 1 0'
rm -rf "$T/images"
recorded alloc 3 1M noexec "$T/script" alloc 1 1M kill
is 'one that was not replaced goes on' "$(of "$T/run.rec" "$figures")" 'killed 0 4194304 4194304 4 0'
for number in 2 16 64; do
	recorded threads $number exit 0
	is "of $number threads that start at once one makes the record" \
		"$(files) $(of "$T/run.rec" "$figures")" \
		"./run.rec  exit 0 $((number << 20)) $((number << 20)) $number 0"
done
recorded threads 16 kill
is 'for all of them' "$(files) $(of "$T/run.rec" "$figures")" './run.rec  killed 0 16777216 16777216 16 0'

# What goes wrong. The cap holds all the same.
# broken NAME STEP…: the program goes on, its report is complete and says that its record lacks tables.
broken() {
	broken_name=$1
	shift
	recorded RAC_REPORT=/dev/stdout RAC_FORMAT=json "$@" alloc 8000 1K
	ended "$broken_name: the program goes on" 0 ''
	cp "$T/out" "$T/report.json"
	is "$broken_name: its report is complete" \
		"$(report 'r["devices"][0]["live_bytes"] // 1024, r["devices"][0]["allocations"] // 8000, r["lost_bytes"] > 0')" \
		'8000 1 True'
}

# refused NAME LINE SETTING…: there is no record from the start, which is said in one line.
refused() {
	refused_name=$1 refused_line=$2
	shift 2
	recorded "$@" alloc 8000 1K
	ended "$refused_name: the program goes on" 0
	is "$refused_name: one line says why" "$(lines) $(said 1)" "1 $refused_line"
	is "$refused_name: its report is complete" \
		"$(report 'r["devices"][0]["live_bytes"], r["devices"][0]["allocations"], r["lost_bytes"]')" \
		'8192000 8000 0'
}

advice='RAC_RECORD must name a place that this process may write to'
broken 'a record that was unlinked' alloc 1 1 unlink "$T/run.rec"
broken 'a limit of file sizes' alloc 1 1 fsize 150K
# How often the ledger grows for so many entries depends on where they happen to lie: two or three times.
is 'and the record says what it lacks' \
	"$(of "$T/run.rec" 'r["devices"][0]["live_bytes"], r["lost_bytes"] in (393216, 917504), r["lost_errno"]')" \
	'8192001 True 27'
refused 'a limit of file sizes from the start' \
	"no file for the record: cannot create '$T/run.rec' (errno 27); $advice" fsize 4K
is 'and nothing is left' "$(files)" ''
refused 'a place that is not there and cannot be' \
	"no file for the record: cannot create '/proc/no/such.rec' (errno 2); $advice" \
	RAC_RECORD=/proc/no/such.rec
refused 'a device' "no file for the record: cannot create '/dev/null' (errno 22); $advice" RAC_RECORD=/dev/null
refused 'a folder' "no file for the record: cannot create '$T' (errno 22); $advice" RAC_RECORD="$T"
refused 'a variable that is not set' \
	"RAC_RECORD='a%q{NO_SUCH}': '%q{NO_SUCH}' at character 2 names a variable that is not set; set it, or write another" \
	'RAC_RECORD=a%q{NO_SUCH}'
if [ "$(id -u)" -eq 0 ]; then
	broken 'another user from then on' alloc 1 1 drop 65534
	mkdir -p "$T/jail"
	broken 'another root folder from then on' alloc 1 1 chroot "$T/jail"
else
	skip 'another user, another root folder' 'needs root'
fi
if [ "$(id -u)" -eq 0 ] && mkdir "$T/small" && mount -t tmpfs -o size=200k none "$T/small" 2>/dev/null; then
	rm -f "$T/small/run.rec"
	recorded RAC_RECORD="$T/small/run.rec" alloc 8000 1K kill
	is 'a disk that is full: the record has the figures' \
		"$(of "$T/small/run.rec" "$figures")" 'killed 0 8192000 8192000 8000 0'
	is 'and says what it lacks' "$(of "$T/small/run.rec" 'r["lost_bytes"] > 0, r["lost_errno"]')" 'True 28'
	rm -f "$T/small/run.rec"
	cp /dev/zero "$T/small/fill" 2>/dev/null
	refused 'a disk that is full from the start' \
		"no file for the record: cannot create '$T/small/run.rec' (errno 28); $advice" \
		RAC_RECORD="$T/small/run.rec"
	umount "$T/small"
else
	skip 'a disk that is full' 'needs the right to mount'
fi

# For others to see.
mkdir "$T/status"
chmod 1777 "$T/status"
shown() {
	(cd "$T/status" && ls)
}
rm -f "$T"/run.rec*
# shellcheck disable=SC2016
env LD_PRELOAD="$SHIM" RAC_REPORT=none RAC_STATUS_DIR="$T/status" "$steps" alloc 2 1M make "$T/one" wait "$T/two" exit 3 &
appears "$T/one"
published=$T/status/$(shown)
is 'what is published shows the figures' "$(of "$published" "$figures")" 'running 0 2097152 2097152 2 0'
is 'to everybody' "$(stat -c %a "$published")" 644
is 'but not the arguments, nor the settings' \
	"$(of "$published" 'r["process"]["command"]') $(grep -ac -e "$T/two" -e RAC_STATUS_DIR "$published")" '[] 0'
touch "$T/two"
wait
is 'and goes when the process does' "$(shown)" ''
rm -f "$T/one" "$T/two"
recorded RAC_STATUS_DIR="$T/status" alloc 5 1M free 2 exit 7
is 'with a record as well, that is complete at the end' \
	"$(shown)$("$RAC" report --json "$T/run.rec" | cmp - "$T/report.json" 2>&1)" ''
recorded RAC_STATUS_DIR="$T/status" alloc 20000 4K free 5000 kill
is 'and when the process was killed' "$(of "$T/run.rec" "$figures")" 'killed 0 61440000 81920000 20000 5000'
is 'what is published says so too' "$(of "$T/status/$(shown)" "$figures")" 'killed 0 61440000 81920000 20000 5000'
mv "$T/status/$(shown)" "$T/moved"
is 'a record whose counters are gone is not guessed at' "$(of "$T/run.rec" 0 | sed 's/[0-9]*-0x[0-9a-f]*/NAME/')" \
	"rac report: '$T/run.rec' is a record whose counters are in '$T/status/NAME.rac', which cannot be read"
recorded RAC_STATUS_DIR="$T/status" alloc 3 1M noexec "$T/script" alloc 1 1M kill
is 'after an exec that failed, too' "$(of "$T/run.rec" "$figures")" 'killed 0 4194304 4194304 4 0'
rm -f "$T"/status/*
recorded RAC_STATUS_DIR="$T/status" threads 16 exit 0
is 'threads that start at once publish once' "$(shown)$(of "$T/run.rec" "$figures")" 'exit 0 16777216 16777216 16 0'
recorded RAC_STATUS_DIR="$T/no/such" alloc 1 1M
is 'a folder that is not there is said' "$(lines) $(said 1)" \
	"1 not published: cannot create a file in '$T/no/such' (errno 2); RAC_STATUS_DIR must name a folder that this process may write to"
is 'and the record is there' "$(of "$T/run.rec" "$figures")" 'exit 0 1048576 1048576 1 0'

# At any instant: the long form is make check-kill.
if [ -x "$B/tests/record/kill" ]; then
	mkdir "$T/kills"
	run timeout 120 "$B/tests/record/kill" "$SHIM" "$T/kills" 40 $$
	is 'the figures of a busy program that is killed are right but for the calls under way' \
		"$status $(grep -c '40 of 40 records are right' "$T/out")" '0 1'
	[ "$status" -eq 0 ] || cat "$T/out"
else
	skip 'a busy program is killed' 'make record-tests builds it'
fi

# What is no record.
# unreadable NAME LINE: $T/run.rec is refused with that line.
unreadable() {
	run "$RAC" report "$T/run.rec"
	is "$1" "$status $(cat "$T/err")" "125 rac report: '$T/run.rec' $2"
}

if [ -x "$B/tests/record/fuzz_record" ]; then
	run timeout 120 "$B/tests/record/fuzz_record" 20000 $$ tests/fuzz/corpus/record/*
	ended 'twenty thousand changed records end no reader' 0 ''
else
	skip 'changed records' 'make record-tests builds it'
fi
recorded alloc 3000 1K
cp "$T/run.rec" "$T/whole"
head -c 100000 "$T/whole" >"$T/run.rec"
unreadable 'a record that was cut short' 'is a record that was cut short'
head -c 20 "$T/whole" >"$T/run.rec"
unreadable 'cut in its first line' 'is a record that was cut short'
{ head -c 8 "$T/whole"; printf '\377\377\377\377'; tail -c +13 "$T/whole"; } >"$T/run.rec"
unreadable 'one of another version' 'is a record of version 4294967295; this program reads version 3'

finish
