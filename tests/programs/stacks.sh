#!/bin/sh
# stacks.sh - the report has the call stack of each allocation, frame by frame, whatever the program is made
# of. That sites with stacks add up to their device is checked with the same runs.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

# frames [PREFIX…]: the sites of the last report, see frames.py.
frames() {
	"$PYTHON" tests/lib/frames.py "$T/report.json" "$@" 2>&1
}

runtime="-Itests/sim/include -L$SIM -lcudart -Wl,-rpath,$SIM"
stacked() {
	shimmed RAC_STACKS=native,python "$@"
}

# Functions that call each other, none of them inline or by a jump.
compile "$T/deep" '
	#include <cuda_runtime.h>
	#include <cuda.h>
	#define CALL __attribute__((noinline)) int
	static volatile int calls;
	static CALL leaf(size_t n) { void *p; int r = cudaMalloc(&p, n); calls++; return r; }
	static CALL pinned(size_t n) { void *p; int r = cudaMallocHost(&p, n); calls++; return r; }
	static CALL driver(size_t n) { CUdeviceptr p; int r = cuMemAlloc(&p, n); calls++; return r; }
	static CALL brief(size_t n) { void *p; int r = cudaMalloc(&p, n) || cudaFree(p); calls++; return r; }
	static CALL recurse(int depth, size_t n)
	{
		int r = depth > 0 ? recurse(depth - 1, n) : leaf(n);
		calls++;
		return r;
	}
	int main(void)
	{
		for (int i = 0; i < 4; i++)
			if (recurse(i % 2 + 1, 1 << 20) || brief(4 << 20))
				return 1;
		return pinned(4096) || driver(8192);
	}' -O2 -fomit-frame-pointer $runtime -lcuda
stacked "$T/deep"
figures 'the sites of stacks add up'
is 'each stack is a site of its own, with all its functions' "$(frames deep)" \
	"cuMemAlloc_v2 deep 8192 driver main _start
cudaMalloc deep 0 brief main _start
cudaMalloc deep 2097152 leaf recurse recurse main _start
cudaMalloc deep 2097152 leaf recurse recurse recurse main _start
cudaMallocHost deep 4096 pinned main _start"
cp "$T/report.json" "$T/first.json"
stacked "$T/deep"
is 'the ids are the same in another run' "$(report 'sorted(s["id"] for s in r["sites"])')" \
	"$(cp "$T/first.json" "$T/report.json"; report 'sorted(s["id"] for s in r["sites"])')"
shimmed RAC_STACKS=native RAC_DEPTH=3 "$T/deep"
is 'a depth of 3 keeps the 3 innermost frames, those of the runtime among them' \
	"$(report 'sorted((s["live_bytes"], len(s["frames"])) for s in r["sites"])')" \
	'[(0, 3), (4096, 3), (8192, 3), (4194304, 3)]'
figures 'the sites of cut stacks add up'
shimmed RAC_STACKS=native RAC_DEPTH=1 "$T/deep"
is 'a depth of 1 keeps who called, not the runtime' "$(frames deep)" \
	"cuMemAlloc_v2 deep 8192 driver
cudaMalloc deep 0 brief
cudaMalloc deep 4194304 leaf
cudaMallocHost deep 4096 pinned"

cp "$T/deep" "$T/bare"
cp "$T/deep" "$T/bare.debug"
strip "$T/bare"
stacked "$T/bare"
is 'a stripped program has the same' "$(frames bare | sed 's/ bare / deep /')" \
	"$(cp "$T/first.json" "$T/report.json"; frames deep)"

finish
