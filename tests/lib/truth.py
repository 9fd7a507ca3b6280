#!/usr/bin/env python3
"""Prints where a JSON report differs from the simulator's truth; nothing where they agree.

In mode "threads" the peak of a device may be above the simulator's: memory is charged before the driver gives
it and until it took it back, so that threads overlap. The peak of a kind may differ either way: of which kind
memory is, is counted once the driver has given it. Usage: truth.py REPORT TRUTH [exact|threads]
"""

import json
import operator
import sys


def counts(kind):
    return kind["live_bytes"], kind["peak_bytes"], kind["allocations"] - kind["frees"]


def truths(account):
    return account["live_bytes"], account["peak_bytes"], account["live_count"]


def compare(what, ours, real, peak_is_right):
    if ours == real:
        return
    if ours[0] == real[0] and ours[2] == real[2] and peak_is_right(ours[1], real[1]):
        return
    print(f"{what}: live, peak and count are {real}, the report has {ours}")


# Graphs and what pools cache belong to no site.
SITELESS = ("pool", "graph")


def compare_sites(device, sites, alone):
    """The sites of a device add up to it; its peak as well, where one thread made all of it."""
    mine = [site for site in sites if site["device"] == device["ordinal"]]
    kinds = device["kinds"]
    for name, kind in kinds.items():
        if name == "graph":
            continue
        of_kind = [site for site in mine if site["kind"] == name]
        ours = [sum(site[key] for site in of_kind) for key in ("live_bytes", "live_count", "total_count")]
        real = [kind["live_bytes"], kind["allocations"] - kind["frees"], kind["allocations"]]
        if name in SITELESS:
            ours[0] = real[0]
        if ours != real:
            print(f"device {device['ordinal']}, {name}: live, count and total are {real}, its sites have {ours}")
    peak = sum(site["peak_bytes"] for site in mine)
    if alone and not any(name in kinds for name in SITELESS) and peak != device["peak_bytes"]:
        print(f"device {device['ordinal']}: the peak is {device['peak_bytes']}, its sites held {peak} then")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        report = json.load(file)
    with open(sys.argv[2], encoding="utf-8") as file:
        truth = json.load(file)
    threads = len(sys.argv) > 3 and sys.argv[3] == "threads"
    of_device = (lambda ours, real: ours >= real) if threads else operator.eq
    of_kind = (lambda ours, real: True) if threads else operator.eq
    nothing = {"live_bytes": 0, "peak_bytes": 0, "allocations": 0, "frees": 0, "kinds": {}}
    devices = {device["ordinal"]: device for device in report["devices"]}

    for real in truth["devices"]:
        ordinal = real["ordinal"]
        ours = devices.pop(ordinal, nothing)
        compare(f"device {ordinal}", counts(ours), truths(real["live"]), of_device)
        for name, kind in real["kinds"].items():
            if name not in ("context", "module"):
                compare(f"device {ordinal} {name}", counts(ours["kinds"].get(name, nothing)),
                        truths(kind), of_kind)
    for device in report["devices"]:
        compare_sites(device, report["sites"], not threads)
    for ordinal in devices:
        print(f"device {ordinal} is in the report alone")
    compare("pinned", counts(report["host"]["pinned"]), truths(truth["pinned"]), of_kind)
    if report["unknown_frees"] != truth["unknown_frees"]:
        print(f"unknown frees: {truth['unknown_frees']}, the report has {report['unknown_frees']}")
    if truth["calls_after_end"]:
        print(f"{truth['calls_after_end']} driver calls after its end")


if __name__ == "__main__":
    main()
