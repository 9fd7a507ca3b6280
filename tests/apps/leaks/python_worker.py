# A worker of multiprocessing, which leaves by os._exit, leaks.
import ctypes, multiprocessing, sys

def work(sim):
    cuda = ctypes.CDLL(sim + "/libcudart.so.13")
    memory = ctypes.c_void_p()
    assert cuda.cudaMalloc(ctypes.byref(memory), 1 << 20) == 0

if __name__ == "__main__":
    worker = multiprocessing.get_context("fork").Process(target=work, args=(sys.argv[1],))
    worker.start()
    worker.join()
