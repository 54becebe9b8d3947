#!/usr/bin/env python3
"""Works out with Captum, and with PyTorch where Captum lacks the method, what `layercake::explain` must agree with, and writes it to `explain/`.

    python tests/pytorch/explain.py            # writes the fixture
    python tests/pytorch/explain.py --check    # compares it with what would be written

Needs torch, captum, numpy and safetensors. Everything is worked out and stored in float64; the same seed gives the same bytes. The network and the
names are those of `tests/tests/parity/explain.rs`.
"""

import argparse
import importlib.metadata
import pathlib
import sys
import warnings
from unittest import mock

import captum.attr
import captum.robust
import numpy as np
import safetensors.numpy
import torch
from torch import nn
from torch.nn import functional as F

from generate import draw_state, generator, rounded

FILE = pathlib.Path(__file__).parent / "explain" / "methods.safetensors"
CLASSES = [4, 1]


class Net(nn.Module):
    """A residual network with ReLUs, for pictures [2, 6, 8]."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(2, 4, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(4)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1)
        self.relu2 = nn.ReLU()
        self.relu3 = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(48, 7)
        self.relu4 = nn.ReLU()
        self.fc2 = nn.Linear(7, 5)

    def features(self, x):
        x = self.relu1(self.bn1(self.conv1(x)))
        return self.relu3(self.relu2(self.conv2(x)) + x)

    def forward(self, x):
        return self.fc2(self.relu4(self.fc1(self.pool(self.features(x)).flatten(1))))


def attributions(net, x):
    """What Captum gives, for a class of each sample and for a unit of a layer."""
    classes = torch.tensor(CLASSES)
    attr = captum.attr
    # The unit in channel 2 of conv2, at row 3 and column 5.
    unit = lambda method: method.attribute(x, (2, 3, 5))
    baseline = 0.3 * torch.ones_like(x)
    found = {
        "saliency": attr.Saliency(net).attribute(x, target=classes),
        "gradient": attr.Saliency(net).attribute(x, target=classes, abs=False),
        "input_x_gradient": attr.InputXGradient(net).attribute(x, target=classes),
        "guided_backprop": attr.GuidedBackprop(net).attribute(x, target=classes),
        "deconvolution": attr.Deconvolution(net).attribute(x, target=classes),
        "unit/gradient": unit(attr.NeuronGradient(net, net.conv2)),
        "unit/guided_backprop": unit(attr.NeuronGuidedBackprop(net, net.conv2)),
        "unit/deconvolution": unit(attr.NeuronDeconvolution(net, net.conv2)),
        "grad_cam": attr.LayerGradCam(net, net.conv2).attribute(x, target=classes),
        "grad_cam/relu": attr.LayerGradCam(net, net.relu3).attribute(x, target=classes, relu_attributions=True),
        "occlusion": attr.Occlusion(net).attribute(x, (2, 3, 3), target=classes),
        "occlusion/strides": attr.Occlusion(net).attribute(x, (1, 4, 3), strides=(1, 3, 2), baselines=0.5, target=classes),
    }
    cam = found["grad_cam"]
    for mode in ("nearest", "bilinear"):
        found[f"grad_cam/{mode}"] = attr.LayerAttribution.interpolate(cam, (9, 20), interpolate_mode=mode)
    for method in ("gausslegendre", "riemann_left", "riemann_right", "riemann_middle", "riemann_trapezoid"):
        ig, delta = attr.IntegratedGradients(net).attribute(
            x, baselines=baseline, target=classes, n_steps=12, method=method, return_convergence_delta=True
        )
        found |= {f"integrated_gradients/{method}": ig, f"integrated_gradients/{method}/delta": delta}
    found["integrated_gradients"] = attr.IntegratedGradients(net).attribute(x, target=classes)
    found["integrated_gradients/local"] = attr.IntegratedGradients(net, multiply_by_inputs=False).attribute(x, target=classes)
    # Captum draws the noise of all copies at once, those of a sample one after the other.
    draws = rounded(generator("noise").standard_normal((6, *x.shape)))
    arranged = draws.transpose(0, 1).reshape(-1, *x.shape[1:])
    for kind in ("smoothgrad", "smoothgrad_sq", "vargrad"):
        with mock.patch("torch.normal", lambda mean, std: mean + std * arranged):
            tunnel = attr.NoiseTunnel(attr.Saliency(net))
            found[kind] = tunnel.attribute(x, nt_type=kind, nt_samples=6, stdevs=0.4, target=classes, abs=False)
    found["draws"] = draws
    # Captum takes the labels as they are.
    cross_entropy = nn.CrossEntropyLoss(reduction="none")
    attack = captum.robust.FGSM(net, loss_func=cross_entropy, lower_bound=-1.0, upper_bound=1.2)
    found["fgsm"] = attack.perturb(x, 0.15, classes)
    found["fgsm/targeted"] = captum.robust.FGSM(net, loss_func=cross_entropy).perturb(x, 0.05, classes, targeted=True)
    return found


def gradient(function, x):
    x = x.clone().requires_grad_(True)
    value = function(x)
    return value, torch.autograd.grad(value.sum(), x)[0]


def smallest(measures, percentile):
    """The positions with the smallest measures."""
    count = int(percentile / 100 * measures.numel())
    mask = torch.ones(measures.numel(), dtype=torch.float64)
    mask[torch.argsort(measures.flatten(), stable=True)[:count]] = 0
    return mask.reshape(measures.shape)


def blurred(x, sigma):
    radius = int(4 * sigma + 0.5)
    weights = torch.exp(-0.5 * (torch.arange(-radius, radius + 1, dtype=torch.float64) / sigma) ** 2)
    weights = (weights / weights.sum()).expand(x.shape[1], 1, -1)
    x = F.conv2d(F.pad(x, (0, 0, radius, radius), "replicate"), weights.unsqueeze(-1), groups=x.shape[1])
    return F.conv2d(F.pad(x, (radius, radius, 0, 0), "replicate"), weights.unsqueeze(-2), groups=x.shape[1])


def ascent(net, x, shifts, decay=0.0, blur=None, norms=0.0, contributions=0.0, bound=np.inf, normalize=True, lr=0.7):
    """Gradient ascent of the classes' logits."""
    target = lambda x: net(x)[torch.arange(len(CLASSES)), CLASSES]
    for step in range(1, 9):
        shift = shifts[(step - 1) % len(shifts)] if shifts else (0, 0)
        x = x.roll(shift, (2, 3))
        _, g = gradient(target, x)
        norm = g.flatten(1).norm(dim=1).reshape(-1, 1, 1, 1) if normalize else 1.0
        x = (x + lr * g / norm) * (1 - decay)
        for measure, percentile in ((lambda x, g: (x * x).sum(0), norms), (lambda x, g: (x * g).sum(0).abs(), contributions)):
            if percentile:
                x = torch.stack([one * smallest(measure(one, slope), percentile) for one, slope in zip(x, g)])
        x = x.clamp(-bound, bound).roll([-by for by in shift], (2, 3))
        if blur and step % blur[0] == 0:
            x = blurred(x, blur[1])
    return x, target(x)


def dream(features, pictures, shifts, squares, octaves=3, scale=1.3, iterations=3, lr=0.05):
    """DeepDream with the program's steps, and with PyTorch's resizing."""
    sizes = [tuple(int(np.floor(side / scale**i + 0.5)) for side in pictures.shape[2:]) for i in range(octaves)]
    resized = lambda x, size: F.interpolate(x, size, mode="bilinear", align_corners=False)
    detail, at = None, 0
    for size in reversed(sizes):
        base = resized(pictures, size)
        x = base if detail is None else base + resized(detail, size)
        for _ in range(iterations):
            shift = shifts[at % len(shifts)]
            at += 1
            goal = (lambda y: (y * y).flatten(1).sum(1) / 2) if squares else (lambda y: y[:, 1].flatten(1).mean(1))
            _, g = gradient(lambda x: goal(features(x)), x.roll(shift, (2, 3)))
            g = g.roll([-by for by in shift], (2, 3))
            x = x + lr * g / g.abs().flatten(1).mean(1).reshape(-1, 1, 1, 1)
        detail = x - base
    return pictures + detail


def inversion(features, picture, start, l2=0.03, tv=0.02, lr=0.05, iterations=25):
    x = start.clone().requires_grad_(True)
    sought = features(picture).detach()
    adam = torch.optim.Adam([x], lr=lr)
    losses = []
    for step in range(iterations + 1):
        adam.zero_grad()
        rows, columns = x[:, :, 1:] - x[:, :, :-1], x[..., 1:] - x[..., :-1]
        variation = ((rows**2).sum() + (columns**2).sum()) / x.numel()
        loss = ((features(x) - sought) ** 2).sum() / (sought**2).sum() + l2 * (x**2).mean() + tv * variation
        losses.append(loss.detach())
        if step < iterations:
            loss.backward()
            adam.step()
    return x.detach(), torch.stack(losses)


def worked_out():
    net = Net().double()
    with torch.no_grad():
        draw_state(net, generator("explain", "state"))
    net.eval().requires_grad_(False)
    rng = generator("explain", "pictures")
    x = rounded(rng.standard_normal((2, 2, 6, 8)))
    large = rounded(rng.standard_normal((2, 2, 11, 13)))
    shifts = rng.randint(-3, 4, (5, 2))
    state = {name: tensor for name, tensor in net.state_dict().items() if not name.endswith("num_batches_tracked")}
    found = {f"state/{name}": tensor for name, tensor in state.items()}
    found |= {"x": x, "large": large, "shifts": torch.from_numpy(shifts)}
    found |= attributions(net, x)
    shifts = [tuple(int(by) for by in shift) for shift in shifts]
    for name, options in {
        "plain": {},
        "raw": {"normalize": False, "lr": 0.05},
        "l2": {"decay": 0.05},
        "blur": {"blur": (2, 0.6)},
        "small_values": {"norms": 20.0},
        "small_gradients": {"contributions": 30.0},
        "all": {"decay": 0.02, "blur": (3, 0.8), "norms": 10.0, "contributions": 10.0, "bound": 1.5},
    }.items():
        picture, scores = ascent(net, x, shifts if name in ("plain", "all") else [], **options)
        found |= {f"ascent/{name}": picture, f"ascent/{name}/score": scores.mean()}
    found["dream/squares"] = dream(lambda x: net.conv2(net.relu1(net.bn1(net.conv1(x)))), large, shifts, True)
    found["dream/channel"] = dream(net.features, large, shifts, False)
    found["inversion"], found["inversion/losses"] = inversion(net.features, x[:1], 0.1 * x[1:])
    return {name: np.ascontiguousarray(tensor.detach().numpy().astype(np.float64)) for name, tensor in found.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the file would differ")
    check = parser.parse_args().check
    # Captum tells that it sets hooks and asks for gradients.
    warnings.filterwarnings("ignore", category=UserWarning, module="captum")
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    versions = f"torch {torch.__version__} and captum {importlib.metadata.version('captum')}, worked out in float64"
    data = safetensors.numpy.save(worked_out(), metadata={"origin": versions})
    if not check:
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_bytes(data)
    elif not FILE.exists() or FILE.read_bytes() != data:
        sys.exit(f"differing: {FILE.name}")


if __name__ == "__main__":
    main()
