#!/usr/bin/env python3
"""job-control.py - acts as a shell with job control on a terminal of its own, and looks at what
`rac run`, which it is given with a program, does on Ctrl-C, Ctrl-Z and fg.

The program must say "ready" and then one line "signal N" for each signal that it takes; it must
stop on SIGTSTP and end with 9 on SIGTERM. Prints one "ok" or "not ok" line a behaviour.
"""
import os
import pty
import select
import signal
import sys
import time

PATIENCE = 10  # seconds


def shell(command):
    """The session's leader: one job in the foreground. Says what becomes of it; a line on its
    terminal is "fg"."""
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


def field(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        return next(line.split()[1] for line in status if line.startswith(name + ":"))


def until(condition):
    end = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)


class Terminal:
    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.seen = ""  # since the last step

    def write(self, text):
        os.write(self.descriptor, text)

    def read(self, seconds):
        if select.select([self.descriptor], [], [], seconds)[0]:
            try:
                self.seen += os.read(self.descriptor, 4096).decode().replace("\r", "")
            except OSError:
                time.sleep(seconds)

    def shows(self, text):
        until(lambda: self.read(0.05) or text in self.seen)
        return text in self.seen

    def check(self, name, good):
        """Ends a step."""
        print(f"ok - {name}" if good else f"not ok - {name}\n#   {self.seen!r}", flush=True)
        self.seen = ""


def main():
    leader, descriptor = pty.fork()
    if leader == 0:
        shell(sys.argv[1:])
    terminal = Terminal(descriptor)
    terminal.shows("ready\n")
    rac = child_of(leader)
    program = child_of(rac)

    def settle():
        """Until both wait for signals and have none left."""
        for pid in (rac, program):
            until(lambda: int(field(pid, "ShdPnd"), 16) == 0 and field(pid, "State") == "S")
        terminal.read(0.1)
        terminal.seen = ""

    settle()
    terminal.write(b"\x03")
    terminal.shows("signal 2\n")
    time.sleep(0.2)
    terminal.read(0.1)
    terminal.check("Ctrl-C reaches the program once", terminal.seen.count("signal 2\n") == 1)

    terminal.write(b"\x1a")
    good = terminal.shows("stopped by 20\n")
    # The terminal stops each by itself: rac may be first.
    until(lambda: field(program, "State") == "T")
    terminal.check("Ctrl-Z stops rac and the program", good and field(program, "State") == "T")

    terminal.write(b"\n")
    good = terminal.shows("signal 18\n")
    settle()
    terminal.write(b"\x03")
    good = good and terminal.shows("signal 2\n") and "stopped" not in terminal.seen
    terminal.check("fg continues both", good)

    settle()
    os.kill(program, signal.SIGTSTP)
    terminal.check("a program that stops alone stops rac", terminal.shows("stopped by 20\n"))
    terminal.write(b"\n")
    terminal.check("and is continued with it", terminal.shows("signal 18\n"))

    settle()
    os.kill(rac, signal.SIGSTOP)
    terminal.shows("stopped by 19\n")
    os.kill(program, signal.SIGTSTP)
    until(lambda: field(program, "State") == "T")
    os.kill(rac, signal.SIGCONT)
    good = terminal.shows("signal 18\n")
    terminal.check("rac does not stop again when it alone is continued", good)
    terminal.write(b"\n")

    settle()
    # Only rac can pass this on.
    os.kill(rac, signal.SIGTERM)
    terminal.check("the job ends with the program's status", terminal.shows("ended 9\n"))


if __name__ == "__main__":
    main()
