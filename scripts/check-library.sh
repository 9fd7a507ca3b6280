#!/bin/sh
# check-library.sh - checks what the shim asks of and offers to a process: its exports equal the
# list, it needs libc alone and an old one, and no page is both writable and executable.
#
#   scripts/check-library.sh build/librac_track.so
set -u

library=$1
cd "$(dirname "$0")/.." || exit 1
# What glibc 2.31 has: Debian 11, Ubuntu 20.04.
newest_glibc=2.31
failed=0

complain() {
	printf '%s: %s\n' "$library" "$*"
	failed=1
}

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# The first word in brackets, or alone on its line, is a name; comments and macros are not.
names_of() {
	sed -e 's,/\*.*\*/,,' -e '/^[ \t]*\(#\|\/\?\*\|$\)/d' "$@" |
		sed -n -e 's/^[A-Z_]*\(HOOK\|EXPORT\)(\([A-Za-z0-9_]*\).*/\2/p' \
			-e 's/^\([A-Za-z_][A-Za-z0-9_]*\);\{0,1\}$/\1/p'
}

lists=shim/hooks.def
[ ! -f shim/exports.def ] || lists="$lists shim/exports.def"
# shellcheck disable=SC2086  # a list of files
names_of $lists | sort -u >"$work/listed"
# A is the name of a version, not a symbol.
nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
	sort -u >"$work/exported"
for name in $(comm -13 "$work/listed" "$work/exported"); do
	complain "exports $name, which is not in $lists"
done
for name in $(comm -23 "$work/listed" "$work/exported"); do
	complain "does not export $name, which is in $lists"
done

# glibc before 2.34 has these four beside libc; the loader itself may be named, too.
for needed in $(readelf -dW "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
	case $needed in
	libc.so.6 | libdl.so.2 | libpthread.so.0 | librt.so.1 | ld-linux*.so.*) ;;
	*) complain "needs $needed; only libc may be needed" ;;
	esac
done

readelf -W --dyn-syms "$library" | awk '$7 == "UND" && NF >= 8 { print $8 }' >"$work/asked"
for version in $(sed -n 's/.*@GLIBC_\([0-9.]*\)$/\1/p' "$work/asked" | sort -u); do
	newest=$(printf '%s\n' "$version" "$newest_glibc" | sort -V | tail -n 1)
	[ "$newest" = "$newest_glibc" ] ||
		complain "asks for GLIBC_$version: $(grep "@GLIBC_$version$" "$work/asked" | tr '\n' ' ')"
done
# musl has no fortified functions.
for name in $(grep -E '^__.*_chk(@|$)' "$work/asked" | sed 's/@.*//'); do
	complain "asks for $name; build the shim without _FORTIFY_SOURCE"
done
# The memory and the streams of the program are not the shim's to use.
foreign='malloc|calloc|realloc|free|aligned_alloc|posix_memalign|v?[dfs]?n?printf|fopen|fwrite|fputs'
foreign="$foreign|std(in|out|err)|pthread_(mutex|rwlock|cond)_.*"
for name in $(sed 's/@.*//' "$work/asked" | grep -Ex "$foreign"); do
	complain "asks for $name; the shim does without malloc, stdio and locks"
done

# What every program pays at its start: a look-up for each function, a page for what is relocated.
[ "$(wc -l <"$work/asked")" -le 20 ] ||
	complain "asks for $(wc -l <"$work/asked") functions, more than 20: see shim/bare_libc.c"

readelf -lW "$library" >"$work/segments"
relro=$(sed -n 's/.*GNU_RELRO *0x[^ ]* 0x[^ ]* 0x[^ ]* 0x[^ ]* 0x0*\([^ ]*\).*/\1/p' "$work/segments")
[ "$((0x${relro:-0}))" -le 8192 ] ||
	complain "relocates $((0x$relro)) bytes, more than two pages: have offsets in its tables"
! grep -E 'RWE' "$work/segments" || complain 'has a segment that is writable and executable'
! grep -E 'GNU_STACK.* RWE|GNU_STACK.* E' "$work/segments" || complain 'asks for an executable stack'
grep -q GNU_RELRO "$work/segments" || complain 'has no RELRO segment'
readelf -dW "$library" >"$work/dynamic"
! grep -q TEXTREL "$work/dynamic" || complain 'has text relocations'
grep -qE 'BIND_NOW|Flags:.*NOW' "$work/dynamic" || complain 'is bound lazily; link it with -z now'

exit "$failed"
