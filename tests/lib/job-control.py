#!/usr/bin/env python3
"""job-control.py - acts as a shell with job control on a terminal of its own, and looks at what the
command that it is given does on Ctrl-C, Ctrl-Z and fg.

The command must say "ready" and then one line "signal N" for each signal that it takes; it must
stop on SIGTSTP and end with 9 on SIGTERM. Prints one "ok" or "not ok" line a behaviour.
"""
import os
import pty
import select
import signal
import sys
import time

PATIENCE = 10


def shell(command):
    """The session's leader: one job in the foreground; says what becomes of it."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.execvp(command[0], command)
    while True:
        status = os.waitpid(job, os.WUNTRACED)[1]
        if not os.WIFSTOPPED(status):
            print(f"ended {os.waitstatus_to_exitcode(status)}", flush=True)
            os._exit(0)
        os.tcsetpgrp(0, os.getpgrp())
        print(f"stopped by {os.WSTOPSIG(status)}", flush=True)
        sys.stdin.readline()
        os.tcsetpgrp(0, job)
        os.killpg(job, signal.SIGCONT)


def child_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return int(children.read().split()[0])


def main():
    leader, terminal = pty.fork()
    if leader == 0:
        shell(sys.argv[1:])
    seen = ""

    def wait_for(text, count=1):
        nonlocal seen
        end = time.monotonic() + PATIENCE
        while seen.count(text) < count and time.monotonic() < end:
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    seen += os.read(terminal, 4096).decode().replace("\r", "")
                except OSError:
                    break
        return seen.count(text) >= count

    def check(name, good):
        print(f"ok - {name}" if good else f"not ok - {name}\n#   {seen!r}", flush=True)

    wait_for("ready\n")
    os.write(terminal, b"\x03")
    wait_for("signal 2\n")
    time.sleep(0.2)
    os.write(terminal, b"\x1a")
    check("Ctrl-Z stops rac and the program", wait_for("stopped by 20\n"))
    check("Ctrl-C reaches the program once", seen.count("signal 2\n") == 1)
    os.write(terminal, b"\n")
    again = wait_for("signal 18\n")
    os.write(terminal, b"\x03")
    again = again and wait_for("signal 2\n", 2) and seen.count("stopped") == 1
    check("fg continues both", again)
    job = child_of(leader)
    program = child_of(job)
    os.kill(program, signal.SIGTSTP)
    check("a program that stops alone stops rac", wait_for("stopped by 20\n", 2))
    os.write(terminal, b"\n")
    check("and is continued with it", wait_for("signal 18\n", 2))
    # Only rac can pass this on.
    os.kill(job, signal.SIGTERM)
    check("the job ends with the program's status", wait_for("ended 9\n"))


if __name__ == "__main__":
    main()
