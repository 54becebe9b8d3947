#!/usr/bin/env python3
"""Compares networks of the gallery with torchvision's own classes.

    python tests/pytorch/torchvision_files.py            # writes torchvision.json: names and shapes of the tensors of torchvision's state_dicts
    python tests/pytorch/torchvision_files.py --run      # runs torchvision's networks and the same files in Layercake, and compares the outputs
    python tests/pytorch/torchvision_files.py --run resnet18 alexnet

Needs torch, torchvision and numpy; `--run` builds the command with cargo. With `--run` each network gets random weights, is put through one batch so that its running
statistics are not trivial, and is saved by `torch.save`. The command reads this file (`export --checkpoint x.pt --onnx x.onnx`), runs it on an image in an
`.npz` (`run --input x.npz --output y.npz`), and NumPy reads the output.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
import torchvision

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE = pathlib.Path(__file__).parent / "torchvision.json"
NAMES = [f"vgg{depth}{norm}" for depth in (11, 13, 16, 19) for norm in ("", "_bn")] + ["resnet18", "resnet50", "alexnet", "mobilenet_v2"]
# Of the largest output.
TOLERANCE = 1e-4


def tensors(name):
    with torch.device("meta"):
        net = getattr(torchvision.models, name)(weights=None)
    return {key: list(tensor.shape) for key, tensor in net.state_dict().items()}


def difference(name, folder, command):
    torch.manual_seed(3)
    net = getattr(torchvision.models, name)(weights=None)
    with torch.no_grad():
        net.train()(torch.randn(4, 3, 224, 224))
        image = torch.randn(2, 3, 224, 224)
        expected = net.eval()(image).numpy()
    checkpoint, model, given, found = (str(folder / f"x.{ending}") for ending in ("pt", "onnx", "npz", "y.npz"))
    torch.save(net.state_dict(), checkpoint)
    np.savez(given, input=image.numpy())
    for arguments in (["export", name, "--checkpoint", checkpoint, "--onnx", model], ["run", model, "--input", given, "--output", found]):
        subprocess.run(command + arguments, cwd=ROOT, check=True)
    output = np.load(found)["output"]
    assert output.shape == expected.shape, (output.shape, expected.shape)
    return float(np.abs(output - expected).max() / np.abs(expected).max()), pathlib.Path(checkpoint).stat().st_size


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--run", nargs="*", metavar="NAME", help="compare outputs of these networks, or of all")
    options.add_argument("--command", metavar="FILE", help="the command, instead of building it with cargo")
    given = options.parse_args()
    names = given.run
    command = [given.command] if given.command else ["cargo", "run", "--quiet", "--release", "-p", "layercake-models", "--"]
    if names is None:
        lines = (f"{json.dumps(name)}: {json.dumps(tensors(name))}" for name in NAMES)
        FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
        return
    failed = []
    for name in names or NAMES:
        with tempfile.TemporaryDirectory() as folder:
            worst, size = difference(name, pathlib.Path(folder), command)
        print(f"{name:14} {size / 1e6:6.1f} MB  {worst:.1e}", flush=True)
        failed += [name] if worst > TOLERANCE else []
    if failed:
        sys.exit(f"differing: {failed}")


if __name__ == "__main__":
    main()
