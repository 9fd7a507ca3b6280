#!/bin/sh
# symbols.sh - rac names the functions and lines of a report's addresses, in files that compilers of today
# made, and never those of another file.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/reports.sh

needs_json report
case $("$RAC" doctor) in
*'without elfutils'* | *'without libiberty'*)
	skip 'names of functions' 'built without elfutils or libiberty'
	finish
	;;
esac

sources=$PWD/tests/symbols
probed() {
	"$PYTHON" tests/lib/probed.py "$@"
}
line() {
	probed lines "$sources/shapes.cc" "$1"
}

# shapes COMPILER FLAG…: builds and runs the program, and makes a report of its places.
shapes() {
	shapes_compiler=$1
	shift
	"$shapes_compiler" "$@" -I"$sources" "$sources/shapes.cc" -o "$T/shapes" 2>"$T/compile.err" &&
		"$T/shapes" >"$T/probes" && probed make "$T/probes" "$T/shapes" "$T/in.json"
}

# shown [FLAG…]: what rac makes of that report, in $T/shown; its ids in $T/ids.
shown() {
	run "$RAC" report --json --output "$T/out.json" "$@" "$T/in.json"
	probed show "$T/out.json" "$sources" >"$T/shown"
	"$PYTHON" -c 'import json, sys
for s in json.load(open(sys.argv[1]))["sites"]: print(s["api"], s["id"])' "$T/out.json" >"$T/ids"
}

string='std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> > const&'
named="template: shop::Cache<int>::grow(unsigned long) shapes.cc:$(line template)
inlined: shop::Cache<int>::inlined() shapes.cc:$(line inlined) < shop::middle(shop::Cache<int>&) shapes.cc:$(line middle) < shop::serve(shop::Cache<int>&) shapes.cc:$(line serve)
hidden: (anonymous namespace)::hidden($string) shapes.cc:$(line hidden)
plain: plain shapes.cc:$(line plain)
main: main shapes.cc:$(line main)"
lambda="lambda: main::{lambda(int)#1}::operator()(int) const shapes.cc:$(line lambda)"

if shapes g++ -g -O2; then
	shown
	ended 'a report with addresses is read' 0 ''
	is 'functions, inlined ones and lines are named' "$(cat "$T/shown")" "$named
$lambda"
	cp "$T/ids" "$T/ids.O2"
	cp "$T/out.json" "$T/once.json"
	run "$RAC" report --json --output "$T/twice.json" "$T/once.json"
	is 'what is named stays as it is' "$(cmp "$T/once.json" "$T/twice.json" 2>&1)" ''
	run "$RAC" report --json --no-symbols --output "$T/bare.json" "$T/in.json"
	contains 'unless asked not to' "$(probed show "$T/bare.json")" 'plain: shapes+0x'
	run "$RAC" export --format folded "$T/in.json"
	contains 'exports have names, too' "$(cat "$T/out")" "GPU 0;plain ($sources/shapes.cc:$(line plain));plain 3"

	printf '\n\n\n' | cat - "$sources/shapes.cc" >"$T/shapes.cc"
	g++ -g -O0 -I"$sources" "$T/shapes.cc" -o "$T/shapes" && "$T/shapes" >"$T/probes"
	probed make "$T/probes" "$T/shapes" "$T/in.json"
	shown
	is 'ids are those of another build of other lines' "$(cmp "$T/ids" "$T/ids.O2" 2>&1)" ''
	run "$RAC" diff "$T/once.json" "$T/in.json"
	ended 'so the two compare' 0 ''

	cp "$T/shapes" "$T/kept"
	objcopy --only-keep-debug "$T/shapes" "$T/shapes.debug"
	strip -g "$T/shapes"
	objcopy --add-gnu-debuglink="$T/shapes.debug" "$T/shapes"
	shown
	contains 'debug information beside the file is found by its link' "$(cat "$T/shown")" \
		'inlined: shop::Cache<int>::inlined() '
	id=$(readelf -n "$T/shapes" | sed -n 's/.*Build ID: //p')
	tail=${id#??}
	mkdir -p "$T/debug/.build-id/${id%"$tail"}"
	mv "$T/shapes.debug" "$T/debug/.build-id/${id%"$tail"}/$tail.debug"
	shown
	contains 'without it the symbols are all there is' "$(sed -n 2p "$T/shown")" \
		'inlined: shop::serve(shop::Cache<int>&) :0'
	shown --debug-dir "/none:$T/debug"
	contains 'a debug folder has it by build id' "$(cat "$T/shown")" \
		'inlined: shop::Cache<int>::inlined() '
	rm "$T/shapes"
	shown
	is 'a file that is gone is not named' "$(sed -n 4p "$T/shown" | tr -d 0-9a-f)" 'plin: shps+x'
	shown --debug-dir "$T/debug"
	contains 'but by its debug file' "$(cat "$T/shown")" 'inlined: shop::Cache<int>::inlined() '
	mkdir "$T/copies"
	mv "$T/kept" "$T/copies/shapes"
	shown --debug-dir "$T/copies"
	contains 'or by a copy of it' "$(cat "$T/shown")" 'inlined: shop::Cache<int>::inlined() '
	shown --debug-dir "$T"
	is 'who named a folder in vain is told' "$status:$(sed 's/build id.*//' "$T/err")" \
		"0:rac report: warning: '$T/shapes' cannot be read (No such file or directory) and no debug folder has its "
	run "$RAC" report --debuginfod "$T/in.json"
	ended 'servers must be named to be asked' 125 \
		'rac report: --debuginfod needs DEBUGINFOD_URLS, the servers to ask'
else
	not_ok 'functions are named' "$(cat "$T/compile.err")"
fi

# Other compilers and other forms of debug information.
for how in 'g++ -g -O2 -gdwarf-4 -ffunction-sections' 'g++ -g -O2 -gsplit-dwarf' 'g++ -g -O2 -gz' \
	'clang++ -g -O2' 'clang++ -g -O0 -gdwarf-4'; do
	if ! command -v "${how%% *}" >/dev/null; then
		skip "the same by $how" 'it is not here'
		continue
	fi
	# shellcheck disable=SC2086  # a list of words
	if shapes $how; then
		shown
		is "the same by $how" "$(head -n 5 "$T/shown")" "$named"
	else
		not_ok "the same by $how" "$(cat "$T/compile.err")"
	fi
done

# Never wrong names.
shapes g++ -g -O2 && cp "$T/in.json" "$T/first.json" && shapes g++ -g -O0 && cp "$T/first.json" "$T/in.json"
shown
is 'a file that was built anew lends no names' "$(grep -c 'shapes+0x' "$T/shown")" 6
contains 'and that is said' "$(cat "$T/err")" "'$T/shapes' is not the file that ran: build id "
run "$RAC" report "$T/in.json" "$T/in.json"
is 'once for all reports of a command' "$(grep -c 'is not the file that ran' "$T/err")" 1
probed make "$T/probes" "$T/shapes" "$T/named.json"
run "$RAC" report --json "$T/named.json" "$T/in.json" "$T/named.json"
is 'a report after another one has its own names' \
	"$(sed -n '1p; 3p' "$T/out" | sort -u | wc -l):$(grep -c '"function":"plain"' "$T/out")" 1:2
probed make "$T/probes" "$T/shapes" "$T/in.json" none
shown
is 'without a build id a file from before the process is taken' "$status:$(sed -n 4p "$T/shown")" \
	"0:plain: plain shapes.cc:$(line plain)"
probed make "$T/probes" "$T/shapes" "$T/in.json" none \
	'r["process"]["started"] = "2001-01-01T00:00:00Z"'
shown
is 'and one that was changed since is not' "$status:$(sed -n 4p "$T/shown" | sed 's/x.*//'):$(cat "$T/err")" \
	"0:plain: shapes+0:rac report: warning: '$T/shapes' has no build id and was changed since the process started, so its functions are not named; link with --build-id"
compile "$T/gap.so" '__asm__(".globl lent\n.type lent, @function\nlent: nop\n.size lent, 1\n.zero 64\n");' \
	-shared && strip "$T/gap.so"
at=$(nm -D "$T/gap.so" | sed -n 's/^0*\([0-9a-f]*\) . lent$/0x\1/p')
printf 'in %s\nbehind 0x%x\n' "$at" $((at + 16)) >"$T/probes"
probed make "$T/probes" "$T/gap.so" "$T/in.json"
shown
is 'a stripped library names what is inside its symbols, and nothing behind them' \
	"$(sed 's/+0x.*/+/' "$T/shown")" 'in: lent :0
behind: gap.so+'
mkfifo "$T/fifo"
probed make "$T/probes" "$T/fifo" "$T/in.json" none
run timeout 20 "$RAC" report --json --output "$T/out.json" "$T/in.json"
ended 'a pipe is no file of code' 0 ''
for file in /dev/zero /etc/passwd /; do
	probed make "$T/probes" "$file" "$T/in.json" none
	run timeout 20 "$RAC" report --json --output "$T/out.json" "$T/in.json"
	ended "nor is $file" 0
done

# The linker's names of other languages.
compile "$T/mangled" '#include "probe.h"
void v0(void) __asm__("_RNvMs_NtCs4fqI2P2rA04_5cache4slotNtB4_4Slot4grow");
void legacy(void) __asm__("_ZN5cache4Slot4grow17h0123456789abcdefE");
void part(void) __asm__("_ZN2kv4growEm.constprop.0");
void v0(void) { probe("v0"); __asm__ volatile(""); }
void legacy(void) { probe("legacy"); __asm__ volatile(""); }
void part(void) { probe("part"); __asm__ volatile(""); }
int main(void) { v0(); legacy(); part(); return 0; }' -I"$sources" -D_GNU_SOURCE -O1 && "$T/mangled" >"$T/probes"
probed make "$T/probes" "$T/mangled" "$T/in.json"
shown
is "Rust's names of both kinds and copies of functions are as people wrote them" "$(cat "$T/shown")" \
	'v0: <cache::slot::Slot>::grow :0
legacy: cache::Slot::grow :0
part: kv::grow(unsigned long) :0'

# One place is one site, without what is CUDA's own.
shapes g++ -g -O2
probed make "$T/probes" "$T/shapes" "$T/in.json" '
plain = dict(sites[3]["frames"][0])
other = dict(plain, offset=plain["offset"] - 1)
main = sites[4]["frames"]
cuda = {"module": "/usr/lib/libcudart.so.12", "build_id": "", "offset": 7}
sites[:] = [dict(sites[0], api="cudaMalloc", frames=[dict(cuda, offset=n), frame] + main)
            for n, frame in enumerate([plain, other, plain])]
for n, s in enumerate(sites): s["live_bytes"] = 10 ** n
r["devices"][0]["live_bytes"] = 111
r["timeline"] = timeline(sites, [1, 2, 3, 4], [0, 1, 2, 0], [7, 10, 100, 1])'
shown
is 'sites of one line are one, without frames of CUDA' "$(cat "$T/shown")" \
	"cudaMalloc: plain shapes.cc:$(line plain) < main shapes.cc:$(line main)"
is 'with the figures of all' "$("$PYTHON" -c 'import json, sys
r = json.load(open(sys.argv[1])); s = r["sites"][0]
print(s["live_bytes"], s["live_count"], s["peak_bytes"], s["total_bytes"], s["total_count"], r["timeline"]["site"],
      r["timeline"]["live_bytes"])' "$T/out.json")" '111 3 9 15 6 [0, 0, 0, 0] [7, 17, 117, 111]'
shown --all-frames
is 'who asks sees the frames of CUDA, too' "$(head -n 1 "$T/shown")" \
	"cudaMalloc: libcudart.so.12+0x0 < plain shapes.cc:$(line plain) < main shapes.cc:$(line main)"
is 'under the same id' "$(cut -d ' ' -f 2 "$T/ids" | sort -u | wc -l)" 1

# Servers, only on request.
if [ -n "$(find /usr/lib -name 'libdebuginfod.so.1' 2>/dev/null)" ] && shapes g++ -g -O2; then
	id=$(readelf -n "$T/shapes" | sed -n 's/.*Build ID: //p')
	mkdir -p "$T/served/buildid/$id"
	objcopy --only-keep-debug "$T/shapes" "$T/served/buildid/$id/debuginfo"
	strip -g "$T/shapes"
	"$PYTHON" -c 'import http.server, sys
class Handler(http.server.SimpleHTTPRequestHandler):
	def __init__(self, *a): super().__init__(*a, directory=sys.argv[1])
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, file=open(sys.argv[2], "w"), flush=True)
server.serve_forever()' "$T/served" "$T/port" 2>"$T/asked" &
	server=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ ! -s "$T/port" ] || break
		sleep 0.2
	done
	DEBUGINFOD_URLS=http://127.0.0.1:$(cat "$T/port")
	export DEBUGINFOD_URLS DEBUGINFOD_CACHE_PATH="$T/cache"
	shown
	is 'no server is asked unasked' "$(cat "$T/asked"):$(sed -n 2p "$T/shown" | grep -c inlined'()')" ':0'
	shown --debuginfod
	contains 'on request it has the debug information' "$(cat "$T/shown")" 'inlined: shop::Cache<int>::inlined() '
	kill "$server"
	unset DEBUGINFOD_URLS DEBUGINFOD_CACHE_PATH
else
	skip 'debuginfod' 'libdebuginfod.so.1 is not here'
fi

# From the program to the names.
if [ -e "$B/apps/demo" ] && [ -e "$B/librac_track.so" ]; then
	at=$(sed -n '/cudaMalloc(&layers/=' tests/apps/demo.c)
	run env RAC_STACKS=native RAC_RECORD="$T/demo.rec" RAC_REPORT="$T/demo.json" \
		LD_PRELOAD="$B/librac_track.so" "$B/apps/demo"
	run "$RAC" report "$T/demo.rec"
	contains 'a program that ran is named' "$(cat "$T/out")" "by demo, cudaMalloc in build (demo.c:$at): "
	run "$RAC" report --json --output "$T/named.json" "$T/demo.rec"
	is 'its sites still add up' "$("$PYTHON" -c 'import json, sys
r = json.load(open(sys.argv[1])); d = r["devices"][0]
for key in "live_bytes", "peak_bytes": print(sum(s[key] for s in r["sites"]) - d[key])
print(sum(s["total_count"] for s in r["sites"]) - d["allocations"])' "$T/named.json" | xargs)" '0 0 0'
	run "$RAC" diff "$T/demo.json" "$T/demo.rec"
	ended 'a report of the process itself gets the same names and ids' 0 ''
	run env RAC_RECORD="$T/callers.rec" RAC_REPORT="$T/callers.json" LD_PRELOAD="$B/librac_track.so" "$B/apps/demo"
	run "$RAC" report --json --output "$T/out.json" "$T/callers.rec"
	is 'without stacks rac and the process give the same ids' \
		"$(grep -o '"id":"[^"]*"' "$T/out.json" | sort)" "$(grep -o '"id":"[^"]*"' "$T/callers.json" | sort)"
fi
finish
