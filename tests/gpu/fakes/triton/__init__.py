"""A stand-in for Triton: its kernels add one, whatever they say."""


def jit(function):
    class Kernel:
        def __getitem__(self, grid):
            def launch(tensor, count, BLOCK):
                assert grid == (cdiv(count, BLOCK),)
                tensor.value += 1
            return launch
    return Kernel()


def cdiv(a, b):
    return -(-a // b)
