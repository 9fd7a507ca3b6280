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

# A plugin in C++ that is closed before the end, with another in its place.
for name in one two; do
	cat >"$T/$name.cc" <<-END
		#include <cuda_runtime.h>
		namespace plugin {
		struct Pool_$name {
			void *memory;
			__attribute__((noinline)) int grow(unsigned long bytes) { int r = cudaMalloc(&memory, bytes); asm volatile(""); return r; }
		};
		}
		extern "C" __attribute__((visibility("default"))) int take(unsigned long bytes)
		{
			plugin::Pool_$name pool;
			int r = pool.grow(bytes);
			asm volatile("");
			return r;
		}
	END
	${CXX:-g++} -O2 -shared -fPIC "$T/$name.cc" -o "$T/lib$name.so" $runtime 2>"$T/compile.err" ||
		cat "$T/compile.err"
done
compile "$T/host" '
	#include <dlfcn.h>
	int main(int argc, char **argv)
	{
		for (int i = 1; i < argc; i++) {
			void *library = dlopen(argv[i], RTLD_NOW);
			int (*take)(unsigned long) = (int (*)(unsigned long))dlsym(library, "take");
			if (take(1000 * i) != 0 || dlclose(library) != 0)
				return 1;
		}
		return 0;
	}' -ldl -L"$SIM" -Wl,--no-as-needed -lcudart -Wl,-rpath,"$SIM"
stacked "$T/host" "$T/libone.so" "$T/libtwo.so" "$T/libone.so"
is 'a plugin that was closed keeps its frames, also where another took its place' "$(frames lib host |
	sed 's/ [?]//g; s/_ZN6plugin8Pool_\(...\)4growEm/Pool_\1::grow/g')" \
	"cudaMalloc libone.so 4000 Pool_one::grow take main _start
cudaMalloc libtwo.so 2000 Pool_two::grow take main _start"
figures 'and they add up'

# Where stacks are not what they mostly are.
place() {
	stacked RAC_VERBOSE=0 "$APPS/stack_places" "$@"
	frames stack_places
}
is 'a thread has a stack of its own' "$(place thread)" \
	'cudaMalloc stack_places 1000 take in_thread run_thread'
is 'so has one that is as small as the driver can bear' "$(place small)" \
	'cudaMalloc stack_places 1000 take in_thread run_thread'
is 'a stack goes on beneath a signal, on whose stack ever' "$(place signal)" \
	'cudaMalloc stack_places 2000 take in_handler interrupted main _start'
is 'a coroutine ends where it began' "$(place coroutine)" \
	'cudaMalloc stack_places 3000 take in_coroutine'
stacked "$APPS/stack_places" context generated generated-alone
is 'generated code ends a stack, and who calls from there is not known' "$(frames stack_places)" \
	"cuMemAlloc_v2  5000
cudaMalloc stack_places 4000 take beneath_code"
figures 'and that adds up'
is 'memory that is mapped elsewhere has the stack of its making' "$(place context vmm)" \
	'cuMemCreate stack_places 2097152 create map main _start'
is 'a child has stacks of its own' "$(place fork)" \
	'cudaMalloc stack_places 7000 take in_child main _start'
stacked RAC_RECORD="$T/record" "$APPS/stack_places" thread kill
"$RAC" report --json "$T/record" >"$T/report.json" 2>&1
is 'the record of a process that was killed has its stacks' "$(frames stack_places)" \
	"cudaMalloc stack_places 1000 take in_thread run_thread
cudaMalloc stack_places 8000 take before_the_end main _start"

# What each held at the peak, by the program's own count.
for seed in 1 2 3; do
	stacked "$APPS/stack_steps" "$seed" 20000
	cp "$T/out" "$T/expected"
	report '"\n".join("%d %d %d" % d for d in sorted((sum(f["module"].endswith("stack_steps") for f in
		s["frames"]) - 2, s["peak_bytes"], s["live_bytes"]) for s in r["sites"]))' >"$T/got"
	is "what each stack held at the peak and holds is exact (seed $seed)" \
		"$(diff "$T/expected" "$T/got")" ''
done

# steps N: the system calls that so many steps make.
steps() {
	RAC_STACKS=native,python RAC_REPORT=none strace -f -c -o "$T/strace" \
		env LD_PRELOAD="$SHIM" "$APPS/stack_steps" 1 "$1" >/dev/null 2>&1
	awk 'END { print $(NF - 2) }' "$T/strace"
}
if command -v strace >/dev/null; then
	# One more or less is where the kernel put things.
	is 'a stack that was met before costs no system call' \
		"$(($(steps 30000) - $(steps 3000) < 10))" 1
else
	skip 'a stack that was met before costs no system call' 'no strace'
fi

# Python calls through ctypes, from a generator, a thread, a callback, and deeper than is kept.
cat >"$T/train.py" <<'END'
import ctypes
import sys
import threading

cudart = ctypes.CDLL(sys.argv[1])


def take(size):
    memory = ctypes.c_void_p()
    assert cudart.cudaMalloc(ctypes.byref(memory), ctypes.c_size_t(size)) == 0


def batches():
    for size in range(100, 102):
        take(size)
        yield size


def epoch():
    for _ in batches():
        pass


def worker():
    take(300)


@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
def compare(one, other):
    take(400)
    return 0


def deep(n):
    if n > 0:
        deep(n - 1)
    else:
        take(500)


def main():
    for _ in range(3):
        epoch()
    thread = threading.Thread(target=worker)
    thread.start()
    thread.join()
    pair = (ctypes.c_int * 2)(1, 2)
    ctypes.CDLL(None).qsort(pair, ctypes.c_size_t(2), ctypes.c_size_t(4), compare)
    deep(40)


main()
END
deep=$(printf 'deep:36 %.0s' $(seq 30) | sed 's/deep:36/deep:38/; s/ $//')
cat >"$T/expected" <<END
cudaMalloc 300 take:10 worker:25 run _bootstrap_inner _bootstrap
cudaMalloc 400 take:10 compare:30 main:48 <module>:52
cudaMalloc 500 take:10 $deep deep:36
cudaMalloc 603 take:10 batches:15 epoch:20 main:43 <module>:52
END
python_frames() {
	frames none | sed -e 's/^cudaMalloc [^ ]* /cudaMalloc /' -e 's/ Thread[.]/ /g' \
		-e 's/\( _*[br][a-z_]*\):[0-9]\{3,4\}/\1/g'
}
for path in "$PYTHON" /usr/bin/python3 ${PYTHONS:-}; do
	command -v "$path" >/dev/null || continue
	version=$("$path" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
	shimmed RAC_STACKS=native,python "$path" -B "$T/train.py" "$SIM/libcudart.so"
	figures "what Python $version takes adds up"
	if ! python_is_read "$path"; then
		skip "each place of a Python $version program has its functions and lines" "$python_is_not_read"
		is 'that they are not read is said' "$(report 'r["unread_python"] > 0')" True
		continue
	fi
	python_frames >"$T/got"
	is "each place of a Python $version program has its functions and lines" \
		"$(diff "$T/expected" "$T/got")" ''
	is 'among the native frames of what they run in' "$(report '{(f[0], f[-1], f.count("p")) for f in
		["".join(f["language"][0] for f in s["frames"]) for s in r["sites"] if s["live_bytes"] == 603]}')" \
		"{('n', 'n', 5)}"
	# Each call of a function of 3.10 is some native frames: those that are kept end within Python.
	outer=n
	[ "$version" != 3.10 ] || outer=
	is 'also where not all of them are kept' "$(report '[re.sub("n+", "n", re.sub("p+", "p", "".join(f["language"][0]
		for f in s["frames"]))) for s in r["sites"] if s["live_bytes"] == 500]')" "['np$outer']"
	shimmed RAC_STACKS=python "$path" -B "$T/train.py" "$SIM/libcudart.so"
	python_frames >"$T/got"
	is 'alone they are the same' "$(diff "$T/expected" "$T/got")" ''
	is 'behind who called' "$(report '{"".join(f["language"][0] for f in s["frames"])[:2] for s in r["sites"]}')" \
		"{'np'}"
done
# What looks like an interpreter, of a version to come.
compile "$T/libpython3.99.so" '
	#include <cuda_runtime.h>
	char _PyRuntime[4096];
	const unsigned long Py_Version = 0x036300f0;
	int run(void) { void *memory; return cudaMalloc(&memory, 800) + (_PyRuntime[0] != 0); }' \
	-shared -fPIC $runtime
compile "$T/embeds" 'int run(void); int main(void) { return run(); }' -L"$T" -l:libpython3.99.so \
	-Wl,-rpath,"$T" -Wl,-rpath,"$SIM"
shimmed RAC_STACKS=native,python RAC_FORMAT=text "$T/embeds"
contains 'a Python that is not known is said' "$(cat "$T/report.json")" \
	'Python 3.99 as built here cannot be read: call stacks are without its functions'
stacked "$T/embeds"
is 'also to programs' "$(report 'hex(r["unread_python"])')" 0x36300f0
is 'and its stacks are without its functions' "$(frames libpython embeds)" \
	'cudaMalloc libpython3.99.so 800 run main _start'

# Below Python's frames there may be more native ones than are kept.
compile "$T/libfar.so" '
	#include <cuda_runtime.h>
	static volatile int calls;
	int far(int depth)
	{
		void *memory;
		int r = depth > 0 ? far(depth - 1) : cudaMalloc(&memory, 700);
		calls++;
		return r;
	}' -shared -fPIC -O1 $runtime
shimmed RAC_STACKS=native,python "$PYTHON" -c 'import ctypes, sys
ctypes.CDLL(sys.argv[1]).far(60)' "$T/libfar.so"
if python_is_read; then
	is 'Python is found beyond the native frames that are kept' \
		"$(report '[(f["language"], f["function"]) for f in r["sites"][0]["frames"]][31:]')" \
		"[('native', ''), ('python', '<module>')]"
else
	skip 'Python is found beyond the native frames that are kept' "$python_is_not_read"
fi
is 'and who owns the memory, too' "$(report 'r["sites"][0]["owner"]')" libfar.so
shimmed RAC_STACKS=native,python RAC_DEPTH=128 "$PYTHON" -c 'import ctypes, sys
ctypes.CDLL(sys.argv[1]).far(60)' "$T/libfar.so"
is 'a larger depth keeps them all' "$(report '[(sum(f["module"].endswith("libfar.so") for f in s["frames"]),
	s["frames"][-1]["language"]) for s in r["sites"]]')" "[(61, 'native')]"
rm -f "$T/report.json" "$T/truth.json"
run env SIMCUDA_TRUTH="$T/truth.json" "$RAC" run --report "$T/report.json" -- "$PYTHON" -B "$T/train.py" \
	"$SIM/libcudart.so"
figures 'under rac run a program adds up'
if python_is_read; then
	is 'and has its stacks without being asked to' "$(frames none | grep -c ':')" 4
else
	skip 'and has its stacks without being asked to' "$python_is_not_read"
fi
shimmed RAC_STACKS=native "$PYTHON" -B "$T/train.py" "$SIM/libcudart.so"
is 'without them there are native frames alone' \
	"$(report '{f["language"] for s in r["sites"] for f in s["frames"]}')" "{'native'}"

finish
