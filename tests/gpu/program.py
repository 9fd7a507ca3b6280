"""Runs a program with or without the library, and takes figures where it stops at a mark."""

import glob
import json
import os
import subprocess
import threading
import time


class Outcome:
    """How a program ended and what was seen of it."""

    def __init__(self):
        self.status = None
        self.timed_out = False
        self.words = []   # lines of one word: took, refused, recovered
        self.values = {}  # lines "result X", "ns X", with the first word as key
        self.notes = []   # lines "note …" and "fact …"
        self.marks = []
        self.report = None
        self.error = ""

    def complaint(self, expected=0):
        """None, or why it is not what was expected."""
        if self.timed_out:
            return "it did not end in time"
        if self.status != expected:
            return f"status {self.status}, expected {expected}: {' | '.join(self.error.split(chr(10))[-4:])}"
        return None


class Machine:
    """Where programs run: the library, the command that reads its record, NVML, the folder where our own programs
    find the driver (None: where they find it anyway), and one for what a run leaves. `deadline` is by
    time.monotonic."""

    def __init__(self, build, nvml, environment, driver, work, deadline):
        self.build = build
        self.shim = os.path.join(build, "librac_track.so")
        self.rac = os.path.join(build, "rac")
        self.nvml = nvml
        self.environment = environment
        self.driver = driver
        self.work = work
        self.deadline = deadline
        self.count = 0
        self.lock = threading.Lock()

    def folder(self):
        with self.lock:
            self.count += 1
            path = os.path.join(self.work, str(self.count))
        os.mkdir(path)
        return path

    def left(self):
        return self.deadline - time.monotonic()

    def figures(self, pid, record):
        """What the library counts and what NVML says, of a process that waits."""
        tracked = 0
        if os.path.exists(record):
            text = subprocess.run([self.rac, "report", "--format", "json", record], stdout=subprocess.PIPE,
                                  check=True, timeout=20).stdout
            tracked = sum(device["live_bytes"] for device in json.loads(text)["devices"])
        nvml, source = self.nvml.process_bytes(pid), "process"
        if nvml is None:
            nvml, source = self.nvml.device_bytes(), "device"
        return {"tracked": tracked, "nvml": nvml, "source": source}

    def run(self, command, settings=None, shim=True, marks=False, timeout=60):
        folder = self.folder()
        environment = dict(self.environment)
        if self.driver and command[0].startswith(self.build):
            environment["LD_LIBRARY_PATH"] = ":".join(
                filter(None, [self.driver, environment.get("LD_LIBRARY_PATH")]))
        if shim:
            environment.update(LD_PRELOAD=self.shim, RAC_RECORD=os.path.join(folder, "record-%p"),
                               RAC_REPORT=os.path.join(folder, "report-%p.json"))
        environment.update(settings or {})
        if marks:
            environment["GPU_CHECK_MARKS"] = "1"
        outcome = Outcome()
        with open(os.path.join(folder, "err"), "w+", encoding="utf-8", errors="replace") as error:
            process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=error, text=True, errors="replace", start_new_session=True)
            self.follow(process, outcome, os.path.join(folder, f"record-{process.pid}"),
                        max(1, min(timeout, self.left())))
            error.seek(0)
            outcome.error = error.read().strip()
        for path in glob.glob(os.path.join(folder, f"report-{process.pid}.json")):
            with open(path, encoding="utf-8") as file:
                outcome.report = json.load(file)
        return outcome

    def follow(self, process, outcome, record, timeout):
        def end():
            outcome.timed_out = True
            os.killpg(process.pid, 9)

        timer = threading.Timer(timeout, end)
        timer.start()
        try:
            for line in process.stdout:
                self.take_line(process, outcome, record, line.rstrip("\n"))
            outcome.status = process.wait()
        finally:
            timer.cancel()
            process.stdin.close()
            process.stdout.close()

    def take_line(self, process, outcome, record, line):
        key, _, rest = line.partition(" ")
        if key == "mark":
            outcome.marks.append({"mark": rest, **self.figures(process.pid, record)})
            try:
                process.stdin.write("\n")
                process.stdin.flush()
            except BrokenPipeError:
                pass
        elif key in ("note", "fact"):
            outcome.notes.append(rest)
        elif rest:
            outcome.values[key] = rest
        else:
            outcome.words.append(key)
