# Python frees what it took, in finalizers at the end of the interpreter.
import ctypes, sys

cuda = ctypes.CDLL(sys.argv[1] + "/libcudart.so.13")

class Buffer:
    def __init__(self):
        self.memory = ctypes.c_void_p()
        assert cuda.cudaMalloc(ctypes.byref(self.memory), 1 << 20) == 0

    def __del__(self, free=cuda.cudaFree):
        free(self.memory)

kept = [Buffer() for _ in range(3)]
