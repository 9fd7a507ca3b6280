#!/bin/sh
# group.sh - processes that share a cap: what one takes the others lack, what one gives back or leaves
# behind the others can have.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh
. tests/lib/members.sh

app=$APPS/group_member

# What one takes and gives.
new_group 1G
member first "$app" take:600M say:there wait give say:gave wait
until_said first there
alone show take:424M take:1 give take:425M take:424M
is 'what one member took, to the byte, the others lack' "$(answers)" \
	'free 424 of 1024 take:424M granted take:1 refused take:425M refused take:424M granted'
is 'the refusal says whose cap it is and who uses it' "$(of_group "$T/err")" \
	"refused: cuMemAlloc_v2 of 1 B by group_member on device 0: 1.00 GiB in use by group '$group' \
(this process 424 MiB, 1 other 600 MiB, most by pid N: 600 MiB), cap 1.00 GiB (RAC_LIMIT), 0 B left; held by \
this process: 424 MiB by cuMemAlloc_v2 of group_member"
is 'and names the other process' "$(sed -n 's/.*most by pid \([0-9]*\):.*/\1/p' "$T/err" | head -n 1)" \
	"$(pid_of first)"
go first
until_said first gave
alone take:1G show
is 'what one member gave back the others can have at once' "$(answers)" \
	'take:1G granted free 0 of 1024'
go first
done_with first
is 'a member reports what it took itself' "$("$PYTHON" -c "
import json; d = json.load(open('$T/first.json'))['devices'][0]
print(d['peak_bytes'] >> 20, d['limit_bytes'] >> 20)")" '600 1024'
alone take:100M
is 'and whose the cap was' "$(report '[r["devices"][0][k] for k in ("group", "group_bytes", "live_bytes")]')" \
	"['$group', 104857600, 104857600]"

# Each in its own group, or in none.
new_group 1G
member first "$app" take:600M say:there wait
until_said first there
alone RAC_GROUP="$group-other" take:1G
is 'another group has its own budget' "$(answers)" 'take:1G granted'
(unset RAC_GROUP && alone take:1G)
is 'a process without a group has its own budget' "$(answers)" 'take:1G granted'
alone RAC_SHOW=device show
is 'with RAC_SHOW=device a member sees the device' "$(answers)" 'free 7592 of 8192'
own=$SIMCUDA_SHARED
run env LD_PRELOAD="$SHIM" RAC_REPORT=none "$APPS/query_nvml" linked show untouched cuda:0 take:100M show agree
is 'NVML shows what is left of it, before CUDA is initialised too' "$(cat "$T/out")" \
	'gpu 0: total 1024, free 424, used 600, reserved 0, own 0, others 600
gpu 0: total 1024, free 324, used 700, reserved 0, own 100, others 600'
kill_member first
run env LD_PRELOAD="$SHIM" RAC_REPORT=none SIMCUDA_SHARED="$own-2" "$APPS/query_nvml" linked show untouched
is 'and not what a member that is gone holds' "$(cat "$T/out")" \
	'gpu 0: total 1024, free 1024, used 0, reserved 0, own 0, others 0'

# Every way to leave.
for way in exit die exec leave; do
	new_group 1G
	case $way in
	exit) member first "$app" take:600M say:there wait ;;
	exec) member first "$app" take:600M say:there wait exec ;;
	die) member first "$app" take:600M say:there wait die ;;
	leave) member first "$app" take:600M say:there wait leave say:child wait ;;
	esac
	until_said first there
	alone take:1G
	is "a member is there ($way)" "$(answers)" 'take:1G refused'
	go first
	case $way in
	exit | die) done_with first ;;
	leave) until_said first child ;;
	exec)
		while ! grep -q sleep "/proc/$(pid_of first)/comm"; do
			sleep 0.01
		done
		;;
	esac
	alone show take:1G
	is "the share of a member that leaves ($way) is free and to be had at once" "$(answers)" \
		'free 1024 of 1024 take:1G granted'
	# The child of the one that left is none of ours to wait for.
	[ "$way" != leave ] || go first
	members_end
done

# A parent that does not collect its children.
new_group 1G
member_run parent "$PYTHON" -c "
import subprocess, sys, time
env = dict(__import__('os').environ, LD_PRELOAD='$SHIM', RAC_REPORT='none')
child = subprocess.Popen(['$app', 'take:600M', 'say:there', 'die'], env=env)
time.sleep(60)"
until_said parent there
while ! grep -q '^State:.Z' /proc/"$(cat "/proc/$(pid_of parent)/task/$(pid_of parent)/children" | tr -d ' ')"/status; do
	sleep 0.01
done
alone show take:1G
is 'a dead member that nobody collects gives its share back' "$(answers)" \
	'free 1024 of 1024 take:1G granted'
members_end

# Who is not gone.
new_group 1G
member first "$app" take:600M say:there wait
until_said first there
kill -STOP "$(pid_of first)"
alone take:1G
sleep 0.3
alone take:1G show
is 'a stopped member keeps its share' "$(answers)" 'take:1G refused free 424 of 1024'
kill -CONT "$(pid_of first)"
members_end

# A child of fork.
new_group 1G
member parent "$app" fork take:300M say:child wait show
until_said parent child
alone take:800M show
is 'a child of fork is a member' "$(answers)" 'take:800M refused free 724 of 1024'
kill -KILL "$(cat "/proc/$(pid_of parent)/task/$(pid_of parent)/children" | tr -d ' ')"
alone take:1G
is 'and leaves for itself' "$(answers)" 'take:1G granted'
members_end

# Memory that the driver grows by itself.
new_group 1G
member first "$app" pool:100M graph:64M managed:100M say:there wait
until_said first there
alone show
is 'pools, graphs and managed memory count, with what they reserve' "$(answers)" \
	"free $((1024 - 128 - 64 - 100)) of 1024"
alone pool:672M graph:32M
is 'and they are granted from what is left' "$(answers)" 'pool:672M granted graph:32M granted'
alone pool:900M graph:768M
is 'and refused past it' "$(answers)" 'pool:900M refused graph:768M refused'
members_end

# What is let through.
new_group 1G
member first "$app" take:600M say:there wait
until_said first there
alone RAC_ON_LIMIT=warn take:600M show
is 'with RAC_ON_LIMIT=warn a request passes the cap of the group' "$(answers)" \
	'take:600M granted free 0 of 1024'
is 'and is reported by what the group is over' \
	"$(report 'r["devices"][0]["over_bytes"] >> 20')" 176
members_end

# Devices.
new_group 0=1G,1=512M
export SIMCUDA_DEVICES=2
member first "$app" take:1G device:1 take:100M say:there wait
until_said first there
alone show device:1 show
is 'each device has its own budget' "$(answers)" 'free 0 of 1024 free 412 of 512'
alone CUDA_VISIBLE_DEVICES=1 RAC_LIMIT=512M show
is 'members meet on the device, whatever number they give it' "$(answers)" 'free 412 of 512'
unset SIMCUDA_DEVICES
members_end

# Parts of a divided GPU.
new_group 1G
export SIMCUDA_PARTS=2
member first "$app" take:1G say:there wait
until_said first there
alone CUDA_VISIBLE_DEVICES=MIG-773cdaa1 show
is 'a part of a divided GPU is a device of its own' "$(answers)" 'free 1024 of 1024'
alone show
is 'on which members meet' "$(answers) $(files_of "rac-group-*-$group-MIG-")" 'free 0 of 1024 2'
unset SIMCUDA_PARTS
members_end

# What is left in the system.
new_group 1G
member first "$app" take:600M files say:there wait
until_said first there
(unset RAC_GROUP && alone take:600M files)
is 'a member has no descriptor open' "$(said_by first | grep -o 'files [0-9]*')" \
	"$(answers | grep -o 'files [0-9]*')"
is 'there is one file, for this user alone' "$(stat -c '%a %U %h' /dev/shm/rac-group-*-"$group"-*)" \
	"600 $(id -un) 1"
kill_member first
is 'which stays, without effect' "$(files_of "rac-group-$(id -u)-$group-GPU-")" 1
alone RAC_LIMIT=2G take:2G
is 'a file left behind keeps neither a share nor a cap' "$(answers)" 'take:2G granted'
(unset RAC_GROUP && run strace -f -o "$T/calls" env LD_PRELOAD="$SHIM" RAC_REPORT=none "$app" take:1)
is 'without a group nothing is done there' "$(answers) $(grep -c /dev/shm "$T/calls")" 'take:1 granted 0'

# Threads and processes.
new_group 64M
for i in 1 2 3; do
	member_run "racer$i" env LD_PRELOAD="$SHIM" RAC_REPORT=none \
		"$APPS/race_budget" 64M 3 4 3
done
done_with racer1 racer2 racer3
is 'twelve threads in three processes at the cap: what fits is granted, what does not is refused' \
	"$(cat "$T"/racer?.out | sort -u)" \
	'refused although they fit: 0, granted although they do not: 0'

finish
