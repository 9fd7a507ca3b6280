#!/bin/sh
# check-pythons.sh - runs the tests of Python's call stacks and leaks with each CPython that is promised: one that is
# here, else one of Debian's, unpacked beside the C library that it is for and used again.
#
#   B=build scripts/check-pythons.sh [VERSION…]
#
#   PYTHONS         more places to look at, as /opt/python3.12/bin/python3
#   DEBIAN_MIRROR   where from, default http://deb.debian.org/debian
#
# Prints one "ok - …", "not ok - …" or "ok - … # SKIP …" line a case.
set -u
cd "$(dirname "$0")/.." || exit 1
. scripts/world.sh

B=$(realpath "${B:-build}") || exit 2
# shellcheck disable=SC2034  # for world.sh
lacks='' enter='env'
worlds=$PWD/build-worlds
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
missing=

# suite_of VERSION: the release of Debian that has it.
suite_of() {
	case $1 in
	3.11) echo bookworm ;;
	3.13) echo trixie ;;
	3.14) echo sid ;;
	*) return 1 ;;
	esac
}

# find_one VERSION: an interpreter of it that has ctypes.
find_one() {
	for path in "python$1" python3 ${PYTHONS:-} "$HOME/.pyenv/versions/$1".*/bin/python3; do
		[ "$("$path" -c 'import ctypes, sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$1" ] ||
			continue
		command -v "$path"
		return
	done
	return 1
}

# apt FOLDER ARGUMENT…: apt-get with lists of its own there, which leaves those of the machine alone.
apt() {
	apt_folder=$1
	shift
	apt-get -qq -o Dir::Etc::sourcelist="$apt_folder/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State="$apt_folder/state" -o Dir::State::status=/dev/null -o Dir::Cache="$apt_folder/cache" \
		-o APT::Sandbox::User=root "$@"
}

# unpack VERSION SUITE FOLDER: its packages, whole or not at all.
unpack() {
	rm -rf "$3.part"
	mkdir -p "$3.part/state/lists/partial" "$3.part/cache/archives/partial" "$3.part/root"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $2 main" >"$3.part/sources.list"
	apt "$3.part" update || return
	(cd "$3.part/cache" && apt "$3.part" download "python$1-minimal" "libpython$1-minimal" "libpython$1-stdlib" \
		libc6 libexpat1 libffi8 libgcc-s1 zlib1g) || return
	for package in "$3.part"/cache/*.deb; do
		dpkg-deb -x "$package" "$3.part/root" || return
	done
	rm -rf "$3.part/state" "$3.part/cache"
	mv "$3.part" "$3"
}

# fetch VERSION: prints a command that runs Debian's.
fetch() {
	suite=$(suite_of "$1") || return
	folder=$worlds/python-$1
	if [ ! -d "$folder/root" ]; then
		mkdir -p "$worlds"
		unpack "$1" "$suite" "$folder" >"$folder.log" 2>&1 || return
	fi
	loader=$(find "$folder/root" -name 'ld-linux*.so.*' | head -n 1)
	libraries=$folder/root/usr/lib/$(${CC:-gcc} -dumpmachine)
	cat >"$folder/python3" <<-end
		#!/bin/sh
		export PYTHONHOME='$folder/root/usr'
		exec '$loader' --library-path '$libraries:$folder/root/lib/$(${CC:-gcc} -dumpmachine)' --argv0 "\$0" \\
			'$folder/root/usr/bin/python$1' "\$@"
	end
	chmod +x "$folder/python3"
	find_in=$("$folder/python3" -c 'import ctypes, sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
	[ "$find_in" = "$1" ] && echo "$folder/python3"
}

[ $# -gt 0 ] || set -- 3.10 3.11 3.12 3.13 3.14
for version; do
	world="Python $version"
	path=$(find_one "$version") || path=$(fetch "$version") || {
		echo "ok - $world # SKIP it is neither here nor to be had from Debian: name one in PYTHONS"
		missing="$missing $version"
		continue
	}
	world_check 'frames' "$path" -B tests/stacks/python_stacks.py "$B/stacks/python_probe.so"
	PYTHON=$path
	export PYTHON
	world_check 'stacks' sh tests/programs/stacks.sh
	world_check 'leaks' sh tests/programs/leaks.sh 'python_*'
done
[ -z "$missing" ] || echo "check-pythons: not checked, though promised:$missing" >&2
[ "$world_failures" -eq 0 ]
