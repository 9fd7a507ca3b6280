# venv.sh - virtual environments for tests that take Python packages. Sourced after assert.sh.
#
# They stay in build-integrations/ from run to run; `make clean` takes them away.
# shellcheck shell=sh

PYTHON=${PYTHON:-python3}

# venv_make NAME PACKAGES [FOLDER]: sets $venv to one that has the packages, and a project of this tree installed
# anew, with the setuptools among them: nothing is fetched twice. False: it cannot be had, and $venv_why says why.
venv_make() {
	venv=$PWD/build-integrations/$1
	if [ "$(cat "$venv/has" 2>/dev/null)" != "$2" ]; then
		rm -rf "$venv"
		mkdir -p build-integrations
		# shellcheck disable=SC2086  # a list of words
		"$PYTHON" -m venv "$venv" >"$T/venv.log" 2>&1 &&
			"$venv/bin/pip" install --no-input --disable-pip-version-check -q $2 >"$T/venv.log" 2>&1 || {
			venv_why="'$2' could not be installed from PyPI: $(tail -n 1 "$T/venv.log")"
			rm -rf "$venv"
			return 1
		}
		echo "$2" >"$venv/has"
	fi
	[ $# -lt 3 ] || "$venv/bin/pip" install --no-input --disable-pip-version-check -q --no-build-isolation \
		--force-reinstall --no-deps "$3" >"$T/venv.log" 2>&1 || {
		venv_why="${3##*/} could not be installed: $(tail -n 1 "$T/venv.log")"
		return 1
	}
}
