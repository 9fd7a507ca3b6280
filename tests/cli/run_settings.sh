#!/bin/sh
# run_settings.sh - the flags of `rac run`, and what it refuses to start with.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/tree.sh

make_tree "$T/tree"
rac=$T/tree/bin/rac
started='echo started'

settings() {
	grep '^RAC_' "$T/out" | grep -v -e '^RAC_RECORD=.*/rac-run[.]' -e '^RAC_STACKS=native,python$' |
		sort | tr '\n' ' '
}

run "$rac" run env
is 'without flags no variable is set' "$(settings)" ''
is 'but for the call stacks, which are kept' "$(grep '^RAC_STACKS=' "$T/out")" RAC_STACKS=native,python
run env RAC_STACKS=caller "$rac" run env
is 'unless a variable says what is' "$(settings)" 'RAC_STACKS=caller '
run "$rac" run --stacks none --depth 8 env
is 'or a flag' "$(settings)" 'RAC_DEPTH=8 RAC_STACKS=none '
run "$rac" run --stacks native,pyton sh -c "$started"
ended 'and one of them that is misspelt is refused' 125 "rac run: RAC_STACKS='native,pyton': 'pyton' at \
character 8 is none of its values; write none, caller, native or python"
run "$rac" run --depth 1000 sh -c "$started"
ended 'so is a depth beyond the most' 125 "rac run: RAC_DEPTH='1000' is no number from 1 to 128; write how \
many frames are to be kept, e.g. 32"
run "$rac" run --limit 8G --on-limit warn --show device --report none --format json env
is 'each flag sets its variable' "$(settings)" \
	'RAC_FORMAT=json RAC_LIMIT=8G RAC_ON_LIMIT=warn RAC_REPORT=none RAC_SHOW=device '
run "$rac" run -v env
is 'a switch sets 1' "$(settings)" 'RAC_VERBOSE=1 '
run "$rac" run --limit=0=8G,4G env
is 'a value may follow an equals sign' "$(settings)" 'RAC_LIMIT=0=8G,4G '
run env RAC_LIMIT=4G "$rac" run --limit 8G env
is 'a flag wins over the variable' "$(settings)" 'RAC_LIMIT=8G '
run env RAC_LIMIT=4G "$rac" run env
is 'a variable stays where no flag is given' "$(settings)" 'RAC_LIMIT=4G '
run "$rac" run --limit 4G --limit 8G env
is 'of a repeated flag the last counts' "$(settings)" 'RAC_LIMIT=8G '

run "$rac" run -- env RAC_SHOW=limit
ended '-- ends the flags' 0 ''
run "$rac" run sh -c 'echo "$@"' sh --limit 8Q --help -v
is 'flags behind the program are its own' "$(cat "$T/out")" '--limit 8Q --help -v'
run "$rac" run --limit 8G -- sh -c 'echo "$1"' sh --
is 'a second -- is the program'"'"'s' "$(cat "$T/out")" '--'

run "$rac" run --limit 8Q sh -c "$started"
ended 'a cap that does not parse is refused' 125 "rac run: RAC_LIMIT='8Q': 'Q' at character 2 is \
not a unit; write K, M, G or T, alone or followed by B, i or iB; or B for bytes"
is 'and nothing was started' "$(cat "$T/out")" ''
run env CUDA_DEVICE_MEMORY_LIMIT=many "$rac" run sh -c "$started"
ended 'so is a cap from another system that does not parse' 125 "rac run: \
CUDA_DEVICE_MEMORY_LIMIT='many' does not begin with a digit; write a number and a unit, such as \
8G, 512M or 1.5G"
run env RAC_LIMT=8G "$rac" run sh -c "$started"
ended 'so is what looks like a misspelt cap' 125 \
	"rac run: RAC_LIMT='8G' is not a setting of this version; write RAC_LIMIT"
run "$rac" run --limit 8G --scope all sh -c "$started"
ended 'so is a cap that would mean something else' 125 \
	"rac run: RAC_SCOPE='all' is none of its values; write allocations or process"
run "$rac" run --limit 8Q --on-limit maybe --report 'a%z' sh -c "$started"
is 'every wrong value is said at once' "$(wc -l <"$T/err")" 3
ended 'wrong values are refused' 125
run env RAC_OTHER=1 "$rac" run sh -c "$started"
ended 'a name that is not known is left to the library to say' 0 ''
run env RAC_LIMIT='8
G' RAC_SHOW="$(printf '\033[2J')" "$rac" run sh -c "$started"
ended 'control bytes do not reach the terminal' 125 \
	"rac run: RAC_SHOW='\\x1b[2J' is none of its values; write limit or device"

run "$rac" run --limt 8G true
ended 'an unknown flag is wrong usage, and the nearest one is named' 2 \
	"rac run: there is no flag '--limt'; write --limit; see rac run --help"
run "$rac" run --verbose true
ended 'so is a long form where there is a short one' 2 \
	"rac run: there is no flag '--verbose'; write -v; see rac run --help"
run "$rac" run -x true
ended 'so is one that resembles none' 2 "rac run: there is no flag '-x'; see rac run --help"
run "$rac" run -v=1 true
ended 'a switch takes no value' 2 'rac run: -v takes no value; see rac run --help'
run "$rac" run --show
ended 'a flag without its value is wrong usage' 2 \
	'rac run: --show lacks its value; write --show limit|device; see rac run --help'
for arguments in '' '--' '--limit 8G' '-v --'; do
	# shellcheck disable=SC2086  # several words
	run "$rac" run $arguments
	ended "without a program ('$arguments') it is wrong usage" 2 \
		'rac run: the program to run is missing; see rac run --help'
done

run "$rac" run --help
ended '--help is no error' 0 ''
for flag in $(sed -n 's/^SETTING([A-Z_]*, "\([a-z-]*\)".*/\1/p' core/settings.def); do
	case $flag in
	?) flag=-$flag ;;
	*) flag=--$flag ;;
	esac
	grep -q -e "^  $flag\( \|\$\)" "$T/out" || not_ok "--help lists $flag"
done
is '--help fits a terminal' "$(awk 'length > 80' "$T/out")" ''

run "$rac"
ended 'rac alone is wrong usage' 2
contains 'and says how to use it' "$(cat "$T/err")" 'usage: rac VERB'
run "$rac" --help
ended 'rac --help is no error' 0 ''
for verb in run estimate fit; do
	contains "rac --help lists $verb" "$(cat "$T/out")" "
  $verb "
done
run "$rac" --version
is 'rac --version says it' "$(cat "$T/out")" "rac $(sed -n 's/^VERSION *:= *//p' Makefile)"
run "$rac" nothing
ended 'an unknown verb is wrong usage' 2 "rac: 'nothing' is no verb; see rac --help"
if [ -c /dev/full ]; then
	"$rac" --help >/dev/full 2>"$T/err"
	status=$?
	ended 'output that nobody takes is a failure' 125 \
		'rac: cannot write to stdout: No space left on device'
fi

finish
