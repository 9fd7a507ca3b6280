#!/bin/sh
# manual.sh - --help, the manual pages and completion: complete, well-formed, and the same.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh

verbs=$("$RAC" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
run "$RAC" --man
ended '--man lists its pages' 0 ''
is 'there is a page for the command, each verb and the library' "$(sort "$T/out" | tr '\n' ' ')" \
	"$({
		printf 'rac.1\nlibrac_track.7\n'
		for verb in $verbs; do echo "rac-$verb.1"; done
	} | sort | tr '\n' ' ')"

# lint PAGE: what mandoc or groff finds wrong with it.
lint() {
	if command -v mandoc >/dev/null; then
		# A date would make each build another one.
		mandoc -T lint -W warning "$1" 2>&1 | grep -v 'missing date'
	else
		groff -man -ww -z "$1" 2>&1
	fi
}

# as_text PAGE: roff without fonts and escapes.
as_text() {
	sed -e 's/\\f[BIR]//g' -e 's/\\-/-/g' -e 's/\\e/\\/g' -e "s/\\\\(aq/'/g" -e 's/\\&//g' "$1"
}

mkdir "$T/man"
for page in $("$RAC" --man); do
	"$RAC" --man "${page%.*}" >"$T/man/$page"
	if command -v mandoc >/dev/null || command -v groff >/dev/null; then
		is "$page is well-formed" "$(lint "$T/man/$page")" ''
	else
		skip "$page is well-formed" 'neither mandoc nor groff is here'
	fi
	for other in $("$RAC" --man); do
		[ "$other" = "$page" ] || as_text "$T/man/$page" |
			grep -q "^\.BR ${other%.*} (${other##*.})" || not_ok "$page names $other"
	done
done

# uses VERB: its own name, or those of the words below it.
uses() {
	case $1 in
	estimate) printf 'estimate %s\n' tensor attention kv model ;;
	*) echo "$1" ;;
	esac
}

for verb in $verbs; do
	as_text "$T/man/rac-$verb.1" >"$T/page"
	uses "$verb" >"$T/uses"
	while read -r use; do
		# shellcheck disable=SC2086  # two words
		run "$RAC" $use --help
		ended "rac $use --help ends well" 0 ''
		is "rac $use --help fits a terminal" "$(awk 'length > 88' "$T/out")" ''
		contains "rac $use --help says how it is used" "$(head -n 1 "$T/out")" "usage: rac $use"
		contains "rac $use --help says what the status means" "$(cat "$T/out")" 'status: '
		sed -n 's/^  \(--*[a-z][a-z-]*\).*/\1/p' "$T/out" >"$T/flags"
		grep -vxF -e --help "$T/flags" | while read -r flag; do
			sed -n '/^\.TP/{n;p;}' "$T/page" | grep -q -e "^$flag\( \|\$\)" ||
				echo "$flag"
		done >"$T/lacking"
		is "every flag of rac $use is in its page" "$(cat "$T/lacking")" ''
	done <"$T/uses"
done

as_text "$T/man/librac_track.7" >"$T/page"
sed -n 's/^SETTING(\([A-Z_]*\),.*/RAC_\1/p' core/settings.def >"$T/settings"
is 'every variable is in librac_track(7)' \
	"$(while read -r setting; do
		grep -q "^$setting=" "$T/page" || echo "$setting"
	done <"$T/settings")" ''
is 'and there are some' "$(($(wc -l <"$T/settings") > 10))" 1

run "$RAC" --man rac-nothing
ended 'a page that does not exist is wrong usage' 2 \
	"rac: there is no page 'rac-nothing'; rac --man lists them; see rac --help"

run "$RAC" --completion tcsh
ended 'a shell that is not known is wrong usage' 2 \
	"rac: 'tcsh' is no shell known here; right are bash, zsh and fish; see rac --help"

if command -v fish >/dev/null; then
	"$RAC" --completion fish >"$T/rac.fish"
	# fish_offers LINE: what fish offers for the last word, without descriptions.
	fish_offers() {
		HOME=$T XDG_CONFIG_HOME=$T fish --private -c "source $T/rac.fish; complete -C '$1'" 2>&1 |
			cut -f 1 | tr '\n' ' '
	}
	is 'fish: verbs' "$(fish_offers 'rac es')" 'estimate '
	is 'fish: options of the command itself' "$(fish_offers 'rac --v')" '--version '
	is 'fish: words below a verb' "$(fish_offers 'rac estimate te')" 'tensor '
	is 'fish: flags' "$(fish_offers 'rac run --on')" '--on-limit '
	is 'fish: flags of what is below a verb' "$(fish_offers 'rac estimate attention --ker')" '--kernel '
	is 'fish: values of a fixed set' "$(fish_offers 'rac run --on-limit ')" 'abort deny warn '
	is 'fish: no files where none are meant' "$(fish_offers 'rac fit --budget ')" ''
	is 'fish: files where some are' "$(fish_offers 'rac report Makef')" 'Makefile '
	is 'fish: arguments of the program are not flags of ours' \
		"$(fish_offers 'rac run --limit 8G ./app --on')" ''
	contains 'fish: programs' " $(fish_offers 'rac run --limit 8G env')" ' env '
else
	skip 'completion in fish' 'no fish here'
fi

if command -v zsh >/dev/null; then
	"$RAC" --completion zsh >"$T/_rac"
	# zsh_completes LINE EXPECTED: what becomes of a line where tab is pressed, in a terminal.
	zsh_completes() {
		ZDOTDIR=$T timeout 20 zsh -f -c '
			zmodload zsh/zpty
			zpty z zsh -f -i
			zpty -w z "PS1=; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; rac() { echo got: \$*. }; echo ready"
			zpty -r -m z seen "*ready*ready*"
			zpty -w -n z "$2"$'"'\\t\\n'"'
			zpty -r -m z seen "*got: $3.*" && echo yes' - "$T" "$1" "$2"
	}
	is 'zsh: verbs' "$(zsh_completes 'rac es' 'estimate')" yes
	is 'zsh: words below a verb' "$(zsh_completes 'rac estimate te' 'estimate tensor')" yes
	is 'zsh: flags' "$(zsh_completes 'rac run --on-li' 'run --on-limit')" yes
	is 'zsh: flags of what is below a verb' \
		"$(zsh_completes 'rac estimate attention --ker' 'estimate attention --kernel')" yes
	is 'zsh: values of a fixed set' "$(zsh_completes 'rac run --on-limit w' 'run --on-limit warn')" yes
	is 'zsh: files' "$(zsh_completes 'rac report Makef' 'report Makefile')" yes
	is 'zsh: programs' "$(zsh_completes 'rac run --limit 8G printen' 'run --limit 8G printenv')" yes
else
	skip 'completion in zsh' 'no zsh here'
fi

if ! command -v bash >/dev/null; then
	skip completion 'no bash here'
	finish
fi

"$RAC" --completion >"$T/completion"
# completes WORD…: what bash offers for the last of them.
completes() {
	# shellcheck disable=SC2016  # the inner shell's
	bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _rac; echo "${COMPREPLY[*]}"' \
		"$T/completion" "$@" 2>&1
}

is 'verbs are completed' "$(completes rac es)" estimate
is 'so are the options of the command itself' "$(completes rac --v)" --version
is 'and words below a verb' "$(completes rac estimate te)" tensor
is 'and flags' "$(completes rac run --on)" --on-limit
is 'and flags of what is below a verb' "$(completes rac estimate attention --ker)" --kernel
is 'and values of a fixed set' "$(completes rac run --on-limit w)" warn
is 'also behind =' "$(completes rac run --on-limit = w)" warn
is 'also right behind it' "$(completes rac run --on-limit =)" 'deny warn abort'
contains 'behind the flags, programs' " $(completes rac run --limit 8G sh) " ' sh '
contains 'also behind --' " $(completes rac run -v -- sh) " ' sh '
is 'arguments of the program are not flags of ours' "$(completes rac run ./app --on)" ''
finish
