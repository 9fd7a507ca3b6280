#!/bin/sh
# absent.sh - who looks for CUDA where there is none finds none, and hears it in the same words: what a
# program prints is compared with and without the shim. Where CUDA comes later, or for others only, too.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

# same NAME [VARIABLE=VALUE…] PROGRAM…: with and without the shim, and before and behind $beside.
beside=
same() {
	same_name=$1
	shift
	env LD_PRELOAD="$beside" "$@" >"$T/alone" 2>&1
	echo "status $?" >>"$T/alone"
	for order in "$SHIM $beside" "$beside $SHIM"; do
		env LD_PRELOAD="$order" RAC_REPORT="$T/report.json" "$@" >"$T/under" 2>&1
		echo "status $?" >>"$T/under"
		run diff "$T/alone" "$T/under"
		ended "$same_name${beside:+, ${order##*/} last}" 0
		[ -n "$beside" ] || break
	done
}

# Look-ups by name.
same 'a program that looks for CUDA where there is none finds none, dlerror included' \
	"$APPS/route_absent"
contains 'such a program asked for what is hooked' "$(cat "$T/alone")" \
	'undefined symbol: cuMemAlloc_v2'
compile "$T/plain.so" 'int plain;' -shared -fPIC
same 'so does one that opened libraries before' "$APPS/route_absent" "$T/plain.so"
# Where a thread opens a library last, the words may name another object; never ours.
for library in "" "$SHIM"; do
	LD_PRELOAD="$library" "$APPS/route_absent" threads "$T/plain.so" | tee "$T/under" |
		sed 's/; .*: undefined/; undefined/' >"$T/words${library:+2}"
done
is 'so does one whose threads open libraries' "$(cat "$T/words2")" "$(cat "$T/words")"
is 'the words do not name the shim' "$(grep -c librac "$T/under")" 0
if command -v "$PYTHON" >/dev/null; then
	same 'so does python3 with ctypes' "$("$PYTHON" -c 'import sys; print(sys.executable)')" -c '
import ctypes
for name in "cuInit", "cudaMalloc":
    try:
        getattr(ctypes.CDLL(None), name)
    except AttributeError as error:
        print(error)'
fi

# Weak references, bound at load and lazily.
same 'weak references lead to nothing' "$APPS/route_weak"
contains 'the program looked in each way' "$(cat "$T/alone")" \
	'at start 0; cuInit - cuMemAlloc_v2 - cudaMalloc - cudaFree - cuNothing - nvmlDeviceGetMemoryInfo -'
same 'weak references that are bound lazily lead to nothing' "$APPS/route_weak_lazy"
same 'weak references lead to nothing under LD_BIND_NOW' LD_BIND_NOW=1 "$APPS/route_weak_lazy"
same "a library's weak references lead to nothing, in its constructor too" "$APPS/route_weak_host" local
cp "$APPS/route_weak.so" "$T/weak.so"
for mode in local global lazy; do
	same "weak references of a library that is opened $mode lead to nothing" \
		"$APPS/route_weak_host" $mode "$T/weak.so"
	contains "the library opened $mode looked" "$(cat "$T/alone")" \
		'weak.so: at start 0; cuInit - cuMemAlloc_v2 - cudaMalloc -'
done
same 'where the driver is there for others only, weak references lead to nothing' \
	"$APPS/route_weak_host" local "$SIM/libcuda.so.1" "$T/weak.so"
same 'where the runtime is there for others only, weak references lead to nothing' \
	"$APPS/route_weak_host" local "$SIM/libcudart.so.13" "$T/weak.so"
same 'where the driver is there for others only, the program finds none by name' \
	"$APPS/route_absent" "$SIM/libcuda.so.1"
same 'where the runtime is there for others only, the program finds none by name' \
	"$APPS/route_absent" "$SIM/libcudart.so.13"
compile "$T/strong.so" 'extern int cuNothing(void); int strong(void) { return cuNothing(); }' -shared \
	-fPIC
same 'a library that cannot be opened cannot be opened' "$APPS/route_weak_host" local "$T/strong.so"

# What leads to CUDA all the same is counted. sees NAME PATTERN PROGRAM…
sees() {
	sees_name=$1 sees_pattern=$2
	shift 2
	shimmed "$@"
	figures "$sees_name: the report equals the truth"
	contains "$sees_name: CUDA is seen" "$(cat "$T/out")" "$sees_pattern"
	is "$sees_name: nothing is said" "$(cat "$T/err")" ''
	cp "$T/out" "$T/under"
	run env "$@"
	is "$sees_name: as without the shim" "$(cat "$T/under")" "$(cat "$T/out")"
}

all='cuInit there (0); cudaMalloc there (0)'
sees 'weak references of a program that is linked with CUDA' "program: at start 3; cuInit there" \
	"$APPS/route_weak_cuda"
sees 'weak references of a library that is linked with CUDA' "$all" "$APPS/route_weak_cuda_host" local
for mode in local global lazy; do
	sees "weak references of a library that is opened $mode and brings CUDA" "$all" \
		"$APPS/route_weak_host" $mode "$APPS/route_weak_cuda.so"
done
sees 'weak references after the driver was opened for all' \
	'weak.so: at start 2; cuInit there cuMemAlloc_v2 there cudaMalloc -' \
	"$APPS/route_weak_host" global "$SIM/libcuda.so.1" "$T/weak.so"

# A library may have functions of its own by these names.
compile "$T/own.so" '
	#include <stdio.h>
	int cuInit(unsigned int flags) { return (int)flags; }
	int cuMemAlloc_v2(void *p, unsigned long n) { return puts("own") < 0 || !p || !n; }
	int cudaMalloc(void **p, unsigned long n) { return p && n; }
	int own(void) { int x; return cuInit(3) + cuMemAlloc_v2(&x, 1); }' -shared -fPIC
beside=$T/own.so
same "what another library defines under CUDA's names is found" "$APPS/route_absent"
beside=
compile "$T/use" '
	#include <stdio.h>
	int cuInit(unsigned int flags);
	int own(void);
	static int (*volatile table)(unsigned int) = cuInit;
	int main(void) { printf("%d %d %d\n", cuInit(5), table(6), own()); return 0; }' "$T/own.so"
same 'it is what a program is bound to that is linked with it' "$T/use"
compile "$T/open" '
	#include <dlfcn.h>
	#include <stdio.h>
	int main(int argc, char **argv)
	{
		void *handle = dlopen(argv[argc - 1], RTLD_NOW);
		int (*own)(void), (*init)(unsigned int);
		if (!handle)
			return puts(dlerror()) < 0;
		*(void **)&own = dlsym(handle, "own");
		*(void **)&init = dlsym(handle, "cuInit");
		return printf("%d %d\n", own(), init(7)) < 0;
	}'
same 'it is what such a library is bound to that is opened' "$T/open" "$T/own.so"
compile "$T/own_lazy.so" '
	int cuInit(unsigned int flags) { return (int)flags; }
	int own(void) { return cuInit(3); }' -shared -fPIC -Wl,-z,lazy
same 'it is what such a library is bound to lazily' "$T/open" "$T/own_lazy.so"

finish
