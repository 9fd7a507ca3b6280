# world.sh - what the checks on other C libraries and processors share: one line a test script, and which
# cases are not judged because that world itself lacks something. Sourced, not run.
#
# The sourcing script sets:
#   world     its name
#   B         the build folder, absolute
#   lacks     lines "script | name of a case, a pattern | why it cannot be had there"
#   enter     a command that runs the rest of its line in that world
#   world_part  not empty where its user named the scripts to be run
# shellcheck shell=sh

world_failures=0

# world_lacks SCRIPT NAME: whether that world itself is to blame.
world_lacks() {
	# shellcheck disable=SC2154  # set by who sources this
	echo "$lacks" | while IFS='|' read -r world_script world_pattern _; do
		[ "${world_script% }" = "$1" ] || continue
		world_pattern=${world_pattern# }
		# shellcheck disable=SC2254  # a pattern is what is wanted
		case $2 in
		${world_pattern% }) echo yes ;;
		esac
	done | grep -q yes
}

# Seconds for one script: well above what each needs, so that a hang ends with a name.
world_patience=600

# world_check NAME COMMAND…: runs a test script; cases that the world lacks are named and not judged.
world_check() {
	world_name=$1
	shift
	# shellcheck disable=SC2154  # set by who sources this
	$enter timeout -k 10 "$world_patience" "$@" >"$B/log" 2>&1 </dev/null
	world_status=$?
	world_bad=0
	sed -n -e 's/: status [0-9]*$//' -e 's/^not ok - //p' "$B/log" >"$B/failed"
	while read -r world_case; do
		if world_lacks "${world_name%%,*}" "$world_case"; then
			echo "ok - $world: $world_name: $world_case # SKIP see ${0##*/}"
		else
			world_bad=$((world_bad + 1))
			printf 'not ok - %s: %s: %s\n' "$world" "$world_name" "$world_case"
			grep -a -F -A 5 "not ok - $world_case" "$B/log" | sed -n '2,6s/^/#   /p'
		fi
	done <"$B/failed"
	# One that was cut short says so by its status, or lacks its last line.
	if [ "$world_bad" -eq 0 ] && { [ "$world_status" -eq 0 ] || { [ -s "$B/failed" ] &&
		tail -n 1 "$B/log" | grep -q '^[0-9]* passed, [1-9][0-9]* failed$'; }; }; then
		world_good=$(grep -a -c '^ok' "$B/log")
		[ "$world_good" -gt 0 ] || world_good=$(sed -n 's/ passed, .*//p' "$B/log")
		echo "ok - $world: $world_name (${world_good:-0} cases)"
		return
	fi
	[ "$world_bad" -gt 0 ] || tail -n 5 "$B/log"
	echo "not ok - $world: $world_name (status $world_status)"
	world_failures=$((world_failures + 1))
}

# world_build FOLDER ARGUMENT…: make, with output in that folder; ends the check where it fails. Where a part of the
# tests was asked for ($world_part), what they do not need may fail to build: it is said.
world_build() {
	world_folder=$1
	shift
	mkdir -p "$world_folder"
	make -s -k "-j$(nproc)" B="$world_folder" "$@" >"$world_folder/log" 2>&1 && return
	grep -a -E 'error|undefined|Error' "$world_folder/log" | head -n 20
	if [ -n "$world_part" ]; then
		echo "ok - $world: make $* # SKIP not all of it can be built, as said above"
		return
	fi
	echo "not ok - $world: make $*"
	exit 1
}
