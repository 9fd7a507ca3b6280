"""nvitop and gpustat as programs of their own, beside a process that holds memory: this one."""

import json
import os
import re
import subprocess
import sys

from client import say
from cuda.bindings import driver

MIB = 1 << 20


def run(module, *arguments):
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def main():
    driver.cuInit(0)
    driver.cuCtxSetCurrent(driver.cuDevicePrimaryCtxRetain(0)[1])
    say("holds", driver.cuMemAlloc(40 * MIB)[0].name)
    table = run("nvitop", "--once", "--ascii")
    say("nvitop", re.findall(r"\d+MiB / \d+MiB", table))
    say("nvitop lists this process", [re.sub(r"\s+", " ", line).split(" ")[4] for line in table.splitlines()
                                      if re.match(rf"\|\s+0\s+{os.getpid()}\b", line)])
    card = json.loads(run("gpustat", "--json"))["gpus"][0]
    say("gpustat", card["memory.used"], card["memory.total"],
        [process["gpu_memory_usage"] for process in card["processes"] if process["pid"] == os.getpid()])


if __name__ == "__main__":
    main()
