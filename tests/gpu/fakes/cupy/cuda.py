import device_memory


class memory:
    OutOfMemoryError = device_memory.OutOfMemoryError


class Device:
    def synchronize(self):
        pass


class MemoryAsyncPool:
    def malloc(self, size):
        raise NotImplementedError


def set_allocator(malloc):
    assert callable(malloc)
