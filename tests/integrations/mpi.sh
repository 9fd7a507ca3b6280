#!/bin/sh
# mpi.sh - ranks of real Open MPI and MPICH jobs report each by itself, and rac merge puts them in one table.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

# Each rank takes 16 MiB more than the one before it, on its own device, and the last one leaks 1 MiB.
source='
	#include <cuda.h>
	#include <mpi.h>
	#include <signal.h>
	#include <stdlib.h>
	int main(int argc, char **argv)
	{
		CUdeviceptr memory, leak;
		CUcontext context;
		int rank, ranks;
		if (MPI_Init(&argc, &argv))
			return 98;
		MPI_Comm_rank(MPI_COMM_WORLD, &rank);
		MPI_Comm_size(MPI_COMM_WORLD, &ranks);
		if (cuInit(0) || cuDevicePrimaryCtxRetain(&context, rank % 2) || cuCtxSetCurrent(context) ||
			cuMemAlloc(&memory, (size_t)(rank + 1) << 24))
			MPI_Abort(MPI_COMM_WORLD, 99);
		MPI_Barrier(MPI_COMM_WORLD);
		if (rank == ranks - 1 && cuMemAlloc(&leak, 1 << 20))
			MPI_Abort(MPI_COMM_WORLD, 99);
		if (argc > 1)
			raise(SIGKILL);
		cuMemFree(memory);
		return MPI_Finalize();
	}'

# ranks: rank, peak in MiB and what is left, of each report in $T/reports.
ranks() {
	"$PYTHON" - "$T"/reports/*.json <<'EOF'
import json, sys
for r in sorted((json.load(open(p)) for p in sys.argv[1:]), key=lambda r: r["process"]["rank"]):
    used = [d for d in r["devices"] if d["peak_bytes"]]
    print(r["process"]["rank"], *((d["ordinal"], d["peak_bytes"] >> 20, d["live_bytes"] >> 20) for d in used))
EOF
}

expected='0 (0, 16, 0)
1 (1, 32, 0)
2 (0, 48, 0)
3 (1, 65, 1)'

# works NAME COMPILER RUNNER FLAG…: all that must hold for one implementation.
works() {
	works_name=$1 compiler=$2
	shift 2
	if ! command -v "$compiler" >/dev/null || ! command -v "$1" >/dev/null; then
		skip "ranks of $works_name" "there is no $compiler and $1 here"
		return
	fi
	printf '%s\n' "$source" >"$T/ranks.c"
	"$compiler" -w "$T/ranks.c" -Itests/sim/include -L"$SIM" -lcuda -Wl,-rpath,"$SIM" -o "$T/ranks" 2>"$T/err" || {
		not_ok "the program of $works_name compiles" "$(cat "$T/err")"
		return
	}
	rm -rf "$T/reports"
	run "$@" -n 4 "$RAC" run --report "$T/reports/%r.json" -- "$T/ranks"
	ended "$works_name: the job ends well" 0
	is "$works_name: each rank has a report" "$(ranks)" "$expected"
	run "$RAC" merge "$T"/reports/*.json
	contains "$works_name: rac merge has the largest and the smallest" "$(cat "$T/out")" '65.0 MiB'
	is "$works_name: and a row for each rank" "$(grep -c '^ *[0-3] .* exit 0 ' "$T/out")" 4

	rm -rf "$T/reports"
	run "$@" -n 4 env LD_PRELOAD="$SHIM" RAC_REPORT="$T/reports/%h-%p-%r.json" "$T/ranks"
	is "$works_name: also with a bare preload" "$status $(ranks)" "0 $expected"

	rm -rf "$T/reports"
	run "$@" -n 4 "$RAC" run --fail-on leak --report "$T/reports/%r.json" -- "$T/ranks"
	case $status in
	0) not_ok "$works_name: a rank that leaks fails the job" "status 0" ;;
	*) contains "$works_name: a rank that leaks fails the job" "$(cat "$T/out" "$T/err")" 'failed by leak' ;;
	esac

	rm -rf "$T/reports"
	run "$@" -n 1 "$RAC" run --report "$T/reports/%r.json" -- "$T/ranks" kill
	is "$works_name: a rank that is killed has a report" "$(ranks)" '0 (0, 17, 17)'
}

# A launcher may kill the other ranks of a job that failed, with their rac run; what these leave is not for the next test.
mkdir -m 700 "$T/runtime"
export XDG_RUNTIME_DIR="$T/runtime"
export SIMCUDA_DEVICES=2 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# As many ranks as processors are there is not what is tested; nor is a network.
works 'Open MPI' mpicc.openmpi mpirun.openmpi --oversubscribe --mca btl self,vader --mca plm isolated
works MPICH mpicc.mpich mpirun.mpich
if ! command -v mpirun >/dev/null; then
	skip 'docs/launchers.md does what it says' 'there is no mpirun here'
	finish
fi
run env -u SIMCUDA_DEVICES OMPI_MCA_rmaps_base_oversubscribe=1 scripts/check-readme.sh docs/launchers.md
ended 'docs/launchers.md does what it says' 0
grep '^not ok' -A 20 "$T/out"
finish
