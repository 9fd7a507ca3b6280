#!/bin/sh
# demo.sh - runs tests/apps/demo under the shim with a cap, on the machine's GPU or, without one, on
# the simulated CUDA; what is shown is the program's own output and the shim's.
set -eu
cd "$(dirname "$0")/.."

B=${B:-build}
limit=640M

# Settings of the reader's shell would change what is shown.
unset LD_PRELOAD
for variable in $(env | sed -n 's/^\(RAC_[A-Z_]*\)=.*/\1/p'); do
	unset "$variable"
done

# The demonstration finds the simulated CUDA by its run path; LD_LIBRARY_PATH comes before that. Its
# runtime is the repository's own in both cases, so that no toolkit is needed.
if found=$("$B/scripts/gpu_probe"); then
	printf 'demo: on the GPU of this machine, %s\n' "$(echo "$found" | sed -n 2p)"
	driver=$(echo "$found" | sed -n 1p)
	LD_LIBRARY_PATH=$(dirname "$driver")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
	export LD_LIBRARY_PATH
else
	printf 'demo: no usable GPU here, so on the simulated CUDA\n'
	unset LD_LIBRARY_PATH
fi

case $B in
/*) shim=$B/librac_track.so ;;
*) shim=$PWD/$B/librac_track.so ;;
esac
# shellcheck disable=SC2016  # what the reader may type
printf '$ RAC_LIMIT=%s LD_PRELOAD=%s %s\n' "$limit" "$B/librac_track.so" "$B/apps/demo"
exec env RAC_LIMIT="$limit" LD_PRELOAD="$shim" "$B/apps/demo"
