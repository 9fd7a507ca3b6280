#!/bin/sh
# group_closed.sh - where processes cannot agree on a shared cap or cannot reach each other nothing is granted,
# and one line says why; where they must not meet they do not.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh
. tests/lib/members.sh

app=$APPS/group_member

# closed NAME WHY: the last run, which asked for memory twice and what is free, got nothing and said why once.
closed() {
	is "$1: nothing is granted" "$(answers)" 'take:1M refused take:1M refused free 0 of 1024'
	is "$1: it is said once, why" "$(grep -c 'RAC_GROUP=' "$T/err") $(of_group "$T/err" | sed "s,$group,NAME,g
s,GPU-[0-9a-f-]*,GPU,g
s,rac-group-[0-9]*-,rac-group-UID-,g")" \
		"1 RAC_GROUP='NAME' on device 0: $2; until then every allocation on this device is refused"
}

# is_open NAME: a new member is granted what it asks for.
is_open() {
	alone take:1M
	is "$1" "$(answers)" 'take:1M granted'
}

file=/dev/shm/rac-group-UID-NAME-GPU

# Different caps.
new_group 1G
member first "$app" take:600M say:there wait
until_said first there
alone RAC_LIMIT=2G take:1M
is 'a member with another cap gets nothing' "$(answers)" 'take:1M refused'
is 'both caps are named' "$(of_group "$T/err")" "RAC_GROUP='$group' on device 0: its members have a cap of \
1.00 GiB, this process one of 2.00 GiB (RAC_LIMIT); give all the same; until then every allocation on this device \
is refused"
is 'the refusal points there' "$(of_group "$T/err" 2)" "refused: cuMemAlloc_v2 of 1.00 MiB by group_member on device \
0: nothing is granted, because the group that shares the cap is not joined (see above)"
alone RAC_LIMIT=none take:1M
is 'so does one without a cap' "$(answers)" 'take:1M refused'
alone RAC_LIMIT=2G RAC_ON_LIMIT=warn take:1M
is 'also where the cap only warns' "$(answers)" 'take:1M refused'
alone RAC_LIMIT=1024M take:1M
is 'the same cap in other words is the same' "$(answers)" 'take:1M granted'
member second env RAC_LIMIT=2G "$app" take:1M say:there wait take:1536M say:again wait
until_said second there
kill_member first
go second
until_said second again
is 'it gets in when the others have gone, and then its cap holds' "$(said_by second)" \
	'take:1M refused there take:1536M granted again'
alone take:1M
is 'for those who come later, too' "$(answers)" 'take:1M refused'
members_end

# Files that are something else.
new_group 1G
is_open 'a group is made'
real=$(ls /dev/shm/rac-group-*-"$group"-*)
foreign="$file is not a plain file of this user's alone (mode 0600, one name); remove it or take another name"
rm "$real"
for what in 'a folder' 'a pipe' 'a link' 'a file that others may read' 'a file with a second name'; do
	why=$foreign
	case $what in
	'a folder')
		mkdir "$real"
		why="cannot open $file (it is a folder, errno 21); the group needs a /dev/shm that this user can \
write to"
		;;
	'a pipe') mkfifo -m 600 "$real" ;;
	'a link')
		(umask 077 && : >"$T/elsewhere")
		ln -s "$T/elsewhere" "$real"
		why="cannot open $file (it is a link, errno 40); the group needs a /dev/shm that this user can write \
to"
		;;
	*read) : >"$real" && chmod 644 "$real" ;;
	*name)
		(umask 077 && : >"$real")
		ln "$real" "$real-2"
		;;
	esac
	alone take:1M take:1M show
	closed "$what in its place" "$why"
	rm -rf "$real" "$real-2"
done
is 'nothing is written through a link' "$(wc -c <"$T/elsewhere" | tr -d ' ')" 0
if [ "$(id -u)" -eq 0 ]; then
	install -o 65534 -m 600 /dev/null "$real"
	alone take:1M take:1M show
	case $(of_group "$T/err") in
	*cannot\ open*) closed "somebody else's file in its place" \
		"cannot open $file (this user may not, errno 13); the group needs a /dev/shm that this user can write to" ;;
	*) closed "somebody else's file in its place" "$foreign" ;;
	esac
	rm "$real"
else
	skip "somebody else's file in its place" 'only root can make one'
fi
is_open 'when that is gone a group can be made again'

# Content that is none of ours.
head -c 200000 /dev/urandom >"$real"
is_open 'what a file holds that nobody uses does not count'
member first "$app" take:600M say:there wait
until_said first there
printf 'XX' | dd of="$real" conv=notrunc 2>/dev/null
alone take:1M take:1M show
closed 'another version at work' "$file is in use by another version of librac_track; run the same one everywhere"
printf 'RA' | dd of="$real" conv=notrunc 2>/dev/null
# A figure is changed.
"$PYTHON" - "$real" <<-'END'
	import sys
	with open(sys.argv[1], "r+b") as file:
	    file.seek(file.read().index((600 << 20).to_bytes(8, "little")))
	    file.write((1 << 20).to_bytes(8, "little"))
END
alone take:1M take:1M show
closed 'figures that do not add up' "$file is damaged; remove it when no member runs"
kill_member first
is_open 'without members it is made anew'

# /dev/shm as it should not be.
if unshare -rm mount -t tmpfs none /dev/shm 2>/dev/null; then
	in_world() {
		run unshare -rm sh -c "$1"' && shift && exec env LD_PRELOAD="$0" RAC_REPORT=none "$@"' "$SHIM" \
			shift "$app" take:1M take:1M show
	}
	needs='; the group needs a /dev/shm that this user can write to'
	in_world 'mount -t tmpfs none /dev'
	closed 'no /dev/shm' "cannot open $file (there is no such folder, errno 2)$needs"
	in_world 'mount -t tmpfs -o ro none /dev/shm'
	closed 'a /dev/shm that cannot be written to' "cannot open $file (it cannot be written to, errno 30)$needs"
	in_world 'mount -t tmpfs -o size=16k none /dev/shm'
	closed 'a full /dev/shm' "no room for $file (there is no room, errno 28); it needs some hundred KiB of \
/dev/shm and of the file size limit"
	in_world 'mount -t tmpfs none /dev/shm && ulimit -f 64'
	closed 'a limit on the size of files' "no room for $file (there is no room, errno 27); it needs some \
hundred KiB of /dev/shm and of the file size limit"
	in_world 'mount -t tmpfs none /dev/shm && umask 777'
	is 'a umask that takes rights from the user does not matter' "$(answers)" \
		'take:1M granted take:1M granted free 1022 of 1024'
else
	skip 'no /dev/shm, one that is full or cannot be written to' 'no mount namespaces here'
fi

# hold_lock PLACE [COUNT]: holds the lock of a place in the group's file, as a process that is stopped would.
hold_lock() {
	member_run holder "$PYTHON" -c "
import fcntl, struct, sys, time
file = open('$(ls /dev/shm/rac-group-*-"$group"-*)', 'r+b')
fcntl.fcntl(file, 37, struct.pack('hhqqi', fcntl.F_WRLCK, 0, $1, ${2:-1}, 0))
print('held', flush=True)
time.sleep(60)"
	until_said holder held
}

new_group 1G
member first "$app" take:600M say:there wait
until_said first there
member second "$app" take:400M say:there wait take:600M say:after
until_said second there
hold_lock 0
alone take:1M take:1M show
closed 'a stopped process at the door' \
	"another process does not let go of $file; is it stopped?"
kill_member first
go second
until_said second after
is 'and who is inside already can do without it' "$(said_by second)" \
	'take:400M granted there take:600M granted after'
members_end

new_group 1G
member first "$app" take:600M say:there wait take:1 give say:again wait
until_said first there
rm "$(ls /dev/shm/rac-group-*-"$group"-*)"
alone take:1M take:1M show
closed 'a file that is removed under its members' \
	"$file was removed while members use it; let them end, or take another name"
alone take:1M take:1M
is 'and not only for the first who comes' "$(answers)" 'take:1M refused take:1M refused'
go first
until_said first again
is 'they go on' "$(said_by first)" 'take:600M granted there take:1 granted again'
kill_member first
is_open 'until the last of them has ended'

new_group 1G
is_open 'a group is made, to be filled'
hold_lock 1 512
alone take:1M take:1M show
closed 'a group of 512 processes' 'it is full: 512 processes; make several groups of it'
members_end

new_group 1G
alone SIMCUDA_FAIL='cuDeviceGetUuid:*=801,cuDeviceGetUuid_v2:*=801' take:1M take:1M show
closed 'a device without a UUID' \
	'the driver does not tell its UUID, by which members meet; unset RAC_GROUP'

new_group 1G
member first "$app" take:600M say:there wait
until_said first there
kill_member first
hold_lock 1
alone take:1G
is 'a lock that outlives its owner does not keep the share' "$(answers)" 'take:1G granted'
members_end

# Other pid namespaces.
if unshare -rpf true 2>/dev/null; then
	new_group 1G
	member_run first unshare -rpf --mount-proc env LD_PRELOAD="$SHIM" RAC_REPORT=none "$app" take:600M say:there \
		wait die
	until_said first there
	alone take:1G
	sleep 1.2
	alone take:1G take:424M
	is 'a member in another pid namespace is there' "$(answers)" 'take:1G refused take:424M granted'
	go first
	done_with first
	alone take:1G
	is 'and when it is killed its share comes back' "$(answers)" 'take:1G granted'
	member_run first unshare -rpf env LD_PRELOAD="$SHIM" RAC_REPORT=none "$app" take:600M say:there wait die
	until_said first there
	go first
	done_with first
	alone take:1G
	is 'so it is where /proc shows other processes' "$(answers)" 'take:1G granted'
	members_end
else
	skip 'members in other pid namespaces' 'there are none here'
fi

# Two users.
if [ "$(id -u)" -eq 0 ]; then
	new_group 1G
	member first "$app" take:600M say:there wait
	until_said first there
	chmod 755 "$T"
	: >"$SIMCUDA_SHARED" && chmod 666 "$SIMCUDA_SHARED"
	run setpriv --reuid=65534 --regid=65534 --clear-groups env LD_PRELOAD="$SHIM" RAC_REPORT=none "$app" take:1G
	is 'two users with groups of one name do not meet' "$(answers)" 'take:1G granted'
	members_end
else
	skip 'two users with groups of one name' 'only root can be two'
fi

# What is no name.
new_group 1G
alone RAC_GROUP=a/b take:1M
is 'a group without a proper name is not joined, and nothing is granted' "$(answers)" 'take:1M refused'
is 'and it is said what a name is' "$(of_group "$T/err")" "RAC_GROUP='a/b': '/' at character 2 is not a letter, \
digit, dot, dash or underscore; use these alone; until then every device allocation is refused"
run "$RAC" run --group a/b -- "$app" take:1M
is 'rac run does not even start' "$status" 125
member first env RAC_LIMIT=1X "$app" take:1M say:there wait
until_said first there
is 'a member with a cap that is not understood gets nothing' "$(said_by first)" 'take:1M refused there'
is_open 'and keeps nobody from theirs'
members_end
unset RAC_GROUP
run "$RAC" run --limit 1G --group "$group" -- "$app" take:1M show
is 'rac run --group sets the group' "$(answers)" 'take:1M granted free 1023 of 1024'
is 'there is its file' "$(files_of "rac-group-*-$group-")" 1
unset RAC_LIMIT
run "$RAC" run --group "$group" -- "$app" take:1M
is 'rac run does not start a group without a cap' "$status $(cat "$T/err")" "125 rac run: RAC_GROUP='$group' is to \
share a cap, and none is set; set RAC_LIMIT, the same in each member"

finish
