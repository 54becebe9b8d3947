#!/usr/bin/env python3
"""Works out with PyTorch what Layercake must agree with, and writes it to `fixtures/`, one safetensors file for each kind of layer.

    python tests/pytorch/generate.py            # writes the fixtures
    python tests/pytorch/generate.py --check    # compares them with what would be written

Needs torch, numpy and safetensors. Inputs and parameters are rounded to float32 first and everything else is worked out from them in
float64, then rounded: so a test measures Layercake's error alone. The same seed gives the same bytes. Each case is drawn from a seed of
its own, so adding one leaves the others as they are.

The names in a file are `case/part/tensor`:

    given    what goes in: `input`, `output_grad`, and each parameter and buffer by its path (`conv.weight`, `bn.running_mean`)
    train    what comes out in training: `output`, `input_grad`, `grad/` and a parameter's path, `after/` and a buffer's path
    eval     the same at inference, without `after/`: nothing changes
    both     in place of the two where they are equal
"""

import argparse
import pathlib
import sys
import zlib

import numpy as np
import safetensors
import safetensors.numpy
import torch
from torch import nn

import cases
import catalogue
import sequences

SEED = 1998
CASES = cases.CASES | catalogue.CASES | sequences.CASES
FOLDER = pathlib.Path(__file__).parent / "fixtures"
# Below this a float64 gradient of our sizes is what rounding left of an exact zero (a bias in front of a batch norm).
NOISE = 1e-12


def generator(*path):
    """Random numbers for one purpose. RandomState's stream is frozen, whatever numpy's version."""
    return np.random.RandomState(zlib.crc32("/".join([str(SEED), *path]).encode()))


def rounded(array):
    """What float32 can hold, in float64."""
    return torch.from_numpy(np.asarray(array, dtype=np.float64).astype(np.float32).astype(np.float64))


def stored(tensor):
    array = tensor.detach().numpy()
    if array.size and np.abs(array).max() < NOISE:
        array = np.zeros_like(array)
    return np.ascontiguousarray(array.astype(np.float32))


def draw_state(net, rng):
    """Gives every parameter and buffer values at which nothing is trivially one or zero, yet signals keep their size."""
    for name, tensor in net.state_dict().items():
        shape = tuple(tensor.shape)
        if name.endswith("num_batches_tracked"):
            continue
        elif name.endswith("running_mean"):
            value = 0.5 * rng.standard_normal(shape)
        elif name.endswith("running_var"):
            value = rng.uniform(0.5, 2.0, shape)
        elif name.endswith("weight") and len(shape) > 1:
            value = rng.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))
        elif name.endswith("weight"):
            value = 1.0 + 0.3 * rng.standard_normal(shape)
        else:
            value = 0.3 * rng.standard_normal(shape)
        tensor.copy_(rounded(value))


def state(net):
    """Parameters and buffers by path, those that Layercake has too."""
    return {name: tensor for name, tensor in net.state_dict().items() if not name.endswith("num_batches_tracked")}


def run(net, given, training):
    """One forward and backward; the network's state is put back afterwards."""
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    net.train(training)
    net.zero_grad()
    x = given["input"].clone().requires_grad_(True)
    y = net(x)
    y.backward(given["output_grad"])
    found = {"output": stored(y)}
    # Of token ids there is none.
    if x.grad is not None:
        found["input_grad"] = stored(x.grad)
    for name, parameter in net.named_parameters():
        # What does not matter to the output has no gradient at all in PyTorch.
        found[f"grad/{name}"] = stored(torch.zeros_like(parameter) if parameter.grad is None else parameter.grad)
    if training:
        for name, tensor in state(net).items():
            if name.split(".")[-1].startswith("running_"):
                found[f"after/{name}"] = stored(tensor)
    net.load_state_dict(before)
    return found


def same(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[key], other[key]) for key in one)


def tensors_of(kind, case):
    net = nn.Sequential()
    for name, layer in case.layers.items():
        net.add_module(name, layer)
    net.double()
    rng = generator(kind, case.name)
    draw_state(net, rng)
    given = {"input": rounded(case.data(rng, (case.batch, *case.shape)))}
    given["output_grad"] = rounded(rng.standard_normal(tuple(net.eval()(given["input"]).shape)))

    parts = {"given": {key: stored(tensor) for key, tensor in {**given, **state(net)}.items()}}
    inference = run(net, given, training=False)
    if case.eval_only:
        parts["eval"] = inference
    else:
        training = run(net, given, training=True)
        parts |= {"both": training} if same(training, inference) else {"train": training, "eval": inference}
    return {f"{case.name}/{part}/{key}": array for part, tensors in parts.items() for key, array in tensors.items()}


def training_trace():
    """LeNet-5 trained for 20 steps on 4 batches of 8 images, again and again: SGD with momentum, softmax cross entropy.

    An image is a class's coarse pattern of 7x7 squares and noise, in bytes; the network sees byte / 255 in float32. The first parameters
    are those of the case `whole`.
    """
    steps, batches, size, classes = 20, 4, 8, 10
    rng = generator("lenet5", "trace")
    patterns = np.kron(rng.randint(0, 200, (classes, 7, 7)), np.ones((4, 4), dtype=np.int64))
    labels = rng.randint(0, classes, (batches, size))
    images = (patterns[labels] + rng.randint(0, 56, (batches, size, 28, 28))).astype(np.uint8)
    inputs = rounded(images.astype(np.float32) / np.float32(255)).reshape(batches, size, 1, 28, 28)

    (case,) = CASES["lenet5"]
    net = nn.Sequential()
    for name, layer in case.layers.items():
        net.add_module(name, layer)
    net.double().train()
    draw_state(net, generator("lenet5", case.name))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.03, momentum=0.9)
    losses = []
    for step in range(steps):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(inputs[step % batches]), torch.from_numpy(labels[step % batches]))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    # Parameters from both ends after the last step: the losses alone would not show a wrong last update.
    last = {f"trace/after/{name}": stored(net.state_dict()[name]) for name in ("conv1.weight", "conv1.bias", "fc3.weight", "fc3.bias")}
    return {
        "trace/images": images,
        "trace/labels": labels.astype(np.uint8),
        "trace/losses": np.array(losses, dtype=np.float32),
        **last,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file would differ")
    check = parser.parse_args().check
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    # One entry only: safetensors does not promise an order for several.
    origin = {"origin": f"torch {torch.__version__}, seed {SEED}, worked out in float64"}
    FOLDER.mkdir(exist_ok=True)
    total, count, differing = 0, 0, []
    for kind, kind_cases in CASES.items():
        names = [case.name for case in kind_cases]
        assert len(set(names)) == len(names), f"{kind} has two cases of one name"
        tensors = {}
        for case in kind_cases:
            tensors |= tensors_of(kind, case)
        if kind == "lenet5":
            tensors |= training_trace()
        data = safetensors.numpy.save(tensors, metadata=origin)
        path = FOLDER / f"{kind}.safetensors"
        if not check:
            path.write_bytes(data)
        elif not path.exists() or path.read_bytes() != data:
            differing.append(path.name)
        total += len(data)
        count += len(names)
        print(f"{kind:20} {len(names):3} cases {len(data):8} bytes")
    unknown = sorted(path.name for path in FOLDER.iterdir() if path.stem not in CASES)
    print(f"{'total':20} {count:3} cases {total:8} bytes")
    if differing or unknown:
        sys.exit(f"differing: {differing}; not made here: {unknown}")


if __name__ == "__main__":
    main()
