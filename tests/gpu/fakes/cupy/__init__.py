"""A stand-in for CuPy: see device_memory."""

import device_memory
from device_memory import full, ones, zeros

from . import cuda

device_memory.start()


class Pool:
    def free_all_blocks(self):
        pass


def get_default_memory_pool():
    return Pool()
