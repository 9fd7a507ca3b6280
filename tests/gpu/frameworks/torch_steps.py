"""One round of timing: prints the nanoseconds of a training step and of a decode step of a small transformer, the
medians. Usage: torch_steps.py"""

import statistics
import time

STEPS = 60
WARM = 15
WIDTH = 1024


def model(torch):
    layer = torch.nn.TransformerEncoderLayer(WIDTH, 16, 4 * WIDTH, dropout=0.0, batch_first=True, norm_first=True)
    return torch.nn.TransformerEncoder(layer, 6, enable_nested_tensor=False).cuda()


def train(torch):
    """A step allocates and frees what a step does: activations, gradients, the optimizer's states."""
    network = model(torch)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)
    data = torch.randn(16, 256, WIDTH, device="cuda")

    def step(_):
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cuda", dtype=torch.bfloat16):
            loss = network(data).square().mean()
        loss.backward()
        optimizer.step()

    return step


def decode(torch):
    """A step lengthens the keys and values by one, in new memory."""
    network = torch.nn.Linear(WIDTH, 3 * WIDTH, device="cuda", dtype=torch.bfloat16)
    state = {"token": torch.randn(32, 1, WIDTH, device="cuda", dtype=torch.bfloat16)}

    def step(number):
        if number == 0:
            state["keys"] = torch.zeros(32, 256, WIDTH, device="cuda", dtype=torch.bfloat16)
            state["values"] = torch.zeros_like(state["keys"])
        with torch.no_grad():
            query, key, value = network(state["token"]).chunk(3, dim=-1)
            state["keys"] = torch.cat([state["keys"], key], dim=1)
            state["values"] = torch.cat([state["values"], value], dim=1)
            state["token"] = torch.nn.functional.scaled_dot_product_attention(
                query, state["keys"], state["values"])

    return step


def median_step(torch, step):
    times = []
    for number in range(WARM + STEPS):
        torch.cuda.synchronize()
        begin = time.perf_counter_ns()
        step(number)
        torch.cuda.synchronize()
        times.append(time.perf_counter_ns() - begin)
    return statistics.median(times[WARM:])


def main():
    import torch
    torch.manual_seed(7)
    for name, loop in (("train", train), ("decode", decode)):
        print(name, median_step(torch, loop(torch)), flush=True)


if __name__ == "__main__":
    main()
