#!/bin/sh
# setup.sh - installs the Debian or Ubuntu packages that a make target needs; it builds nothing.
#
#   scripts/setup.sh [--check] [build | test | check | lint | worlds | guests | clients | viewers | integrations | deb | bench]
#
#   build    compiler and make; the others include it
#   test     what `make test` needs (default)
#   check    what the unit tests need under valgrind and with clang
#   lint     what `make lint` needs
#   worlds   what `make check-worlds` needs
#   guests   what `make check-guests` needs
#   clients  what `make check-clients` builds and runs them with
#   bench    what `make bench` compares with: other tables, and heaptrack
#   viewers  programs that read what `rac export` and `rac report` write, for `make check-viewers`
#   integrations  what `make check-integrations` exercises: Slurm, packaging tools, ctest
#   deb      what `make deb` needs
#   --check  says what is missing and installs nothing
#
# Status: 0 all is there, 1 something is missing, 2 wrong usage. When all is there, no package
# manager is called.
set -u

# wanted by  package           what its presence is told by
needs='
all         gcc               command:gcc
all         libc6-dev         header:stdio.h
all         make              command:make
test        libcriterion-dev  header:criterion/criterion.h
test,check  libjson-c-dev     header:json-c/json.h
test,check  zlib1g-dev        header:zlib.h
test,check  libncurses-dev    header:curses.h
test,check  libdw-dev         header:elfutils/libdwfl.h
test,check  libiberty-dev     header:libiberty/demangle.h
test,check  python3           command:python3
test        g++               command:g++
test        strace            command:strace
test        heaptrack         command:heaptrack_print
test        mandoc            command:mandoc
test        pkg-config        command:pkg-config
test        zsh               command:zsh
test        fish              command:fish
viewers     golang-go         command:go
viewers     heaptrack         command:heaptrack_print
viewers     prometheus        command:promtool
viewers     chromium          command:chromium
integrations cmake            command:ctest
integrations slurm-wlm        command:slurmctld
integrations libslurm-dev     file:/usr/include/slurm/spank.h
integrations munge            command:munged
integrations meson            command:meson
integrations ninja-build      command:ninja
integrations bazel-bootstrap  command:bazel
integrations lintian          command:lintian
integrations prometheus       command:promtool
integrations prometheus-node-exporter command:prometheus-node-exporter
integrations libopenmpi-dev   command:mpicc.openmpi
integrations openmpi-bin      command:mpirun.openmpi
integrations libmpich-dev     command:mpicc.mpich
integrations mpich            command:mpirun.mpich
integrations podman           command:podman
integrations runc             command:runc
integrations catatonit        command:catatonit
check       valgrind          command:valgrind
check       clang             command:clang
lint        clang-format      command:clang-format
lint        clang-tidy        command:clang-tidy
lint        shellcheck        command:shellcheck
worlds,integrations,deb debootstrap command:debootstrap
worlds,integrations qemu-user-static  command:qemu-aarch64-static
worlds      gcc-aarch64-linux-gnu command:aarch64-linux-gnu-gcc
worlds      libc6-dev-arm64-cross file:/usr/aarch64-linux-gnu/include/stdio.h
worlds      musl-tools        command:musl-gcc
test,guests libjemalloc2      library:libjemalloc.so.2
guests      libtcmalloc-minimal4 library:libtcmalloc_minimal.so.4
guests      libfaketime       library:libfaketimeMT.so.1
guests      libheaptrack      library:libheaptrack_preload.so
guests      git               command:git
guests      curl              command:curl
guests      openssl           command:openssl
guests      openssh-client    command:ssh
guests      nodejs            command:node
guests      python3-numpy     python:numpy
bench       liburcu-dev       header:urcu/rculfhash.h
bench       libck-dev         header:ck_ht.h
bench       libheaptrack      library:libheaptrack_preload.so
bench       libunwind-dev     header:libunwind.h
clients     python3           command:python3
clients,integrations python3-venv path-python:ensurepip
clients     python3-dev       path-python:Python.h
clients     g++               command:g++
'

say() {
	printf 'setup: %s\n' "$*" >&2
}

has() {
	case $1 in
	command:*) command -v "${1#command:}" >/dev/null 2>&1 ;;
	path-python:Python.h)
		python3 -c 'import os, sysconfig
os.stat(sysconfig.get_path("include") + "/Python.h")' >/dev/null 2>&1
		;;
	path-python:*) python3 -c "import ${1#path-python:}" >/dev/null 2>&1 ;;
	header:*) printf '#include <%s>\n' "${1#header:}" | gcc -E -x c - >/dev/null 2>&1 ;;
	file:*) [ -e "${1#file:}" ] ;;
	library:*) [ -n "$(find /usr/lib -maxdepth 3 -name "${1#library:}" -print -quit)" ] ;;
	python:*) /usr/bin/python3 -c "import ${1#python:}" >/dev/null 2>&1 ;;
	esac
}

missing_packages() {
	echo "$needs" | while read -r levels package sign; do
		case ,$levels, in
		,all, | *",$wanted,"*) has "$sign" || printf '%s ' "$package" ;;
		esac
	done
}

check_only=
wanted='test'
for argument; do
	case $argument in
	--check) check_only=yes ;;
	build | test | check | lint | worlds | guests | clients | viewers | integrations | deb | bench) wanted=$argument ;;
	-h | --help)
		sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
		exit 0
		;;
	*)
		say "unknown argument '$argument'; known are --check, build, test, check, lint, worlds, guests, clients, viewers, integrations, deb and bench"
		exit 2
		;;
	esac
done

missing=$(missing_packages)
missing=${missing% }
[ -n "$missing" ] || exit 0

by_hand="apt-get update && apt-get install -y --no-install-recommends $missing"
if [ -n "$check_only" ]; then
	say "missing: $missing"
	exit 1
fi
if ! command -v apt-get >/dev/null 2>&1; then
	say "missing, by their Debian names: $missing"
	say "this machine has no apt-get: install them with its own package manager, then try again"
	exit 1
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
	if ! sudo -n true 2>/dev/null; then
		say "missing: $missing"
		say "installing needs root, and sudo here asks for a password or is absent; as root, run:"
		say "  $by_hand"
		exit 1
	fi
	as_root='sudo -n'
fi

apt() {
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 \
		-o Dpkg::Use-Pty=0 "$@" </dev/null
}

say "installing: $missing"
# Old lists may still do: the install below decides.
apt update || say "apt-get update failed; trying with the package lists that are here"
# shellcheck disable=SC2086  # a list of words
if ! apt install -y --no-install-recommends $missing >&2; then
	say "that failed; once the cause above is mended, run as root:"
	say "  $by_hand"
	exit 1
fi

missing=$(missing_packages)
missing=${missing% }
[ -z "$missing" ] || {
	say "installed without an error, yet still missing: $missing"
	exit 1
}
