#!/bin/sh
# checkpoints.sh - what a program says of itself through rac.h: growth from checkpoint to checkpoint, memory made
# before the first, scopes, what is to be ignored; and that it costs nothing without the library.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

app=$APPS/own_words

# grades: bytes, grade, trend and scope of each site of the last report that holds something.
grades() {
	report '"; ".join(sorted(" ".join(str(x) for x in (s["live_bytes"] >> 20, s["grade"],
		s.get("trend", "-"), s.get("scope", "-"))) for s in r["sites"] if s["live_bytes"]))'
}

run "$app" take check ignore in a out peak
is 'without the library nothing happens' "$status $(cat "$T/out")" '0 ignore 0 0
live 0, peak 0'
shimmed RAC_FAIL_ON=growth,leak "$app" take check more check more check more check
is 'what is taken at each checkpoint grows' "$status $(grades)" '23 1 once settled -; 3 leak grows -'
is 'and fails' "$(report '[(c["condition"], c["value"], c["failed"]) for c in r["verdict"]["conditions"]]')" \
	"[('growth', 1, True), ('leak', 3145728, True)]"
is 'checkpoints are in the report' \
	"$(report '[(c["number"], c["name"], c["live_bytes"] >> 20) for c in r["checkpoints"]]')" \
	"[(0, 'step', 1), (1, 'step', 2), (2, 'step', 3), (3, 'step', 4)]"
shimmed RAC_FAIL_ON=growth,leak "$app" take take check more drop check more drop check more drop check
is 'what is given back does not' "$status $(grades)" '0 2 once settled -'
shimmed RAC_FAIL_ON=growth "$app" check more check more check more
is 'three checkpoints are too few to tell' "$status $(report 'r["verdict"]["conditions"][0]["unjudged"]')" \
	'0 it takes 4 checkpoints or more'
shimmed RAC_FAIL_ON=leak "$app" check take
is 'a checkpoint before the first use of CUDA is none to compare with' "$status" 23
is 'and says nothing' "$(lines)" 1
shimmed RAC_FAIL_ON=leak "$app" check take check
is 'but it was the first' "$(grades)" '1 leak - -'
shimmed RAC_FAIL_ON=leak "$app" take ignore
is 'what is ignored is no leak, beside what is' "$status $(grades)" '23 1 leak - -; 1 suppressed - -'
is 'an address that is not known is not' "$(head -n 1 "$T/out")" 'ignore 1 0'
figures_of_ignored=$("$PYTHON" tests/lib/truth.py "$T/report.json" "$T/truth.json" exact 2>&1)
is 'and the figures stay right' "$figures_of_ignored" ''
shimmed RAC_FAIL_ON=leak "$app" ignore drop
is 'ignored memory can be freed' "$status $(report 'r["devices"][0]["live_bytes"], r["unknown_frees"]')" '0 0 0'
shimmed "$app" in load take in weights take take out take out take out take
is 'memory is told apart by scope' "$(grades)" '2 leak - -; 2 leak - load; 2 leak - load/weights'
shimmed "$app" in "$(printf '%0300d' 1)" take out in a in b in c in d in e in f in g in h in i in j in k in l in m in n \
	in o in p in q take out take
is 'names that are too long and scopes that are too deep fall to the one around' \
	"$(grades)" '1 leak - -; 2 leak - a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p'
shimmed RAC_FAIL_ON='peak>2M' "$app" take drop take take drop peak take
is 'a peak that starts anew hides none of before' "$(report 'r["devices"][0]["peak_bytes"] >> 20')" 2
is 'and the program sees its own' "$(tail -n 1 "$T/out")" 'live 2, peak 2'
shimmed "$app" take take drop peak
is 'which begins with what is there' "$(tail -n 1 "$T/out") $(report 'r["devices"][0]["peak_bytes"] >> 20')" \
	'live 1, peak 1 2'

# After death, and in reports that were read.
run env LD_PRELOAD="$SHIM" RAC_RECORD="$T/record" RAC_REPORT=none "$app" take check more check more check more check die
"$RAC" report --json "$T/record" >"$T/report.json"
is 'a record tells all of it' "$(grades)" '1 once settled -; 3 leak grows -'
"$RAC" report --json "$T/report.json" >"$T/again.json"
is 'and a report that is read' "$(cmp "$T/report.json" "$T/again.json" 2>&1)" ''
contains 'in words, too' "$("$RAC" report "$T/report.json" | grep checkpoints)" \
	"4 checkpoints: 1.00 MiB at 'step', 4.00 MiB at 'step'"
run env XDG_RUNTIME_DIR="$T" "$RAC" run --report none --fail-on growth -- "$app" take check more check more check more check
is 'rac run judges growth' "$status" 23

# Other ways to build, and Python.
for flags in '-O0' '-O2 -no-pie -fno-pie' '-O0 -fno-plt' '-xc++ -O1'; do
	# shellcheck disable=SC2086  # several flags
	if compile "$T/built" '
		#include <cuda_runtime.h>
		#include <rac.h>
		int main(void)
		{
			void *memory;
			if (cudaMalloc(&memory, 1 << 20))
				return 1;
			rac_checkpoint("one");
			return rac_live_bytes(0) == 1 << 20 ? 7 : 0;
		}' $flags -Ishim -Itests/sim/include -L"$SIM" -lcudart -Wl,-rpath,"$SIM"; then
		run "$T/built"
		alone=$status
		shimmed "$T/built"
		is "a program that was built with $flags finds the library" "$alone $status" '0 7'
	else
		skip "a program that was built with $flags finds the library" "$(head -n 1 "$T/compile.err")"
	fi
done
cat >"$T/says.py" <<-'end'
	import ctypes, sys
	cuda = ctypes.CDLL(sys.argv[1] + "/libcudart.so.13")
	checkpoint = getattr(ctypes.CDLL(None), "rac_checkpoint", lambda name: None)
	kept = []
	for epoch in range(5):
	    memory = ctypes.c_void_p()
	    assert cuda.cudaMalloc(ctypes.byref(memory), 1 << 20) == 0
	    kept.append(memory)
	    checkpoint(b"epoch %d" % epoch)
end
run env RAC_FAIL_ON=growth "$PYTHON" "$T/says.py" "$SIM"
is 'from Python nothing happens without it either' "$status" 0
shimmed RAC_FAIL_ON=growth "$PYTHON" "$T/says.py" "$SIM"
is 'and growth is found with it' "$status $(report '[c["name"] for c in r["checkpoints"]][-1]')" '23 epoch 4'
finish
