"""Triton: a kernel that it compiles, over PyTorch's memory."""

import work
from torch_work import Torch

try:
    import triton
    import triton.language as tl
except ImportError:
    triton = None


def add_one(pointer, count, BLOCK: "tl.constexpr"):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    tl.store(pointer + offsets, tl.load(pointer + offsets, mask=mask) + 1, mask=mask)


class Triton(Torch):
    def start(self):
        super().start()
        self.kernel = triton.jit(add_one)

    def warm(self):
        yield from super().warm()
        self.result([self.torch.zeros(4096, device="cuda")])
        yield "Triton's kernel"

    def result(self, held):
        for tensor in held:
            self.kernel[(triton.cdiv(tensor.numel(), 1024),)](tensor, tensor.numel(), BLOCK=1024)
        self.torch.cuda.synchronize()
        return super().result(held)


if __name__ == "__main__":
    work.main(Triton)
