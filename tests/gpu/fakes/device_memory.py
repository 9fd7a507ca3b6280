"""What the stand-ins for frameworks are made of: arrays of floats in the driver's memory. They compute nothing but
what the rows of the check ask for. FAKE_END has them go wrong: take, recover, result or leak."""

import ctypes
import os

driver = ctypes.CDLL("libcuda.so.1")


WRONG = os.environ.get("FAKE_END")
refused = []


class OutOfMemoryError(RuntimeError):
    """CUDA_ERROR_OUT_OF_MEMORY, RESOURCE_EXHAUSTED: each framework has its own words."""


def start():
    context = ctypes.c_void_p()
    driver.cuInit(0)
    driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0)
    driver.cuCtxSetCurrent(context)


class Array:
    """Every element has one value. A view has no memory of its own."""

    def __init__(self, count, value, view_of=None):
        self.count, self.value, self.view_of = count, value, view_of
        self.address = ctypes.c_uint64()
        if view_of is not None:
            return
        if WRONG == "take" and count > 1 << 20:
            os.abort()
        if WRONG == "recover" and refused:
            raise ValueError("it does not know what to do")
        if driver.cuMemAlloc_v2(ctypes.byref(self.address), ctypes.c_size_t(4 * count)):
            refused.append(count)
            raise OutOfMemoryError("CUDA_ERROR_OUT_OF_MEMORY: RESOURCE_EXHAUSTED")

    def __del__(self):
        if self.view_of is None and self.address.value and WRONG != "leak":
            driver.cuMemFree_v2(self.address)

    def __getitem__(self, part):
        return Array(len(range(*part.indices(self.count))), self.value, view_of=self)

    def __add__(self, other):
        return Array(self.count, self.value + other)

    def __mul__(self, other):
        return Array(self.count, self.value * other)

    def __matmul__(self, other):
        return Array(self.count, self.value * other.value)

    def sum(self):
        return Array(1, self.count * self.value)

    def item(self):
        other = WRONG == "result" and "librac_track" in os.environ.get("LD_PRELOAD", "")
        return float(self.value) + other

    __float__ = item

    def numel(self):
        return self.count

    def half(self):
        return self

    def block_until_ready(self):
        return self


def full(shape, value, **_):
    count = 1
    for length in shape if isinstance(shape, tuple) else (shape,):
        count *= length
    return Array(count, value)


def ones(*shape, **_):
    return full(shape[0] if isinstance(shape[0], tuple) else shape, 1.0)


def zeros(*shape, **_):
    return full(shape, 0.0)
