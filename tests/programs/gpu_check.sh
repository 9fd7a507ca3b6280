#!/bin/sh
# gpu_check.sh - the check on a GPU, run on the simulated CUDA: it says right of a library that counts right, and
# finds one that counts nothing, a driver that takes more than was asked for, programs that fail, hang or do not
# recover; the frameworks are stand-ins (tests/gpu/fakes).
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh
export PYTHONDONTWRITEBYTECODE=1

"$PYTHON" tests/gpu/test_judge.py >"$T/cases" 2>&1 || not_ok 'figures are judged' "$(grep -v '^ok' "$T/cases")"
cat "$T/cases"
make -s --no-print-directory B="$B" shim cli sim gpu "$B/scripts/gpu_probe" >"$T/out" 2>&1 ||
	not_ok 'the programs of the check are built' "$(cat "$T/out")"

# check ROWS OPTION…: leaves what it found in $T/found.json.
check() {
	check_rows=$1
	shift
	rm -f "$T/found.json"
	# shellcheck disable=SC2086  # words without blanks
	run env B="$B" PYTHONPATH=tests/gpu/fakes ${check_settings:-} scripts/gpu-check.sh --simulated --built --rounds 1 \
		--json "$T/found.json" --rows "$check_rows" "$@"
}

# found EXPRESSION: over what the last check found, f, and its rows by name, r.
found() {
	"$PYTHON" -c "import json, sys
f = json.load(open(sys.argv[1]))
r = {row['row']: row for row in f['rows']}
print($1)" "$T/found.json" 2>&1
}

# finds NAME ROWS WHY [VARIABLE=VALUE…]: a row is wrong, and the words for it hold WHY.
finds() {
	finds_name=$1 finds_rows=$2 finds_why=$3
	shift 3
	check_settings=$*
	check "$finds_rows"
	check_settings=
	is "$finds_name: status" "$status" 1
	contains "$finds_name" "$(found "[why for row in f['rows'] for why in row['why']]")" "$finds_why"
}

check 'facts,driver *,runtime *,pair *'
is 'all kinds of memory agree with NVML on the simulated CUDA' "$status $(found \
	"[name for name in r if r[name]['status'] != 'ok']")" '0 []'
is 'the figures are those of the programs' "$(found \
	"list(r['driver own-pool']['change'].values()), r['driver own-pool']['untracked']")" \
	'[67108864, 67108864, 0, 2097152] [314572800, 314572800]'
is 'each was run at its cap, a byte below, and with a leak' "$(found \
	"{(row['cap'], row['recovery'], row['leak']) for row in f['rows']}, len(f['rows'])")" \
	"{('ok', 'ok', 'ok')} 16"
is 'pairs are timed, on the simulated CUDA without a verdict' "$(found \
	"[len(p['without_ns'] + p['with_ns']) for p in f['overhead']], {p['bar'] for p in f['overhead']}")" \
	'[2, 2, 2, 2, 2] {None}'
contains 'the driver is asked what nothing says' "$(found "f['facts']")" 'its deferred twin says 4000'
contains 'it says that this was no GPU' "$(tail -n 1 "$T/out")" \
	'SIMULATED: nothing here was measured on a GPU: 0 failed, 0 skipped, 21 ok'

check 'nvcc*,PyTorch,PyTorch,*s,PyTorch, NCCL,JAX,CuPy,Numba,Triton'
is "frameworks' parts go through all steps" "$status $(found \
	"[name for name in r if r[name]['status'] == 'fail' or r[name]['status'] == 'skipped' and name[:4] != 'nvcc']")" \
	'0 []'
named=ok
python_is_read || named=unread
is 'and the functions that leave memory behind are named, where they are read' \
	"$(found "{row['frames'] for row in f['rows'] if 'frames' in row}")" "{'$named'}"
is 'what cannot run is skipped, and it is said why' "$(found \
	"{why for row in f['rows'] if row['status'] == 'skipped' for why in row['why']}")" \
	"{\"NVIDIA's runtime refuses the simulated driver\"}"
# Without the stand-ins, and with a Python that has no packages at all.
run scripts/gpu-check.sh --simulated --built --json "$T/found.json" --rows 'CuPy'
if "$PYTHON" -c 'import cupy' 2>/dev/null; then
	skip 'a framework that is missing is skipped' 'CuPy is here'
else
	contains 'a framework that is missing is skipped' "$(found "r['CuPy']['why']")" 'cupy is not installed for '
	is 'where nothing ran, that is not right' "$status" 1
fi

check_settings=SIMCUDA_CONTEXT_BYTES=0
check 'driver ipc'
check_settings=
is 'two processes are not compared with what a device holds' "$(found "r['driver ipc']['why']")" \
	"['NVML does not tell its two processes apart here']"

# A build whose library does nothing.
mkdir "$T/idle"
ln -s "$B"/* "$T/idle/"
rm "$T/idle/librac_track.so"
compile "$T/idle/librac_track.so" 'int nothing;' -shared -fPIC
whole=$B B=$T/idle
finds 'a library that counts nothing' 'driver linear' 'it made no report'
B=$whole
finds 'a driver that takes more than it was asked for' 'driver mipmap' 'NVML'"'"'s figure changed by 1' \
	SIMCUDA_ROUND=1
finds 'a program that fails by itself' 'driver vmm' 'without the library: status 1' 'SIMCUDA_FAIL=cuMemMap:*=999'
finds 'a program that ends in the middle' 'JAX' 'without the library: status ' FAKE_END=take
finds 'a program that does not recover' 'PyTorch' 'cap of 67108863: status 1' FAKE_END=recover
finds 'one that leaks' 'Numba' 'leak verdict without a leak: status 23' FAKE_END=leak
finds 'a result that is another with the library' 'CuPy' 'with the library, ' FAKE_END=result

# As on a machine with a driver of its own, which is not found by a run path. The second one has no device.
mkdir "$T/real"
compile "$T/real/libcuda.so.1" 'int cuInit(unsigned int flags) { return (int)flags + 100; }' -shared -fPIC \
	-Wl,-soname,libcuda.so.1
for real in "$SIM" "$T/real"; do
	run env LD_LIBRARY_PATH="$SIM" SIMCUDA_SHARED="$T/board" SIMCUDA_CONTEXT_BYTES=300M "$PYTHON" tests/gpu/check.py --build "$B" \
		--driver "$real/libcuda.so.1" --rows 'driver linear' --json "$T/found.json"
	echo "$status $(found "f['simulated'], f['rows'][0].get('change', {}).get('tracked')")"
done >"$T/drivers"
is 'the driver is the one that was named' "$(cat "$T/drivers")" '0 False 268435456
1 False None'

begin=$(date +%s)
check_settings=SIMCUDA_DELAY_NS=3000000000
check 'driver linear,driver vmm' --seconds 3
is 'a program that hangs is ended' "$status $(found "[row['status'] for row in f['rows']]")" \
	"1 ['fail', 'fail']"
is 'in time' "$(($(date +%s) - begin < 30))" 1
run scripts/gpu-check.sh --fast
ended 'an unknown option' 2 "gpu-check: unknown argument '--fast'; gpu-check.sh --help lists them"
B=$B scripts/check-readme.sh docs/gpu-results.md >"$T/out" 2>&1 || not_ok 'the manual page' "$(cat "$T/out")"
grep '^ok' "$T/out"
finish
