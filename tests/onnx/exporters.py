"""Writes ONNX files with PyTorch's exporters, for `LAYERCAKE_ONNX=FOLDER cargo test -p layercake-onnx`.

    pip install torch torchvision onnx onnxscript safetensors
    python tests/onnx/exporters.py FOLDER

Each network is written by torch.export ("dynamo") and by TorchScript with an open batch ("script"), and by TorchScript with the batch of its example ("fixed").
NAME.safetensors has the inputs as in.NAME and PyTorch's outputs as out.NAME.
"""

import pathlib
import sys
import warnings

import torch
import torchvision
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(x.size(0), -1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


def double(inputs, outputs):
    conv = lambda channels: nn.Conv2d(channels, outputs, 3, padding=1)
    return nn.Sequential(conv(inputs), nn.BatchNorm2d(outputs), nn.ReLU(), conv(outputs), nn.BatchNorm2d(outputs), nn.ReLU())


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1, self.down2, self.middle = double(3, 8), double(8, 16), double(16, 32)
        self.up2, self.out2 = nn.ConvTranspose2d(32, 16, 2, stride=2), double(32, 16)
        self.up1, self.thin, self.out1 = nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(16, 8, 1), double(16, 8)
        self.last = nn.Conv2d(8, 2, 1)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        x = self.middle(F.max_pool2d(b, 2))
        x = self.out2(torch.cat([self.up2(x), b], 1))
        return self.last(self.out1(torch.cat([self.thin(self.up1(x)), a], 1)))


class Sequence(nn.Module):
    def __init__(self, layer, **options):
        super().__init__()
        self.rnn = layer(5, 7, batch_first=True, **options)
        self.fc = nn.Linear(14 if options.get("bidirectional") else 7, 3)

    def forward(self, x):
        y, _ = self.rnn(x)
        return self.fc(y[:, -1])


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.places = nn.Embedding(11, 16), nn.Parameter(torch.randn(1, 6, 16))
        self.layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, activation="gelu", norm_first=True)
        self.head = nn.Linear(16, 11)

    def forward(self, ids):
        mask = nn.Transformer.generate_square_subsequent_mask(6)
        return self.head(self.layer(self.table(ids) + self.places, src_mask=mask, is_causal=True))


class Vit(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches, self.token = nn.Conv2d(3, 16, 4, 4), nn.Parameter(torch.randn(1, 1, 16))
        self.places = nn.Parameter(torch.randn(1, 17, 16))
        self.layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, activation="gelu")
        self.head = nn.Linear(16, 5)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.places
        return self.head(self.layer(x)[:, 0]).softmax(-1)


class Misc(nn.Module):
    def __init__(self):
        super().__init__()
        self.group, self.instance, self.prelu = nn.GroupNorm(2, 8), nn.InstanceNorm2d(8, affine=True), nn.PReLU(8)
        self.conv = nn.Conv2d(8, 16, 3, padding=1, groups=2, stride=2)

    def forward(self, x):
        y = self.conv(self.prelu(self.instance(self.group(x))))
        y = F.silu(y) + F.hardswish(y) * F.hardsigmoid(y)
        a, b = F.pixel_shuffle(y, 2).chunk(2, 1)
        y = F.pad(a - b.abs(), (1, 0, 2, 1))
        return F.interpolate(y.clamp(-1, 1), scale_factor=2).mean((2, 3)), F.avg_pool2d(y, 3, 2, 1).norm(dim=1)


def networks():
    image, models = torch.randn(2, 3, 64, 64), torchvision.models
    steps = torch.randn(2, 6, 5)
    yield "lenet", LeNet(), torch.randn(2, 1, 28, 28)
    yield "unet", UNet(), torch.randn(2, 3, 16, 16)
    yield "lstm", Sequence(nn.LSTM), steps
    yield "lstm2", Sequence(nn.LSTM, num_layers=2, bidirectional=True), steps
    yield "gru", Sequence(nn.GRU, num_layers=2), steps
    yield "rnn", Sequence(nn.RNN, nonlinearity="relu"), steps
    yield "encoder", nn.TransformerEncoderLayer(16, 4, 32, batch_first=True), torch.randn(2, 6, 16)
    yield "gpt", Gpt(), torch.randint(0, 11, (2, 6))
    yield "vit", Vit(), torch.randn(2, 3, 16, 16)
    yield "misc", Misc(), torch.randn(2, 8, 8, 8)
    yield "resnet18", models.resnet18(), image
    yield "vgg11", models.vgg11(), torch.randn(2, 3, 224, 224)
    yield "mobilenet_v2", models.mobilenet_v2(), image
    yield "mobilenet_v3", models.mobilenet_v3_small(), image
    yield "densenet121", models.densenet121(), image
    yield "squeezenet", models.squeezenet1_1(), image
    yield "efficientnet_b0", models.efficientnet_b0(), image
    yield "shufflenet", models.shufflenet_v2_x0_5(), image
    yield "convnext", models.convnext_tiny(), image


def settle(net, x):
    """Sets the statistics of batch normalization to those of the input, so that no output vanishes."""
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    if norms:
        for norm in norms:
            norm.momentum = None
        net.train()
        with torch.no_grad():
            net(x)
        for norm in norms:
            norm.momentum = 0.1
    net.eval()


def write(path, how, net, x, count):
    names = dict(input_names=["x"], output_names=[f"y{i}" for i in range(count)])
    if how == "dynamo":
        shapes = ({0: torch.export.Dim("n")},)
        torch.onnx.export(net, (x,), path, dynamo=True, dynamic_shapes=shapes, external_data=False, verbose=False, **names)
    elif how == "script":
        torch.onnx.export(net, (x,), path, dynamo=False, dynamic_axes={"x": {0: "n"}}, opset_version=17, **names)
    else:
        torch.onnx.export(net, (x,), path, dynamo=False, opset_version=13, **names)


def main():
    warnings.filterwarnings("ignore")
    torch.manual_seed(0)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, net, x in networks():
        settle(net, x)
        with torch.no_grad():
            outputs = net(x)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        for how in ("dynamo", "script", "fixed"):
            path = folder / f"{name}.{how}.onnx"
            try:
                write(path, how, net, x, len(outputs))
            except Exception as reason:  # what an exporter cannot write is no matter here
                path.unlink(missing_ok=True)
                print(f"{path.stem} is not exported: {str(reason)[:120]!r}")
                continue
            numbers = {f"out.y{i}": output.contiguous() for i, output in enumerate(outputs)}
            save_file({"in.x": x.contiguous(), **numbers}, path.with_suffix(".safetensors"))


main()
