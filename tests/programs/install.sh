#!/bin/sh
# install.sh - make install, uninstall and dist: what lies where, that it works from there and from elsewhere, that
# programs that run meanwhile notice nothing, and that nothing is left.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

make_it() {
	run make -s --no-print-directory B="$B" DESTDIR="$T/root" PREFIX=/opt/rac "$@"
}

# files_of FOLDER: all of them, without the pages of the manual and what plugs into other systems.
files_of() {
	(cd "$1" && find . -type f ! -path '*/doc/*' ! -path '*/man/*' ! -path '*/integrations/*' | sort | sed 's,^\./,,')
}

make_it install
ended 'it is installed' 0 ''
tree=$T/root/opt/rac
is 'all is in its place' "$(files_of "$tree" | grep -v '^include/')" 'bin/rac
lib/librac_core.a
lib/librac_track.so
lib/pkgconfig/librac_core.pc
share/bash-completion/completions/rac
share/fish/vendor_completions.d/rac.fish
share/zsh/site-functions/_rac'
is 'with a page for the library and each verb' "$(find "$tree/share/man" -type f | wc -l)" \
	"$("$RAC" --man | wc -l)"
is 'and the public headers' "$(cd core && ls rac_*.h)" "$(cd "$tree/include/rac" && ls -- *.h)"
is 'programs may be run, the rest read by all' \
	"$(find "$tree" -type f -printf '%m %f\n' | grep -v '^644' | sort)" '755 librac_track.so
755 rac
755 rac-memcheck
755 rac-task-epilog
755 rac-task-prolog'

mv "$tree" "$T/moved"
tree=$T/moved
shimmed env -u LD_PRELOAD "$tree/bin/rac" run --limit 640M "$APPS/demo"
is 'a tree that was moved works' "$status $(report 'r["devices"][0]["refused"]')" '0 1'
# What it loads is its own, not the build's.
run "$tree/bin/rac" run -- sh -c 'cat /proc/$$/maps'
contains 'with the library beside it' "$(cat "$T/out")" "$tree/lib/librac_track.so"

run "$tree/share/librac_track/integrations/ctest/rac-memcheck" --log-file "$T/memcheck" "$APPS/demo"
contains 'so does what plugs into other systems' "$(cat "$T/memcheck")" 'LEAK SUMMARY: 50331648 bytes'

if command -v pkg-config >/dev/null; then
	flags=$(PKG_CONFIG_PATH=$tree/lib/pkgconfig pkg-config --cflags --libs librac_core)
	# shellcheck disable=SC2086  # several words
	compile "$T/client" '
		#include <rac_estimate.h>
		#include <stdio.h>
		int main(void)
		{
			enum rac_dtype type;
			puts(rac_dtype_parse("bf16", &type) == RAC_OK ? "bf16 is known" : "it is not");
			return 0;
		}' $flags || cat "$T/compile.err"
	run "$T/client"
	is 'a program is built with pkg-config' "$status $(cat "$T/out")" '0 bf16 is known'
	is 'and told where the library is' "$(realpath "$(PKG_CONFIG_PATH=$tree/lib/pkgconfig \
		pkg-config --variable=preload librac_core)")" "$tree/lib/librac_track.so"
else
	skip 'a program is built with pkg-config' 'no pkg-config here'
fi

# A program that runs with the library while another takes its place: it holds what it began with.
make_it install
tree=$T/root/opt/rac
before=$(stat -c %i "$tree/lib/librac_track.so")
mkfifo "$T/go"
env LD_PRELOAD="$tree/lib/librac_track.so" RAC_REPORT="$T/running.json" \
	sh -c 'read -r _ <"$0"; exec "$1" 4M' "$T/go" "$APPS/leak" >/dev/null 2>"$T/running.err" &
running=$!
make_it install
make_it install
is 'a new file takes the place of the old one' \
	"$([ "$(stat -c %i "$tree/lib/librac_track.so")" != "$before" ] && echo another)" another
echo >"$T/go"
wait "$running"
is 'a program that runs goes on' "$? $(grep -c rac.report "$T/running.json")" '0 1'
is 'nothing is left of installing' "$(find "$T/root" -name '*.new-*')" ''
echo kept >"$tree/include/rac/of-somebody-else.h"
make_it uninstall
is 'uninstall takes its own away and nothing else' "$status $(find "$T/root" -type f)" \
	"0 $tree/include/rac/of-somebody-else.h"

run make -s --no-print-directory B="$B" PREFIX=relative DESTDIR="$T/root" install
contains 'a prefix that is no path is refused' "$(cat "$T/err")" "PREFIX is 'relative'"

make_it install LIBDIR="/opt/rac/lib/$(${CC:-gcc} -dumpmachine)"
shimmed env -u LD_PRELOAD "$T/root/opt/rac/bin/rac" run "$APPS/demo"
is 'the library may lie in the folder of its machine' "$status $(report 'r["devices"][0]["refused"]')" '0 0'
if command -v pkg-config >/dev/null; then
	is 'also for pkg-config' "$(realpath "$(PKG_CONFIG_PATH=$(dirname \
		"$(find "$T/root" -name librac_core.pc)") pkg-config --variable=includedir librac_core)")" \
		"$T/root/opt/rac/include"
fi

run make -s --no-print-directory B="$B" dist
ended 'it is packed' 0
cp -r "$B/dist" "$T/dist"
run sh -c 'cd "$0" && sha256sum -c SHA256SUMS' "$T/dist"
ended 'with checksums that are right' 0 ''
contains 'of what was built' "$(cat "$T/dist/SHA256SUMS")" "$(${CC:-gcc} -dumpmachine).tar.gz"
sleep 1
run make -s --no-print-directory B="$B" dist
is 'packed again it is the same' "$(cat "$B/dist/SHA256SUMS")" "$(cat "$T/dist/SHA256SUMS")"
tar -xzf "$T"/dist/*-linux-*.tar.gz -C "$T"
shimmed env -u LD_PRELOAD "$T"/librac_track-*-linux-*/bin/rac run --limit 640M "$APPS/demo"
is 'what was unpacked works where it is' "$status $(report 'r["devices"][0]["refused"]')" '0 1'
is 'it does not say where it was built' "$(grep -rlF "$PWD" "$T"/librac_track-*-linux-*)" ''

B=$B scripts/check-readme.sh docs/install.md >"$T/out" 2>&1 || not_ok 'the manual page' "$(cat "$T/out")"
grep '^ok' "$T/out"
finish
