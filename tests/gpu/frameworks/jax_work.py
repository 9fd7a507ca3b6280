"""JAX, with XLA's own allocator that grows on demand and gives nothing back."""

import work

PARTS = 8


class Jax(work.Part):
    def start(self):
        import jax
        import jax.numpy
        self.jax = jax
        self.OUT_OF_MEMORY = (RuntimeError, jax.errors.JaxRuntimeError)
        jax.numpy.zeros(1).block_until_ready()

    def is_out_of_memory(self, error):
        return "RESOURCE_EXHAUSTED" in str(error)

    def warm(self):
        numpy = self.jax.numpy
        small = numpy.ones((1024, 1024))
        (small * 2 + 1).sum().block_until_ready()
        yield "kernels"
        (small @ small).sum().block_until_ready()
        numpy.full((work.MIB,), 3.0).block_until_ready()
        yield "workspaces"

    def take(self, count):
        held = [self.jax.numpy.full((count // PARTS // 4,), 3.0) for _ in range(PARTS)]
        return [array.block_until_ready() for array in held]

    def result(self, held):
        return " ".join(f"{float(array[-1024:].sum()):.1f}" for array in held)


if __name__ == "__main__":
    work.main(Jax)
