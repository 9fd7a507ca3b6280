#!/usr/bin/env python3
"""What the check says of figures that agree and of figures that do not: one "ok" or "not ok" line a case."""

import sys

sys.path.insert(0, "tests/gpu/frameworks")

import judge
import table
import torch_steps

MIB = 1 << 20
failed = 0


def case(name, got, expected):
    global failed
    print(f"{'ok' if got == expected else 'not ok'} - {name}")
    if got != expected:
        failed += 1
        print(f"#   got:      {got}\n#   expected: {expected}")


def marks(*figures, source="process"):
    names = ("context", "before", "after", "freed")
    return [{"mark": name, "tracked": tracked * MIB, "nvml": nvml * MIB, "source": source}
            for name, (tracked, nvml) in zip(names, figures)]


def agrees(begin, end, source="process"):
    seen = marks((0, 300), begin)
    seen.append({"mark": "after", "tracked": int(end[0] * MIB), "nvml": int(end[1] * MIB), "source": source})
    return judge.change(seen)[1] == []


def report(peak, refused, over=0, kind="device"):
    return {"devices": [{"peak_bytes": peak, "refused": refused, "over_bytes": over, "kinds": {kind: {}}}]}


def frame(function, language="python"):
    return {"sites": [{"frames": []}, {"frames": [{"function": "malloc", "language": "native"},
                                                  {"function": function, "language": language}]}]}


def changes():
    case("the same change agrees", agrees((10, 310), (266, 566)), True)
    case("what is untracked before does not count", agrees((10, 910), (266, 1166)), True)
    case("2 MiB apart is allowed", agrees((0, 300), (100, 402)), True)
    case("a little more is not", agrees((0, 300), (100, 402.001)), False)
    case("nor too little", agrees((0, 300), (100, 397.9)), False)
    case("of much memory half a percent is", agrees((0, 300), (40000, 40500)), True)
    case("and no more", agrees((0, 300), (40000, 40501)), False)
    case("memory that is given back is compared, too", agrees((500, 800), (100, 500)), False)
    case("figures of a process and of a device are not compared", agrees((0, 300), (1, 301), "device"), False)
    case("the difference is told", judge.change(marks((0, 300), (0, 300), (100, 356)))[0],
         {"tracked": 100 * MIB, "nvml": 56 * MIB, "difference": -44 * MIB, "allowed": 2 * MIB})
    case("what untracked grew by is told by mark",
         judge.growth(marks((0, 300), (8, 320), (100, 412), (0, 312))),
         [{"to": "context", "bytes": 300 * MIB}, {"to": "before", "bytes": 12 * MIB}, {"to": "after", "bytes": 0},
          {"to": "freed", "bytes": 0}])


def caps():
    case("at its cap a program is let be", judge.at_cap(100, report(100, 0), ["took"]), [])
    case("a refusal there is wrong", len(judge.at_cap(100, report(50, 1), ["refused", "recovered"])), 1)
    case("one that only the program saw, too", len(judge.at_cap(100, report(50, 0), ["refused"])), 1)
    case("so is a peak above the cap", len(judge.at_cap(100, report(101, 0), ["took"])), 1)
    case("a byte below it is refused", judge.below_cap(99, report(50, 1), ["refused", "recovered"]), [])
    case("or freed its cache and went on", judge.below_cap(99, report(99, 1), ["took"]), [])
    case("what is not refused is wrong", len(judge.below_cap(99, report(99, 0), ["took"])), 1)
    case("a peak above the cap is wrong", len(judge.below_cap(99, report(100, 1), ["recovered"])), 1)
    case("a pool that grew past it and says so is right", judge.below_cap(99, report(131, 0, 32, "pool"), ["took"]), [])
    case("by more than it says is wrong", len(judge.below_cap(99, report(132, 0, 32, "pool"), ["took"])), 1)
    case("other memory may not pass it", len(judge.below_cap(99, report(131, 0, 32), ["took"])), 1)
    case("one that does not recover is wrong", len(judge.below_cap(99, report(50, 1), ["refused"])), 1)


def others():
    case("a Python frame is found", judge.frames(frame("work.leave_behind"), "leave_behind"), True)
    case("another's is not it", judge.frames(frame("main"), "leave_behind"), False)
    case("nor is a native one", judge.frames(frame("leave_behind", "native"), "leave_behind"), False)
    case("the ratio is that of the medians", judge.ratio([100, 90, 500], [101, 400, 80], 0.01)[0]["ratio"], 1.01)
    case("at the bar is right", judge.ratio([100], [102], 0.02)[1], [])
    case("above it is wrong", len(judge.ratio([100], [102.1], 0.02)[1]), 1)
    case("faster is right", judge.ratio([100], [90], 0.02)[1], [])
    case("the noise is told", judge.ratio([100, 95, 105], [100], None)[0]["noise"], 0.1)
    case("without a bar nothing is wrong", judge.ratio([100], [300], None)[1], [])


def tables():
    row = {"row": "x", "status": "fail", "why": [], "notes": [], "untracked": [300 * MIB, 302 * MIB], "cap": "ok",
           "recovery": "fail", "leak": "ok",
           "change": {"tracked": 256 * MIB, "nvml": 258 * MIB, "difference": 2 * MIB}}
    case("a row of the table", table.columns(row),
         ["x", "fail", "256.0", "258.0", "2.0", "300.0", "302.0", "ok", "fail", "ok", ""])
    case("of one that did not run", table.columns({"row": "x", "status": "skipped"}), ["x", "skipped", *[""] * 9])


class Clockless:
    class cuda:
        calls = 0

        @classmethod
        def synchronize(cls):
            cls.calls += 1


def steps():
    seen = []
    median = torch_steps.median_step(Clockless, seen.append)
    case("steps are counted from 0, each between two waits",
         (seen == list(range(torch_steps.WARM + torch_steps.STEPS)), Clockless.cuda.calls, median > 0),
         (True, 2 * len(seen), True))


changes()
caps()
others()
tables()
steps()
sys.exit(1 if failed else 0)
