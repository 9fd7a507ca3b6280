# Python keeps a buffer for each step.
import ctypes, sys

cuda = ctypes.CDLL(sys.argv[1] + "/libcudart.so.13")

def step():
    memory = ctypes.c_void_p()
    assert cuda.cudaMalloc(ctypes.byref(memory), 1 << 20) == 0
    return memory

kept = [step() for _ in range(3)]
