"""What Python frames add to a call stack: python_stacks.py PROBE; nanoseconds of the processor, medians of
rounds. Twenty different functions in ten files, and one that calls itself.
"""
import ctypes
import statistics
import sys

probe = ctypes.CDLL(sys.argv[1])
probe.probe_time.restype = ctypes.c_double
ROUNDS = 31
# The one that measures and the two below are frames, too.
FUNCTIONS = 17


def measure(calls):
    return probe.probe_time(0), probe.probe_time(1)


def different():
    calls = [measure]
    for i in range(FUNCTIONS):
        space = {}
        source = "def function_%d(calls):\n x = %d\n return calls.pop()(calls)\n" % (i, i)
        name = "/usr/lib/python3/dist-packages/package/module_%d.py" % (i // 2)
        exec(compile("\n" * i + source, name, "exec"), space)
        calls.append(space["function_%d" % i])
    return calls.pop()(calls)


def same(n=FUNCTIONS):
    return same(n - 1) if n > 0 else measure(None)


def main():
    rounds = [(different(), same()) for _ in range(ROUNDS)]
    version = "Python %d.%d" % sys.version_info[:2]
    for i, name in enumerate(["20 different functions", "20 frames, 17 of one function"]):
        native = statistics.median(r[i][0] for r in rounds)
        more = [r[i][1] - r[i][0] for r in rounds]
        print("%-40s %8s %8s %8s" % (version + ", " + name, "median", "least", "most"))
        print("  %-38s %8.0f" % ("native frames alone", native))
        row = statistics.median(more), min(more), max(more)
        print("  %-38s %8.0f %8.0f %8.0f" % (("more for Python's",) + row))


main()
