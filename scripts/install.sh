#!/bin/sh
# install.sh - puts what was built in its places below a prefix, or takes it away; `make install` and
# `make uninstall` call it. It builds nothing.
#
#   B=build PREFIX=/usr/local [LIBDIR=…] [DESTDIR=…] scripts/install.sh install|uninstall
#
# Each file comes by rename, so that programs that run with an older one go on with that, and none that starts
# meanwhile sees half of one.
set -eu
cd "$(dirname "$0")/.."

B=${B:-build}
PREFIX=${PREFIX:-/usr/local}
LIBDIR=${LIBDIR:-$PREFIX/lib}
DESTDIR=${DESTDIR:-}
# What is read by man, shells and people.
share=$PREFIX/share

case $PREFIX$LIBDIR in
/*) ;;
*)
	echo "install: PREFIX is '$PREFIX', LIBDIR '$LIBDIR'; both must be absolute paths" >&2
	exit 2
	;;
esac

# The public headers, and the lists that they include.
headers() {
	for header in core/rac_*.h; do
		echo "$header"
		sed -n 's,^#include "\(.*\.def\)"$,core/\1,p' "$header"
	done | sort -u
}

# What plugs into other systems as it is; what is built into them or around them stays with the sources.
integrations() {
	find integrations -type f ! -name '*.[ch]' ! -name build.mk ! -path '*/debian/*' ! -path '*/__pycache__/*' \
		! -path '*/build/*' ! -path '*.egg-info/*' | sort
}

# Every file: its mode, where it is, where it goes.
files() {
	echo "755 $B/rac $PREFIX/bin/rac"
	echo "755 $B/librac_track.so $LIBDIR/librac_track.so"
	echo "644 $B/package/librac_core.a $LIBDIR/librac_core.a"
	echo "644 $B/package/librac_core.pc $LIBDIR/pkgconfig/librac_core.pc"
	headers | while read -r header; do
		echo "644 $header $PREFIX/include/rac/${header##*/}"
	done
	for page in "$B"/man/*; do
		echo "644 $page $share/man/man${page##*.}/${page##*/}"
	done
	echo "644 $B/completion/bash $share/bash-completion/completions/rac"
	echo "644 $B/completion/zsh $share/zsh/site-functions/_rac"
	echo "644 $B/completion/fish $share/fish/vendor_completions.d/rac.fish"
	integrations | while read -r file; do
		mode=644
		[ ! -x "$file" ] || mode=755
		echo "$mode $file $share/librac_track/$file"
	done
	for page in LICENSE *.md docs/*.md; do
		echo "644 $page $share/doc/librac_track/$page"
	done
}

# Folders that are ours alone, the inner ones first.
folders() {
	echo "$PREFIX/include/rac"
	find integrations -depth -type d ! -path '*/debian' ! -name __pycache__ | sed "s,^,$share/librac_track/,"
	echo "$share/librac_track"
	echo "$share/doc/librac_track/docs"
	echo "$share/doc/librac_track"
}

put() {
	mkdir -p "$(dirname "$3")"
	new=$3.new-$$
	trap 'rm -f "$new"' EXIT
	cp "$2" "$new"
	chmod "$1" "$new"
	mv -f "$new" "$3"
	trap - EXIT
}

case ${1:-} in
install)
	files | while read -r mode from to; do
		put "$mode" "$from" "$DESTDIR$to"
	done
	;;
uninstall)
	files | while read -r _ _ to; do
		rm -f "$DESTDIR$to"
	done
	folders | while read -r folder; do
		rmdir "$DESTDIR$folder" 2>/dev/null || true
	done
	;;
*)
	echo 'usage: install.sh install|uninstall' >&2
	exit 2
	;;
esac
