"""PyTorch, with the allocator that PYTORCH_CUDA_ALLOC_CONF chooses. Modes: eager, graphs, nccl."""

import os

import work

PARTS = 8


class Torch(work.Part):
    def start(self):
        import torch
        self.torch = torch
        self.OUT_OF_MEMORY = torch.cuda.OutOfMemoryError
        torch.manual_seed(7)
        torch.cuda.init()
        torch.zeros(1, device="cuda")
        torch.cuda.synchronize()

    def warm(self):
        torch = self.torch
        small = torch.ones(1024, 1024, device="cuda")
        (small * 2 + 1).sum().item()
        yield "kernels"
        (small @ small).sum().item()
        (small.half() @ small.half()).sum().item()
        yield "workspaces"
        if self.mode == "nccl":
            self.communicate(small)
            yield "communicator"
        if self.mode == "graphs":
            self.result(self.capture(work.MIB * PARTS))
            yield "graph"

    def communicate(self, tensor):
        import torch.distributed as distributed
        if not distributed.is_initialized():
            os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="0", RANK="0", WORLD_SIZE="1")
            distributed.init_process_group("nccl", store=distributed.HashStore(), rank=0, world_size=1)
        distributed.all_reduce(tensor)
        self.torch.cuda.synchronize()

    def eager(self, count):
        part = count // PARTS // 4
        held = [self.torch.full((part,), 3.0, device="cuda") for _ in range(PARTS)]
        self.torch.cuda.synchronize()
        return held

    def capture(self, count):
        """A graph that owns its memory, replayed."""
        part = count // PARTS // 4
        graph = self.torch.cuda.CUDAGraph()
        with self.torch.cuda.graph(graph):
            held = [self.torch.full((part,), 3.0, device="cuda") for _ in range(PARTS)]
        graph.replay()
        self.torch.cuda.synchronize()
        return [*held, graph]

    def take(self, count):
        return self.capture(count) if self.mode == "graphs" else self.eager(count)

    def result(self, held):
        tensors = [tensor for tensor in held if isinstance(tensor, self.torch.Tensor)]
        if self.mode == "nccl":
            self.communicate(tensors[-1])
        return " ".join(f"{tensor[-1024:].sum().item():.1f}" for tensor in tensors)

    def give(self):
        self.torch.cuda.synchronize()
        self.torch.cuda.empty_cache()


if __name__ == "__main__":
    work.main(Torch)
