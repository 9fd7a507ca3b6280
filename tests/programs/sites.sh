#!/bin/sh
# sites.sh - the report says which part of a program took the memory, also when that part is gone. That the
# sites add up to their device is checked wherever figures are, see tests/lib/truth.py.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

# sites: what the last report says of each site, one a line.
sites() {
	report '"\n".join(sorted(" ".join(str(s[k]) for k in
		("owner", "api", "kind", "live_bytes", "peak_bytes")) for s in r["sites"]))'
}

for name in one two; do
	compile "$T/lib$name.so" '
		#include <cuda_runtime.h>
		const char *name(void) { return "'$name'"; }
		int take(void **out, size_t bytes) { return (int)cudaMalloc(out, bytes); }' \
		-shared -fPIC -Itests/sim/include -L"$SIM" -lcudart -Wl,-rpath,"$SIM"
done
compile "$T/host" '
	#include <cuda.h>
	#include <dlfcn.h>
	#include <stdlib.h>
	static int use(const char *path, size_t bytes, int keep)
	{
		void *library = dlopen(path, RTLD_NOW), *memory;
		int (*take)(void **, size_t) = (int (*)(void **, size_t))dlsym(library, "take");
		if (take == NULL || take(&memory, bytes) != 0)
			return 1;
		return !keep && cuMemFree((CUdeviceptr)memory) != 0;
	}
	int main(int argc, char **argv)
	{
		CUdeviceptr own;
		CUcontext context;
		void *pinned;
		(void)argc;
		if (cuInit(0) || cuDevicePrimaryCtxRetain(&context, 0) || cuCtxSetCurrent(context) ||
			cuMemAlloc(&own, 1 << 20) || cuMemHostAlloc(&pinned, 4096, 0))
			return 1;
		return use(argv[1], 2 << 20, 1) || use(argv[2], 4 << 20, 0) || use(argv[1], 1 << 20, 0);
	}' -Itests/sim/include -L"$SIM" -lcuda -Wl,-rpath,"$SIM" -ldl

shimmed "$T/host" "$T/libone.so" "$T/libtwo.so"
figures 'the sites of a program with two plugins add up'
is 'each part of a program is named with its own memory, at the peak and left' "$(sites)" \
	"host cuMemAlloc_v2 device 1048576 1048576
host cuMemHostAlloc pinned 4096 4096
libone.so cudaMalloc device 2097152 2097152
libtwo.so cudaMalloc device 0 4194304"
first=$(report 'sorted(s["id"] for s in r["sites"])')
is 'pinned memory is on no device' \
	"$(report '[s["device"] for s in r["sites"] if s["kind"] == "pinned"]')" '[None]'
cp "$T/libone.so" "$T/elsewhere.so"
mkdir "$T/other"
cp "$T/host" "$T/libone.so" "$T/libtwo.so" "$T/other"
shimmed "$T/other/host" "$T/other/libone.so" "$T/other/libtwo.so"
is 'the ids are the same in another run, from another folder' \
	"$(report 'sorted(s["id"] for s in r["sites"])')" "$first"

# A library at the place of one that was closed.
compile "$T/closer" '
	#include <cuda.h>
	#include <dlfcn.h>
	static int use(const char *path, size_t bytes)
	{
		void *library = dlopen(path, RTLD_NOW), *memory;
		int (*take)(void **, size_t) = (int (*)(void **, size_t))dlsym(library, "take");
		return take == NULL || take(&memory, bytes) != 0 || dlclose(library) != 0;
	}
	int main(int argc, char **argv)
	{
		(void)argc;
		return use(argv[1], 1 << 20) || use(argv[2], 2 << 20) || use(argv[1], 4 << 20);
	}' -Itests/sim/include -ldl -L"$SIM" -Wl,--no-as-needed -lcudart -Wl,-rpath,"$SIM"
shimmed "$T/closer" "$T/libone.so" "$T/libtwo.so"
is 'a library that was closed keeps its name, also where another took its place' "$(sites)" \
	"libone.so cudaMalloc device 5242880 5242880
libtwo.so cudaMalloc device 2097152 2097152"
shimmed RAC_FORMAT=text "$T/closer" "$T/libone.so" "$T/libtwo.so"
contains 'the text names them, the largest first' \
	"$(grep -o 'by lib.*' "$T/report.json" | tr '\n' '|')" \
	'by libone.so, cudaMalloc: 5.00 MiB at the peak, 5.00 MiB left in 2 allocations|by libtwo.so, cudaMalloc: 2.00 MiB at the peak, 2.00 MiB left in 1 allocation|'
shimmed RAC_STACKS=none "$T/closer" "$T/libone.so" "$T/libtwo.so"
is 'without stacks there are no sites' "$(report 'r["sites"]')" '[]'
is 'and the figures are the same' "$(report 'r["devices"][0]["live_bytes"]')" 7340032

# When: the timeline reads a finer clock for each event, shortly after.
compile "$T/later" '
	#include <cuda.h>
	#include <unistd.h>
	static __attribute__((noinline)) int often(CUdeviceptr *out) { return cuMemAlloc(out, 1 << 20); }
	static __attribute__((noinline)) int once(CUdeviceptr *out) { return cuMemAlloc(out, 1 << 10); }
	int main(void)
	{
		CUcontext context;
		CUdeviceptr out;
		if (cuInit(0) || cuDevicePrimaryCtxRetain(&context, 0) || cuCtxSetCurrent(context) || usleep(200000))
			return 1;
		for (int i = 0; i < 2; i++)
			if (often(&out) || (i == 0 && (once(&out) || usleep(300000))))
				return 1;
		return cuMemFree(out) || usleep(100000);
	}' -O0 -Itests/sim/include -L"$SIM" -lcuda -Wl,-rpath,"$SIM"
shimmed RAC_STACKS=native RAC_TIMELINE=on "$T/later"
is 'a place tells when it first and last took memory, and how often that was given back at once' \
	"$("$PYTHON" -c '
import json, sys
r = json.load(open(sys.argv[1]))
t = r["timeline"]
for n, site in sorted(enumerate(r["sites"]), key=lambda pair: -pair[1]["total_bytes"]):
	taken, held = [], 0
	for at, which, live in zip(t["at_ns"], t["site"], t["live_bytes"]):
		if which == n:
			taken += [at] if live > held else []
			held = live
	near = [0 <= taken[i] - site[key] < 120e6 for i, key in ((0, "first_ns"), (-1, "last_ns"))]
	print(len(taken), near, site["temporary_count"])' "$T/report.json" 2>&1 | tr '\n' '|')" \
	'2 [True, True] 1|1 [True, True] 0|'
shimmed "$T/later"
is 'what one part of a program took is one place from its first request to its last' \
	"$(report '[(s["first_ns"] > 150e6, s["last_ns"] - s["first_ns"] > 250e6) for s in r["sites"]]')" '[(True, True)]'

finish
