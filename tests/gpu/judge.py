"""Says whether figures agree. Nothing here runs a program or asks a device."""

import statistics

ALLOWED_BYTES = 2 << 20
ALLOWED_SHARE = 0.005


def snapshot(marks, name):
    return next(mark for mark in marks if mark["mark"] == name)


def untracked(mark):
    return mark["nvml"] - mark["tracked"]


def change(marks, first="before", last="after"):
    """NVML's figure and ours must have grown by as much between two marks."""
    begin, end = snapshot(marks, first), snapshot(marks, last)
    tracked, nvml = end["tracked"] - begin["tracked"], end["nvml"] - begin["nvml"]
    allowed = max(ALLOWED_BYTES, int(abs(tracked) * ALLOWED_SHARE))
    wrong = []
    if begin["source"] != end["source"]:
        wrong.append(f"NVML's figure is of the {begin['source']}, then of the {end['source']}")
    if abs(nvml - tracked) > allowed:
        wrong.append(f"between {first} and {last} NVML's figure changed by {nvml}, tracked by {tracked}; "
                     f"{allowed} apart is allowed")
    return {"tracked": tracked, "nvml": nvml, "difference": nvml - tracked, "allowed": allowed}, wrong


def growth(marks):
    """By how much untracked grew on the way to each mark; the first has all that came before."""
    before, steps = 0, []
    for mark in marks:
        steps.append({"to": mark["mark"], "bytes": untracked(mark) - before})
        before = untracked(mark)
    return steps


def passed(device, limit):
    """By how much the cap was passed, where that was not the driver's doing and told: pools and graphs grow in the
    driver's steps."""
    told = device["over_bytes"] if {"pool", "graph"} & set(device["kinds"]) else 0
    return max(0, device["peak_bytes"] - limit - told)


def at_cap(limit, report, words):
    """A run whose cap is what the same run needed: nothing may be refused."""
    device = report["devices"][0]
    wrong = []
    if device["refused"] or "refused" in words:
        wrong.append(f"a cap of {limit}, the peak without one, refused {device['refused']} requests")
    if passed(device, limit):
        wrong.append(f"the peak of {device['peak_bytes']} is above the cap of {limit}")
    return wrong


def below_cap(limit, report, words):
    """A run whose cap is one byte less than it needed: something is refused, and the program copes."""
    device = report["devices"][0]
    wrong = []
    if not device["refused"] and device["peak_bytes"] <= limit:
        wrong.append(f"a cap of {limit}, a byte less than the peak without one, refused nothing")
    if passed(device, limit):
        wrong.append(f"the peak of {device['peak_bytes']} is above the cap of {limit}")
    if "recovered" not in words and "took" not in words:
        wrong.append("after a refusal the program did not recover")
    return wrong


def frames(report, function):
    """Whether a place that allocated has a Python frame of this function."""
    return any(frame.get("language") == "python" and function in frame.get("function", "")
               for site in report["sites"] for frame in site["frames"])


def ratio(without, with_it, bar):
    """Interleaved rounds: the ratio of the medians, the noise of the rounds without, and whether it is above
    the bar, which is the most by which it may differ (None: not judged)."""
    result = statistics.median(with_it) / statistics.median(without)
    noise = (max(without) - min(without)) / statistics.median(without)
    wrong = []
    if bar is not None and result > 1 + bar:
        wrong.append(f"{result:.3f} of the time without the library, at most {1 + bar:.2f} is allowed "
                     f"(rounds without it differ by {noise:.1%})")
    return {"ratio": result, "noise": noise}, wrong
