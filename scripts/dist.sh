#!/bin/sh
# dist.sh - packs what `make install` installs, and the sources of the last commit, into build/dist, with
# checksums; the same commit gives the same bytes.
#
#   B=build VERSION=0.1.0 MACHINE=x86_64-linux-gnu scripts/dist.sh
set -eu
cd "$(dirname "$0")/.."

B=${B:-build}
dist=$B/dist
name=librac_track-$VERSION
tree=$name-$MACHINE
# Of the last commit; where there is none, of the packages that reproduce others.
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}

rm -rf "$dist"
mkdir -p "$dist"
here=$(cd "$dist" && pwd)
DESTDIR=$here/stage PREFIX=/$tree LIBDIR=/$tree/lib scripts/install.sh install
tar -C "$dist/stage" --sort=name --owner=0 --group=0 --numeric-owner --format=gnu --mode=go=rX,u+rw \
	--mtime="@$epoch" -cf - "$tree" | gzip -9n >"$dist/$tree.tar.gz"
rm -rf "$dist/stage"
if git rev-parse -q --verify HEAD >/dev/null 2>&1; then
	git archive --format=tar --prefix="$name/" HEAD | gzip -9n >"$dist/$name.tar.gz"
fi
(cd "$dist" && sha256sum -- *.tar.gz >SHA256SUMS)
echo "$dist: $(cd "$dist" && ls | tr '\n' ' ')"
