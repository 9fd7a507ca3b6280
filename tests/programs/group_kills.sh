#!/bin/sh
# group_kills.sh - members of a group that are killed, at each instruction and at the cap.
#
# GROUP_PROCESSES and GROUP_KILLS say how many; make check-group asks for many.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh
. tests/lib/members.sh

processes=${GROUP_PROCESSES:-12} kills=${GROUP_KILLS:-60}

run "$APPS/group_steps"
if [ "$status" -eq 77 ]; then
	skip 'an operation that is cut off at any instruction' 'processes cannot be traced here'
else
	ended 'an operation that is cut off at any instruction is done or undone as a whole' 0 ''
fi

new_group 1G
i=0
while [ "$i" -lt 50 ]; do
	i=$((i + 1))
	timeout -s KILL "0.0$((i % 5))$i" env LD_PRELOAD="$SHIM" RAC_REPORT=none "$APPS/group_member" take:100M \
		>/dev/null 2>&1
done
alone take:1G
is 'members killed while they join leave nothing behind' "$(answers)" 'take:1G granted'

new_group 64M
run env SIMCUDA_MEMORY=1G RAC_REPORT=none "$APPS/group_kill" "$SHIM" 64M "$processes" "$kills"
is "$processes processes at the cap, $kills of them killed: the device never holds more, all comes back" \
	"$(cat "$T/out")" "refused although they fit: 0, granted although they do not: 0
the device held at most the cap: yes, most of it: yes
after all: all is to be had"

finish
