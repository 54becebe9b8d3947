#!/usr/bin/env python3
"""Carries weights between PyTorch and Layercake, both ways, and compares what the networks give.

    python tests/pytorch/exchange.py [NAME ..]

Needs torch, safetensors and cargo. Each network is made here in plain `torch.nn` with random weights and running statistics; its `state_dict` is
saved as it is and loaded by `models/examples/exchange.rs`, which in turn saves weights of its own, loaded here with `load_state_dict`. Numbers must agree
to 1e-5 of the largest of their tensor.
"""

import pathlib
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file
from torch import nn

import gallery

TOLERANCE = 1e-5
BATCH = 2


def lenet5():
    net = nn.Sequential()
    for name, layer in (
        ("conv1", nn.Conv2d(1, 6, 5, padding=2)),
        ("tanh1", nn.Tanh()),
        ("pool1", nn.AvgPool2d(2)),
        ("conv2", nn.Conv2d(6, 16, 5)),
        ("tanh2", nn.Tanh()),
        ("pool2", nn.AvgPool2d(2)),
        ("flatten", nn.Flatten()),
        ("fc1", nn.Linear(400, 120)),
        ("tanh3", nn.Tanh()),
        ("fc2", nn.Linear(120, 84)),
        ("tanh4", nn.Tanh()),
        ("fc3", nn.Linear(84, 10)),
    ):
        net.add_module(name, layer)
    return net


def images(*shape):
    return lambda: (torch.randn(BATCH, *shape),)


def letters():
    """A text of another length than the one that the network's facts are worked out for, and the state that it begins with."""
    return torch.randint(65, (BATCH, 37)), torch.randn(BATCH, 1, 256), torch.randn(BATCH, 1, 256)


# How each is made, and what it is given.
NETWORKS = {
    "lenet5": (lenet5, images(1, 28, 28)),
    "vgg11": (gallery.FIGURES["vgg11"][0], images(3, 224, 224)),
    "resnet18": (gallery.FIGURES["resnet18"][0], images(3, 224, 224)),
    "char_lstm": (gallery.FIGURES["char-lstm"][0], letters),
}


def numbered(what, tensors):
    return {f"{what}/{i}": tensor.contiguous() for i, tensor in enumerate(tensors)}


def main():
    names = sys.argv[1:] or list(NETWORKS)
    root = pathlib.Path(__file__).parents[2]
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        path = lambda name, what: f"{folder}/{name}.{what}.safetensors"
        nets, inputs = {}, {}
        for name in names:
            make, draw = NETWORKS[name]
            torch.manual_seed(0)
            net = make().eval()
            for key, tensor in net.state_dict().items():
                if key.endswith("running_mean"):
                    tensor.normal_()
                elif key.endswith("running_var"):
                    tensor.uniform_(0.5, 2.0)
            inputs[name], nets[name] = draw(), net
            outputs = gallery.tuple_of(net(*inputs[name]))
            save_file(net.state_dict(), path(name, "theirs"))
            save_file(numbered("input", inputs[name]) | numbered("output", outputs), path(name, "given"))
        command = ["cargo", "run", "--quiet", "--release", "-p", "layercake-models", "--example", "exchange", "--", folder]
        subprocess.run(command, cwd=root, check=True)
        for name, net in nets.items():
            missing, unexpected = net.load_state_dict(load_file(path(name, "ours")), strict=False)
            # PyTorch's counter of batches is the one thing that only one side has.
            assert not unexpected and all(key.endswith("num_batches_tracked") for key in missing), (name, missing, unexpected)
            expected, found = numbered("output", gallery.tuple_of(net(*inputs[name]))), load_file(path(name, "outputs"))
            assert found.keys() == expected.keys(), (name, found.keys())
            error = max(((found[key] - output).abs().max() / output.abs().max()).item() for key, output in expected.items())
            print(f"{name:10} ours in theirs: {error:.1e}")
            assert error <= TOLERANCE, name
    print(f"{len(names)} networks, both ways")


if __name__ == "__main__":
    main()
