#!/usr/bin/env python3
"""The networks of `models/src/networks` in PyTorch: what is published of them, and what they work out.

    python tests/pytorch/gallery.py            # writes gallery/figures.json and gallery/values.safetensors
    python tests/pytorch/gallery.py --check    # compares them with what would be written

Needs torch, torchvision, numpy and safetensors. The networks stand in `gallery_classifiers.py`, `gallery_generative.py`, `gallery_papers.py` and
`gallery_sequences.py`. Modules are named as
torchvision, timm, Pytorch-UNet and PyTorch's examples name them, so that equal names here and in Layercake mean that their checkpoints
load.

`figures.json` holds for each network its trained parameters, the floating-point operations that PyTorch's FlopCounterMode counts for
one sample, the shapes of its outputs, and names and shapes of its tensors in order. Published figures are asserted.

`values.safetensors` holds what small forms of the networks give: `name/part/output/0`, `name/part/input_grad/0`, `name/part/grad/` and a
parameter's path, `name/part/after/` and a buffer's path; parts are `train` and `eval`, or `both` where the two are equal; `eval` alone
where training draws random numbers. Inputs, parameters and the outputs' gradients follow from their names alone (`seeded`), here and
in `tests/src/seeded.rs`; token ids are such numbers rounded down. They are rounded to float32 and everything is worked out from them in
float64.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
import safetensors.numpy
import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from gallery_classifiers import (
    RESNET18, RESNET20, RESNET50, VGG, VGG_PARAMS, Basic, Bottleneck, DigitLocalizer, Head, Inception, Mixer, MixerBlock, ResNet, SegNet, Siamese, StreetUNet,
    Trunk, UNet, cell_localizer, chain, dense_block, street_fcn, vgg, vgg8, vgg_classifier, vgg_head,
)
from gallery_papers import (
    NIN, NIN_POOLS, RESNET50 as AGGREGATED, Aggregated, Film, Pointer, Transformer, nin, small_efficientnet, small_mobilenet, small_squeezenet,
    tcn, vit,
)
from gallery_generative import (
    CharLstm, Dcgan, GatedBlock, GatedPixelCnn, GaussianVae, GruCell, PixelCnn, VaeDecoder, VaeEncoder, autoencoder, code_encoder,
    conv_decoder, conv_encoder, conv_vae, dcgan_discriminator, dcgan_generator, mlp_decoder,
    mlp_encoder, mlp_vae, vae,
)
from gallery_sequences import Captioner, CharTransformer, FrameLabels, Rows, Seq2Seq, frame_features, maxout, mlp

FOLDER = pathlib.Path(__file__).parent / "gallery"
BATCH = 3
# Below this a float64 gradient of our sizes is what rounding left of an exact zero (a bias in front of a batch norm).
NOISE = 1e-12

# What is asked of them: how to make it, the shapes of its inputs, and the number of parameters where it is published.


class Ids(tuple):
    """The shape of an input of token ids, which are below `rows`."""

    def __new__(cls, *sizes, rows):
        shape = super().__new__(cls, sizes)
        shape.rows = rows
        return shape


IMAGENET, CIFAR, GREY = [(3, 224, 224)], [(3, 32, 32)], [(1, 28, 28)]
FIGURES = {
    **{f"vgg{n}": (lambda n=n: vgg(VGG[n], vgg_head()), IMAGENET, VGG_PARAMS[n][0]) for n in VGG},
    **{f"vgg{n}-bn": (lambda n=n: vgg(VGG[n], vgg_head(), True), IMAGENET, VGG_PARAMS[n][1]) for n in VGG},
    **{f"vgg{n}-cifar": (lambda n=n: vgg(VGG[n], nn.Linear(512, 10), True), CIFAR, None) for n in VGG},
    "vgg8": (lambda: vgg8(3, 2048), CIFAR, None),
    "vgg8-gray": (lambda: vgg8(1, 1152), GREY, None),
    "resnet20": (lambda: ResNet(Basic, RESNET20, 10, 16, True), CIFAR, 272_474),
    "resnet20-gray": (lambda: ResNet(Basic, RESNET20, 10, 16, True, 1), GREY, None),
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
    "vae": (lambda: vae((1, 28, 28), 400, 20), GREY, None),
    "vae-encoder": (lambda: VaeEncoder(784, 400, 20), GREY, None),
    "vae-decoder": (lambda: VaeDecoder(20, 400, (1, 28, 28)), [(20,)], None),
    "gated-block": (lambda: GatedBlock(64), [(64, 28, 28)] * 2, None),
    "gru-cell": (lambda: GruCell(128, 256), [(128,), (256,)], None),
    "mixer-block": (lambda: MixerBlock(196, 768, 384, 3072), [(196, 768)], None),
    "mixer-b16": (lambda: Mixer(16, 196, 768, 384, 3072, 12, 1000), IMAGENET, 59_880_472),
    "linear-gray": (lambda: chain(flatten=nn.Flatten(), fc=nn.Linear(784, 10)), GREY, None),
    "linear-color": (lambda: chain(flatten=nn.Flatten(), fc=nn.Linear(3072, 10)), CIFAR, None),
    "mlp-vae": (lambda: mlp_vae((1, 28, 28), 500, 20), GREY, None),
    "mlp-vae2": (lambda: mlp_vae((1, 28, 28), 500, 2), GREY, None),
    "mlp-encoder": (lambda: mlp_encoder(784, 500, 20), GREY, None),
    "mlp-decoder": (lambda: mlp_decoder(20, 500, (1, 28, 28)), [(20,)], None),
    "conv-vae": (lambda: conv_vae((32, 64), (7, 7), 20), GREY, None),
    "conv-vae2": (lambda: conv_vae((32, 64), (7, 7), 2), GREY, None),
    "conv-encoder": (lambda: conv_encoder((32, 64), (7, 7), 20), GREY, None),
    "conv-decoder": (lambda: conv_decoder(20, (32, 64), (7, 7)), [(20,)], None),
    "gaussian-vae": (lambda: GaussianVae((1, 28, 28), 500, 10, 2 * np.log(0.05)), GREY, None),
    "dcgan": (lambda: Dcgan(100, (128, 64), (32, 64), (7, 7)), [(100,)], None),
    "dcgan-generator": (lambda: dcgan_generator(100, (128, 64), (7, 7)), [(100,)], None),
    "dcgan-discriminator": (lambda: dcgan_discriminator((32, 64), (7, 7)), GREY, None),
    "pixel-cnn": (lambda: PixelCnn(32, 7, 64, 7), GREY, None),
    "gated-pixel-cnn": (lambda: GatedPixelCnn(32, 6, 64, 7), GREY, None),
    "class-gated-pixel-cnn": (lambda: GatedPixelCnn(32, 6, 64, 7, 10), [*GREY, (10,)], None),
    "street-unet": (lambda: StreetUNet(3, 11, [16, 32, 64, 128], (4, 4, 3, 3), 0.3), [(3, 90, 120)], None),
    "street-segnet": (lambda: SegNet(3, 11, [16, 32, 64, 64], "unpool", (4, 4, 3, 3), 0.3), [(3, 90, 120)], None),
    "street-segnet-nearest": (lambda: SegNet(3, 11, [16, 32, 64, 64], "nearest", (4, 4, 3, 3), 0.3), [(3, 90, 120)], None),
    "street-segnet-nails": (lambda: SegNet(3, 11, [16, 32, 64, 64], "nails", (4, 4, 3, 3), 0.3), [(3, 90, 120)], None),
    "street-segnet-transposed": (lambda: SegNet(3, 11, [16, 32, 64, 64], "transposed", (4, 4, 3, 3), 0.3), [(3, 90, 120)], None),
    "street-fcn": (lambda: street_fcn(16, 11), [(3, 90, 120)], None),
    "digit-localizer": (lambda: DigitLocalizer(1, [16, 32, 64, 128], 8192, 128, 10), [(1, 64, 64)], None),
    "cell-localizer": (lambda: cell_localizer([16, 32, 64, 64, 64], 3072, 128), [(3, 96, 128)], None),
    "crop-trunk": (lambda: Trunk(RESNET20), [(3, 64, 64)], None),
    "photo-trunk": (lambda: Trunk(RESNET20), [(3, 240, 320)], None),
    "proposing-trunk": (lambda: Trunk(RESNET20, 9), [(3, 240, 320)], None),
    "crop-head": (lambda: Head(4096, 256, 3), [(64, 8, 8)], None),
    "box-head": (lambda: Head(3136, 256, 3), [(64, 7, 7)], None),
    "char-lstm": (lambda: CharLstm(65, 64, 256, 0.1), [Ids(64, rows=65), (1, 256), (1, 256)], None),
    "char-transformer": (lambda: CharTransformer(65, 128, 128, 4, 512, 4), [Ids(128, rows=65), Ids(128, rows=128)], None),
    "moons-logistic": (lambda: mlp(2, 2), [(2,)], None),
    "moons-shallow": (lambda: mlp(2, 10, 2), [(2,)], None),
    "moons": (lambda: mlp(2, 20, 20, 2), [(2,)], None),
    "moons-large": (lambda: mlp(2, *[1000] * 5, 2), [(2,)], None),
    "curve-line": (lambda: mlp(1, 1), [(1,)], None),
    "curve-shallow": (lambda: mlp(1, 80, 1), [(1,)], None),
    "curve-deep": (lambda: mlp(1, 4, 8, 1), [(1,)], None),
    "curve-smooth": (lambda: mlp(1, 40, 40, 1, activation=nn.Tanh), [(1,)], None),
    "linear-gradients-gray": (lambda: chain(flatten=nn.Flatten(), fc=nn.Linear(144, 10)), [(144, 1, 1)], None),
    "linear-gradients": (lambda: chain(flatten=nn.Flatten(), fc=nn.Linear(324, 10)), [(324, 1, 1)], None),
    "linear-hues": (lambda: chain(flatten=nn.Flatten(), fc=nn.Linear(10, 10)), [(10, 1, 1)], None),
    "linear-gradients-and-hues": (lambda: chain(flatten=nn.Flatten(), fc=nn.Linear(334, 10)), [(334, 1, 1)], None),
    "autoencoder": (lambda: autoencoder((1, 28, 28), 256, 64), GREY, None),
    "code-classifier": (lambda: chain(encoder=code_encoder(784, 256, 64), fc=nn.Linear(64, 10)), GREY, None),
    "maxout": (lambda: maxout(784, 128, 4, 10), GREY, None),
    "row-rnn": (lambda: Rows(nn.RNN, 28, 128, 10), GREY, None),
    "row-lstm": (lambda: Rows(nn.LSTM, 28, 128, 10), GREY, None),
    "row-gru": (lambda: Rows(nn.GRU, 28, 128, 10), GREY, None),
    "seq2seq": (lambda: Seq2Seq(14, 32, 128, False), [Ids(7, rows=14), Ids(5, rows=14)], None),
    "attention-seq2seq": (lambda: Seq2Seq(14, 32, 128, True), [Ids(7, rows=14), Ids(5, rows=14), (1, 7)], None),
    "number-seq2seq": (lambda: Seq2Seq(59, 32, 128, False), [Ids(9, rows=59), Ids(14, rows=59)], None),
    "attention-number-seq2seq": (lambda: Seq2Seq(59, 32, 128, True), [Ids(9, rows=59), Ids(14, rows=59), (1, 9)], None),
    "captioner": (lambda: Captioner((16, 32, 64), 256, 13, 32, 128), [(1, 28, 112), Ids(5, rows=13)], None),
    "frame-features": (lambda: frame_features((16, 32, 64), 128), [(1, 32, 32)], None),
    "frame-labels": (lambda: FrameLabels(128, 64, 11), [(20, 128)], None),
    "alexnet": (lambda: torchvision.models.alexnet(), IMAGENET, 61_100_840),
    "nin": (lambda: nin(3, NIN, NIN_POOLS), CIFAR, None),
    "squeezenet": (lambda: torchvision.models.squeezenet1_1(), IMAGENET, 1_235_496),
    "resnext50": (lambda: torchvision.models.resnext50_32x4d(), IMAGENET, 25_028_904),
    "se-resnet50": (lambda: Aggregated(AGGREGATED, 1, True, 1000, 64, False), IMAGENET, 28_088_024),
    "mobilenet-v2": (lambda: torchvision.models.mobilenet_v2(), IMAGENET, 3_504_872),
    "efficientnet-b0": (lambda: torchvision.models.efficientnet_b0(), IMAGENET, 5_288_548),
    "vit-tiny": (lambda: vit(224, 16, 12, 3, 192, 768, 1000), IMAGENET, 5_717_416),
    "transformer": (lambda: Transformer(512, 8, 6, 6, 2048, 0.1), [(32, 512)] * 2, 44_140_544),
    "film": (lambda: Film(128, 512, 4), [(128, 14, 14), (512,)], None),
    "tcn": (lambda: tcn(2, 30, 7, 8), [(2, 400)], None),
    "pointer": (lambda: Pointer(256, 256, 256), [(256,), (50, 256)], None),
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
    "vae": (lambda: vae((1, 5, 4), 9, 3), [(1, 5, 4)]),
    "gated-block": (lambda: GatedBlock(3), [(3, 6, 5)] * 2),
    "gru-cell": (lambda: GruCell(5, 7), [(5,), (7,)]),
    "mixer": (lambda: Mixer(4, 6, 7, 5, 9, 2, 5), [(3, 8, 12)]),
    "mlp-vae": (lambda: mlp_vae((1, 3, 5), 7, 3), [(1, 3, 5)]),
    "conv-vae": (lambda: conv_vae((2, 3), (2, 3), 2), [(1, 8, 12)]),
    "dcgan": (lambda: Dcgan(4, (3, 2), (2, 3), (2, 3)), [(4,)]),
    "pixel-cnn": (lambda: PixelCnn(2, 2, 5, 5), [(1, 6, 5)]),
    "gated-pixel-cnn": (lambda: GatedPixelCnn(3, 2, 5, 5), [(1, 6, 5)]),
    "class-gated-pixel-cnn": (lambda: GatedPixelCnn(3, 2, 5, 5, 4), [(1, 6, 5), (4,)]),
    "street-unet": (lambda: StreetUNet(2, 3, [3, 4, 5], (2, 2, 1, 1), 0.0), [(2, 6, 8)]),
    "segnet": (lambda: SegNet(2, 3, [3, 3], "unpool", (0, 0, 0, 0), 0.0), [(2, 6, 8)]),
    "localizer": (lambda: DigitLocalizer(2, [3, 4], 48, 6, 3), [(2, 6, 8)]),
    "proposing-trunk": (lambda: Trunk([(3, 1), (4, 2)], 2), [(3, 12, 16)]),
    "box-head": (lambda: Head(18, 5, 2), [(2, 3, 3)]),
    "char-lstm": (lambda: CharLstm(7, 4, 5, 0.0), [Ids(6, rows=7), (1, 5), (1, 5)]),
    "nin": (lambda: nin(2, [[(5, 5), (4, 1)], [(4, 3), (3, 1)]], [[nn.MaxPool2d(3, 2, 1)]]), [(2, 9, 10)]),
    "squeezenet": (small_squeezenet, [(2, 11, 12)]),
    "resnext": (lambda: Aggregated([(4, 8, 2), (6, 10, 1)], [2, 3], False, 4, 4, True), [(3, 9, 10)]),
    "se-resnet": (lambda: Aggregated([(4, 16, 2), (3, 32, 1)], 1, True, 4, 4, True), [(3, 9, 10)]),
    "mobilenet-v2": (small_mobilenet, [(3, 12, 11)]),
    "efficientnet": (small_efficientnet, [(3, 12, 11)]),
    "vit": (lambda: vit(8, 4, 2, 2, 6, 7, 5), [(3, 8, 8)]),
    "char-transformer": (lambda: CharTransformer(7, 5, 6, 2, 8, 2), [Ids(5, rows=7), Ids(5, rows=5)]),
    "transformer": (lambda: Transformer(6, 3, 2, 2, 7, 0.0), [(5, 6), (4, 6)]),
    "film": (lambda: Film(3, 6, 2), [(3, 5, 4), (6,)]),
    "tcn": (lambda: tcn(2, 4, 3, 3), [(2, 9)]),
    "pointer": (lambda: Pointer(4, 6, 3), [(4,), (5, 6)]),
}
# In training they draw numbers: only what they give at inference can be compared.
RANDOM = {"mlp-vae", "conv-vae"}


def tensors(net):
    """Parameters and buffers by path, those that Layercake has too."""
    return {name: tensor for name, tensor in net.state_dict().items() if not name.endswith("num_batches_tracked")}


def tuple_of(outputs):
    return outputs if isinstance(outputs, tuple) else (outputs,)


def figures(make, shapes, published):
    with torch.device("meta"):
        net = make().eval()
        with FlopCounterMode(display=False) as counter:
            dtype = lambda shape: torch.long if isinstance(shape, Ids) else None
            outputs = tuple_of(net(*[torch.empty(1, *shape, dtype=dtype(shape)) for shape in shapes]))
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


def given(name, shape):
    if isinstance(shape, Ids):
        return seeded(name, (BATCH, *shape), 0.0, shape.rows).floor().long()
    return seeded(name, (BATCH, *shape), -1.0, 1.0).requires_grad_()


def run(name, make, shapes, training):
    net = make().double().train(training)
    for path, tensor in tensors(net).items():
        tensor.copy_(parameter(name, path, tuple(tensor.shape)))
    inputs = [given(f"{name}/input/{i}", shape) for i, shape in enumerate(shapes)]
    outputs = tuple_of(net(*inputs))
    grads = [seeded(f"{name}/output_grad/{i}", tuple(output.shape), -1.0, 1.0) for i, output in enumerate(outputs)]
    torch.autograd.backward(outputs, grads)
    found = {f"output/{i}": stored(output) for i, output in enumerate(outputs)}
    found |= {f"input_grad/{i}": stored(x.grad) for i, x in enumerate(inputs) if x.requires_grad}
    # One on which no output depends has none: that is zero.
    grad = lambda parameter: torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
    found |= {f"grad/{path}": stored(grad(parameter)) for path, parameter in net.named_parameters()}
    if training:
        buffers = {path: tensor for path, tensor in tensors(net).items() if path.split(".")[-1].startswith("running_")}
        found |= {f"after/{path}": stored(tensor) for path, tensor in buffers.items()}
    return found


def values():
    all_tensors = {}
    for name, (make, shapes) in VALUES.items():
        parts = {"eval": run(name, make, shapes, False)}
        if name not in RANDOM:
            train, evaluation = run(name, make, shapes, True), parts["eval"]
            same = train.keys() == evaluation.keys() and all(np.array_equal(train[key], evaluation[key]) for key in train)
            parts = {"both": train} if same else {"train": train, **parts}
        for part, found in parts.items():
            all_tensors |= {f"{name}/{part}/{key}": array for key, array in found.items()}
    origin = {"origin": f"torch {torch.__version__}, worked out in float64"}
    return safetensors.numpy.save(all_tensors, metadata=origin)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--check", action="store_true", help="write nothing; fail if a file would differ")
    check = options.parse_args().check
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    # Its fast path of attention is one operation that is not counted.
    torch.backends.mha.set_fastpath_enabled(False)
    facts = {name: figures(*row) for name, row in FIGURES.items()}
    for name, row in facts.items():
        print(f"{name:22} {row['params']:12,} parameters {row['flops']:15,} operations")
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
