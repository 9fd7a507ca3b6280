"""The steps that each framework goes through, as ../work.c has them for the driver: a mark before and after each,
where who watches takes figures. A framework's part has start, warm, take, result, give and OUT_OF_MEMORY."""

import ctypes
import gc
import os
import sys

MIB = 1 << 20


def mark(name):
    if "GPU_CHECK_MARKS" not in os.environ:
        return
    print(f"mark {name}", flush=True)
    if sys.stdin.readline() != "\n":
        sys.exit("nobody watches any more")


def size(text):
    return int(text[:-1]) * MIB if text.endswith("M") else int(text)


def leave_behind(driver="libcuda.so.1"):
    """Memory of the driver's own that nobody frees: not the framework's, which it would cache."""
    address = ctypes.c_uint64()
    result = ctypes.CDLL(driver).cuMemAlloc_v2(ctypes.byref(address), ctypes.c_size_t(3 * MIB))
    if result != 0:
        sys.exit(f"cuMemAlloc_v2 returned {result}")


def take(part, count):
    """What fits: half of it where all of it is refused, as a program would that tries a smaller batch."""
    try:
        held = part.take(count)
        print("took", flush=True)
        return held
    except part.OUT_OF_MEMORY as error:
        if not part.is_out_of_memory(error):
            raise
        print("refused", flush=True)
    gc.collect()
    part.give()
    held = part.take(count // 2)
    print("recovered", flush=True)
    return held


def run(part, count, leak=False):
    part.start()
    mark("context")
    for step in part.warm():
        mark(step)
    gc.collect()
    part.give()
    mark("before")
    held = take(part, count)
    mark("after")
    print("result", part.result(held), flush=True)
    if leak:
        leave_behind()
    del held
    gc.collect()
    part.give()
    mark("freed")


class Part:
    """What most frameworks share."""

    OUT_OF_MEMORY = MemoryError

    def __init__(self, mode):
        self.mode = mode

    def is_out_of_memory(self, error):
        """Whether an error that OUT_OF_MEMORY covers is one of memory."""
        return True

    def warm(self):
        """Loads what later steps need, and yields the name of a mark after each thing that takes memory."""
        return ()

    def give(self):
        """Has the framework give back what it caches, as far as it can be asked to."""


def main(kind):
    if len(sys.argv) < 3:
        sys.exit(f"usage: {sys.argv[0]} MODE BYTES [leak]")
    run(kind(sys.argv[1]), size(sys.argv[2]), leak=len(sys.argv) > 3)
