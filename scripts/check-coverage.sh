#!/bin/sh
# check-coverage.sh - fails when a memory function of the CUDA driver is neither hooked (shim/hooks.def)
# nor passed with a reason (shim/passed.txt).
#
#   scripts/check-coverage.sh [LIBCUDA]
#
# The functions are those that LIBCUDA exports, or the toolkit's stub where there is one, and always
# those of tests/data/driver-functions.txt, so that a machine without the toolkit checks the same.
set -eu
cd "$(dirname "$0")/.."

known=tests/data/driver-functions.txt
library=${1:-}
if [ -z "$library" ]; then
	for stub in /usr/local/cuda/lib64/stubs/libcuda.so /usr/lib/*/stubs/libcuda.so; do
		[ -f "$stub" ] && library=$stub && break
	done
fi

names=$(mktemp)
trap 'rm -f "$names"' EXIT
grep -v '^#' "$known" >"$names"
[ -z "$library" ] || nm -D --defined-only "$library" | awk '{ print $3 }' >>"$names"

# What a name has to hold to be looked at: memory itself, and what creates or ends its owner.
memory='Mem|Array|Pool|Ipc|Graph(Instantiate|Launch|Upload|Exec(Destroy|Update)|Clone|AddNode|AddChild|Destroy)'
memory="$memory|Ctx(Create|Destroy|Attach|Detach|SetLimit|Reset|From)|PrimaryCtx|GreenCtx|Module(Load|Unload|Get)"
memory="$memory|Library(Load|Unload|Get(Global|Managed))|External|Multicast|Graphics|EGL|VDPAU|^cuGL|Checkpoint"
memory="$memory|Prefetch|Discard|Tex|Surf|GetProcAddress|ExportTable|LinkCreate|Synchronize"

sort -u "$names" | grep -E "$memory" | awk '
	FNR == 1 { file++ }
	file == 1 {
		if (match($0, /^DRIVER_HOOK\([A-Za-z0-9_]+/))
			hooked[substr($0, 13, RLENGTH - 12)] = 1
		next
	}
	file == 2 {
		if ($0 ~ /^#/ || NF < 2)
			next
		pattern = $1
		gsub(/\*/, ".*", pattern)
		passed[++patterns] = "^" pattern "$"
		written[patterns] = $1
		next
	}
	{
		looked++
		if ($1 in hooked)
			next
		for (i = 1; i <= patterns; i++)
			if ($1 ~ passed[i]) {
				used[i] = 1
				next
			}
		printf "%s: neither in shim/hooks.def nor, with a reason, in shim/passed.txt\n", $1
		missing++
	}
	END {
		for (i = 1; i <= patterns; i++)
			if (!used[i] && written[i] !~ /^cu(GL|EGL|VDPAU)/)
				printf "shim/passed.txt: %s matches no function that is not hooked\n", written[i]
		printf "%d memory functions looked at, %d not accounted for\n", looked, missing
		exit missing > 0
	}' shim/hooks.def shim/passed.txt -
