#!/bin/sh
# startup.sh - how much later programs without CUDA end because of the shim, beside an empty preloaded
# library; medians of interleaved runs. It judges nothing: the figures depend on the machine.
#
#   B=build tests/bench/startup.sh [ROUNDS]
set -eu
cd "$(dirname "$0")/../.."

B=${B:-build}
case $B in
/*) ;;
*) B=$PWD/$B ;;
esac
rounds=${1:-300}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset LD_PRELOAD

"${CC:-gcc}" -O2 -D_GNU_SOURCE -std=gnu11 tests/bench/startup.c -o "$work/startup"
echo 'static void __attribute__((constructor)) nothing(void) {}' |
	"${CC:-gcc}" -shared -fPIC -x c - -o "$work/empty.so"
"${STRIP:-strip}" -g -o "$work/librac_track.so" "$B/librac_track.so"

interpreter=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null || echo python3)
measure() {
	command -v "$1" >/dev/null || return 0
	printf '%-24s ' "$(basename "$1") ${2:-}"
	"$work/startup" "$rounds" "$work/empty.so" "$work/librac_track.so" "$@" \
		2>&1 </dev/null >"$work/out" || true
	tail -n 1 "$work/out"
}

measure "$B/apps/nocuda"
measure bash -c true
measure git --version
measure curl --version
measure "$interpreter" -c pass
