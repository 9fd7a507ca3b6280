"""PyCUDA: contexts, linear, pitched, managed and pinned memory, arrays, its memory pools, modules and streams."""

import numpy
import pycuda.driver as cuda
import pycuda.gpuarray as gpuarray
import pycuda.tools
from client import digest, fill, say

MIB = 1 << 20

CODE = b"""
.version 8.0
.target sm_80
.address_size 64
.visible .global .align 4 .u32 counter = 42;
.visible .const .align 8 .f64 weights[4] = {0d3FF0000000000000, 0d4000000000000000};
.visible .entry nothing(.param .u64 where) { ret; }
"""


def use_linear(data):
    memory = cuda.mem_alloc(data.nbytes)
    cuda.memcpy_htod(memory, data)
    other = cuda.to_device(data)
    cuda.memcpy_dtod(other, memory, data.nbytes // 2)
    say("linear", digest(cuda.from_device_like(other, data)))
    pitched, pitch = cuda.mem_alloc_pitch(600, 32, 4)
    say("pitch", pitch)
    copy = cuda.Memcpy2D()
    rows = numpy.arange(600 * 32, dtype=numpy.uint8).reshape(32, 600)
    copy.set_src_host(rows)
    copy.set_dst_device(pitched)
    copy.src_pitch, copy.dst_pitch, copy.width_in_bytes, copy.height = 600, pitch, 600, 32
    copy(aligned=False)
    back = numpy.zeros_like(rows)
    copy = cuda.Memcpy2D()
    copy.set_src_device(pitched)
    copy.set_dst_host(back)
    copy.src_pitch, copy.dst_pitch, copy.width_in_bytes, copy.height = pitch, 600, 600, 32
    copy(aligned=False)
    say("rows", numpy.array_equal(rows, back))
    other.free()
    try:
        other.free()
    except cuda.LogicError as error:
        say("freed twice", error)


def use_host(data):
    stream = cuda.Stream()
    pinned = cuda.pagelocked_empty_like(data)
    pinned[:] = data
    memory = cuda.mem_alloc(data.nbytes)
    begin, end = cuda.Event(), cuda.Event()
    begin.record(stream)
    cuda.memcpy_htod_async(memory, pinned, stream)
    cuda.memcpy_dtoh_async(pinned, memory, stream)
    end.record(stream).synchronize()
    say("stream", digest(pinned), end.time_since(begin) >= 0)
    managed = cuda.managed_zeros(MIB // 8, dtype=numpy.float64, mem_flags=cuda.mem_attach_flags.GLOBAL)
    managed[:] = 2
    say("managed", managed.sum())


def use_arrays():
    image = numpy.arange(64 * 48, dtype=numpy.float32).reshape(48, 64)
    array = cuda.matrix_to_array(image, "C")
    shape = array.get_descriptor()
    say("array", shape.width, shape.height)
    back = numpy.zeros_like(image)
    copy = cuda.Memcpy2D()
    copy.set_src_array(array)
    copy.set_dst_host(back)
    copy.width_in_bytes = copy.dst_pitch = image.strides[0]
    copy.height = 48
    copy(aligned=False)
    say("out of the array", numpy.array_equal(image, back))


def use_pools():
    pool = pycuda.tools.DeviceMemoryPool()
    blocks = [pool.allocate(100_000 * (i + 1)) for i in range(8)]
    say("pool", pool.active_blocks, pool.active_bytes)
    blocks = blocks[:2]
    say("pool, later", pool.active_blocks, pool.held_blocks)
    pool.free_held()
    array = gpuarray.zeros(1000, dtype=numpy.int32, allocator=pool.allocate)
    say("array of a pool", int(array.get().sum()))
    host = pycuda.tools.PageLockedMemoryPool()
    block = host.allocate((5000,), numpy.float32)
    say("pinned pool", block.size)
    del array, block, blocks
    pool.stop_holding()
    host.stop_holding()


def use_module():
    module = cuda.module_from_buffer(CODE)
    address, size = module.get_global("counter")
    value = numpy.zeros(1, dtype=numpy.uint32)
    cuda.memcpy_dtoh(value, address)
    say("global", size, value[0])
    address, size = module.get_global("weights")
    value = numpy.zeros(4)
    cuda.memcpy_dtoh(value, address)
    say("constants", size, value)
    function = module.get_function("nothing")
    memory = cuda.mem_alloc(MIB)
    function(memory, grid=(4, 1), block=(128, 1, 1))
    say("threads", function.max_threads_per_block)
    try:
        module.get_function("something")
    except cuda.LogicError as error:
        say("no such kernel", error)


def main():
    cuda.init()
    device = cuda.Device(0)
    say("device", device.name(), device.total_memory(), cuda.get_driver_version())
    context = device.make_context()
    data = numpy.arange(MIB // 4, dtype=numpy.float32)
    use_linear(data)
    use_host(data)
    use_arrays()
    use_pools()
    use_module()
    fill(cuda.mem_alloc, 4 * MIB, cuda.MemoryError)
    say("free and total", cuda.mem_get_info())
    kept = cuda.mem_alloc(3 * MIB)
    context.pop()
    say("kept", int(kept) != 0)


if __name__ == "__main__":
    main()
