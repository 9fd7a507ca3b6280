"""cuda.bindings.driver: every kind of memory of the driver API, from Python."""

import numpy
from client import digest, fill, say
from cuda.bindings import driver

MIB = 1 << 20


def ok(result):
    """The values of a call that succeeded."""
    error, *values = result
    if error != driver.CUresult.CUDA_SUCCESS:
        raise RuntimeError(error.name)
    return values[0] if len(values) == 1 else values


def use_linear():
    data = numpy.arange(MIB // 8, dtype=numpy.float64)
    back = numpy.empty_like(data)
    memory, other = ok(driver.cuMemAlloc(MIB)), ok(driver.cuMemAlloc(MIB))
    ok(driver.cuMemcpyHtoD(memory, data.ctypes.data, MIB))
    ok(driver.cuMemcpyDtoD(other, memory, MIB))
    ok(driver.cuMemcpyDtoH(back.ctypes.data, other, MIB))
    say("linear", numpy.array_equal(data, back), digest(back))
    ok(driver.cuMemsetD32(memory, 7, MIB // 4))
    ok(driver.cuMemcpyDtoH(back.ctypes.data, memory, MIB))
    say("filled", set(back.view(numpy.uint32).tolist()))
    pitched, pitch = ok(driver.cuMemAllocPitch(1000, 64, 4))
    say("pitch", pitch)
    ok(driver.cuMemFree(pitched))
    ok(driver.cuMemFree(other))
    return memory


def use_host():
    pinned = ok(driver.cuMemHostAlloc(MIB, driver.CU_MEMHOSTALLOC_DEVICEMAP))
    say("pinned", ok(driver.cuMemHostGetDevicePointer(pinned, 0)) != 0)
    ok(driver.cuMemFreeHost(pinned))
    buffer = numpy.zeros(MIB, dtype=numpy.uint8)
    ok(driver.cuMemHostRegister(buffer.ctypes.data, buffer.nbytes, 0))
    ok(driver.cuMemHostUnregister(buffer.ctypes.data))
    managed = ok(driver.cuMemAllocManaged(3 * MIB, driver.CUmemAttach_flags.CU_MEM_ATTACH_GLOBAL.value))
    ok(driver.cuMemFree(managed))


def use_pools(device, stream):
    pool = ok(driver.cuDeviceGetDefaultMemPool(device))
    threshold = driver.CUmemPool_attribute.CU_MEMPOOL_ATTR_RELEASE_THRESHOLD
    ok(driver.cuMemPoolSetAttribute(pool, threshold, driver.cuuint64_t(64 * MIB)))
    first = ok(driver.cuMemAllocAsync(5 * MIB, stream))
    second = ok(driver.cuMemAllocFromPoolAsync(40 * MIB, pool, stream))
    ok(driver.cuMemFreeAsync(first, stream))
    ok(driver.cuStreamSynchronize(stream))
    reserved = driver.CUmemPool_attribute.CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT
    say("pool holds", int(ok(driver.cuMemPoolGetAttribute(pool, reserved))))
    ok(driver.cuMemFreeAsync(second, stream))
    ok(driver.cuStreamSynchronize(stream))
    ok(driver.cuMemPoolTrimTo(pool, 0))
    say("trimmed", int(ok(driver.cuMemPoolGetAttribute(pool, reserved))))


def use_virtual():
    properties = driver.CUmemAllocationProp()
    properties.type = driver.CUmemAllocationType.CU_MEM_ALLOCATION_TYPE_PINNED
    properties.location.type = driver.CUmemLocationType.CU_MEM_LOCATION_TYPE_DEVICE
    properties.location.id = 0
    minimum = driver.CUmemAllocationGranularity_flags.CU_MEM_ALLOC_GRANULARITY_MINIMUM
    step = ok(driver.cuMemGetAllocationGranularity(properties, minimum))
    say("granularity", step)
    address = ok(driver.cuMemAddressReserve(4 * step, 0, 0, 0))
    handle = ok(driver.cuMemCreate(2 * step, properties, 0))
    ok(driver.cuMemMap(address, 2 * step, 0, handle, 0))
    access = driver.CUmemAccessDesc()
    access.location = properties.location
    access.flags = driver.CUmemAccess_flags.CU_MEM_ACCESS_FLAGS_PROT_READWRITE
    ok(driver.cuMemSetAccess(address, 2 * step, [access], 1))
    # As allocators do: the mapping keeps the memory.
    ok(driver.cuMemRelease(handle))
    ok(driver.cuMemsetD8(address, 1, 2 * step))
    ok(driver.cuMemUnmap(address, 2 * step))
    ok(driver.cuMemAddressFree(address, 4 * step))


def use_arrays():
    shape = driver.CUDA_ARRAY3D_DESCRIPTOR()
    shape.Width, shape.Height, shape.Depth = 64, 32, 4
    shape.Format = driver.CUarray_format.CU_AD_FORMAT_FLOAT
    shape.NumChannels = 4
    array = ok(driver.cuArray3DCreate(shape))
    say("array", ok(driver.cuArray3DGetDescriptor(array)).Depth)
    ok(driver.cuArrayDestroy(array))
    mipmap = ok(driver.cuMipmappedArrayCreate(shape, 3))
    ok(driver.cuMipmappedArrayDestroy(mipmap))


def use_graphs(stream):
    mode = driver.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_GLOBAL
    ok(driver.cuStreamBeginCapture(stream, mode))
    memory = ok(driver.cuMemAllocAsync(2 * MIB, stream))
    ok(driver.cuMemsetD8Async(memory, 3, 2 * MIB, stream))
    ok(driver.cuMemFreeAsync(memory, stream))
    graph = ok(driver.cuStreamEndCapture(stream))
    executable = ok(driver.cuGraphInstantiate(graph, 0))
    for _ in range(3):
        ok(driver.cuGraphLaunch(executable, stream))
    ok(driver.cuStreamSynchronize(stream))
    ok(driver.cuGraphExecDestroy(executable))
    ok(driver.cuGraphDestroy(graph))


def use_events(stream):
    begin, end = ok(driver.cuEventCreate(0)), ok(driver.cuEventCreate(0))
    ok(driver.cuEventRecord(begin, stream))
    ok(driver.cuEventRecord(end, stream))
    ok(driver.cuEventSynchronize(end))
    say("elapsed", ok(driver.cuEventElapsedTime(begin, end)) >= 0)


def main():
    ok(driver.cuInit(0))
    device = ok(driver.cuDeviceGet(0))
    say("device", ok(driver.cuDeviceGetName(64, device)).split(b"\0")[0], ok(driver.cuDriverGetVersion()))
    ok(driver.cuCtxSetCurrent(ok(driver.cuDevicePrimaryCtxRetain(device))))
    stream = ok(driver.cuStreamCreate(driver.CUstream_flags.CU_STREAM_NON_BLOCKING))
    kept = use_linear()
    use_host()
    use_pools(device, stream)
    use_virtual()
    use_arrays()
    use_graphs(stream)
    use_events(stream)
    fill(lambda size: ok(driver.cuMemAlloc(size)), 4 * MIB, RuntimeError)
    free, total = ok(driver.cuMemGetInfo())
    say("in use at the end", total - free)
    say("wrong free", driver.cuMemFree(12345)[0].name)
    ok(driver.cuStreamDestroy(stream))
    say("kept", kept != 0)


if __name__ == "__main__":
    main()
