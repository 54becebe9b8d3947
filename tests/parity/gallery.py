#!/usr/bin/env python3
"""The networks of `models/src/gallery` in PyTorch: what is published of them, and what they work out.

    python tests/parity/gallery.py            # writes gallery/figures.json and gallery/values.safetensors
    python tests/parity/gallery.py --check    # compares them with what would be written

Needs torch, numpy and safetensors. Modules are named as torchvision, timm, Pytorch-UNet and PyTorch's examples name them, so that equal
names here and in Layercake mean that their checkpoints load.

`figures.json` holds for each network its trained parameters, the floating-point operations that PyTorch's FlopCounterMode counts for
one sample, the shapes of its outputs, and names and shapes of its tensors in order. Published figures are asserted.

`values.safetensors` holds what small forms of the networks give: `name/part/output/0`, `name/part/input_grad/0`, `name/part/grad/` and a
parameter's path, `name/part/after/` and a buffer's path; parts are `train` and `eval`, or `both` where the two are equal. Inputs,
parameters and the outputs' gradients follow from their names alone (`seeded`), here and in `tests/src/seeded.rs`. They are rounded to
float32 and everything is worked out from them in float64.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
import safetensors.numpy
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from catalogue import MaskedConv2d

FOLDER = pathlib.Path(__file__).parent / "gallery"
BATCH = 3
# Below this a float64 gradient of our sizes is what rounding left of an exact zero (a bias in front of a batch norm).
NOISE = 1e-12


# The networks


def vgg(columns, classifier, norm=False, colours=3):
    """Widths of the convolutions between the poolings; what comes behind them."""
    features, channels = [], colours
    for widths in columns:
        for width in widths:
            features += [nn.Conv2d(channels, width, 3, padding=1)] + [nn.BatchNorm2d(width)] * norm + [nn.ReLU()]
            channels = width
        features.append(nn.MaxPool2d(2))
    net = nn.Sequential()
    net.features = nn.Sequential(*features)
    net.flatten = nn.Flatten()
    net.classifier = classifier
    return net


def vgg_classifier(features, hidden, classes, p=0.5):
    first, second = hidden
    return nn.Sequential(
        nn.Linear(features, first), nn.ReLU(), nn.Dropout(p), nn.Linear(first, second), nn.ReLU(), nn.Dropout(p), nn.Linear(second, classes)
    )


def vgg_columns(*counts):
    return [[width] * count for width, count in zip([64, 128, 256, 512, 512], counts)]


def vgg_head():
    return vgg_classifier(25088, (4096, 4096), 1000)


VGG = {11: vgg_columns(1, 1, 2, 2, 2), 13: vgg_columns(2, 2, 2, 2, 2), 16: vgg_columns(2, 2, 3, 3, 3), 19: vgg_columns(2, 2, 4, 4, 4)}
# As torchvision has them, without and with batch normalisation.
VGG_PARAMS = {11: (132_863_336, 132_868_840), 13: (133_047_848, 133_053_736), 16: (138_357_544, 138_365_992), 19: (143_667_240, 143_678_248)}


def vgg8(colours, features):
    head = [nn.Dropout(), nn.Linear(features, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Dropout(), nn.Linear(256, 10)]
    return vgg([[32] * 2, [64] * 2, [128] * 2], nn.Sequential(*head), True, colours)


class Basic(nn.Module):
    def __init__(self, channels, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = projection(channels, width, stride) if stride > 1 or channels != width else None

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    def __init__(self, channels, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = projection(channels, 4 * width, stride) if stride > 1 or channels != 4 * width else None

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv3(F.relu(self.bn2(self.conv2(y)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


def projection(channels, width, stride):
    return nn.Sequential(nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))


class ResNet(nn.Module):
    def __init__(self, block, stages, classes, first, small, colours=3):
        super().__init__()
        self.conv1 = nn.Conv2d(colours, first, 3, 1, 1, bias=False) if small else nn.Conv2d(colours, first, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(first)
        self.maxpool = None if small else nn.MaxPool2d(3, 2, 1)
        channels, self.stages = first, len(stages)
        for i, (width, count) in enumerate(stages):
            blocks = []
            for j in range(count):
                blocks.append(block(channels, width, 2 if i > 0 and j == 0 else 1))
                channels = width * (4 if block is Bottleneck else 1)
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = x if self.maxpool is None else self.maxpool(x)
        for i in range(self.stages):
            x = getattr(self, f"layer{i + 1}")(x)
        return self.fc(x.mean((2, 3)))


RESNET18 = [(64, 2), (128, 2), (256, 2), (512, 2)]
RESNET20 = [(16, 3), (32, 3), (64, 3)]
RESNET50 = [(64, 3), (128, 4), (256, 6), (512, 3)]


class ConvReLU(nn.Module):
    def __init__(self, channels, width, size=1, padding=0):
        super().__init__()
        self.conv = nn.Conv2d(channels, width, size, padding=padding)

    def forward(self, x):
        return F.relu(self.conv(x))


class Inception(nn.Module):
    def __init__(self, channels, one, three, five, pooled):
        super().__init__()
        self.branch1 = ConvReLU(channels, one)
        self.branch2 = nn.Sequential(ConvReLU(channels, three[0]), ConvReLU(three[0], three[1], 3, 1))
        self.branch3 = nn.Sequential(ConvReLU(channels, five[0]), ConvReLU(five[0], five[1], 5, 2))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), ConvReLU(channels, pooled))

    def forward(self, x):
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class DenseLayer(nn.Module):
    def __init__(self, channels, growth):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, 4 * growth, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, x):
        y = self.conv1(F.relu(self.norm1(x)))
        return torch.cat([x, self.conv2(F.relu(self.norm2(y)))], 1)


def dense_block(channels, growth, layers):
    net = nn.Sequential()
    for i in range(layers):
        net.add_module(f"denselayer{i + 1}", DenseLayer(channels + i * growth, growth))
    return net


class Convs(nn.Module):
    def __init__(self, channels, width, between):
        super().__init__()
        layers = []
        for a, b in [(channels, between), (between, width)]:
            layers += [nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
        self.double_conv = nn.Sequential(*layers)

    def forward(self, x):
        return self.double_conv(x)


class Named(nn.Module):
    """One module under a name."""

    def __init__(self, name, module):
        super().__init__()
        self.add_module(name, module)

    def forward(self, x):
        return next(self.children())(x)


class UNet(nn.Module):
    """`widths` on the way down; the width and the one between on the way up."""

    def __init__(self, channels, classes, widths, up):
        super().__init__()
        self.inc = Convs(channels, widths[0], widths[0])
        for i, (a, b) in enumerate(zip(widths, widths[1:])):
            self.add_module(f"down{i + 1}", Named("maxpool_conv", nn.Sequential(nn.MaxPool2d(2), Convs(a, b, b))))
        below = widths[-1]
        for i, (width, between) in enumerate(up):
            self.add_module(f"up{i + 1}", Named("conv", Convs(below + widths[-2 - i], width, between)))
            below = width
        self.outc = Named("conv", nn.Conv2d(below, classes, 1))
        self.levels = len(up)

    def forward(self, x):
        seen = [self.inc(x)]
        for i in range(self.levels):
            seen.append(getattr(self, f"down{i + 1}")(seen[-1]))
        x = seen.pop()
        for i in range(self.levels):
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
            x = getattr(self, f"up{i + 1}")(torch.cat([seen.pop(), x], 1))
        return self.outc(x)


class Tower(nn.Module):
    def __init__(self, c1, c2, c3, features, flat, k1=10, k2=7, k3=4):
        super().__init__()
        self.conv1 = nn.Conv2d(1, c1, k1)
        self.conv2 = nn.Conv2d(c1, c2, k2)
        self.conv3 = nn.Conv2d(c2, c2, k3)
        self.conv4 = nn.Conv2d(c2, c3, k3)
        self.fc = nn.Linear(flat, features)

    def forward(self, x):
        for conv in (self.conv1, self.conv2, self.conv3):
            x = F.max_pool2d(F.relu(conv(x)), 2)
        return torch.sigmoid(self.fc(F.relu(self.conv4(x)).flatten(1)))


class Siamese(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.tower = Tower(*sizes)
        self.same = nn.Linear(sizes[3], 1)

    def forward(self, left, right):
        return self.same((self.tower(left) - self.tower(right)).abs())


class VaeEncoder(nn.Module):
    def __init__(self, pixels, hidden, latent):
        super().__init__()
        self.fc1, self.fc21, self.fc22 = nn.Linear(pixels, hidden), nn.Linear(hidden, latent), nn.Linear(hidden, latent)

    def forward(self, x):
        hidden = F.relu(self.fc1(x.flatten(1)))
        return self.fc21(hidden), self.fc22(hidden)


class VaeDecoder(nn.Module):
    def __init__(self, latent, hidden, shape):
        super().__init__()
        self.fc3, self.fc4 = nn.Linear(latent, hidden), nn.Linear(hidden, int(np.prod(shape)))
        self.shape = shape

    def forward(self, z):
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z)))).reshape(-1, *self.shape)


class Vae(nn.Module):
    def __init__(self, shape, hidden, latent):
        super().__init__()
        self.encoder = VaeEncoder(int(np.prod(shape)), hidden, latent)
        self.decoder = VaeDecoder(latent, hidden, shape)

    def forward(self, x):
        mean, logvar = self.encoder(x)
        return self.decoder(mean), mean, logvar


def gate(x):
    features, gates = x.chunk(2, 1)
    return torch.tanh(features) * torch.sigmoid(gates)


class GatedBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv_vertical = MaskedConv2d(width, 2 * width, 3, "B", stack="vertical")
        self.conv_horizontal = MaskedConv2d(width, 2 * width, (1, 3), "B", stack="horizontal")
        self.link = nn.Conv2d(2 * width, 2 * width, 1)
        self.mix = nn.Conv2d(width, width, 1)

    def forward(self, vertical, horizontal):
        rows = self.conv_vertical(vertical)
        return gate(rows), horizontal + self.mix(gate(self.conv_horizontal(horizontal) + self.link(rows)))


class GruCell(nn.Module):
    """PyTorch's own, its two matrices as layers."""

    def __init__(self, inputs, hidden):
        super().__init__()
        self.ih, self.hh = nn.Linear(inputs, 3 * hidden), nn.Linear(hidden, 3 * hidden)

    def forward(self, x, h):
        return torch.gru_cell(x, h, self.ih.weight, self.hh.weight, self.ih.bias, self.hh.bias)


class Mlp(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class MixerBlock(nn.Module):
    def __init__(self, patches, width, tokens, channels):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.mlp_tokens = Mlp(patches, tokens)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp_channels = Mlp(width, channels)

    def forward(self, x):
        x = x + self.mlp_tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.mlp_channels(self.norm2(x))


class Mixer(nn.Module):
    def __init__(self, size, patches, width, tokens, channels, blocks, classes):
        super().__init__()
        self.stem = Named("proj", nn.Conv2d(3, width, size, size))
        self.blocks = nn.Sequential(*[MixerBlock(patches, width, tokens, channels) for _ in range(blocks)])
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        x = self.stem(x).flatten(2).transpose(1, 2)
        return self.head(self.norm(self.blocks(x)).mean(1))


# What is asked of them: how to make it, the shapes of its inputs, and the number of parameters where it is published.

IMAGENET, CIFAR, GREY = [(3, 224, 224)], [(3, 32, 32)], [(1, 28, 28)]
FIGURES = {
    **{f"vgg{n}": (lambda n=n: vgg(VGG[n], vgg_head()), IMAGENET, VGG_PARAMS[n][0]) for n in VGG},
    **{f"vgg{n}-bn": (lambda n=n: vgg(VGG[n], vgg_head(), True), IMAGENET, VGG_PARAMS[n][1]) for n in VGG},
    **{f"vgg{n}-cifar": (lambda n=n: vgg(VGG[n], nn.Linear(512, 10), True), CIFAR, None) for n in VGG},
    "vgg8": (lambda: vgg8(3, 2048), CIFAR, None),
    "vgg8-grey": (lambda: vgg8(1, 1152), GREY, None),
    "resnet20": (lambda: ResNet(Basic, RESNET20, 10, 16, True), CIFAR, 272_474),
    "resnet20-grey": (lambda: ResNet(Basic, RESNET20, 10, 16, True, 1), GREY, None),
    "resnet18": (lambda: ResNet(Basic, RESNET18, 1000, 64, False), IMAGENET, 11_689_512),
    "resnet50": (lambda: ResNet(Bottleneck, RESNET50, 1000, 64, False), IMAGENET, 25_557_032),
    "resnet18-cifar": (lambda: ResNet(Basic, RESNET18, 10, 64, True), CIFAR, None),
    "resnet50-cifar": (lambda: ResNet(Bottleneck, RESNET50, 10, 64, True), CIFAR, None),
    "inception": (lambda: Inception(192, 64, (96, 128), (16, 32), 32), [(192, 28, 28)], None),
    "dense-block": (lambda: dense_block(64, 32, 6), [(64, 56, 56)], None),
    "unet": (
        lambda: UNet(3, 2, [64, 128, 256, 512, 512], [(256, 512), (128, 256), (64, 128), (64, 64)]),
        [(3, 256, 256)],
        None,
    ),
    "siamese": (lambda: Siamese(64, 128, 256, 4096, 9216), [(1, 105, 105)] * 2, None),
    "vae": (lambda: Vae((1, 28, 28), 400, 20), [(1, 28, 28)], None),
    "vae-encoder": (lambda: VaeEncoder(784, 400, 20), [(1, 28, 28)], None),
    "vae-decoder": (lambda: VaeDecoder(20, 400, (1, 28, 28)), [(20,)], None),
    "gated-block": (lambda: GatedBlock(64), [(64, 28, 28)] * 2, None),
    "gru-cell": (lambda: GruCell(128, 256), [(128,), (256,)], None),
    "mixer-block": (lambda: MixerBlock(196, 768, 384, 3072), [(196, 768)], None),
    "mixer-b16": (lambda: Mixer(16, 196, 768, 384, 3072, 12, 1000), IMAGENET, 59_880_472),
}
VALUES = {
    "vgg11": (lambda: vgg([[4], [5], [6] * 2], vgg_classifier(6, (9, 10), 4, 0.0)), [(3, 9, 10)]),
    "vgg16-cifar": (lambda: vgg([[3] * 2, [4] * 2, [5] * 3], nn.Linear(5, 4), True), [(3, 11, 12)]),
    "resnet18": (lambda: ResNet(Basic, [(3, 2), (4, 2), (5, 2)], 5, 3, False), [(3, 19, 17)]),
    "resnet50-cifar": (lambda: ResNet(Bottleneck, [(2, 3), (3, 2), (4, 2)], 5, 3, True), [(3, 9, 10)]),
    "inception": (lambda: Inception(5, 4, (3, 5), (2, 2), 2), [(5, 8, 7)]),
    "dense-block": (lambda: dense_block(5, 2, 3), [(5, 6, 7)]),
    "unet": (lambda: UNet(2, 3, [3, 4, 4], [(3, 4), (3, 3)]), [(2, 12, 8)]),
    "siamese": (lambda: Siamese(2, 3, 4, 6, 4, 3, 3, 2), [(1, 26, 27)] * 2),
    "vae": (lambda: Vae((1, 5, 4), 9, 3), [(1, 5, 4)]),
    "gated-block": (lambda: GatedBlock(3), [(3, 6, 5)] * 2),
    "gru-cell": (lambda: GruCell(5, 7), [(5,), (7,)]),
    "mixer": (lambda: Mixer(4, 6, 7, 5, 9, 2, 5), [(3, 8, 12)]),
}


def tensors(net):
    """Parameters and buffers by path, those that Layercake has too."""
    return {name: tensor for name, tensor in net.state_dict().items() if not name.endswith("num_batches_tracked")}


def tuple_of(outputs):
    return outputs if isinstance(outputs, tuple) else (outputs,)


def figures(make, shapes, published):
    with torch.device("meta"):
        net = make().eval()
        with FlopCounterMode(display=False) as counter:
            outputs = tuple_of(net(*[torch.empty(1, *shape) for shape in shapes]))
    params = sum(parameter.numel() for parameter in net.parameters())
    assert published is None or params == published, (params, published)
    return {
        "params": params,
        "flops": counter.get_total_flops(),
        "outputs": [list(output.shape[1:]) for output in outputs],
        "tensors": [f"{name} {list(tensor.shape)}" for name, tensor in tensors(net).items()],
    }


# Numbers that follow from names


def seeded(name, shape, low, high):
    """As `tests/src/seeded.rs`: splitmix64 from the FNV-1a hash of the name, 24 bits a number, rounded to float32."""
    with np.errstate(over="ignore"):
        state = np.uint64(0xCBF2_9CE4_8422_2325)
        for byte in name.encode():
            state = (state ^ np.uint64(byte)) * np.uint64(0x0000_0100_0000_01B3)
        state = state * np.uint64(0xD134_2543_DE82_EF95)
        count = int(np.prod(shape))
        x = state + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E37_79B9_7F4A_7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58_476D_1CE4_E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D0_49BB_1331_11EB)
        unit = ((x ^ (x >> np.uint64(31))) >> np.uint64(40)).astype(np.float64) / (1 << 24)
    numbers = (low + (high - low) * unit).astype(np.float32).astype(np.float64)
    return torch.from_numpy(numbers.reshape(shape))


def parameter(net, path, shape):
    """Values at which nothing is trivially one or zero, yet signals keep their size."""
    kind, name = path.split(".")[-1], f"{net}/{path}"
    if kind == "running_var":
        return seeded(name, shape, 0.5, 2.0)
    if kind == "weight" and len(shape) == 1:
        return seeded(name, shape, 0.5, 1.5)
    if kind == "weight":
        spread = 2.4 / np.sqrt(np.prod(shape[1:]))
        return seeded(name, shape, -spread, spread)
    return seeded(name, shape, -0.5, 0.5)


def stored(tensor):
    array = tensor.detach().numpy()
    if array.size and np.abs(array).max() < NOISE:
        array = np.zeros_like(array)
    return np.ascontiguousarray(array.astype(np.float32))


def run(name, make, shapes, training):
    net = make().double().train(training)
    for path, tensor in tensors(net).items():
        tensor.copy_(parameter(name, path, tuple(tensor.shape)))
    inputs = [seeded(f"{name}/input/{i}", (BATCH, *shape), -1.0, 1.0).requires_grad_() for i, shape in enumerate(shapes)]
    outputs = tuple_of(net(*inputs))
    grads = [seeded(f"{name}/output_grad/{i}", tuple(output.shape), -1.0, 1.0) for i, output in enumerate(outputs)]
    torch.autograd.backward(outputs, grads)
    found = {f"output/{i}": stored(output) for i, output in enumerate(outputs)}
    found |= {f"input_grad/{i}": stored(x.grad) for i, x in enumerate(inputs)}
    found |= {f"grad/{path}": stored(parameter.grad) for path, parameter in net.named_parameters()}
    if training:
        buffers = {path: tensor for path, tensor in tensors(net).items() if path.split(".")[-1].startswith("running_")}
        found |= {f"after/{path}": stored(tensor) for path, tensor in buffers.items()}
    return found


def values():
    all_tensors = {}
    for name, (make, shapes) in VALUES.items():
        train, evaluation = run(name, make, shapes, True), run(name, make, shapes, False)
        same = train.keys() == evaluation.keys() and all(np.array_equal(train[key], evaluation[key]) for key in train)
        for part, found in {"both": train}.items() if same else {"train": train, "eval": evaluation}.items():
            all_tensors |= {f"{name}/{part}/{key}": array for key, array in found.items()}
    origin = {"origin": f"torch {torch.__version__}, worked out in float64"}
    return safetensors.numpy.save(all_tensors, metadata=origin)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--check", action="store_true", help="write nothing; fail if a file would differ")
    check = options.parse_args().check
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    facts = {name: figures(*row) for name, row in FIGURES.items()}
    for name, row in facts.items():
        print(f"{name:16} {row['params']:12,} parameters {row['flops']:15,} operations")
    lines = (f"{json.dumps(name)}: {json.dumps(row)}" for name, row in facts.items())
    files = {"figures.json": ("{\n" + ",\n".join(lines) + "\n}\n").encode(), "values.safetensors": values()}
    FOLDER.mkdir(exist_ok=True)
    differing = []
    for name, data in files.items():
        path = FOLDER / name
        if not check:
            path.write_bytes(data)
        elif not path.exists() or path.read_bytes() != data:
            differing.append(name)
        print(f"{name:20} {len(data):8} bytes")
    if differing:
        sys.exit(f"differing: {differing}")


if __name__ == "__main__":
    main()
