#!/usr/bin/env python3
"""Writes the checkpoints that `examples/pytorch_checkpoint.rs` loads, as a program that trains with PyTorch would.

    python examples/data/pytorch_checkpoint.py

Needs torch and safetensors. The same seed gives the same bytes.
"""

import pathlib

import torch
from safetensors.torch import save_file
from torch import nn

FOLDER = pathlib.Path(__file__).parent


class Basic(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(x + self.bn2(self.conv2(y)))


class SmallResNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.blocks = nn.Sequential(Basic(8), Basic(8))
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(128, classes)

    def forward(self, x):
        return self.fc(self.pool(self.blocks(self.stem(x))).flatten(1))


def main():
    torch.manual_seed(1)
    net = SmallResNet(classes=10)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.02)
    # Train a few steps, so that weights, running means and variances differ from their initial values.
    for _ in range(20):
        x, y = torch.randn(32, 1, 8, 8), torch.randint(10, (32,))
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    state = net.state_dict()
    save_file(state, FOLDER / "pytorch_checkpoint.safetensors")

    x = torch.randn(3, 1, 8, 8)
    with torch.no_grad():
        save_file({"input": x, "output": net(x)}, FOLDER / "pytorch_checkpoint_answers.safetensors")

    # The same body with the names of `DataParallel`, and a head for other classes.
    torch.manual_seed(2)
    other = {f"module.{name}": tensor for name, tensor in (state | SmallResNet(classes=4).fc.state_dict(prefix="fc.")).items()}
    save_file(other, FOLDER / "pytorch_checkpoint_parallel.safetensors")


if __name__ == "__main__":
    main()
