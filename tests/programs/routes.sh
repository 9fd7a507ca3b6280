#!/bin/sh
# routes.sh - each way in which a program reaches CUDA ends in the same ledger, which equals the
# simulator's to the byte, and in the same cap.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

# refused NAME LABEL: the last run was capped, its program saw code 2 and was told of LABEL.
refused() {
	if ! grep -q 'returned 2, not 0' "$T/err"; then
		not_ok "$1" "status $status, and the program saw no code 2; stderr: $(cat "$T/err")"
	else
		contains "$1" "$(said 1)" "refused: $2 of "
	fi
}

# route WAY LABEL [VARIABLE=VALUE…] PROGRAM…: a program that asks for 1 MiB and more.
route() {
	route_way=$1 route_label=$2
	shift 2
	shimmed "$@"
	figures "$route_way: the report equals the truth"
	shimmed RAC_LIMIT=64K "$@"
	refused "$route_way: the cap refuses, and names $route_label" "$route_label"
}

route 'driver API, linked' cuMemAlloc_v2 "$APPS/driver_linked"
route 'driver API, dlsym on a handle' cuMemAlloc_v2 LD_LIBRARY_PATH="$SIM" "$APPS/dlopen_dlsym"
route 'driver API, dlsym on a path' cuMemAlloc_v2 "$APPS/dlopen_dlsym" "$SIM/libcuda.so.1"
route 'driver API, dlsym on the development name' cuMemAlloc_v2 "$APPS/dlopen_dlsym" \
	"$SIM/libcuda.so"
route 'cuGetProcAddress, both versions and through itself' cuMemAlloc_v2 \
	LD_LIBRARY_PATH="$SIM" "$APPS/proc_address"
route 'cudaGetDriverEntryPoint' cuMemAlloc_v2 "$APPS/entry_point"
route 'cudaGetDriverEntryPoint of 11.8' cuMemAlloc_v2 SIMCUDA_CUDART=11.8 "$APPS/entry_point"
route 'runtime, dlvsym' cudaMalloc LD_LIBRARY_PATH="$SIM" "$APPS/dlvsym"
route 'runtime, shared' cudaMalloc "$APPS/runtime_shared"
route 'runtime, static' cuMemAlloc_v2 "$APPS/runtime_static"
for release in 11.2 11.8; do
	route "runtime $release, shared" cudaMalloc SIMCUDA_CUDART=$release "$APPS/runtime_shared"
	route "runtime $release, static" cuMemAlloc_v2 SIMCUDA_CUDART=$release \
		"$APPS/runtime_static"
done
route 'runtime whose driver calls are not visible' cudaMalloc SIMCUDA_CUDART_HIDDEN=1 \
	"$APPS/leak" -r 3M 1M
shimmed SIMCUDA_CUDART_HIDDEN=1 "$APPS/threads" -r -n 4 -o 2000
figures 'runtime whose driver calls are not visible, four threads' threads
ways=$APPS/route_ways
route 'driver API, addresses in data' cuMemAlloc_v2 "$ways" table
route 'driver API, dlsym of RTLD_DEFAULT' cuMemAlloc_v2 "$ways" default
route 'driver API, dlsym of RTLD_NEXT' cuMemAlloc_v2 "$ways" next
route 'driver API, dlsym on dlopen(NULL)' cuMemAlloc_v2 "$ways" self
route 'driver API, opened RTLD_DEEPBIND' cuMemAlloc_v2 "$ways" deepbind
route 'driver API, dlmopen into the namespace of the program' cuMemAlloc_v2 "$ways" dlmopen
route 'cudaGetDriverEntryPoint, without a version' cuMemAlloc_v2 "$ways" entry
route 'cudaGetDriverEntryPoint, streams per thread' cuMemAllocAsync_ptsz "$ways" entry_ptsz
route 'cuGetProcAddress, streams per thread' cuMemAllocAsync_ptsz "$ways" address_ptsz
# The loader puts what is preloaded into the first namespace alone.
shimmed RAC_LIMIT=64K "$ways" namespace
is 'a driver that dlmopen puts into a namespace of its own is left alone' \
	"$status $(cat "$T/out" "$T/err") $([ ! -e "$T/report.json" ] || echo reported)" '0 route_ways: fine '
shimmed "$APPS/leak" 3M 5M
figures 'what a program leaves behind is live in the report: driver API'
shimmed "$APPS/leak" -r 3M 5M
figures 'what a program leaves behind is live in the report: runtime API'
shimmed SIMCUDA_DEVICES=2 "$APPS/two_gpus"
figures 'two devices, each with its own figures' threads

for app in driver_linked runtime_shared runtime_static dlvsym entry_point proc_address; do
	route "driver that calls itself and looks itself up: $app" \
		"$(case $app in runtime_shared | dlvsym) echo cudaMalloc ;; *) echo cuMemAlloc_v2 ;; esac)" \
		SIMCUDA_REENTER=1 LD_LIBRARY_PATH="$SIM" "$APPS/$app"
done

# plugins NAME COUNT VARIABLE=VALUE… -- MODE PLUGIN…: each allocates 2 MiB and 1 MiB.
plugins() {
	plugins_name=$1
	shift
	shimmed "$@"
	figures "$plugins_name: the report equals the truth"
	shimmed RAC_LIMIT=64K "$@"
	is "$plugins_name: the cap refuses, and each runtime says so itself" \
		"$(sed 's/plugin [0-9]*: //' "$T/out" | sort -u)" '2, last error 2, pinned 0'
}

shared=$APPS/route_plugin.so static=$APPS/route_plugin_static.so
for mode in local global deepbind; do
	plugins "plugin with a shared runtime, opened $mode" "$APPS/route_host" $mode 2M 1M "$shared"
	plugins "plugin with a static runtime, opened $mode" "$APPS/route_host" $mode 2M 1M "$static"
	plugins "two plugins with a runtime each, opened $mode" "$APPS/route_host" $mode 2M 1M \
		"$shared" "$static"
done
plugins 'two plugins with a runtime each, the static one first' "$APPS/route_host" local 2M 1M \
	"$static" "$shared"
plugins 'plugin with a runtime whose driver calls are not visible' SIMCUDA_CUDART_HIDDEN=1 \
	"$APPS/route_host" local 2M 1M "$shared"
plugins 'two plugins under a driver that calls itself' SIMCUDA_REENTER=1 "$APPS/route_host" local \
	2M 1M "$shared" "$static"
shimmed RAC_LIMIT=64K "$APPS/route_host" local 2M 0 "$shared"
contains 'a refusal in a plugin names the function that it called' "$(said 1)" 'refused: cudaMalloc of'

# A library of its own between the program and the runtime, as torch_memory_saver is one.
next=$APPS/route_next.so
shimmed LD_PRELOAD="$SHIM $next" "$APPS/runtime_shared"
figures 'another preloaded library behind ours: the report equals the truth'
is 'another preloaded library behind ours: it is called, and finds the runtime next' \
	"$(grep calls "$T/out")" 'cudaMalloc: 1 calls, 1 deep, next in libcudart.so.13
cudaFree: 4 calls, 1 deep, next in libcudart.so.13'
shimmed LD_PRELOAD="$next $SHIM" "$APPS/runtime_shared"
figures 'another preloaded library before ours: the report equals the truth'
is 'another preloaded library before ours: it is called, and finds ours next' \
	"$(grep calls "$T/out")" \
	'cudaMalloc: 1 calls, 1 deep, next in librac_track.so
cudaFree: 4 calls, 1 deep, next in librac_track.so'
for order in "$SHIM $next" "$next $SHIM"; do
	shimmed LD_PRELOAD="$order" SIMCUDA_CUDART_HIDDEN=1 "$APPS/leak" -r 3M 1M
	figures "another preloaded library, driver calls not visible, ${order##*/} last"
	shimmed LD_PRELOAD="$order" RAC_LIMIT=64K "$APPS/leak" -r 3M
	refused "another preloaded library: the cap refuses, ${order##*/} last" cudaMalloc
done
shimmed LD_PRELOAD="$next $SHIM" "$APPS/route_host" global 2M 1M "$shared"
figures 'another preloaded library before ours, runtime opened by a plugin'

# Functions that a program looks up in a runtime itself.
runtime=$SIM/libcudart.so.13
for hidden in 0 1; do
	way="runtime, dlsym on a handle, driver calls hidden: $hidden"
	shimmed SIMCUDA_CUDART_HIDDEN=$hidden "$APPS/route_callers" handle "$runtime" 2M
	figures "$way: the report equals the truth"
	contains "$way: the report names what was called" "$(report '{s["api"] for s in r["sites"]}')" \
		"{'cudaMalloc'}"
	shimmed SIMCUDA_CUDART_HIDDEN=$hidden RAC_LIMIT=64K "$APPS/route_callers" handle "$runtime" 2M
	is "$way: the cap refuses" "$(cat "$T/out") $(said 1 | cut -d ' ' -f 1-3)" \
		'2 refused: cudaMalloc of'
done

# Every name that is exported, and what looks like one.
compile "$T/each" '
	#include <dlfcn.h>
	#include <stdio.h>
	#include <string.h>
	int main(int argc, char **argv)
	{
		void *driver = dlopen(argv[1], RTLD_NOW);
		for (int i = 2; i < argc; i++) {
			void *found = dlsym(driver, argv[i]);
			Dl_info info;
			if (found && dladdr(found, &info))
				printf("%s in %s\n", argv[i], strrchr(info.dli_fname, 47) + 1);
		}
		return 0;
	}' -D_GNU_SOURCE
# shellcheck disable=SC2046  # a list of names
run env LD_PRELOAD="$SHIM" "$T/each" "$SIM/libcuda.so.1" $(
	sed -n 's/^DRIVER_HOOK(\([A-Za-z0-9_]*\),.*/\1/p' shim/hooks.def)
is 'each hooked function that the driver has is replaced' \
	"$(grep -vc 'in librac_track.so$' "$T/out") $(($(wc -l <"$T/out") > 90))" '0 1'
run env LD_PRELOAD="$SHIM" "$T/each" "$SIM/libcuda.so.1" cuLaunchKernel cuInits cuIni cuMemAlloc_v1 \
	cuMemAlloc_v22 cu c '' cuda nvml
is 'what is not hooked is not' "$(cat "$T/out")" 'cuLaunchKernel in libcuda.so.1'

# Very many callers, and callers that come and go.
{
	echo '#include <cuda_runtime.h>'
	echo 'int call_all(void);'
	echo 'int call_all(void) { int n = 0;'
	i=0
	while [ "$i" -lt 10000 ]; do
		echo 'n += cudaFreeHost(0) == 0;'
		i=$((i + 1))
	done
	echo 'return n; }'
} >"$T/callers.c"
compile "$T/callers.so" "$(cat "$T/callers.c")" -O0 -shared -fPIC -Itests/sim/include -L"$SIM" -lcudart \
	-Wl,-rpath,"$SIM"
shimmed "$APPS/route_callers" many "$T/callers.so"
is '10,000 callers are told apart, each call within a microsecond' "$status $(
	awk '{ print $1, ($2 < 1000) }' "$T/out")" '0 10000 1'
cp "$shared" "$T/again.so"
shimmed LD_LIBRARY_PATH="$SIM" "$APPS/route_callers" reload 40 "$T/again.so" "$shared"
figures 'plugins that come and go reach their runtime, also where another one was'
compile "$T/helper.so" 'void route_callers_wait(void);
	__attribute__((constructor)) static void begin(void) { route_callers_wait(); }' -shared -fPIC
shimmed LD_LIBRARY_PATH="$SIM" timeout 20 "$APPS/route_callers" locked "$T/again.so" "$T/helper.so" "$shared"
figures 'a thread calls CUDA first while another one opens a library and waits for it' threads

# Callers of dlopen keep their own search path.
mkdir -p "$T/sub"
compile "$T/sub/libroute_sub.so" 'int sub(void) { return 42; }' -shared -fPIC
# shellcheck disable=SC2016  # $ORIGIN is the loader's
compile "$T/librunpath.so" '
	#include <dlfcn.h>
	int answer(void)
	{
		void *handle = dlopen("libroute_sub.so", RTLD_NOW | RTLD_LOCAL);
		int (*sub)(void);
		if (!handle)
			return -1;
		*(void **)&sub = dlsym(handle, "sub");
		return sub ? sub() : -2;
	}' -shared -fPIC -Wl,-rpath,'$ORIGIN/sub' -Wl,--enable-new-dtags
compile "$T/runpath" 'int answer(void); int main(void) { return answer(); }' "$T/librunpath.so"
run env LD_PRELOAD="$SHIM" "$T/runpath"
ended 'a library that opens others by its RUNPATH finds them' 42 ''

# What RTLD_DEFAULT and RTLD_NEXT mean depends on who asks.
compile "$T/libdep.so" 'int who_dep(void) { return 7; }' -shared -fPIC
compile "$T/libasks.so" '
	#define _GNU_SOURCE
	#include <dlfcn.h>
	int asks(void) { return dlsym(RTLD_DEFAULT, "who_dep") ? 1 : 0; }' -shared -fPIC \
	-Wl,--no-as-needed "$T/libdep.so"
compile "$T/asks" '
	#include <dlfcn.h>
	int main(int argc, char **argv)
	{
		void *handle = dlopen(argv[argc - 1], RTLD_NOW | RTLD_LOCAL);
		int (*asks)(void);
		if (!handle)
			return 9;
		*(void **)&asks = dlsym(handle, "asks");
		return asks();
	}'
run env LD_PRELOAD="$SHIM" "$T/asks" "$T/libasks.so"
ended "RTLD_DEFAULT in a library opened RTLD_LOCAL sees that library's own dependencies" 1 ''
compile "$T/liba.so" 'int who(void) { return 1; }' -shared -fPIC
compile "$T/libc3.so" 'int who(void) { return 3; }' -shared -fPIC
compile "$T/libb.so" '
	#define _GNU_SOURCE
	#include <dlfcn.h>
	int who(void) { return 2; }
	int next_who(void)
	{
		int (*next)(void);
		*(void **)&next = dlsym(RTLD_NEXT, "who");
		return next ? next() : 0;
	}' -shared -fPIC
compile "$T/next" 'int next_who(void); int main(void) { return next_who(); }' -Wl,--no-as-needed \
	"$T/liba.so" "$T/libb.so" "$T/libc3.so"
run env LD_PRELOAD="$SHIM" "$T/next"
ended 'RTLD_NEXT means next after the caller' 3 ''

finish
