#!/bin/sh
# run.sh - real clients of CUDA and NVML on the simulated ones: each does its work alone and under the
# library, with the same result, and the report equals the oracle's figures; under a cap it sees what it
# sees on a smaller device. Installs the clients into build-clients/.
#
#   B=build tests/clients/run.sh
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

clients=$PWD/build-clients
python=$clients/bin/python
# Drivers and libraries that are here for real are not looked at, and each run compiles anew.
export LD_LIBRARY_PATH="$SIM" NUMBA_CACHE_DIR="$T/numba" XDG_CACHE_HOME="$T/cache" PYTHONPATH=tests/clients
export PYTHONDONTWRITEBYTECODE=1 SIMCUDA_POOL_CHUNK=2M
[ -x "$(command -v nvcc)" ] || PATH=$PATH:/usr/local/cuda/bin

# install LIST: what a list of requirements names, unless it is installed already.
install() {
	installed=$clients/$(basename "$1")
	cmp -s "$1" "$installed" && return 0
	[ -x "$python" ] || "$PYTHON" -m venv "$clients" >"$T/install" 2>&1 || return 1
	# The simulated libraries are nothing to build with.
	env -u LD_LIBRARY_PATH "$clients/bin/pip" install --no-input -q -r "$1" >"$T/install" 2>&1 ||
		return 1
	cp "$1" "$installed"
}

# equal NAME: both runs ended with 0 and printed the same.
equal() {
	if [ "$status" -ne 0 ]; then
		not_ok "$1" "status $status; stderr: $(cat "$T/err")"
		return
	fi
	run diff "$T/alone" "$T/under"
	is "$1" "$(cat "$T/out")" ''
}

# alone SCRIPT VARIABLE=VALUE…: what it prints without the library. False: it fails by itself.
alone() {
	alone_script=$1
	shift
	run env "$@" "$python" "tests/clients/$alone_script.py"
	cp "$T/out" "$T/alone"
	[ "$status" -eq 0 ] || not_ok "$alone_script works without the library" "$(cat "$T/err")"
	return "$status"
}

# works SCRIPT: the same with the library as without, and the figures are the oracle's.
works() {
	alone "$1" SIMCUDA_MEMORY=128M SIMCUDA_SHARED="$T/board" || return
	cp "$T/err" "$T/quiet"
	shimmed SIMCUDA_MEMORY=128M SIMCUDA_SHARED="$T/board" "$python" "tests/clients/$1.py"
	cp "$T/out" "$T/under"
	# But for where the client fills the device: what the driver refuses is said.
	is "$1: nothing is said" \
		"$(grep -v '^==rac [0-9]*== out of memory in the driver: ' "$T/err")" "$(cat "$T/quiet")"
	figures "$1: the report equals the truth"
	equal "$1: the same result with the library"
}

# capped SCRIPT: a cap of a large device cannot be told from a small device.
capped() {
	alone "$1" SIMCUDA_MEMORY=128M || return
	shimmed SIMCUDA_MEMORY=8G RAC_LIMIT=128M "$python" "tests/clients/$1.py"
	cp "$T/out" "$T/under"
	figures "$1: the report equals the truth, under a cap"
	equal "$1: a capped device is a smaller device"
}

set -- use_bindings use_core use_numba use_nvml
if command -v nvcc >/dev/null; then
	set -- "$@" use_pycuda
	lists='requirements requirements-pycuda'
else
	skip 'use_pycuda' 'building PyCUDA takes a CUDA toolkit, and there is no nvcc here'
	lists='requirements requirements-toolkit'
fi
for list in $lists; do
	if ! install "tests/clients/$list.txt"; then
		tail -n 3 "$T/install"
		skip 'real clients' "tests/clients/$list.txt could not be installed from PyPI"
		finish
	fi
done
for script; do
	works "$script"
	capped "$script"
done
works use_tools
finish
