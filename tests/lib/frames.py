#!/usr/bin/env python3
"""Names the frames of a JSON report as the symbol tables of its modules do, one site a line.

Prints api, kind, live bytes and the frames that are not CUDA's or ours, innermost first: FUNCTION of a native
one, FUNCTION:LINE of Python's, "?" where no symbol covers it. Frames of modules whose names do not begin with one
of the prefixes are left out, where any are given. A file MODULE.debug beside a module is asked in its place.
Usage: frames.py REPORT [PREFIX...]
"""

import bisect
import json
import os
import subprocess
import sys

CUDA = ("libcuda", "librac_track")


class Symbols:
    def __init__(self, module):
        debug = module + ".debug"
        path = debug if os.path.exists(debug) else module
        lines = subprocess.run(["nm", "-n", "--defined-only", path], capture_output=True, text=True, check=False).stdout
        rows = [line.split() for line in lines.splitlines()]
        self.rows = [(int(row[0], 16), row[2]) for row in rows if len(row) == 3 and row[1] in "tTwWiu"]

    def name(self, offset):
        at = bisect.bisect_right(self.rows, (offset, "\x7f")) - 1
        return self.rows[at][1].split(".")[0] if at >= 0 else "?"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        report = json.load(file)
    prefixes = tuple(sys.argv[2:])
    known = {}
    lines = []
    for site in report["sites"]:
        words = []
        for frame in site["frames"]:
            if frame["language"] == "python":
                words.append(f"{frame['function']}:{frame['line']}")
                continue
            module = frame["module"]
            name = os.path.basename(module)
            if name.startswith(CUDA) or prefixes and not name.startswith(prefixes):
                continue
            symbols = known.setdefault(module, Symbols(module) if module else None)
            words.append(symbols.name(frame["offset"]) if symbols else "?")
        lines.append(" ".join([site["api"], site["owner"], str(site["live_bytes"]), *words]))
    print("\n".join(sorted(lines)))


if __name__ == "__main__":
    main()
