"""nvidia-ml-py, and nvitop and gpustat on top of it, beside CUDA in the same process."""

import os

import pynvml
from client import say
from cuda.bindings import driver

# nvitop puts its own in the place of this one when it is imported.
memory_info = pynvml.nvmlDeviceGetMemoryInfo

import gpustat
import nvitop

MIB = 1 << 20


def ok(result):
    error, *values = result
    if error != driver.CUresult.CUDA_SUCCESS:
        raise RuntimeError(error.name)
    return values[0] if len(values) == 1 else values


def look(when):
    handle = pynvml.nvmlDeviceGetHandleByIndex(0)
    for version in (None, pynvml.nvmlMemory_v2):
        memory = memory_info(handle, version)
        say(when, memory.total // MIB, memory.free // MIB, memory.used // MIB)
    own = [p.usedGpuMemory for p in pynvml.nvmlDeviceGetComputeRunningProcesses(handle) if p.pid == os.getpid()]
    say(when, "by this process", own)
    device = nvitop.Device(0)
    say(when, "nvitop", device.memory_total_human(), device.memory_used_human(), device.memory_free_human(),
        [process.gpu_memory_human() for pid, process in device.processes().items() if pid == os.getpid()])
    card = gpustat.new_query()[0]
    say(when, "gpustat", card.memory_total, card.memory_used,
        [process["gpu_memory_usage"] for process in card.processes if process["pid"] == os.getpid()])


def main():
    pynvml.nvmlInit()
    say("driver", pynvml.nvmlSystemGetDriverVersion(), pynvml.nvmlDeviceGetCount())
    look("before")
    ok(driver.cuInit(0))
    ok(driver.cuCtxSetCurrent(ok(driver.cuDevicePrimaryCtxRetain(0))))
    look("with a context")
    memory = ok(driver.cuMemAlloc(40 * MIB))
    ok(driver.cuMemAllocManaged(4 * MIB, driver.CUmemAttach_flags.CU_MEM_ATTACH_GLOBAL.value))
    look("with memory")
    free, total = ok(driver.cuMemGetInfo())
    say("CUDA", total // MIB, free // MIB)
    ok(driver.cuMemFree(memory))
    look("freed")
    pynvml.nvmlShutdown()


if __name__ == "__main__":
    main()
