# A trainer that remembers something of each epoch.
import ctypes, sys

cuda = ctypes.CDLL(sys.argv[1] + "/libcudart.so.13")
checkpoint = getattr(ctypes.CDLL(None), "rac_checkpoint", lambda name: None)
history = []

def allocate(mib):
    memory = ctypes.c_void_p()
    assert cuda.cudaMalloc(ctypes.byref(memory), mib << 20) == 0
    return memory

def train(epoch):
    batch = allocate(4)
    history.append(allocate(1))
    cuda.cudaFree(batch)

weights = allocate(8)
for epoch in range(6):
    train(epoch)
    checkpoint(b"epoch %d" % epoch)
