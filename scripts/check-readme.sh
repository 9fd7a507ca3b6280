#!/bin/sh
# check-readme.sh - runs the README's snippets that are marked so, from the repository's root.
#
#   <!-- run -->      before a ```sh block: it must end with status 0
#   <!-- run -->      before a ```console block: the lines after "$ " are run, the others must be
#                     what they print, on both streams
#   <!-- output -->   before a block after that: what the snippet must print, on both streams
#
# In what is printed "…" stands for anything, and process ids in "==rac PID==" are not compared.
# Prints one "ok - …" or "not ok - …" line a snippet.
set -u
cd "$(dirname "$0")/.." || exit 1

page=${1:-README.md}
# The README says build/; what is checked may lie elsewhere.
B=${B:-build}
B=${B#"$PWD"/}
# A README whose numbers were taken with another terminal or locale should not fail here.
LC_ALL=C.UTF-8
export LC_ALL
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# Snippet n becomes n.sh, its line number n.line, and n.out where there is something to compare.
awk -v work="$work" '
	function path(kind) { return work "/" n "." kind }
	!inside && /^<!-- run -->$/ { mark = "run"; next }
	!inside && /^<!-- output -->$/ { mark = "output"; next }
	/^```/ && inside { inside = ""; next }
	/^```/ {
		inside = mark == "" ? "plain" : mark
		if (inside == "run") {
			n = sprintf("%02d", n + 1)
			console = ($0 ~ /^```console/)
			# A transcript may show a failing command; its output is compared instead.
			print console ? "" : "set -e" > path("sh")
			print FNR > path("line")
		}
		if (inside == "output" || (inside == "run" && console))
			printf "" > path("out")
		mark = ""
		next
	}
	inside == "run" && console && sub(/^\$ /, "") { print > path("sh"); next }
	inside == "run" && console { print > path("out"); next }
	inside == "run" { print > path("sh"); next }
	inside == "output" { print > path("out"); next }
	NF { mark = "" }
' "$page" || exit 1

same_pids() {
	sed -e 's/==rac [0-9][0-9]*==/==rac PID==/g' -e "s,$B/,build/,g" "$1"
}

# Makes a shell pattern of a text: "…" is anything, all else is itself.
as_pattern() {
	same_pids "$1" | sed 's/[][\\*?]/\\&/g; s/…/*/g'
}

# A transcript shows what a terminal shows: there, lines come in the order in which they are
# written, while in a file those of stdout may come last.
run_snippet() {
	sed "s,build/,$B/,g" "$1" >"$1.here"
	if ! grep -qx 'set -e' "$1" && command -v script >/dev/null; then
		timeout -k 10 300 script -qefc "sh $1.here" /dev/null </dev/null >"$2.tty" 2>&1
		set -- "$1" "$2" $?
		tr -d '\r' <"$2.tty" >"$2"
		return "$3"
	fi
	timeout -k 10 300 sh "$1.here" >"$2" 2>&1 </dev/null
}

failed=0
count=0
for snippet in "$work"/*.sh; do
	[ -f "$snippet" ] || continue
	count=$((count + 1))
	base=${snippet%.sh}
	name="$page:$(cat "$base.line"): $(sed -n 2p "$snippet")"
	run_snippet "$snippet" "$base.got"
	status=$?
	if [ "$status" -ne 0 ] && grep -qx 'set -e' "$snippet"; then
		printf 'not ok - %s: status %s\n' "$name" "$status"
		sed 's/^/#   /' "$base.got"
		failed=1
		continue
	fi
	if [ -f "$base.out" ]; then
		got=$(same_pids "$base.got")
		pattern=$(as_pattern "$base.out")
		# shellcheck disable=SC2254  # it is a pattern
		case $got in
		$pattern) ;;
		*)
			printf 'not ok - %s: it prints something else (- README, + now)\n' "$name"
			diff -u "$base.out" "$base.got" | sed '1,2d; s/^/#   /'
			failed=1
			continue
			;;
		esac
	fi
	printf 'ok - %s\n' "$name"
done
[ "$count" -gt 0 ] || printf 'ok - %s has no snippet to run # SKIP\n' "$page"
exit "$failed"
