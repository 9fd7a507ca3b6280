"""A stand-in for Numba: see device_memory. Its kernels add one, whatever they say."""

import device_memory


class DeviceArray(device_memory.Array):
    def __getitem__(self, part):
        view = DeviceArray(len(range(*part.indices(self.count))), self.value, view_of=self)
        return view

    @property
    def size(self):
        return self.count

    def copy_to_device(self, host):
        self.value = host[0]

    def copy_to_host(self):
        class Host:
            value = self.count * self.value

            def sum(self):
                return self.value
        return Host()


def device_array(count, dtype):
    return DeviceArray(count, 0.0)


def current_context():
    device_memory.start()

    class Context:
        class memory_manager:
            deallocations = []
    return Context


def jit(function):
    class Kernel:
        def __getitem__(self, shape):
            def launch(array):
                array.value += 1
            return launch
    return Kernel()


def synchronize():
    pass
