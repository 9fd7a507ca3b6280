"""What the sample tests take memory with: the runtime of the simulated CUDA, in SIM."""
import ctypes
import os

MIB = 1 << 20
cuda = ctypes.CDLL(os.environ["SIM"] + "/libcudart.so.13")


def take(mib, device=0):
    memory = ctypes.c_void_p()
    assert cuda.cudaSetDevice(device) == 0
    assert cuda.cudaMalloc(ctypes.byref(memory), int(mib * MIB)) == 0
    return memory


def give(memory):
    assert cuda.cudaFree(memory) == 0


def pass_through(mib, device=0):
    give(take(mib, device))
