# members.sh - members of a group that run side by side and do what they are told (tests/apps/group_member.c).
# Sourced after shim.sh.
#
# Each group of a test has a name of its own, so that tests do not meet: $G is the beginning of all. What
# they leave in /dev/shm goes away at the end.
# shellcheck shell=sh

G=test-$$
members=
trap 'members_end; rm -rf "$T"; rm -f /dev/shm/rac-group-*-"$G"*' EXIT

# new_group [LIMIT]: another group, on simulated devices of its own that its members share.
new_group() {
	members_count=$((${members_count:-0} + 1))
	group=$G-$members_count
	export SIMCUDA_SHARED="$T/board-$members_count" RAC_GROUP="$group" RAC_LIMIT="${1:-1G}"
}

# member NAME [VARIABLE=VALUE…] WORD…: runs in the background; "env" may come first.
member() {
	member_name=$1
	shift
	member_run "$member_name" env LD_PRELOAD="$SHIM" RAC_REPORT="$T/$member_name.json" "$@"
}

# member_run NAME COMMAND…: the same for any command.
member_run() {
	member_name=$1
	shift
	rm -f "$T/$member_name".*
	mkfifo "$T/$member_name.in"
	# Open for both, so that nobody waits for the other end.
	"$@" <>"$T/$member_name.in" >"$T/$member_name.out" 2>"$T/$member_name.err" &
	eval "pid_$member_name=$!"
	members="$members $!"
}

# go NAME: lets it go on after "wait".
go() {
	echo >"$T/$1.in"
}

# said_by NAME: all that it printed so far, in one line.
said_by() {
	tr '\n' ' ' <"$T/$1.out" | sed 's/ $//'
}

# until_said NAME LINE
until_said() {
	until_tries=0
	until grep -qxF "$2" "$T/$1.out" 2>/dev/null; do
		until_tries=$((until_tries + 1))
		if [ "$until_tries" -gt 2000 ]; then
			not_ok "$1 says '$2'" "it said: $(cat "$T/$1.out" "$T/$1.err")"
			finish
		fi
		sleep 0.01
	done
}

# pid_of NAME
pid_of() {
	eval "echo \"\$pid_$1\""
}

# done_with NAME…: waits for their ends.
done_with() {
	for done_name; do
		wait "$(pid_of "$done_name")" 2>/dev/null
	done
}

# kill_member NAME: SIGKILL, and it is collected.
kill_member() {
	kill -KILL "$(pid_of "$1")"
	done_with "$1"
}

# alone [VARIABLE=VALUE…] WORD…: one more member that runs to its end; see shimmed and answers.
alone() {
	alone_settings=
	while case ${1:-} in RAC_*=* | *CUDA_*=*) true ;; *) false ;; esac; do
		alone_settings="$alone_settings $1"
		shift
	done
	# shellcheck disable=SC2086  # words without blanks
	shimmed $alone_settings "$APPS/group_member" "$@"
}

# answers: all that the last run printed, in one line.
answers() {
	tr '\n' ' ' <"$T/out" | sed 's/ $//'
}

# of_group FILE [LINE]: what the shim said in LINE of a file, without process ids.
of_group() {
	sed -n 's/^==rac [0-9]*== //p' "$1" | sed 's/pid [0-9]*/pid N/g' | sed -n "${2:-1}p"
}

# files_of BEGINNING: how many files in /dev/shm have names that begin so.
files_of() {
	# shellcheck disable=SC2086  # it may be a pattern
	set -- /dev/shm/$1*
	[ -e "$1" ] || set --
	echo $#
}

# On a busy machine the number of one that has ended is soon another process's.
members_end() {
	for members_pid in $members; do
		grep -qx "PPid:[[:blank:]]*$$" "/proc/$members_pid/status" 2>/dev/null &&
			kill -KILL "$members_pid"
	done
	wait 2>/dev/null
}
