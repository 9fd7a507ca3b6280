"""What the library costs: the same program with and without it, in turns, so that what the machine does meanwhile
falls on both."""

import judge

ROUNDS = 7


class Timing:
    """A program that prints "KEY NANOSECONDS". `bars` has the keys and by what share each may grow, None where that
    is not judged. `most`: rounds at most, where one takes long."""

    def __init__(self, name, command, bars, needs=None, most=ROUNDS):
        self.name = name
        self.command = command
        self.bars = bars
        self.needs = needs
        self.most = most

    def failed(self, status, why):
        return [{"pair": self.name, "status": status, "why": [why]}]

    def make(self, machine, rounds):
        if self.needs:
            return self.failed("skipped", self.needs)
        times = {key: {False: [], True: []} for key in self.bars}
        for turn in range(2 * min(rounds, self.most)):
            shim = turn % 2 == 1
            if machine.left() < 1:
                return self.failed("fail", "not finished: the time was up")
            run = machine.run(self.command, shim=shim, timeout=90)
            if run.complaint():
                return self.failed("fail", f"{'with' if shim else 'without'} the library: {run.complaint()}")
            for key in self.bars:
                times[key][shim].append(float(run.values[key]))
        return [self.judged(key, times[key]) for key in self.bars]

    def judged(self, key, times):
        result, wrong = judge.ratio(times[False], times[True], self.bars[key])
        return {"pair": self.name if key == "ns" else f"{self.name}, {key}", "status": "fail" if wrong else "ok",
                "why": wrong, "without_ns": times[False], "with_ns": times[True], "bar": self.bars[key], **result}


def timings(build, missing, python, folder, absent, judged):
    """Pairs of calls, and steps of PyTorch. On a simulated driver, whose calls cost next to nothing, no share is
    judged."""
    pair, step = (0.02, 0.01) if judged else (None, None)
    program = f"{build}/gpu/pairs" if missing(f"{build}/gpu/nvcc_pairs") else f"{build}/gpu/nvcc_pairs"
    calls = (("cuMemAlloc", "512", None), ("cuMemAlloc", "4M", None), ("cudaMalloc", "512", pair),
             ("cudaMalloc", "4M", pair), ("cudaMallocAsync", "64K", None))
    return [Timing(f"pair {call} {size}", [program, call, size, "3000"], {"ns": bar}) for call, size, bar in calls] + [
        Timing("step PyTorch", [python, f"{folder}/torch_steps.py"], {"train": step, "decode": step}, absent("torch"),
               most=4)]
