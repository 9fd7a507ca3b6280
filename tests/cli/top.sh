#!/bin/sh
# top.sh - `rac top` shows every process whose record can be read, each once, and who is gone no more.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/shim.sh

rac=$B/rac
mkdir -m 700 "$T/runtime"
mkdir -m 1777 "$T/status"
export XDG_RUNTIME_DIR="$T/runtime" RAC_REPORT=none
# Allocates MiB on each device that it is given, says so, and stays until its stdin ends. Its name is its
# own, since rac top sees the programs of all tests that run on the machine.
stay=stay$$
compile "$T/$stay" '
	#include <cuda.h>
	#include <stdio.h>
	#include <stdlib.h>
	int main(int argc, char **argv)
	{
		char end;
		cuInit(0);
		for (int device = 0; device < argc - 1; device++) {
			CUdeviceptr memory;
			CUcontext context;
			if (cuDevicePrimaryCtxRetain(&context, device) || cuCtxSetCurrent(context) ||
				cuMemAlloc(&memory, (size_t)atoi(argv[device + 1]) << 20))
				return 99;
		}
		FILE *ready = fopen(getenv("READY"), "a");
		fprintf(ready, "ready\n");
		fclose(ready);
		return fread(&end, 1, 1, stdin) != 0;
	}' -Itests/sim/include -L"$SIM" -lcuda -Wl,-rpath,"$SIM"

# rows: what is shown of our program, smallest first. Others may run on the machine.
rows() {
	"$PYTHON" -c 'import json, sys
ours = [row for row in json.load(open(sys.argv[1]))["rows"] if row["program"] == sys.argv[2]]
for row in sorted(ours, key=lambda row: row["live_bytes"]):
    print(row["source"], row["ordinal"], row["live_bytes"] >> 20, row["limit_bytes"], row["state"])' "$T/out" "$stay"
}

export READY="$T/ready" SIMCUDA_DEVICES=2
: >"$T/ready"
mkfifo "$T/hold"
LD_PRELOAD="$SHIM" RAC_LIMIT=1G "$T/$stay" 1 <"$T/hold" &
"$rac" run "$T/$stay" 2 4 <"$T/hold" &
LD_PRELOAD="$SHIM" RAC_STATUS_DIR="$T/status" "$T/$stay" 8 <"$T/hold" &
published=$!
exec 9>"$T/hold"
"$PYTHON" -c 'import sys, time
for _ in range(1000):
    if len(open(sys.argv[1]).readlines()) == 3:
        break
    time.sleep(0.01)' "$T/ready"

run "$rac" top --json --status-dir "$T/status"
is 'each way in is seen, each process once, each of its devices' "$(rows)" 'preload 0 1 1073741824 running
rac run 0 2 None running
rac run 1 4 None running
status 0 8 None running'
run "$rac" top --once --status-dir "$T/status"
is 'the table has the largest first' "$(awk -v name="$stay" '$3 == name { print $(NF - 6), $(NF - 5) }' "$T/out" |
	head -n 1)" '8.00 MiB'
run "$rac" top --json --status-dir "$T/status" "$published"
is 'one process can be asked for' "$status $(rows)" '0 status 0 8 None running'
run "$rac" top --json 1
is 'one that is not to be seen is a finding' "$status" 1
run "$rac" top x
ended 'what is no pid is wrong usage' 2 "rac top: 'x' is no process id; see rac top --help"
run "$rac" report --json "$published"
is 'rac report shows a process that runs, by its pid' "$("$PYTHON" -c 'import json, sys
r = json.load(open(sys.argv[1]))
print(r["process"]["end"]["how"], r["devices"][0]["live_bytes"] >> 20)' "$T/out")" 'running 8'
# Prints how it ended once "stay" was shown and "q" typed, or what it showed instead.
TERM=xterm "$PYTHON" -c 'import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
out, shown = b"", False
try:
    while True:
        out += os.read(fd, 65536)
        if b"stay" in out and not shown:
            shown = True
            os.write(fd, b"q")
except OSError:  # it has ended
    pass
status = os.waitpid(pid, 0)[1] >> 8
print(status if shown else out.decode(errors="replace"))' "$rac" top --interval 100 >"$T/screen" 2>&1
case $(cat "$T/screen") in
*'built without ncurses'*) skip 'on a terminal it is live, and q ends it' 'no ncurses here' ;;
*) is 'on a terminal it is live, and q ends it' "$(cat "$T/screen")" 0 ;;
esac
kill -9 "$published"
wait "$published" 2>"$T/null"
run "$rac" top --json --status-dir "$T/status"
is 'what a killed one published shows that it was killed' "$(rows | tail -n 1)" 'status 0 8 None killed'
exec 9>&-
wait
run "$rac" top --json --status-dir "$T/status"
is 'who ended by himself is shown no more' "$(rows)" 'status 0 8 None killed'

finish
