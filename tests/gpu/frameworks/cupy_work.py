"""CuPy. Modes: default (its own pool over cudaMalloc), async (cudaMallocAsync)."""

import work

PARTS = 8


class Cupy(work.Part):
    def start(self):
        import cupy
        self.cupy = cupy
        self.OUT_OF_MEMORY = cupy.cuda.memory.OutOfMemoryError
        if self.mode == "async":
            cupy.cuda.set_allocator(cupy.cuda.MemoryAsyncPool().malloc)
        cupy.zeros(1)
        cupy.cuda.Device().synchronize()

    def warm(self):
        small = self.cupy.ones((1024, 1024), dtype="float32")
        float((small * 2 + 1).sum())
        yield "kernels"
        float((small @ small).sum())
        yield "workspaces"

    def take(self, count):
        held = [self.cupy.full(count // PARTS // 4, 3.0, dtype="float32") for _ in range(PARTS)]
        self.cupy.cuda.Device().synchronize()
        return held

    def result(self, held):
        return " ".join(f"{float(array[-1024:].sum()):.1f}" for array in held)

    def give(self):
        self.cupy.cuda.Device().synchronize()
        if self.mode != "async":
            self.cupy.get_default_memory_pool().free_all_blocks()


if __name__ == "__main__":
    work.main(Cupy)
