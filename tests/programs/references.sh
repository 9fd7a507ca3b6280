#!/bin/sh
# references.sh - at the end the addresses of what is left are looked for in the program's memory, where RAC_REFERENCES
# asks for it: what is still referred to is no leak.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

compile "$T/keeps" '
	#include <cuda.h>
	#include <pthread.h>
	#include <stdlib.h>
	#include <string.h>
	#include <sys/resource.h>
	#include <unistd.h>
	static CUdeviceptr kept, within, *many;
	static void *page;
	static CUdeviceptr take(size_t bytes)
	{
		CUdeviceptr memory;
		return cuMemAlloc(&memory, bytes) == 0 ? memory : 0;
	}
	static void forget(void)
	{
		volatile char room[65536];
		memset((void *)room, 0, sizeof(room));
	}
	static void *wait_with(void *context)
	{
		cuCtxSetCurrent(*(CUcontext *)context);
		volatile CUdeviceptr mine = take(1 << 20);
		page = (void *)1;
		pause();
		return (void *)mine;
	}
	int main(int argc, char **argv)
	{
		volatile CUdeviceptr here = 0;
		CUcontext context;
		if (cuInit(0) || cuDevicePrimaryCtxRetain(&context, 0) || cuCtxSetCurrent(context))
			return 1;
		cuMemFree(take(4096));
		for (int i = 1; i < argc; i++) {
			if (strcmp(argv[i], "lost") == 0) {
				take(1 << 20);
			} else if (strcmp(argv[i], "static") == 0) {
				kept = take(1 << 20);
			} else if (strcmp(argv[i], "within") == 0) {
				within = take(1 << 20) + 4096;
			} else if (strcmp(argv[i], "end") == 0) {
				within = take(1 << 20) + (1 << 20);
			} else if (strcmp(argv[i], "heap") == 0) {
				many = malloc(3 * sizeof(*many));
				for (int k = 0; k < 3; k++)
					many[k] = take(1 << 20);
				many[1] = 0;
			} else if (strcmp(argv[i], "frame") == 0 || strcmp(argv[i], "return") == 0) {
				here = take(1 << 20);
			} else if (strcmp(argv[i], "thread") == 0) {
				pthread_t thread;
				pthread_create(&thread, NULL, wait_with, &context);
				while (__atomic_load_n(&page, __ATOMIC_ACQUIRE) == NULL)
					usleep(1000);
			} else if (strcmp(argv[i], "array") == 0) {
				CUDA_ARRAY_DESCRIPTOR d = {.Width = 1024, .Height = 256, .Format = CU_AD_FORMAT_FLOAT,
					.NumChannels = 1};
				cuArrayCreate((CUarray *)&within, &d);
			} else if (strcmp(argv[i], "closed") == 0) {
				setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, 0});
			} else if (strcmp(argv[i], "host") == 0) {
				cuMemHostAlloc((void **)&kept, 1 << 20, 0);
			}
		}
		forget();
		if (argc > 1 && strcmp(argv[argc - 1], "return") != 0)
			exit(here == 1);
		return here == 1;
	}' -O0 -Itests/sim/include -L"$SIM" -lcuda -lpthread -Wl,-rpath,"$SIM"

# found MODE…: status, grades of what is left, and what the search says of it.
found() {
	shimmed RAC_REFERENCES=on RAC_FAIL_ON=leak "$T/keeps" "$@"
	# shellcheck disable=SC2154  # set by run
	echo "$status $(report '[(s["grade"], s["live_count"], s.get("lost_count"), s.get("possibly_count"), s.get("lost_bytes"))
		for s in r["sites"] if s["live_count"]]')"
}
is 'what nothing refers to is lost' "$(found lost)" "23 [('leak', 1, 1, 0, 1048576)]"
is 'what a variable refers to is no leak' "$(found static)" "0 [('referenced', 1, 0, 0, 0)]"
is 'an address within may be a reference' "$(found within)" "0 [('referenced', 1, 0, 1, 0)]"
is 'one behind the end is none' "$(found end)" "23 [('leak', 1, 1, 0, 1048576)]"
is 'of several the one that is lost leaks' "$(found heap)" "23 [('leak', 3, 1, 0, 1048576)]"
is 'a function that still runs refers to what it has' "$(found frame)" "0 [('referenced', 1, 0, 0, 0)]"
is 'one that returned does not' "$(found return)" "23 [('leak', 1, 1, 0, 1048576)]"
is 'nor do the words that the library keeps itself' "$(found lost lost lost)" "23 [('leak', 3, 3, 0, 3145728)]"
is 'the stack of another thread counts' "$(found thread)" "0 [('referenced', 1, 0, 0, 0)]"
is 'of other kinds of memory nothing is said' "$(found array) $(found host)" \
	"23 [('leak', 1, None, None, None)] 23 [('leak', 1, None, None, None)]"
found static >"$T/null"
is 'the report says that it was looked for, and what the driver keeps' \
	"$(report 'r["search"]["failed"], r["search"]["bytes"] > 100000, type(r["search"]["driver_copies"]).__name__')" \
	'None True int'
shimmed RAC_FAIL_ON=leak "$T/keeps" static
is 'nobody looks unasked' "$status $(report '[(s["grade"], "lost_count" in s) for s in r["sites"] if s["live_count"]],
	"search" in r')" "23 [('leak', False)] False"
shimmed RAC_REFERENCES=on RAC_FORMAT=text "$T/keeps" lost within
contains 'the text tells both' "$(cat "$T/report.json")" \
	'2.00 MiB left in 2 allocations, 1 definitely lost, 1 possibly lost'
contains 'and where it was looked' "$(cat "$T/report.json")" ' references: looked for in '

shimmed RAC_REPORT=stderr RAC_REFERENCES=on RAC_FAIL_ON=leak "$T/keeps" static closed
is 'where nobody can look nothing is forgiven, and that is said' \
	"$status $(grep -c 'references: nothing is known of them: ' "$T/err") $(grep -c 'failed: leak' "$T/err")" '23 1 1'

mkdir -m 700 "$T/runtime"
judged() {
	run env XDG_RUNTIME_DIR="$T/runtime" "$RAC" run --references on --fail-on leak --report "$T/report.json" -- "$T/keeps" "$@"
	echo "$status $(report '[(s["grade"], s.get("lost_count")) for s in r["sites"] if s["live_count"]], r["search"]["failed"]')"
}
is 'rac run judges by it' "$(judged static) $(judged lost)" \
	"0 [('referenced', 0)] None 23 [('leak', 1)] None"
judged heap >"$T/null"
contains 'and says what of a place is lost' "$(cat "$T/err")" '    of these 1 definitely lost: 1.00 MiB'
"$RAC" report --json "$T/report.json" >"$T/again.json"
is 'which a report that is read again still says' \
	"$("$PYTHON" -c 'import json, sys; a, b = (json.load(open(p)) for p in sys.argv[1:])
print(a["sites"] == b["sites"] and a["search"] == b["search"])' "$T/report.json" "$T/again.json")" True
finish
