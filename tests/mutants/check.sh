#!/bin/sh
# check.sh - puts each defect of this folder into a copy of the tree, one at a time, and shows that the check that its
# patch names fails, and says what the patch says it shows. The copy and what is built in it go away again.
#
#   B=build tests/mutants/check.sh [NAME…]     B: where the tree is built, for what need not be built again
#
# A patch begins with three lines:
#   Defect: what is wrong with it
#   Check: model SCENARIO | units SUITE | program SCRIPT
#   Shows: a part of what the check prints; may be empty
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$PWD B=${B:-build}
copy=$(mktemp -d) || exit 1
trap 'rm -rf "$copy"' EXIT
trap 'exit 1' INT TERM

git ls-files -z --cached --others --exclude-standard | xargs -0 cp -p --parents -t "$copy" 2>/dev/null
case $B in
/*) cp -a "$B" "$copy/build" ;;
*) cp -a "$root/$B" "$copy/build" ;;
esac
cd "$copy" || exit 1
unset B MAKEFLAGS MAKELEVEL

# check WORD ARGUMENT: builds what the check needs (status 2 where that fails) and runs it.
check() {
	case $1 in
	model) targets=model ;;
	units) targets=units ;;
	program) targets='shim' ;;
	*) echo "no such check: $1" && return 2 ;;
	esac
	# shellcheck disable=SC2086
	make -s $targets || return 2
	case $1 in
	model) build/tests/model/model "$2" ;;
	units) build/tests/units --filter "$2/*" ;;
	program) B=$copy/build sh "$2" ;;
	esac || return 1
}

header() {
	sed -n "s/^$1: //p" "$patch"
}

bad=0 sound=
# shellcheck disable=SC2046  # names of ours, without blanks
[ $# -gt 0 ] || set -- $(ls "$root/tests/mutants" | sed -n 's/\.patch$//p')
for name; do
	patch=$root/tests/mutants/$name.patch
	what=$(header Check) shows=$(header Shows)
	# A check that fails anyway shows nothing.
	case $sound in
	*"<$what>"*) ;;
	*)
		check "${what%% *}" "${what#* }" >log 2>&1 || {
			echo "not ok - $name: '$what' fails without it"
			tail -n 5 log
			bad=1
			continue
		}
		sound="$sound<$what>"
		;;
	esac
	if ! patch -p0 -s --dry-run -F3 <"$patch" >log 2>&1; then
		echo "not ok - $name: the patch no longer applies: put the defect into today's code"
		cat log
		bad=1
		continue
	fi
	patch -p0 -s -F3 --no-backup-if-mismatch <"$patch"
	check "${what%% *}" "${what#* }" >log 2>&1
	status=$?
	if [ $status -eq 1 ] && grep -qF -- "$shows" log; then
		echo "ok - $name: $(header Defect): '$what' fails"
	else
		bad=1
		case $status in
		0) echo "not ok - $name: '$what' does not notice" ;;
		2) echo "not ok - $name: does not build" && tail -n 20 log ;;
		*) echo "not ok - $name: '$what' fails, but does not say '$shows'" && tail -n 20 log ;;
		esac
	fi
	patch -R -p0 -s -F3 --no-backup-if-mismatch <"$patch"
done
exit $bad
