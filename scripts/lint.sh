#!/bin/sh
# lint.sh - checks what CONTRIBUTING.md asks of the sources and of what is built; mends nothing.
#
#   B=build scripts/lint.sh [STEP…]     steps: format tidy rooms coverage library docs shell help
#
# Prints one "ok - …", "not ok - …" or "ok - … # SKIP …" line a step, with the findings above it.
set -u
cd "$(dirname "$0")/.." || exit 1

B=${B:-build}
export B

step_format() {
	scripts/format.sh --check
	status=$?
	[ "$status" -ne 3 ] || skip 'another version of clang-format decides'
	return "$status"
}

step_tidy() {
	make --no-print-directory B="$B" compdb || return 1
	sed -n 's/.*"file": "\(.*\)".*/\1/p' "$B/compile_commands.json" | sort -u |
		xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p "$B" >"$log.tidy" 2>&1
	# One line a finding; clang-tidy -p build FILE tells how it comes about.
	! grep -E ': (error|warning): ' "$log.tidy" | sed "s,^$PWD/,," | sort -u | grep .
}

step_rooms() {
	scripts/check-rooms.sh
}

step_coverage() {
	scripts/check-coverage.sh
}

step_library() {
	[ -f "$B/librac_track.so" ] || skip "$B/librac_track.so is not built"
	scripts/check-library.sh "$B/librac_track.so"
}

# Links between the pages lead somewhere, and the generated ones are as the lists have it.
step_docs() {
	for page in *.md docs/*.md; do
		grep -o '](\([^)#]*\)' "$page" | sed 's/^](//' | while read -r link; do
			case $link in
			http*:* | '') ;;
			*) [ -e "$(dirname "$page")/$link" ] || echo "$page: no such file: $link" ;;
			esac
		done
	done >"$log.links"
	! grep . "$log.links" || return 1
	[ -x scripts/gen-docs.sh ] || skip 'scripts/gen-docs.sh is not there'
	scripts/gen-docs.sh --check
}

step_shell() {
	find .ci scripts tests integrations -name '*.sh' -o -path .ci/run | sort >"$log.scripts"
	failed=0
	while read -r script; do
		sh -n "$script" || failed=1
	done <"$log.scripts"
	[ "$failed" -eq 0 ] || return 1
	command -v shellcheck >/dev/null || skip 'shellcheck is not there'
	# Variables of a sourced file look unassigned there or unused here, as do counters; ulimit -c is
	# in every shell that tests run in.
	xargs shellcheck -x -S warning -e SC2034,SC2154,SC3045 <"$log.scripts"
}

# What .PHONY names, help must list.
step_help() {
	make help >"$log.help" || return 1
	find . -path './build*' -prune -o \( -name build.mk -o -path ./Makefile \) -exec \
		sed -n -e ':a' -e '/\\$/{N;s/\\\n//;ba' -e '}' -e 's/^\.PHONY: *//p' {} + |
		tr -s '[:blank:]' '\n' | sort -u | while read -r target; do
		grep -q "^  make $target " "$log.help" || echo "make help does not list '$target'"
	done | { ! grep .; }
}

skip() {
	echo "$1" >"$log.skip"
	exit 0
}

log=$(mktemp) || exit 1
trap 'rm -f "$log" "$log".*' EXIT

[ $# -gt 0 ] || set -- format tidy rooms coverage library docs shell help
failures=0
for step; do
	rm -f "$log.skip"
	(step_"$step") >"$log" 2>&1
	status=$?
	if [ "$status" -ne 0 ]; then
		cat "$log"
		echo "not ok - $step"
		failures=$((failures + 1))
	elif [ -f "$log.skip" ]; then
		echo "ok - $step # SKIP $(cat "$log.skip")"
	else
		echo "ok - $step"
	fi
done
[ "$failures" -eq 0 ]
