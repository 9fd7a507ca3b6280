#!/bin/sh
# gpu-check.sh - compares the library's figures with the driver's and NVML's on this machine's GPU, or, where there
# is none, on the simulated CUDA, which then says so; docs/gpu-results.md explains the rows.
#
#   scripts/gpu-check.sh [OPTION…]
#
#   --json FILE      all figures
#   --rows PATTERNS  only rows whose names match one, e.g. 'driver *,Numba,pair *,facts'
#   --seconds N      what is not begun by then is not run, and fails; default 450
#   --rounds N       how often each pair of calls is timed; default 7
#   --python PATH    the Python that has the frameworks; default python3
#   --simulated      leave the GPU alone
#   --built          build nothing: build/ was made elsewhere
#
# Status: 0 all that ran is right, 1 something is not or nothing ran, 2 wrong usage.
set -eu

usage() {
	sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d'
}

complain() {
	printf 'gpu-check: %s\n' "$1" >&2
	exit 2
}

# The options that are check.py's own stay in "$@".
build=yes simulated='' python=${PYTHON:-python3}
left=$#
while [ "$left" -gt 0 ]; do
	option=$1
	shift
	left=$((left - 1))
	case $option in
	--json | --rows | --seconds | --rounds | --python)
		[ "$left" -gt 0 ] || complain "$option needs a value"
		case $option in
		--python) python=$1 ;;
		*) set -- "$@" "$option" "$1" ;;
		esac
		shift
		left=$((left - 1))
		;;
	--simulated) simulated=yes ;;
	--built) build= ;;
	-h | --help)
		usage
		exit 0
		;;
	*) complain "unknown argument '$option'; gpu-check.sh --help lists them" ;;
	esac
done
here=$PWD
cd "$(dirname "$0")/.."

B=${B:-build}
case $B in
/*) ;;
*) B=$PWD/$B ;;
esac

if [ -n "$build" ]; then
	make -s --no-print-directory -j"$(nproc)" B="$B" shim cli sim gpu "$B/scripts/gpu_probe"
	# NVIDIA's own compiler and runtime are welcome, not needed.
	if command -v nvcc >/dev/null || [ -x /usr/local/cuda/bin/nvcc ]; then
		make -s --no-print-directory B="$B" gpu-nvcc || echo 'gpu-check: nvcc does not work here' >&2
	fi
fi
if [ -z "$simulated" ] && found=$("$B/scripts/gpu_probe"); then
	set -- "$@" --driver "$(echo "$found" | head -n 1)"
else
	echo 'gpu-check: no usable GPU, so on the simulated CUDA: nothing below was measured on a GPU'
fi
export PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
script=$PWD/tests/gpu/check.py
cd "$here"
exec "$python" "$script" --build "$B" "$@"
