"""numba-cuda: arrays on the device, pinned, mapped and managed memory, streams, and a kernel's launch."""

import numpy
from client import digest, fill, say
from numba import cuda
from numba.cuda.cudadrv.driver import CudaAPIError


def main():
    say("available", cuda.is_available(), len(cuda.gpus))
    cuda.detect()
    context = cuda.current_context()
    data = numpy.arange(1 << 18, dtype=numpy.float64)
    on_device = cuda.to_device(data)
    say("there and back", numpy.array_equal(on_device.copy_to_host(), data))
    part = on_device[1000:2000]
    say("view", digest(part.copy_to_host()))
    other = cuda.device_array_like(data)
    other.copy_to_device(on_device)
    say("device to device", digest(other.copy_to_host()))
    with cuda.pinned(data):
        stream = cuda.stream()
        late = cuda.to_device(data, stream=stream)
        back = late.copy_to_host(stream=stream)
        stream.synchronize()
    say("through a stream", numpy.array_equal(back, data))
    pinned = cuda.pinned_array(1 << 16, dtype=numpy.uint8)
    pinned[:] = 5
    say("pinned", int(pinned.sum()))
    mapped = cuda.mapped_array(1 << 12, dtype=numpy.uint8)
    mapped[:] = 6
    say("mapped", int(mapped.sum()))
    managed = cuda.managed_array(1 << 20, dtype=numpy.uint8)
    managed[:] = 7
    say("managed", int(managed.sum()))
    free, total = context.get_memory_info()
    say("in use", total - free)

    @cuda.jit
    def twice(array):
        i = cuda.grid(1)
        if i < array.size:
            array[i] *= 2

    twice[128, 256](on_device)
    cuda.synchronize()
    say("kernel")
    del late, other, pinned, mapped, managed
    context.memory_manager.deallocations.clear()
    free, total = context.get_memory_info()
    say("in use later", total - free)
    fill(lambda size: cuda.device_array(size, dtype=numpy.uint8), 4 << 20, CudaAPIError)


if __name__ == "__main__":
    main()
