# An exception passes by the free.
import ctypes, sys

cuda = ctypes.CDLL(sys.argv[1] + "/libcudart.so.13")

def step(fails):
    memory = ctypes.c_void_p()
    assert cuda.cudaMalloc(ctypes.byref(memory), 1 << 20) == 0
    if fails:
        raise ValueError("no")
    cuda.cudaFree(memory)

for number in range(4):
    try:
        step(number == 2)
    except ValueError:
        pass
