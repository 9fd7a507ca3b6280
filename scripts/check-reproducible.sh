#!/bin/sh
# check-reproducible.sh - builds and packs the last commit in two folders of different names and lengths, and
# compares the packages byte by byte.
set -eu
cd "$(dirname "$0")/.."

# Of a cached object it would be seen that it equals itself.
export CCACHE_DISABLE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
commit=$(git rev-parse HEAD)
for folder in a another-folder; do
	git clone -q . "$work/$folder"
	git -C "$work/$folder" checkout -q "$commit"
	make -s -C "$work/$folder" -j"$(nproc)" dist
	cp "$work/$folder/build/dist/SHA256SUMS" "$work/$folder.sums"
done
if diff "$work/a.sums" "$work/another-folder.sums"; then
	echo 'ok - two builds of one commit are the same'
else
	mkdir "$work/x" "$work/y"
	tar -xzf "$work"/a/build/dist/librac_track-*-linux-*.tar.gz -C "$work/x"
	tar -xzf "$work"/another-folder/build/dist/librac_track-*-linux-*.tar.gz -C "$work/y"
	diff -rq "$work/x" "$work/y" || true
	echo 'not ok - two builds of one commit are the same'
	exit 1
fi
