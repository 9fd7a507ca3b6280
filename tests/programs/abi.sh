#!/bin/sh
# abi.sh - our own declarations of CUDA say what NVIDIA's say, and NVIDIA's own runtime is handed our
# wrappers; where there is no toolkit this is skipped.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

nvcc=$(command -v nvcc || ls /usr/local/cuda/bin/nvcc 2>/dev/null)
toolkit=${nvcc%/bin/nvcc}
include=${CUDA_INCLUDE:-$toolkit/include}
[ -f "$include/cuda.h" ] || include=/usr/include

# drift NAME HEADER SOURCE: a declaration that differs from NVIDIA's is an error of the compiler.
drift() {
	if [ ! -f "$include/$2" ]; then
		skip "$1" "no $2 here"
	else
		try_compile "$T/drift.o" "$3" -c -std=gnu11 -Ishim -Icore -isystem "$include"
		status=$?
		cp "$T/compile.err" "$T/err"
		ended "$1" 0
	fi
}

driver='
	#define __CUDA_API_VERSION_INTERNAL
	#include <cuda.h>
	#define RAC_CUDA_ABI_H
	#include "cuda_protos.h"'
runtime='
	#include <cuda_runtime_api.h>
	#define RAC_CUDART_ABI_GIVEN
	#include "cudart_protos.h"'
drift "prototypes of the driver's functions are as in NVIDIA's cuda.h" cuda.h "$driver"
nvml='
	#define NVML_NO_UNVERSIONED_FUNC_DEFS
	#include <stddef.h>
	#include <nvml.h>
	#define RAC_NVML_ABI_GIVEN
	#if NVML_API_VERSION >= 13
	#define RAC_NVML_LIMITS_GIVEN
	#endif
	#include "nvml_protos.h"'
drift "prototypes of the runtime's functions are as in NVIDIA's cuda_runtime_api.h" \
	cuda_runtime_api.h "$runtime"
drift "prototypes of NVML's functions are as in NVIDIA's nvml.h" nvml.h "$nvml"
try_compile "$T/drift.o" "$nvml" -c -std=gnu11 -Ishim -Icore -Itests/sim/include
status=$?
cp "$T/compile.err" "$T/err"
ended "and as the simulator's" 0 ''
if [ -f "$include/cuda.h" ]; then
	try_compile "$T/drift.o" "$driver
		CUresult cuMemAlloc_v2(CUdeviceptr *dptr, unsigned int bytesize);" -c -Ishim -Icore \
		-isystem "$include"
	status=$?
	ended 'and a declaration that is not would be found' 1
fi

# The values and layouts of cuda_abi.h: printed by our header and by NVIDIA's, and compared.
# Ours end an enum by _MAX for its width; of CUgraphNodeParams ours has the beginning alone.
constants=$(sed -n 's/^	\(CU[A-Z0-9_]*\) *= .*/\1/p' shim/cuda_abi.h | grep -v '_MAX$')
structs=$(sed -n 's/^} \(CU[A-Za-z0-9_]*\);/\1/p' shim/cuda_abi.h | grep -vx CUgraphNodeParams)
table='
	#include <stdio.h>
	int main(void)
	{'
for name in $constants; do
	table="$table
		printf(\"$name %lld\\n\", (long long)$name);"
done
for name in $structs; do
	table="$table
		printf(\"$name %zu %zu\\n\", sizeof($name), _Alignof($name));"
done
table="$table
		return 0;
	}"
if [ -f "$include/cuda.h" ]; then
	try_compile "$T/theirs" "#define __CUDA_API_VERSION_INTERNAL
		#include <cuda.h>
		$table" -isystem "$include" && try_compile "$T/ours" "#include \"cuda_abi.h\"
		$table" -Ishim -Icore
	status=$?
	cp "$T/compile.err" "$T/err"
	ended 'every constant and type of cuda_abi.h is one of NVIDIA'"'"'s' 0
	if [ "$status" -eq 0 ]; then
		"$T/theirs" >"$T/theirs.txt"
		"$T/ours" >"$T/ours.txt"
		run diff "$T/theirs.txt" "$T/ours.txt"
		is 'with the same value, or size and alignment' "$(cat "$T/out")" ''
	fi
else
	skip 'the constants and types of cuda_abi.h are those of NVIDIA' 'no cuda.h here'
fi

# NVIDIA's runtime asks the driver for some 440 functions and then stops, since a simulated driver is not what
# it takes for one. What it was handed until then lies in its data.
mkdir "$T/driver"
ln -s "$SIM/libcuda.so.1" "$T/driver/libcuda.so.1"
nm -D --defined-only "$SHIM" | sed -n 's/.* T \(cu[A-Z][A-Za-z0-9_]*\)$/\1/p' | sort -u >"$T/hooks"
for kind in static shared; do
	if [ -z "$nvcc" ]; then
		skip "NVIDIA's own runtime, $kind" 'no nvcc here'
		continue
	fi
	if ! "$nvcc" -cudart $kind tests/apps/vector_add.cu -o "$T/vector_add" >"$T/err" 2>&1; then
		not_ok "nvcc builds the sample with -cudart $kind" "$(cat "$T/err")"
		continue
	fi
	run env LD_LIBRARY_PATH="$T/driver:$toolkit/lib64" LD_PRELOAD="$SHIM $APPS/route_held.so" \
		RAC_REPORT=none "$T/vector_add"
	sed -n 's/^bare //p' "$T/err" | sort -u >"$T/bare"
	sed -n 's/^wrapper //p' "$T/err" | sort -u >"$T/wrapper"
	is "NVIDIA's own runtime, $kind: no function that is hooked was handed out bare" \
		"$(comm -12 "$T/bare" "$T/hooks")" ''
	for name in cuInit cuGetProcAddress_v2 cuMemAlloc_v2 cuMemAllocPitch_v2 cuMemAllocManaged \
		cuMemFree_v2 cuMemHostAlloc cuMemFreeHost cuMemHostRegister_v2 \
		cuMemHostUnregister cuDevicePrimaryCtxRetain cuDevicePrimaryCtxRelease; do
		grep -qx "$name" "$T/wrapper" || echo "$name"
	done >"$T/missing"
	is "NVIDIA's own runtime, $kind: it holds our wrappers of what takes and gives memory" \
		"$(cat "$T/missing")" ''
	is "NVIDIA's own runtime, $kind: the rest of what it was handed is the driver's" \
		"$(wc -l <"$T/bare" | awk '{ print ($1 > 100) }')" 1
done

finish
