"""More networks of papers in PyTorch, for `gallery.py`: at full size torchvision's own where it has them, and small forms with the same names."""

import torch
import torchvision
from torch import nn
from torch.nn import functional as F

from gallery_classifiers import Named, chain, projection


def nin(colors, groups, pools):
    """Convolutions (width, kernel) in groups with a pool and dropout between them; the last maps are averaged."""
    layers, channels = [], colors
    for group, pool in zip(groups, [*pools, None]):
        for width, kernel in group:
            layers += [nn.Conv2d(channels, width, kernel, padding=kernel // 2), nn.ReLU()]
            channels = width
        layers += pool or []
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


NIN = [[(192, 5), (160, 1), (96, 1)], [(192, 5), (192, 1), (192, 1)], [(192, 3), (192, 1), (10, 1)]]
NIN_POOLS = [[nn.MaxPool2d(3, 2, 1), nn.Dropout()], [nn.AvgPool2d(3, 2, 1), nn.Dropout()]]


def small_squeezenet():
    fire = torchvision.models.squeezenet.Fire
    pool = nn.MaxPool2d(3, 2, ceil_mode=True)
    net = nn.Sequential()
    net.features = nn.Sequential(nn.Conv2d(2, 4, 3, 2), nn.ReLU(), pool, fire(4, 2, 3, 3), fire(6, 3, 4, 4))
    net.classifier = nn.Sequential(nn.Dropout(0.0), nn.Conv2d(8, 3, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
    net.flatten = nn.Flatten()
    return net


class Excitation(nn.Module):
    """A factor for each channel; `fc1` and `fc2` are convolutions of 1x1, as torchvision and timm have them."""

    def __init__(self, width, squeezed, act):
        super().__init__()
        self.fc1, self.act, self.fc2 = nn.Conv2d(width, squeezed, 1), act, nn.Conv2d(squeezed, width, 1)

    def forward(self, x):
        return x * torch.sigmoid(self.fc2(self.act(self.fc1(x.mean((2, 3), keepdim=True)))))


class Bottleneck(nn.Module):
    """`first` of its stage: the shortcut has a convolution."""

    def __init__(self, channels, inner, width, groups, squeezes, first, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, inner, 1, bias=False), nn.BatchNorm2d(inner)
        self.conv2, self.bn2 = nn.Conv2d(inner, inner, 3, stride, 1, groups=groups, bias=False), nn.BatchNorm2d(inner)
        self.conv3, self.bn3 = nn.Conv2d(inner, width, 1, bias=False), nn.BatchNorm2d(width)
        self.se = Excitation(width, width // 16, nn.ReLU()) if squeezes else None
        self.downsample = projection(channels, width, stride) if first else None

    def forward(self, x):
        y = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        y = self.bn3(self.conv3(y))
        y = y if self.se is None else self.se(y)
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class Aggregated(nn.Module):
    """A ResNet of these bottlenecks; a stage is its inner width, its width and the number of its blocks."""

    def __init__(self, stages, groups, squeezes, classes, first, small):
        super().__init__()
        groups = [groups] * len(stages) if isinstance(groups, int) else groups
        self.conv1 = nn.Conv2d(3, first, 3, 1, 1, bias=False) if small else nn.Conv2d(3, first, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(first)
        self.maxpool = nn.Identity() if small else nn.MaxPool2d(3, 2, 1)
        channels, self.stages = first, len(stages)
        for i, ((inner, width, count), own) in enumerate(zip(stages, groups)):
            blocks = []
            for j in range(count):
                blocks.append(Bottleneck(channels, inner, width, own, squeezes, j == 0, 2 if i > 0 and j == 0 else 1))
                channels = width
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.maxpool(F.relu(self.bn1(self.conv1(x))))
        for i in range(self.stages):
            x = getattr(self, f"layer{i + 1}")(x)
        return self.fc(x.mean((2, 3)))


RESNET50 = [(64, 256, 3), (128, 512, 4), (256, 1024, 6), (512, 2048, 3)]


def normed(channels, width, kernel=1, stride=1, groups=1, act=None):
    layers = [nn.Conv2d(channels, width, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(width)]
    return nn.Sequential(*layers, *([act] if act else []))


class Inverted(nn.Module):
    """MobileNetV2's block; with `name` and `excites` that of EfficientNet."""

    def __init__(self, channels, width, stride, expansion, kernel=3, name="conv", act=nn.ReLU6(), excites=False):
        super().__init__()
        inner = expansion * channels
        layers = [normed(channels, inner, act=act)] if expansion != 1 else []
        layers.append(normed(inner, inner, kernel, stride, inner, act))
        last = normed(inner, width)
        layers += [Excitation(inner, channels // 4, act), last] if excites else list(last)
        self.add_module(name, nn.Sequential(*layers))
        self.skips = stride == 1 and channels == width

    def forward(self, x):
        y = next(self.children())(x)
        return x + y if self.skips else y


def small_mobilenet():
    blocks = [Inverted(4, 3, 1, 1), Inverted(3, 5, 2, 2), Inverted(5, 5, 1, 2)]
    features = nn.Sequential(normed(3, 4, 3, 2, act=nn.ReLU6()), *blocks, normed(5, 7, act=nn.ReLU6()))
    head = nn.Sequential(nn.Dropout(0.0), nn.Linear(7, 4))
    return chain(features=features, pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), classifier=head)


def small_efficientnet():
    act = nn.SiLU()
    block = lambda *sizes: Inverted(*sizes, name="block", act=act, excites=True)
    stages = [nn.Sequential(block(4, 4, 1, 1, 3)), nn.Sequential(block(4, 8, 2, 2, 5), block(8, 8, 1, 2, 3))]
    features = nn.Sequential(normed(3, 4, 3, 2, act=act), *stages, normed(8, 7, act=act))
    head = nn.Sequential(nn.Dropout(0.0), nn.Linear(7, 4))
    return chain(features=features, pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), classifier=head)


def vit(size, patch, layers, heads, width, hidden, classes):
    return torchvision.models.VisionTransformer(size, patch, layers, heads, width, hidden, num_classes=classes)


class Transformer(nn.Transformer):
    """PyTorch's, with the decoder's mask."""

    def __init__(self, *sizes):
        super().__init__(*sizes, batch_first=True)

    def forward(self, source, target):
        length = target.shape[1]
        mask = torch.ones(length, length, dtype=torch.bool, device=target.device).triu(1)
        return super().forward(source, target, tgt_mask=mask, tgt_is_causal=True)


class FilmBlock(nn.Module):
    def __init__(self, width, question):
        super().__init__()
        self.film = nn.Linear(question, 2 * width)
        self.conv1, self.conv2 = nn.Conv2d(width, width, 1), nn.Conv2d(width, width, 3, padding=1)
        self.bn = nn.BatchNorm2d(width, affine=False)

    def forward(self, x, question):
        scale, shift = self.film(question)[:, :, None, None].chunk(2, 1)
        x = F.relu(self.conv1(x))
        return x + F.relu(self.bn(self.conv2(x)) * scale + shift)


class Film(nn.Module):
    def __init__(self, width, question, count):
        super().__init__()
        self.blocks = nn.ModuleList(FilmBlock(width, question) for _ in range(count))

    def forward(self, x, question):
        for block in self.blocks:
            x = block(x, question)
        return x


class Temporal(nn.Module):
    def __init__(self, channels, width, kernel, dilation):
        super().__init__()
        self.conv1 = nn.Conv1d(channels, width, kernel, dilation=dilation)
        self.conv2 = nn.Conv1d(width, width, kernel, dilation=dilation)
        self.downsample = nn.Conv1d(channels, width, 1) if channels != width else None
        self.left = dilation * (kernel - 1)

    def forward(self, x):
        y = F.relu(self.conv1(F.pad(x, (self.left, 0))))
        y = F.relu(self.conv2(F.pad(y, (self.left, 0))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


def tcn(channels, width, kernel, blocks):
    layers = [Temporal(channels if i == 0 else width, width, kernel, 2**i) for i in range(blocks)]
    return Named("network", nn.Sequential(*layers))


class Pointing(nn.Module):
    def __init__(self, state, states, hidden):
        super().__init__()
        self.w2, self.w1 = nn.Linear(state, hidden, bias=False), nn.Linear(states, hidden, bias=False)
        self.v = nn.Linear(hidden, 1, bias=False)

    def forward(self, state, states):
        return self.v(torch.tanh(self.w1(states) + self.w2(state)[:, None])).squeeze(2).log_softmax(1)


class Pointer(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.attention = Pointing(*sizes)

    def forward(self, state, states):
        return self.attention(state, states)
