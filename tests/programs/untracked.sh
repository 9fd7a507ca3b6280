#!/bin/sh
# untracked.sh - untracked_bytes: from NVML where it knows this process, else from what contexts
# took, else null; and never a guess. NVML is a stand-in that tells what the test chooses, see
# tests/apps/untracked_nvml.c.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh

export LD_LIBRARY_PATH="$B/apps/nvml" RAC_REPORT="$T/report.json" SIMCUDA_CONTEXT_BYTES=300M
mib() {
	printf '%s' "$(($1 * 1048576))"
}

# reports NAME EXPECTED MODE STEP…: what the report says after these steps.
reports() {
	reports_name=$1 reports_expected=$2 UNTRACKED_NVML=$3
	shift 3
	export UNTRACKED_NVML
	rm -f "$T/report.json"
	run ${AROUND:-} env LD_PRELOAD="$B/librac_track.so" "$B/apps/untracked_run" "$@"
	is "$reports_name" "$status $(sed -n \
		's/.*"untracked_bytes":\([^,]*\),"untracked_source":\([^,]*\).*/\1 \2/p' \
		"$T/report.json")$(cat "$T/err")" "0 $reports_expected"
}

reports 'NVML tells what the context takes' "$(mib 300) \"nvml\"" own load-late retain
reports 'what the ledger holds is not in it' "$(mib 300) \"nvml\"" own \
	load-late create take:500M info
reports 'each context counts' "$(mib 600) \"nvml\"" own load-late retain create
reports 'raised limits count' "$(mib 428) \"nvml\"" own load-late create limit take:9M limit
reports 'when none is left, nothing is' '0 "nvml"' own load-late create take:9M destroy
reports 'one that ended does not' "$(mib 300) \"nvml\"" own load-late create destroy create
reports 'NVML that is loaded later is asked when memory sizes are' "$(mib 300) \"nvml\"" own \
	create load-late take:64M info
reports 'NVML that was asked stays, also if the program unloads it' "$(mib 600) \"nvml\"" own \
	load-late create unload create take:100M info
reports 'while there is managed memory the figure of before stays' "$(mib 300) \"nvml\"" own \
	load-late create managed:200M create

reports 'NVML is not loaded for this' 'null null' own retain take:100M info
reports 'nor initialised' 'null null' own nvml create take:100M info

reports 'a pid that is not listed: what contexts took' "$(mib 300) \"context\"" foreign \
	load-late create take:100M
reports 'all of them, and their limits' "$(mib 664) \"context\"" foreign \
	load-late retain take:100M create limit
reports 'a list that does not say: what contexts took' "$(mib 300) \"context\"" silent \
	load-late retain
reports 'no list at all: what contexts took' "$(mib 300) \"context\"" failing load-late retain
reports 'where NVML tells nothing, nothing is known (row 21)' 'null null' blind \
	load-late retain create limit take:100M info
reports 'a device that is not there is not reported' "$(mib 300) \"nvml\"" own \
	load-late create absent
reports 'not where one was made unseen' 'null null' foreign create load-late retain
reports 'what ended is taken off' "$(mib 300) \"context\"" foreign load-late create destroy create
reports 'also the primary one after a reset' "$(mib 300) \"context\"" failing \
	load-late retain take:100M reset retain
reports 'and by its last release' "$(mib 300) \"context\"" failing \
	load-late retain retain release create release

reports 'no call of NVML on the path of an allocation, nor for little change' \
	"$(mib 300) \"nvml\"" own load-late create quiet take:500M calls:2 info quiet info \
	take:63M quiet info quiet managed:1M
reports 'none for a context that is there already' "$(mib 300) \"nvml\"" own \
	load-late retain quiet retain quiet release

# In another pid namespace a listed pid may be anybody's.
AROUND='unshare --user --map-root-user --pid --fork --mount-proc'
if $AROUND true 2>/dev/null; then
	reports "a stranger's pid is not taken for ours" "$(mib 300) \"context\"" stranger \
		load-late create take:100M info
	reports 'one that came with the context is' "$(mib 300) \"nvml\"" own \
		load-late create take:100M info
else
	skip "a stranger's pid is not taken for ours" 'no pid namespaces here'
	skip 'one that came with the context is' 'no pid namespaces here'
fi
finish
