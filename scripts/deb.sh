#!/bin/sh
# deb.sh - builds the Debian packages in a root of Debian 11, so that one of each processor serves all later
# releases too; what is in them is integrations/debian's affair.
#
#   [DEBFULLNAME=… DEBEMAIL=…] B=build scripts/deb.sh [ARCH…]      ARCH: amd64, arm64; default: both
#
# They come to build/deb, with SHA256SUMS, and beside them what the demonstration needs, built there, too.
# Status: 0 done, 1 failed, 3 it cannot be done here.
set -u
cd "$(dirname "$0")/.." || exit 1
. scripts/debian-root.sh

B=${B:-build}
root=deb-build
libraries='libdw-dev libiberty-dev libjson-c-dev libncurses-dev zlib1g-dev'
packages=gcc,libc6-dev,make,debhelper,$(echo "$libraries" | tr ' ' ,)
# libjson-c-dev can be there for one processor only; but for this link, it holds the same for all.
# shellcheck disable=SC2086  # several words
more="dpkg --add-architecture arm64 && apt-get -q update &&
	apt-get -qy install --no-install-recommends gcc-aarch64-linux-gnu libjson-c5:arm64 \
		$(printf '%s\n' $libraries | grep -v json | sed 's/$/:arm64/' | tr '\n' ' ') &&
	ln -s libjson-c.so.5 /usr/lib/aarch64-linux-gnu/libjson-c.so"
# Who builds a package answers for it, by Debian's own variables or the last commit.
maintainer="${DEBFULLNAME:-$(git log -1 --format=%an)} <${DEBEMAIL:-$(git log -1 --format=%ae)}>"

build() {
	root_copy_sources "$root" "/src-$1"
	tree=$worlds/$root/src-$1
	cp -r integrations/debian "$tree/debian"
	sed -i "s/@MAINTAINER@/$maintainer/" "$tree/debian/control" "$tree/debian/changelog"
	# The demonstration is for tests of the package.
	root_within "$root" "cd /src-$1 && dpkg-buildpackage -j$(nproc) -b -us -uc -d --host-arch $1 &&
		make -s CC=\$(dpkg-architecture -a $1 -q DEB_HOST_GNU_TYPE)-gcc sim build/apps/demo" >"$B/deb/$1.log" 2>&1 || {
		tail -n 20 "$B/deb/$1.log"
		echo "deb: building the package for $1 failed; all of it is in $B/deb/$1.log" >&2
		return 1
	}
	mv "$worlds/$root"/*_"$1".deb "$B/deb/" && rm -f "$worlds/$root"/*_"$1".*
}

obstacle=$(root_obstacle)
if [ -n "$obstacle" ]; then
	echo "deb: $obstacle" >&2
	exit 3
fi
rm -rf "$B/deb"
mkdir -p "$B/deb"
root_fetch "$root" bullseye "$packages" "$more" || {
	tail -n 3 "$worlds/$root.log"
	echo "deb: no root of Debian 11 could be fetched from $mirror" >&2
	exit 3
}
[ $# -gt 0 ] || set -- amd64 arm64
for arch; do
	build "$arch" || exit 1
done
(cd "$B/deb" && sha256sum -- *.deb >SHA256SUMS)
ls -l "$B/deb"
