#!/usr/bin/env python3
"""shown_by.py PAGE RAN - whether the tests that the tables of a page name in their column "shown by"
were run: a script, and behind it in backticks how names of its tests begin.

RAN has a line for each test: its script, a tab, and "ok - NAME". Prints what was not run, by row;
status 1 if anything was not, or if there is no such table.
"""
import re
import sys

NAMED = re.compile(r"(?P<script>\w+\.sh)|`(?P<test>[^`]+)`")


def rows(page):
    """The first and the last cell of each row of tables whose last column is headed so."""
    inside = False
    for line in page:
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if not line.startswith("|"):
            inside = False
        elif cells[-1] == "shown by":
            inside = True
        elif inside and not line.startswith("|-"):
            yield cells[0], cells[-1]


def missing(shown_by, ran):
    """What of a cell was not run."""
    script, names = None, 0
    for named in NAMED.finditer(shown_by):
        names += 1
        test = named["test"]
        if named["script"]:
            script = named["script"]
            if not ran.get(script):
                yield script
        elif test.startswith("make "):
            continue
        elif not any(name.startswith(test) for name in ran.get(script, ())):
            yield f"{script}: {test}"
    if not names:
        yield "any test"


def main():
    ran = {}
    with open(sys.argv[2], encoding="utf-8", errors="replace") as lines:
        for line in lines:
            script, _, result = line.rstrip("\n").partition("\t")
            if result.startswith("ok - "):
                ran.setdefault(script, []).append(result[len("ok - "):])
    with open(sys.argv[1], encoding="utf-8") as page:
        table = list(rows(page))
    bad = [(row, test) for row, shown_by in table for test in missing(shown_by, ran)]
    for row, test in bad:
        print(f"{sys.argv[1]}: '{row}': was not run: {test}")
    if not table:
        print(f"{sys.argv[1]}: no table with a last column 'shown by'")
    sys.exit(1 if bad or not table else 0)


if __name__ == "__main__":
    main()
