#!/bin/sh
# peers.sh - what went wrong in other limiters, row by row of docs/peers.md, goes right here; rows that
# another test shows are named there.
# shellcheck disable=SC2086  # lists of libraries are split on purpose
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

exact=SIMCUDA_POOL_CHUNK=2M

# shows NAME EXPECTED [VARIABLE=VALUE…] PROGRAM…: under 1 GiB it ends well and prints that, and the report
# equals the truth.
shows() {
	shows_name=$1 shows_expected=$2
	shift 2
	shimmed RAC_LIMIT=1G "$@"
	if [ "$status" -ne 0 ]; then
		not_ok "$shows_name" "status $status; stderr: $(cat "$T/err")"
		return
	fi
	is "$shows_name" "$(cat "$T/out") $("$PYTHON" tests/lib/truth.py "$T/report.json" \
		"$T/truth.json" threads 2>&1)" "$shows_expected "
}

# as_alone NAME [VARIABLE=VALUE…] PROGRAM…: its output and status are those without the shim.
as_alone() {
	as_name=$1
	shift
	run env "$@"
	as_status=$status
	cp "$T/out" "$T/alone"
	shimmed RAC_LIMIT=1G "$@"
	is "$as_name" "$status $(cat "$T/out")" "$as_status $(cat "$T/alone")"
}

kinds=$APPS/peer_kinds ends=$APPS/peer_ends lookup=$APPS/peer_lookup host=$APPS/peer_host
threads=$APPS/peer_threads

# Kinds of memory.
shows "a pool's allocations are counted and capped, and come back when freed (4A.1)" \
	'the device holds 1000 MiB, granted 5, refused 25
the device holds 1000 MiB, granted 5, refused 25' $exact "$kinds" pool
shows 'a pool that grows by more than is asked for stays under the cap, too (4A.1)' \
	'the device holds 896 MiB, granted 4, refused 26
the device holds 896 MiB, granted 4, refused 26' "$kinds" pool
shows 'a refused asynchronous allocation is "out of memory" in both interfaces, once (4A.3, row 2)' '' \
	$exact "$kinds" async-codes
shows 'an object that is mapped and released stays charged until it is unmapped (4A.5)' \
	'the device holds 1000 MiB, granted 2, refused 8
the device holds 1000 MiB, granted 2, refused 8' "$kinds" vmm
for reenter in 0 1; do
	shows "its device is that of its properties, also without a context (4A.5, 4A.21; $reenter)" \
		'granted 4, refused 2' SIMCUDA_DEVICES=2 SIMCUDA_REENTER=$reenter \
		RAC_LIMIT=0=1G,1=64M "$kinds" vmm-device
done
shows 'narrow pitched rows are charged by the true pitch; no element size crashes (4A.7)' \
	'granted 2, refused 2' "$kinds" pitched
shows 'the runtime sets the pitch, and sizes that overflow are refused (4F)' '' "$kinds" pitched-runtime
shows 'managed memory is charged once, however attached, and says what it is (4A.24, 4B.13, 4B.14)' \
	'granted 10, refused 2' "$kinds" managed
shows 'an asynchronous free is of the device that it was on (4A.22, row 4)' '' SIMCUDA_DEVICES=2 \
	"$kinds" other-device
shows 'memory that a pool has cached is handed out again (4B.5)' 'granted 10, refused 0' "$kinds" cached

shimmed RAC_LIMIT=1G "$kinds" async
is 'asynchronous allocations and frees wait for nothing (4B.4)' "$status $(truth '
{k: n for k, n in t["calls"].items() if "Synchronize" in k or "Query" in k}')" '0 {}'

# Ends of memory.
as_alone 'a free of what nobody knows is answered as without the shim (4A.2, row 3)' "$ends" never-made
is 'and each of them reaches the driver (4A.2)' "$(truth '
[t["calls"][k] for k in ("cuMemFree_v2", "cuMemFreeAsync", "cuMemFreeHost", "cuMemRelease")]')" \
	'[5, 1, 1, 1]'
is 'and is counted (4A.2)' "$(report 'r["unknown_frees"]')" "$(truth 't["unknown_frees"]')"
shimmed SIMCUDA_CUDART_HIDDEN=1 RAC_LIMIT=1G "$ends" made-unseen
ended 'memory that was made unseen is really freed (4A.2)' 0
is 'and its frees are counted as unknown (4A.2)' "$(report 'r["unknown_frees"]')" 2
shows 'each free takes what the other way of allocating gave (4A.2, row 3)' '' "$ends" crosswise
for way in reset reset-runtime destroy release; do
	shows "the end of a context gives back all that was in it, again and again: $way (4A.6)" \
		'4 pieces
4 pieces
4 pieces' "$ends" $way
done
shows 'a free that the driver fails is reported as failed, and stays charged (4A.23, 4F)' '1 pieces
3 pieces' "$ends" failing
as_alone 'without a context calls fail as the driver fails them, and none hangs (4A.21)' "$ends" no-context

# Lookups.
shows 'per-thread default streams get their own functions (4A.11)' '' "$lookup" streams
is 'and legacy ones theirs (4A.11)' "$(truth '
[t["calls"][k] for k in ("cuMemAllocAsync", "cuMemAllocAsync_ptsz", "cuMemFreeAsync_ptsz")]')" \
	'[1, 2, 2]'
shows 'a function comes in the version that was asked for (4A.12)' '' "$lookup" versions
is 'also where it is not hooked (4A.12)' "$(truth '
[t["calls"][k] for k in ("cuMemPrefetchAsync", "cuMemPrefetchAsync_v2", "cuMemAdvise", "cuMemAdvise_v2")]')" \
	'[1, 2, 3, 4]'
as_alone 'RTLD_NEXT finds the same again and again, in each thread (4A.10)' "$lookup" next
is 'and what it finds is counted (4A.10)' "$(report 'r["devices"][0]["live_bytes"]')" 1048576

# A driver of long ago: it has linear memory and nothing else.
mkdir "$T/old"
compile "$T/old/libcuda.so.1" '
	#include <stdlib.h>
	int cuInit(unsigned int f) { return (int)f; }
	int cuDeviceGetCount(int *n) { *n = 1; return 0; }
	int cuDeviceTotalMem_v2(size_t *n, int d) { *n = (size_t)8 << 30; return d; }
	int cuCtxCreate_v2(void **c, unsigned int f, int d) { *c = c; return (int)f + d; }
	int cuCtxGetCurrent(void **c) { *c = c; return 0; }
	int cuCtxGetDevice(int *d) { *d = 0; return 0; }
	int cuMemAlloc_v2(unsigned long *p, size_t n) { *p = (unsigned long)malloc(1); return !n; }
	int cuMemFree_v2(unsigned long p) { free((void *)p); return 0; }' \
	-shared -fPIC -Wl,-soname,libcuda.so.1
compile "$T/old/app" '
	#define _GNU_SOURCE
	#include <dlfcn.h>
	#include <stdio.h>
	int main(void)
	{
		const char *names[] = {"cuMemAllocAsync", "cuMemCreate", "cuGetProcAddress",
			"cuGetProcAddress_v2", "cuMemGetInfo_v2", "cuArrayCreate_v2"};
		void *cuda = dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL), *context;
		int (*init)(unsigned int), (*create)(void **, unsigned int, int),
			(*take)(unsigned long *, size_t), (*give)(unsigned long);
		unsigned long memory;
		for (int i = 0; i < 6; i++)
			printf("%d%d ", dlsym(cuda, names[i]) != 0,
				dlsym(RTLD_DEFAULT, names[i]) != 0);
		*(void **)&init = dlsym(cuda, "cuInit");
		*(void **)&create = dlsym(cuda, "cuCtxCreate_v2");
		*(void **)&take = dlsym(cuda, "cuMemAlloc_v2");
		*(void **)&give = dlsym(cuda, "cuMemFree_v2");
		printf("%d%d ", init(0), create(&context, 0, 0));
		printf("%d ", take(&memory, (size_t)1 << 30));
		printf("%d ", give(memory));
		printf("%d\n", take(&memory, (size_t)2 << 30));
		return 0;
	}'
run env LD_LIBRARY_PATH="$T/old" "$T/old/app"
is 'the test program itself finds the old driver' "$(cat "$T/out")" '00 00 00 00 00 00 00 0 0 0'
shimmed LD_LIBRARY_PATH="$T/old" RAC_LIMIT=1G "$T/old/app"
is 'what a driver lacks is not offered, and the rest is capped (4A.24)' "$status $(cat "$T/out")" \
	'0 00 00 00 00 00 00 00 0 0 2'

# A library whose names begin as those of CUDA do, where there is no CUDA.
compile "$T/libcurl.so" 'int curl_easy_init(void) { return 5; } int cublasCreate_v2(void) { return 6; }' \
	-shared -fPIC
compile "$T/curl" '
	#include <dlfcn.h>
	int main(int argc, char **argv)
	{
		void *library = dlopen(argv[argc - 1], RTLD_NOW);
		int (*curl)(void), (*cublas)(void);
		*(void **)&curl = dlsym(library, "curl_easy_init");
		*(void **)&cublas = dlsym(library, "cublasCreate_v2");
		return dlsym(library, "cuInit") ? 1 : curl() + cublas();
	}'
run env LD_PRELOAD="$SHIM" "$T/curl" "$T/libcurl.so"
ended 'without libcuda, names that begin like its own are found as ever (4A.25)' 11 ''

# The process that is a guest's host.
shimmed RAC_LIMIT=1G "$host" files "$T"
figures "the process's umask is its own (4A.13)"
shows "SIGUSR1 and SIGUSR2 are the program's, and allocations go on after them (4A.14)" '' "$host" signals
is 'an ignored SIGHUP stays ignored (4B.7)' "$status" 0
shows 'settings are read once, and a later change has no effect (4C)' '' "$host" environment
# exit it calls from exit's own last handler alone, to change the status.
nm -D --undefined-only "$SHIM" | sed 's/.* //; s/@.*//' |
	grep -Ex 'fork|vfork|posix_spawn.*|exec.*|system|popen|kill|sem_.*|flock|lockf|pthread_(mutex|once|atfork|rwlock).*' \
		>"$T/asked"
is 'it starts, ends and locks nothing (4A.18, 4A.21, 4A.24, 4B.11, 4C, 4E, 4F)' "$(cat "$T/asked")" ''

rm -rf "$T/fork"
mkdir "$T/fork"
run env LD_PRELOAD="$SHIM" RAC_LIMIT=1G RAC_REPORT="$T/fork/%p.json" "$host" fork
ended 'children that are forked while threads allocate go on, with all but CUDA (4A.26)' 0 ''
is 'and have nothing of their parent to report (4A.26)' "$(ls "$T/fork" | wc -l)" 1
cp "$T"/fork/*.json "$T/report.json"
is 'whose own figures are right (4A.26)' "$(report '
[d["live_bytes"] + d["allocations"] - d["frees"] for d in r["devices"]] + [r["unknown_frees"]]')" '[0, 0]'
rm -rf "$T/chain"
mkdir "$T/chain"
run env LD_PRELOAD="$SHIM" RAC_LIMIT=1G RAC_REPORT="$T/chain/%p.json" SIMCUDA_TRUTH="$T/chain/%p.truth" \
	"$host" chain
ended 'the last of twenty children has its whole cap (4A.26)' 0
is 'and is the only one to report (4A.26)' "$(ls "$T"/chain/*.json | wc -l)" 1
last=$(ls "$T"/chain/*.json)
is 'as it is (4A.26)' "$("$PYTHON" tests/lib/truth.py "$last" "${last%.json}.truth" 2>&1)" ''

# Sizes.
while read -r text bytes; do
	for variable in RAC_LIMIT CUDA_DEVICE_MEMORY_LIMIT; do
		shimmed $variable="$text" "$APPS/leak" 2
		is "$variable=$text is $bytes bytes (4A.15)" \
			"$status $(report 'r["devices"][0]["limit_bytes"]')" "0 $bytes"
	done
done <<-end
	4GB 4294967296
	4Gi 4294967296
	4GiB 4294967296
	4g 4294967296
	1.5G 1610612736
	4 4
	4B 4
end
for text in abc 4GX GB4 -1 ''; do
	shimmed CUDA_DEVICE_MEMORY_LIMIT="$text" "$kinds" linear
	contains "'$text' is no size: said, and nothing is granted (4A.15, 4B.9)" \
		"$(cat "$T/out") $(said 1)" 'granted 0, refused 40 CUDA_DEVICE_MEMORY_LIMIT='
done
for cap in 1G 2G 1G; do
	shimmed RAC_LIMIT=$cap "$kinds" linear
	is "the cap is the one of this run: $cap (4B.8)" "$(cat "$T/out")" \
		"granted ${cap%G}0, refused $((40 - ${cap%G}0))"
done

# Which device is meant.
uuid=GPU-513cdaa1-1122-4333-8444-556677081901
many=1,0,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19
for visible in 1 1,0 $uuid $many; do
	for cap in 1G 0=1G GPU-513cdaa1=1G; do
		shows "CUDA_VISIBLE_DEVICES=$visible, NVML first, cap $cap: it holds (4A.16, row 8)" \
			'granted 10' SIMCUDA_DEVICES=2 CUDA_VISIBLE_DEVICES=$visible RAC_LIMIT=$cap \
			"$host" nvml-first
	done
	is "and is reported of that device, $visible (4A.16)" \
		"$(report 'r["devices"][0]["uuid"]')" "$uuid"
done
shimmed SIMCUDA_DEVICES=2 RAC_LIMIT=1G RAC_ON_LIMIT=warn "$host" nvml-first
is 'what NVML shows does not fall below nothing (4A.24, row 10)' "$status $(cat "$T/out")" '0 granted 40'
for mode in failing silent blind; do
	run env LD_PRELOAD="$SHIM" LD_LIBRARY_PATH="$APPS/nvml" UNTRACKED_NVML=$mode RAC_REPORT=none \
		RAC_LIMIT=1G "$APPS/untracked_run" load-late create take:600M take:600M
	contains "the cap holds where NVML is $mode (4B.3)" "$(cat "$T/err")" 'returned 2, not 0'
done

# Threads and neighbours.
heap=GLIBC_TUNABLES=glibc.malloc.arena_max=1:glibc.malloc.tcache_count=0
for delay in 0 1000; do
	operations=$((delay ? 4000 : 40000))
	shows "addresses and handles that are given out again at once are not lost (4A.19, 4B.12, 4D; $delay)" \
		'' $heap SIMCUDA_DELAY_NS=$delay "$threads" reuse $operations
	is "no free of them is unknown ($delay)" "$(report 'r["unknown_frees"]')" 0
done
shows 'threads that free wait for the driver side by side (4E)' 'side by side' "$threads" stall 5000000

pids=
for _ in 1 2 3; do
	env LD_PRELOAD="$SHIM" RAC_REPORT=none RAC_LIMIT=1G "$threads" reuse 100000000 >"$T/other" 2>&1 &
	pids="$pids $!"
done
sleep 0.3
killed=$(echo $pids | cut -d ' ' -f 1) others=$(echo $pids | cut -d ' ' -f 2-)
kill -9 "$killed"
shows 'a process that comes late, beside others and one that was killed, has its own cap (4A.17, 4A.18)' \
	'granted 10, refused 30' timeout 20 "$kinds" linear
kill -9 $others
wait

# Where the library itself gets no memory: after so many mappings there are no more. It alone makes them by
# this function.
compile "$T/nomap.so" '
	#define _GNU_SOURCE
	#include <dlfcn.h>
	#include <errno.h>
	#include <stdarg.h>
	#include <stdlib.h>
	#include <sys/syscall.h>
	long syscall(long number, ...)
	{
		static int count;
		long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
		long a[6];
		va_list list;
		va_start(list, number);
		for (int i = 0; i < 6; i++)
			a[i] = va_arg(list, long);
		va_end(list);
		if (number == SYS_mmap && count++ >= atoi(getenv("MAPS"))) {
			errno = ENOMEM;
			return -1;
		}
		return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	}' -shared -fPIC
: >"$T/unrecorded"
for maps in 0 1 2 3 4 5 6 7; do
	for what in linear vmm pool managed; do
		shimmed RAC_LIMIT=1G RAC_REPORT=stderr LD_PRELOAD="$SHIM $T/nomap.so" MAPS=$maps $exact \
			"$kinds" $what
		! grep -q 'not recorded in full: what is charged is never released' "$T/err" ||
			echo "$what" >>"$T/unrecorded"
		[ "$status" -ne 0 ] || truth 't["devices"][0]["live"]["peak_bytes"] <= 1 << 30'
	done
done | sort | uniq -c | sed 's/^ *//' >"$T/held"
is 'the cap holds also where nothing can be recorded (4A.20, 4F)' "$(cat "$T/held")" '32 True'
is 'and what could not be is said (4A.20, 4F)' "$(sort -u "$T/unrecorded" | tr '\n' ' ')" \
	'linear managed pool vmm '

finish
