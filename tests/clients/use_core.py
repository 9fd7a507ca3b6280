"""cuda.core: its memory resources, a stream, and a program that it compiles."""

import numpy
from client import digest, fill, say
from cuda.bindings import driver
from cuda.core import (
    Device,
    DeviceMemoryResource,
    DeviceMemoryResourceOptions,
    LaunchConfig,
    LegacyPinnedMemoryResource,
    ManagedMemoryResource,
    ManagedMemoryResourceOptions,
    Program,
    ProgramOptions,
    VirtualMemoryResource,
    launch,
)

MIB = 1 << 20

SOURCE = """
extern "C" __global__ void twice(float *values, unsigned int count)
{
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count)
        values[i] *= 2;
}
"""


def use_pools(device, stream):
    first = device.allocate(3 * MIB, stream=stream)
    say("default pool", first.size, first.is_device_accessible, first.is_host_accessible)
    pool = DeviceMemoryResource(device, options=DeviceMemoryResourceOptions(max_size=32 * MIB))
    second = pool.allocate(10 * MIB, stream=stream)
    data = numpy.arange(MIB // 8, dtype=numpy.uint64)
    pinned = LegacyPinnedMemoryResource().allocate(MIB)
    view = numpy.from_dlpack(pinned).view(numpy.uint64)
    view[:] = data
    target = pool.allocate(MIB, stream=stream)
    target.copy_from(pinned, stream=stream)
    view[:] = 0
    target.copy_to(pinned, stream=stream)
    stream.sync()
    say("there and back", digest(view))
    say("pool", pool.attributes.used_mem_current, pool.attributes.reserved_mem_current)
    for buffer in (second, target, pinned):
        buffer.close(stream)
    stream.sync()
    pool.close()
    return first


def use_others(device, stream):
    resource = ManagedMemoryResource(options=ManagedMemoryResourceOptions(preferred_location=0))
    buffer = resource.allocate(2 * MIB, stream=stream)
    say("managed pool", buffer.size, buffer.is_host_accessible)
    buffer.close(stream)
    stream.sync()
    resource.close()
    virtual = VirtualMemoryResource(device)
    buffer = virtual.allocate(5 * MIB)
    say("virtual", buffer.size)
    buffer.close()


def use_program(device, stream):
    program = Program(SOURCE, code_type="c++", options=ProgramOptions(arch="sm_80"))
    kernel = program.compile("cubin").get_kernel("twice")
    memory = device.allocate(MIB, stream=stream)
    launch(stream, LaunchConfig(grid=64, block=256), kernel, memory, numpy.uint32(1000))
    stream.sync()
    say("kernel", kernel.attributes.max_threads_per_block)
    memory.close(stream)


def main():
    device = Device(0)
    device.set_current()
    say("device", device.name, device.compute_capability, device.uuid)
    stream = device.create_stream()
    kept = use_pools(device, stream)
    use_others(device, stream)
    use_program(device, stream)
    fill(lambda size: device.allocate(size, stream=stream), 4 * MIB, Exception)
    stream.sync()
    free, total = driver.cuMemGetInfo()[1:]
    say("free and total", free // MIB, total // MIB)
    say("kept", kept.size)


if __name__ == "__main__":
    main()
