"""The rows of the check, and how one is made: the same program alone, watched, at its cap, a byte below it, and
with a leak."""

import judge


class Row:
    """One program. `needs` says why it cannot run here, or nothing; `unread` why the functions of its Python are not
    in call stacks; `several`: it starts another. It stops at marks (work.h, frameworks/work.py)."""

    def __init__(self, name, command, settings=None, needs=None, python=False, unread=None, timeout=60, several=False):
        self.name = name
        self.command = command
        self.settings = settings or {}
        self.needs = needs
        self.python = python
        self.unread = unread
        self.timeout = timeout
        self.several = several

    def make(self, machine):
        result = {"row": self.name, "status": "ok", "why": [], "notes": []}
        if self.needs:
            result.update(status="skipped", why=[self.needs])
            return result
        if machine.left() < 5:
            result.update(status="fail", why=["not run: the time was up"])
            return result
        try:
            self.fill(machine, result)
        except Exception as error:  # one row's trouble is not the others'
            result["why"].append(f"{type(error).__name__}: {error}")
        if result["why"] and result["status"] == "ok":
            result["status"] = "fail"
        return result

    def run(self, machine, more=(), **options):
        settings = {**self.settings, **options.pop("settings", {})}
        return machine.run([*self.command, *more], settings=settings, timeout=self.timeout, **options)

    def fill(self, machine, result):
        alone = self.run(machine, shim=False)
        if alone.status == 127 and "error while loading shared libraries" in alone.error:
            result.update(status="skipped", why=[alone.error.splitlines()[-1]])
            return
        if alone.complaint():
            result["why"].append(f"without the library: {alone.complaint()}")
            return
        watched = self.run(machine, marks=True)
        if watched.complaint() or not watched.report:
            result["why"].append(f"with the library: {watched.complaint() or 'it made no report'}")
            return
        if self.several and any(mark["source"] == "device" for mark in watched.marks):
            result.update(status="skipped", why=["NVML does not tell its two processes apart here"])
            return
        self.compare(alone, watched, result)
        self.cap(machine, watched, result)
        self.leak(machine, result)

    def compare(self, alone, watched, result):
        result["notes"] = sorted(set(watched.notes))
        result["marks"] = watched.marks
        result["change"], wrong = judge.change(watched.marks)
        result["given back"], also_wrong = judge.change(watched.marks, "before", "freed")
        result["untracked"] = [judge.untracked(judge.snapshot(watched.marks, name))
                               for name in ("before", "after")]
        result["growth"] = judge.growth(watched.marks)
        wrong += also_wrong
        if alone.values.get("result") != watched.values.get("result"):
            wrong.append(f"the result is {watched.values.get('result')} with the library, "
                         f"{alone.values.get('result')} without")
        result["why"] += wrong

    def cap(self, machine, watched, result):
        """A framework may need the last bytes of its peak where it does not expect a refusal; what it takes is less."""
        result["peak"] = peak = watched.report["devices"][0]["peak_bytes"]
        needed = judge.snapshot(watched.marks, "after")["tracked"] if self.python else peak
        for key, limit, verdict in (("cap", peak, judge.at_cap), ("recovery", needed - 1, judge.below_cap)):
            capped = self.run(machine, settings={"RAC_LIMIT": f"{limit}B"})
            wrong = [capped.complaint()] if capped.complaint() else verdict(limit, capped.report, capped.words)
            result[key] = "fail" if wrong else "ok"
            result["why"] += [f"cap of {limit}: {text}" for text in wrong]

    def leak(self, machine, result):
        """Judged is what is planted and nothing else: a framework's cache is not a leak."""
        settings = {"RAC_FAIL_ON": "leak", "RAC_STACKS": "native,python"}
        result["leak"] = "ok"
        for more, expected in (((), 0), (("leak",), 23)):
            run = self.run(machine, more, settings=settings)
            wrong = run.complaint(expected)
            if wrong:
                result["leak"] = "fail"
                result["why"].append(f"leak verdict {'with' if more else 'without'} a leak: {wrong}")
        if self.unread:
            result["frames"] = "unread"
            result["notes"].append(self.unread)
        elif self.python:
            seen = run.report is not None and judge.frames(run.report, "leave_behind")
            result["frames"] = "ok" if seen else "fail"
            if not seen:
                result["why"].append("no Python frame of leave_behind in the report")


def native_rows(build, missing, memory):
    """Those of compiled programs; `missing` says why nvcc's cannot run, or nothing."""
    kinds = ("linear", "pitched", "managed", "array", "mipmap", "vmm", "pool", "own-pool", "graph", "ipc",
             "import", "reset")
    rows = [Row(f"driver {kind}", [f"{build}/gpu/work", kind, memory], several=kind == "ipc") for kind in kinds]
    for link in ("shared", "static"):
        for kind in ("linear", "pool"):
            rows.append(Row(f"runtime {link} {kind}", [f"{build}/gpu/runtime_{link}", kind, memory]))
            rows.append(Row(f"nvcc {link} {kind}", [f"{build}/gpu/nvcc_{link}", kind, memory],
                            needs=missing(f"{build}/gpu/nvcc_{link}")))
    return rows


def framework_rows(python, folder, absent, memory, unread):
    """Those of Python's frameworks; `absent` says why a package cannot be used, `unread` why its functions are not read,
    or nothing."""
    def row(name, script, mode, packages, **settings):
        why = next((absent(package) for package in packages if absent(package)), None)
        return Row(name, [python, f"{folder}/{script}.py", mode, memory], settings, why, python=True, unread=unread,
                   timeout=90)

    return [
        row("PyTorch", "torch_work", "eager", ["torch"]),
        row("PyTorch, expandable segments", "torch_work", "eager", ["torch"],
            PYTORCH_CUDA_ALLOC_CONF="expandable_segments:True"),
        row("PyTorch, cudaMallocAsync", "torch_work", "eager", ["torch"],
            PYTORCH_CUDA_ALLOC_CONF="backend:cudaMallocAsync"),
        row("PyTorch, CUDA graphs", "torch_work", "graphs", ["torch"]),
        row("PyTorch, NCCL", "torch_work", "nccl", ["torch"]),
        row("JAX", "jax_work", "default", ["jax"], XLA_PYTHON_CLIENT_PREALLOCATE="false"),
        row("CuPy", "cupy_work", "default", ["cupy"]),
        row("CuPy, cudaMallocAsync", "cupy_work", "async", ["cupy"]),
        row("Numba", "numba_work", "default", ["numba", "numba.cuda"]),
        row("Triton", "triton_work", "default", ["torch", "triton"]),
    ]
