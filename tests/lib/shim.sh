# shim.sh - running programs under the shim on the simulated CUDA, and comparing the shim's report with
# the simulator's truth. Sourced after assert.sh.
#
# Sets SHIM, APPS and SIM. The last run's report is $T/report.json, its truth $T/truth.json.
# shellcheck shell=sh

# shellcheck disable=SC2034  # for those who source this
SHIM=$B/librac_track.so APPS=$B/apps SIM=$B/sim
PYTHON=${PYTHON:-python3}

for shim_name in $(env | sed -n 's/^\(SIMCUDA_[A-Z_]*\)=.*/\1/p'); do
	unset "$shim_name"
done
unset LD_LIBRARY_PATH CUDA_VISIBLE_DEVICES

# shimmed [VARIABLE=VALUE…] PROGRAM…: as run, under the shim.
shimmed() {
	rm -f "$T/report.json" "$T/truth.json"
	run env LD_PRELOAD="$SHIM" RAC_REPORT="$T/report.json" SIMCUDA_TRUTH="$T/truth.json" "$@"
}

# report EXPRESSION: a Python expression over the last report, r.
report() {
	"$PYTHON" -c "import json, re, sys; r = json.load(open(sys.argv[1])); print($1)" \
		"$T/report.json" 2>&1
}

# truth EXPRESSION: the same over the truth, t.
truth() {
	"$PYTHON" -c "import json, sys; t = json.load(open(sys.argv[1])); print($1)" \
		"$T/truth.json" 2>&1
}

# figures NAME [threads]: the last run ended with 0, and its report says what the simulator says.
figures() {
	# shellcheck disable=SC2154  # set by run
	if [ "$status" -ne 0 ]; then
		not_ok "$1" "status $status; stderr: $(cat "$T/err")"
		return
	fi
	is "$1" "$("$PYTHON" tests/lib/truth.py "$T/report.json" "$T/truth.json" "${2:-exact}" 2>&1)" ''
}

# said LINE: what the shim said in LINE of stderr, without the process id.
said() {
	sed -n "s/^==rac [0-9]*== //p" "$T/err" | sed -n "${1}p"
}

# lines: how many lines the shim wrote to stderr.
lines() {
	grep -c '^==rac [0-9]*== ' "$T/err"
}

# python_is_read [PYTHON]: whether call stacks are to have its functions. Where not, why is in $python_is_not_read.
python_is_read() {
	python_is_not_read=$("${1:-$PYTHON}" tests/lib/unread_python.py 2>&1)
	[ -z "$python_is_not_read" ]
}
