"""A stand-in for PyTorch: see device_memory."""

import device_memory
from device_memory import Array as Tensor
from device_memory import full, ones, zeros

from . import cuda


def manual_seed(seed):
    return seed
