# assert.sh - what shell tests of the command share: a folder of their own, running something and
# looking at what it did, and one "ok" or "not ok" line a behaviour. Sourced, not run.
#
# Sets T (a folder that goes away at the end) and RAC (the command under test). A test ends with
# `finish`.
# shellcheck shell=sh

set -u
B=${B:-build}
case $B in
/*) ;;
*) B=$PWD/$B ;;
esac
# shellcheck disable=SC2034  # for those who source this
RAC=$B/rac
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 129' HUP INT TERM

assert_passed=0
assert_failed=0
status=

# A compiler cache would be seen among what a compiler opens and leaves behind.
export CCACHE_DISABLE=1

# Nothing from the shell that starts the tests.
unset LD_PRELOAD CUDA_DEVICE_MEMORY_LIMIT CUDA_MPS_PINNED_DEVICE_MEM_LIMIT NVIDIA_GPU_MEMORY_LIMIT
for assert_name in $(env | sed -n 's/^\(RAC_[A-Za-z0-9_]*\)=.*/\1/p'); do
	unset "$assert_name"
done

# A compiler behind a cache opens and leaves other files each time.
export CCACHE_DISABLE=1

# run COMMAND…: leaves its output in $T/out and $T/err and its status in $status.
run() {
	"$@" >"$T/out" 2>"$T/err"
	status=$?
}

ok() {
	printf 'ok - %s\n' "$1"
	assert_passed=$((assert_passed + 1))
}

# not_ok NAME [WHY]
not_ok() {
	printf 'not ok - %s\n' "$1"
	[ $# -lt 2 ] || printf '%s\n' "$2" | sed 's/^/#   /'
	assert_failed=$((assert_failed + 1))
}

skip() {
	printf 'ok - %s # SKIP %s\n' "$1" "$2"
}

# is NAME ACTUAL EXPECTED
is() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "got:      $2
expected: $3"
	fi
}

# contains NAME TEXT PART
contains() {
	case $2 in
	*"$3"*) ok "$1" ;;
	*) not_ok "$1" "got:         $2
expected in it: $3" ;;
	esac
}

# ended NAME STATUS [STDERR]: how the last run ended, and all that it said on stderr.
ended() {
	if [ "$status" -ne "$2" ]; then
		not_ok "$1" "status $status, expected $2; stderr: $(cat "$T/err")"
	elif [ $# -gt 2 ]; then
		is "$1" "$(cat "$T/err")" "$3"
	else
		ok "$1"
	fi
}

# try_compile OUTPUT SOURCE-TEXT FLAG…: with libdl, which holds dlopen before glibc 2.34.
try_compile() {
	assert_output=$1
	printf '%s\n' "$2" >"$T/compile.c"
	shift 2
	env -u XDG_RUNTIME_DIR ${CC:-gcc} "$T/compile.c" "$@" -ldl -o "$assert_output" 2>"$T/compile.err"
}

# compile: the same, for what must compile on every machine.
compile() {
	try_compile "$@" && return
	not_ok "${assert_output##*/} compiles" "$(cat "$T/compile.err")"
	return 1
}

finish() {
	printf '%s passed, %s failed\n' "$assert_passed" "$assert_failed"
	[ "$assert_failed" -eq 0 ]
	exit
}
