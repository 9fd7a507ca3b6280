"""Numba: arrays straight from the driver, and a kernel that it compiles."""

import work

PARTS = 8


class Numba(work.Part):
    def start(self):
        import numpy
        from numba import cuda
        from numba.cuda.cudadrv.driver import CudaAPIError
        self.cuda, self.numpy = cuda, numpy
        self.OUT_OF_MEMORY = CudaAPIError
        self.kernel = None
        cuda.current_context()

    def is_out_of_memory(self, error):
        return "OUT_OF_MEMORY" in str(error)

    def warm(self):
        cuda = self.cuda

        @cuda.jit
        def one_more(array):
            i = cuda.grid(1)
            if i < array.size:
                array[i] += 1

        self.kernel = one_more
        self.result([cuda.device_array(1024, dtype=self.numpy.float32)])
        yield "kernels"

    def take(self, count):
        return [self.cuda.device_array(count // PARTS // 4, dtype=self.numpy.float32) for _ in range(PARTS)]

    def result(self, held):
        sums = []
        for array in held:
            end = array[-1024:]
            end.copy_to_device(self.numpy.full(1024, 2, dtype=self.numpy.float32))
            self.kernel[4, 256](end)
            sums.append(f"{end.copy_to_host().sum():.1f}")
        return " ".join(sums)

    def give(self):
        self.cuda.synchronize()
        self.cuda.current_context().memory_manager.deallocations.clear()


if __name__ == "__main__":
    work.main(Numba)
