"""The work of `layercake bench lenet5`, done by PyTorch eager on the CPU.

    python torch_lenet.py [--batch-size N] [--threads N]

prints one JSON object with the fields of `layercake bench lenet5 --json`. A training step is: clear the gradients, forward, mean softmax
cross entropy, backward, Adam (lr 1e-3, otherwise as PyTorch has it). Inference runs without recording a graph. The batch is random
and the same each time. 3 steps warm up; then at least 15 are timed, going on to 1.5 s or 300 steps.
"""

import argparse
import json
import time

import torch
from torch import nn
from torch.nn import functional as F

WARM_UP, LEAST_STEPS, MOST_STEPS, LEAST_SECONDS = 3, 15, 300, 1.5


def lenet5():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120), nn.Tanh(),
        nn.Linear(120, 84), nn.Tanh(),
        nn.Linear(84, 10),
    )


def measure(work, items):
    for _ in range(WARM_UP):
        work()
    times, start = [], time.perf_counter()
    while len(times) < LEAST_STEPS or (len(times) < MOST_STEPS and time.perf_counter() - start < LEAST_SECONDS):
        step = time.perf_counter()
        work()
        times.append((time.perf_counter() - step) * 1e3)
    times.sort()
    median = times[len(times) // 2]
    return {"median_ms": median, "min_ms": times[0], "items_per_second": items / median * 1e3, "steps": len(times)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)

    net = lenet5()
    assert sum(p.numel() for p in net.parameters()) == 61_706
    images = torch.rand(options.batch_size, 1, 28, 28) * 2 - 1
    labels = torch.randint(0, 10, (options.batch_size,))
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    losses = []

    def train():
        optimizer.zero_grad()
        loss = F.cross_entropy(net(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

    def infer():
        with torch.inference_mode():
            return net(images)

    trained = measure(train, options.batch_size)
    assert losses[-1] < losses[0], "a step that does not learn is not the same work"
    net.eval()
    inferred = measure(infer, options.batch_size)
    result = {"model": f"torch {torch.__version__} eager", "batch_size": options.batch_size, "threads": torch.get_num_threads()}
    print(json.dumps(result | {"train": trained, "infer": inferred}))


if __name__ == "__main__":
    main()
