#!/bin/sh
# python_stacks.sh - the Python frames that are read without the interpreter's lock are those that the
# interpreter tells itself, in every interpreter that is to be found here.
#
#   PYTHONS='python3.14 /opt/python/bin/python3' tests/programs/python_stacks.sh     more of them
cd "$(dirname "$0")/../.." || exit 1

B=${B:-build}
case $B in
/*) ;;
*) B=$PWD/$B ;;
esac
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

find_interpreters() {
	for name in "${PYTHON:-python3}" python3 /usr/bin/python3 python3.8 python3.9 python3.10 python3.11 \
		python3.12 python3.13 python3.14 python3.15 ${PYTHONS:-}; do
		command -v "$name"
	done
	for path in "$HOME"/.pyenv/versions/3.*/bin/python3 /opt/python*/bin/python3; do
		[ ! -x "$path" ] || echo "$path"
	done
}

# One of each build: where an interpreter says that it is tells those apart that have several names.
find_interpreters 2>/dev/null | while read -r path; do
	build=$("$path" -c 'import os, sys; print(os.path.realpath(sys.executable), sys.hexversion)' \
		2>/dev/null) || continue
	grep -qxF "$build" "$T/seen" 2>/dev/null && continue
	echo "$build" >>"$T/seen"
	echo "$path"
done >"$T/interpreters"

if [ ! -s "$T/interpreters" ]; then
	echo 'ok - the frames of Python functions # SKIP no Python here'
fi
while read -r path; do
	STRESS_SECONDS=0.3 "$path" -B tests/stacks/python_stacks.py "$B/stacks/python_probe.so" \
		>"$T/out" 2>"$T/err" </dev/null
	status=$?
	cat "$T/out"
	if [ "$status" -ne 0 ] || ! grep -q '^ok' "$T/out"; then
		echo "not ok - $path ends with $status"
		cat "$T/err"
	fi
done <"$T/interpreters"
