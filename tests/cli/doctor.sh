#!/bin/sh
# doctor.sh - `rac doctor` finds what is in the way, says what to do, and runs nothing.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

rac=$B/rac
mkdir -m 700 "$T/runtime"
export XDG_RUNTIME_DIR="$T/runtime"

# finding CHECK: what was found, with its level, one a line.
finding() {
	sed -n "s/^\([a-z]*\) *$1  *\(.*\)/\1 \2/p" "$T/out"
}

run env LD_LIBRARY_PATH="$SIM" SIMCUDA_DEVICES=2 RAC_LIMIT=1=2G "$rac" doctor -- "$APPS/demo"
is 'where all is there the status is 0' "$status" 0
is 'the library is named' "$(finding library | cut -d, -f1)" "ok $(realpath "$B/librac_track.so")"
is 'each GPU is shown with the cap that holds on it' \
	"$(finding gpu | sed 's/GPU-[-0-9a-f]*/UUID/')" \
	'ok 0, Simulated GPU, UUID, 8.00 GiB of memory: no cap
ok 1, Simulated GPU, UUID, 8.00 GiB of memory: cap 2.00 GiB, from RAC_LIMIT'
is 'of a program it says whether the library gets in, and which CUDA it has' "$(finding program)" \
	"ok the library gets into '$APPS/demo'
ok uses the shared runtime libcudart.so.13"
run "$rac" doctor -- "$APPS/runtime_static"
contains 'a runtime that is linked in is told' "$(finding program)" 'seems to have a runtime linked in'
run env LD_LIBRARY_PATH="$T" "$rac" doctor
is 'a machine without CUDA is no problem' "$status $(finding driver)" \
	'0 note no CUDA driver: libcuda.so.1 is not found'

compile "$T/static" 'int main(void) { return 7; }' -static
run "$rac" doctor -- "$T/static"
is 'a static program is one, and is not run' "$status" 1
contains 'and it is said' "$(finding program)" "problem '$T/static' is linked statically"
printf '#!/bin/sh\ntouch %s/ran\n' "$T" >"$T/script"
chmod +x "$T/script"
run "$rac" doctor -- "$T/script"
contains 'of a script its interpreter counts' "$(finding program)" "which runs the script '$T/script'"
is 'and it is not run' "$(ls "$T/ran" 2>/dev/null)" ''
run "$rac" doctor -- "$T/none"
contains 'a program that is not there is a problem' "$status $(finding program)" \
	"1 problem cannot run '$T/none': No such file or directory"

run env RAC_LIMIT=8Q "$rac" doctor
is 'so is a cap that does not parse' "$status" 1
contains 'with what would be right' "$(finding settings)" "problem RAC_LIMIT='8Q'"
run env XDG_RUNTIME_DIR=/none TMPDIR=/none RAC_STATUS_DIR="$T/none" "$rac" doctor
contains 'and a status folder that is not there' "$(finding status)" \
	"problem RAC_STATUS_DIR='$T/none' is no folder that you can write to"
mkdir -m 777 "$T/open"
chmod 777 "$T/open"
run env RAC_STATUS_DIR="$T/open" "$rac" doctor
contains 'or one where others can remove what is ours' "$(finding status)" 'everybody can remove'
run env LD_PRELOAD="$SHIM" "$rac" doctor
contains 'a shell in which it is active is told' "$(finding preload)" 'ok active in what this shell starts'
run "$rac" doctor
is 'each problem and note says what to do' "$(grep -c '^note' "$T/out")" "$(grep -c '^  *do:' "$T/out")"
run "$rac" doctor --json
is 'as JSON it is the same' "$("$PYTHON" -c 'import json, sys
r = json.load(open(sys.argv[1]))
print(r["schema"], sorted({f["level"] for f in r["findings"]}))' "$T/out")" "rac.doctor/1 ['note', 'ok']"
is 'nothing is left behind' "$(ls -A "$T/runtime")" ''

finish
