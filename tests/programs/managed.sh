#!/bin/sh
# managed.sh - managed memory counts in full, in a kind of its own, wherever its pages are: also where the
# driver would let a program have more of it than the device has.
# shellcheck disable=SC2086  # lists of variables are split on purpose
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

compile "$T/managed" '
	#include <cuda.h>
	#include <stdio.h>
	#include <stdlib.h>
	/* managed SIZE…: MiB of managed memory each; says what is granted and what is free then. */
	int main(int argc, char **argv)
	{
		CUcontext context;
		size_t left, total;
		if (cuInit(0) || cuDevicePrimaryCtxRetain(&context, 0) || cuCtxSetCurrent(context))
			return 9;
		for (int i = 1; i < argc; i++) {
			size_t bytes = (size_t)atol(argv[i]) << 20;
			CUdeviceptr memory = 4711;
			int managed = 0;
			int result = cuMemAllocManaged(&memory, bytes, CU_MEM_ATTACH_GLOBAL);
			if (result ? memory != 4711 :
				cuPointerGetAttribute(&managed, CU_POINTER_ATTRIBUTE_IS_MANAGED, memory) ||
					!managed)
				return 8;
			if (!result)
				((char *)memory)[bytes - 1] = 1;
			cuMemGetInfo(&left, &total);
			printf("%d free %zu of %zu\n", result, left >> 20, total >> 20);
		}
		return 0;
	}' -Itests/sim/include -L"$SIM" -lcuda -Wl,-rpath,"$SIM"

# managed NAME EXPECTED VARIABLE=VALUE… SIZE…
managed() {
	managed_name=$1 managed_expected=$2
	shift 2
	managed_settings=
	while [ "${1#*=}" != "$1" ]; do
		managed_settings="$managed_settings $1"
		shift
	done
	shimmed $managed_settings "$T/managed" "$@"
	is "$managed_name" "$status $(tr '\n' ' ' <"$T/out")" "0 $managed_expected "
}
for device in SIMCUDA_MANAGED= SIMCUDA_MANAGED=oversubscribe; do
	managed "it is held to the cap, and what it leaves is shown ($device)" \
		'0 free 424 of 1024 2 free 424 of 1024 0 free 0 of 1024 2 free 0 of 1024' \
		RAC_LIMIT=1G $device 600 425 424 1
	figures "the report equals the truth ($device)"
	is "in a kind of its own ($device)" "$(report 'sorted(r["devices"][0]["kinds"])')" "['managed']"
done
managed 'a cap above the device lets a program have more than the device has' \
	'0 free 8192 of 8192 0 free 0 of 8192 2 free 0 of 8192' \
	RAC_LIMIT=20G SIMCUDA_MANAGED=oversubscribe 10000 10480 1
managed 'without a cap it is counted, and not hindered' '0 free 8192 of 8192 0 free 8192 of 8192' \
	SIMCUDA_MANAGED=oversubscribe 10000 90000
is 'the report says how much it was' "$(report 'r["devices"][0]["kinds"]["managed"]["peak_bytes"] >> 20')" 100000
managed 'with warn it is let through, and how far over the cap is reported' \
	'0 free 24 of 1024 0 free 0 of 1024' RAC_LIMIT=1G RAC_ON_LIMIT=warn 1000 500
is 'as over_bytes' "$(report 'r["devices"][0]["over_bytes"] >> 20')" 476
finish
