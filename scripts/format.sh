#!/bin/sh
# format.sh - lays out the C sources as .clang-format says, or tells which are not.
#
#   scripts/format.sh [--check] [FILE…]     without a FILE: all of them
#
# Status: 0 all is laid out, 1 some file is not (--check), 3 no clang-format of the right version.
set -u
cd "$(dirname "$0")/.." || exit 1

# Other versions lay out a few constructs in another way.
version=14

check_only=
if [ "${1:-}" = --check ]; then
	check_only=yes
	shift
fi

tool=
for candidate in "clang-format-$version" clang-format; do
	[ -n "$tool" ] || ! "$candidate" --version 2>/dev/null | grep -q "version $version\." ||
		tool=$candidate
done
if [ -z "$tool" ]; then
	echo "format: clang-format $version is not here; other versions differ in details" >&2
	exit 3
fi

if [ $# -eq 0 ]; then
	# shellcheck disable=SC2046  # names of ours, without blanks
	set -- $(find core shim cli tests integrations scripts -name '*.[ch]' | sort)
fi
if [ -z "$check_only" ]; then
	exec "$tool" --style=file -i "$@"
fi

status=0
for file; do
	"$tool" --style=file "$file" | cmp -s - "$file" && continue
	echo "$file: not laid out as .clang-format says; scripts/format.sh $file mends it"
	status=1
done
exit "$status"
