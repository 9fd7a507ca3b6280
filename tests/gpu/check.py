#!/usr/bin/env python3
"""Makes all rows of the check on a GPU, or on the simulated CUDA; scripts/gpu-check.sh builds and starts it."""

import argparse
import concurrent.futures
import datetime
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import overhead
import rows
import table
from nvml import Nvml
from program import Machine

REAL, SIMULATED = "256M", "64M"  # what a row takes; the simulated device costs the host's memory
HERE = os.path.dirname(os.path.abspath(__file__))


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--driver", help="path of the real driver; without it the simulated one is used")
    parser.add_argument("--json")
    parser.add_argument("--rows", default="*", help="patterns of names, with commas between")
    parser.add_argument("--seconds", type=float, default=450)
    parser.add_argument("--rounds", type=int, default=overhead.ROUNDS, help="of each timing")
    parser.add_argument("--python", default=sys.executable, help="the one that has the frameworks")
    return parser.parse_args()


def why_absent(python):
    """Whether this Python has a package, asked once each."""
    known = {}

    def absent(package):
        if package not in known:
            code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({package!r}) is None)"
            found = subprocess.run([python, "-c", code], stderr=subprocess.DEVNULL, check=False).returncode == 0
            known[package] = None if found else f"{package} is not installed for {python}"
        return known[package]

    return absent


def why_unread(python):
    asked = subprocess.run([python, os.path.join(HERE, "..", "lib", "unread_python.py")], capture_output=True, text=True,
                           check=False)
    return (asked.stdout + asked.stderr).strip() or None


def why_missing(simulated):
    def missing(program):
        if simulated:
            return "NVIDIA's runtime refuses the simulated driver"
        return None if os.path.exists(program) else "no nvcc here, and none of its programs was brought along"

    return missing


def environment(arguments, scratch):
    """Nothing of the caller's settings. The simulated CUDA is made for all; a real one is there already."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("RAC_") and name not in ("LD_PRELOAD", "CUDA_DEVICE_MEMORY_LIMIT")}
    if arguments.driver:
        return kept
    kept["LD_LIBRARY_PATH"] = os.path.join(arguments.build, "sim")
    for name, value in (("SIMCUDA_MEMORY", "64G"), ("SIMCUDA_CONTEXT_BYTES", "300M"), ("SIMCUDA_MODULE_BYTES", "2M"),
                        ("SIMCUDA_SHARED", os.path.join(scratch, "board"))):
        kept.setdefault(name, value)
    os.environ.update({name: value for name, value in kept.items() if name.startswith("SIMCUDA_")})
    return kept


def driver_folder(arguments, scratch):
    """One that holds the driver alone: our programs' run path names the simulated one, and LD_LIBRARY_PATH comes
    before it; the driver's own folder may hold other libraries, too."""
    if not arguments.driver:
        return None
    os.symlink(os.path.realpath(arguments.driver), os.path.join(scratch, "libcuda.so.1"))
    return scratch


def facts(machine, build):
    found = []
    for command, settings in (([f"{build}/gpu/facts"], {}),
                              ([f"{build}/gpu/work", "reset", SIMULATED],
                               {"LD_PRELOAD": f"{build}/gpu/reenter.so"})):
        run = machine.run(command, settings=settings, shim=False)
        found += [note for note in run.notes if "reset" not in note]
        if run.complaint():
            found.append(f"{' '.join(command)}: {run.complaint()}")
    return found


def make_rows(machine, wanted):
    """Side by side where NVML tells processes apart, else in turn; the order of the list stays."""
    probe = machine.run(wanted[0].command, settings=wanted[0].settings, marks=True) if wanted else None
    apart = probe is not None and probe.marks and probe.marks[0]["source"] == "process"
    with concurrent.futures.ThreadPoolExecutor(max(2, os.cpu_count() // 3) if apart else 1) as pool:
        return list(pool.map(lambda row: row.make(machine), wanted))


def main():
    arguments = options()
    simulated = not arguments.driver
    scratch = tempfile.mkdtemp(prefix="gpu-check-")
    settings = environment(arguments, scratch)
    nvml = Nvml(os.path.join(arguments.build, "sim", "libnvidia-ml.so.1") if simulated else "libnvidia-ml.so.1")
    settings["CUDA_VISIBLE_DEVICES"] = nvml.uuid()
    machine = Machine(arguments.build, nvml, settings, driver_folder(arguments, scratch), scratch,
                      time.monotonic() + arguments.seconds)
    absent, missing = why_absent(arguments.python), why_missing(simulated)
    memory = SIMULATED if simulated else REAL
    frameworks = os.path.join(HERE, "frameworks")

    def is_wanted(name):
        return any(fnmatch.fnmatch(name, pattern) for pattern in arguments.rows.split(","))

    wanted = [row for row in rows.framework_rows(arguments.python, frameworks, absent, memory,
                                                    why_unread(arguments.python)) +
              rows.native_rows(arguments.build, missing, memory) if is_wanted(row.name)]
    found = {"schema": "rac.gpu-check/1", "simulated": simulated, "card": nvml.card(), "driver": nvml.driver(),
             "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
             "facts": facts(machine, arguments.build) if is_wanted("facts") else [],
             "rows": make_rows(machine, wanted)}
    found["overhead"] = [result for timing in overhead.timings(arguments.build, missing, arguments.python, frameworks,
                                                               absent, not simulated)
                         if is_wanted(timing.name) for result in timing.make(machine, arguments.rounds)]
    states = [part["status"] for part in found["rows"] + found["overhead"]]
    found.update(passed=states.count("ok"), failed=states.count("fail"), skipped=states.count("skipped"))
    table.show(found)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(found, file, indent=1)
            file.write("\n")
    shutil.rmtree(scratch, ignore_errors=True)
    return 1 if found["failed"] or not found["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
