#!/bin/sh
# check-rooms.sh - checks that each room includes and calls only what CONTRIBUTING.md lets it, and
# that no file passes the ceiling; what the shim as a whole exports and needs is check-library.sh's.
set -u
cd "$(dirname "$0")/.." || exit 1

B=${B:-build}
ceiling=450
failed=0

complain() {
	printf '%s\n' "$*"
	failed=1
}

# includes ROOM: "file:line include" for each one, quotes and brackets kept.
includes() {
	[ -d "$1" ] || return 0
	# shellcheck disable=SC2016  # awk's, not the shell's
	find "$1" -name '*.[chS]' -o -name '*.def' | sort | xargs -r awk '
		match($0, /^[ \t]*#[ \t]*include[ \t]+/) {
			name = substr($0, RLENGTH + 1)
			sub(/[ \t]*(\/[*\/].*)?$/, "", name)
			printf "%s:%d %s\n", FILENAME, FNR, name
		}'
}

# in_rooms "HEADER" FILE ROOM…: whether a quoted include is a file of one of the rooms.
in_rooms() {
	header=$1
	here=$(dirname "$2")
	shift 2
	for place in "$here" "$@"; do
		[ -f "$place/$header" ] || continue
		path=$(realpath --relative-to=. "$place/$header")
		for room; do
			case $path in
			"$room"/*) return 0 ;;
			esac
		done
	done
	return 1
}

# core: headers without state. What its objects call is looked at below, too.
core_headers='assert|errno|float|inttypes|limits|signal|stdalign|stdarg|stdatomic'
core_headers="$core_headers|stdbool|stddef|stdint|string"
includes core | while read -r where name; do
	case $name in
	'"'*) in_rooms "$(echo "$name" | tr -d '"')" "${where%%:*}" core && continue ;;
	*) echo "$name" | grep -Eqx "<($core_headers)\.h>" && continue ;;
	esac
	echo "$where: core/ may not include $name"
done | { ! grep .; } || failed=1

includes shim | while read -r where name; do
	case $name in
	'"'*) in_rooms "$(echo "$name" | tr -d '"')" "${where%%:*}" shim core && continue ;;
	*) echo "$name" | grep -Eq '<(cuda|nv|driver_types|json|malloc)' || continue ;;
	esac
	echo "$where: shim/ may not include $name"
done | { ! grep .; } || failed=1

includes cli | while read -r where name; do
	case $name in
	'"'*) in_rooms "$(echo "$name" | tr -d '"')" "${where%%:*}" cli core && continue ;;
	*) echo "$name" | grep -Eq '<(cuda|nvml)' || continue ;;
	esac
	echo "$where: cli/ may not include $name"
done | { ! grep .; } || failed=1

# Memory and output are handed to core/, and it keeps nothing between calls.
archive=$B/librac_core.a
if [ -f "$archive" ]; then
	core_calls='mem(chr|cmp|cpy|move|set)|str(chr|cmp|cspn|len|ncmp|nlen|pbrk|rchr|spn|str)'
	# The compiler's own: 128-bit arithmetic, stack protection.
	core_calls="$core_calls|__u?(div|mod|divmod)ti[34]|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_"
	nm --defined-only "$archive" | awk 'NF == 3 { print $3 }' | sort -u >"$B/core.defined"
	nm --undefined-only "$archive" | awk '$1 == "U" { print $2 }' | sort -u |
		grep -vxF -f "$B/core.defined" | grep -Evx "$core_calls" |
		sed 's/^/core\/ may not call /' | { ! grep .; } || failed=1
	rm -f "$B/core.defined"
	objdump -h "$archive" | awk '
		/file format/ { object = $1 }
		$2 ~ /^\.(data|bss|tdata|tbss)$/ && $3 !~ /^0+$/ ||
		$2 ~ /^\.(data|bss|tdata|tbss)\./ && $2 !~ /^\.data\.rel\.ro/ && $3 !~ /^0+$/ {
			print "core/ may not have globals: " object " has " $2
		}' | { ! grep .; } || failed=1
fi

for file in $(find core shim cli tests integrations scripts docs -name '*.[chS]' -o -name '*.sh' \
	-o -name '*.py' | sort); do
	lines=$(wc -l <"$file")
	[ "$lines" -le "$ceiling" ] || complain "$file: $lines lines, the ceiling is $ceiling"
done

exit "$failed"
