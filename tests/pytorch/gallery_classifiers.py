"""The networks of the gallery that tell what is seen, in PyTorch: an image's class, or that of each pixel. For `gallery.py`."""

import torch
from torch import nn
from torch.nn import functional as F


class Named(nn.Module):
    """One module under a name."""

    def __init__(self, name, module):
        super().__init__()
        self.add_module(name, module)

    def forward(self, x):
        return next(self.children())(x)


def chain(**layers):
    """Modules one behind the other, each under its name."""
    net = nn.Sequential()
    for name, layer in layers.items():
        net.add_module(name, layer)
    return net


def vgg(columns, classifier, norm=False, colors=3):
    """Widths of the convolutions between the poolings; what comes behind them."""
    features, channels = [], colors
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
# As torchvision has them, without and with batch normalization.
VGG_PARAMS = {11: (132_863_336, 132_868_840), 13: (133_047_848, 133_053_736), 16: (138_357_544, 138_365_992), 19: (143_667_240, 143_678_248)}


def vgg8(colors, features):
    head = [nn.Dropout(), nn.Linear(features, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Dropout(), nn.Linear(256, 10)]
    return vgg([[32] * 2, [64] * 2, [128] * 2], nn.Sequential(*head), True, colors)


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
    def __init__(self, block, stages, classes, first, small, colors=3):
        super().__init__()
        self.conv1 = nn.Conv2d(colors, first, 3, 1, 1, bias=False) if small else nn.Conv2d(colors, first, 7, 2, 3, bias=False)
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


class Trunk(ResNet):
    """The stages behind a convolution of stride 2; with anchors, a region proposal network upon them."""

    def __init__(self, stages, anchors=0):
        super().__init__(Basic, stages, 1, stages[0][0], True)
        self.conv1 = nn.Conv2d(3, stages[0][0], 5, 2, 2, bias=False)
        del self.fc
        width = stages[-1][0]
        self.anchors = anchors
        if anchors:
            self.rpn = nn.Conv2d(width, width, 3, padding=1)
            self.objectness = nn.Conv2d(width, anchors, 1)
            self.offsets = nn.Conv2d(width, 4 * anchors, 1)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        for i in range(self.stages):
            x = getattr(self, f"layer{i + 1}")(x)
        if not self.anchors:
            return x
        proposed = F.relu(self.rpn(x))
        return x, self.objectness(proposed), self.offsets(proposed)


class Head(nn.Module):
    """The classes and the boxes of a detector."""

    def __init__(self, flat, hidden, classes):
        super().__init__()
        self.fc = nn.Linear(flat, hidden)
        self.scores = nn.Linear(hidden, 1 + classes)
        self.offsets = nn.Linear(hidden, 4 * classes)

    def forward(self, x):
        x = F.relu(self.fc(x.flatten(1)))
        return self.scores(x), self.offsets(x)


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


def street_convs(channels, width):
    """Two convolutions, named as Layercake names what has no name."""
    stage = lambda channels: chain(
        conv2d_1=nn.Conv2d(channels, width, 3, padding=1, bias=False), batch_norm2d_1=nn.BatchNorm2d(width), relu=nn.ReLU()
    )
    return Named("repeat_1", nn.Sequential(stage(channels), stage(width)))


class StreetUNet(nn.Module):
    """`pad` in PyTorch's order: left, right, top, bottom."""

    def __init__(self, channels, classes, widths, pad, dropout):
        super().__init__()
        self.pad, self.levels = pad, len(widths) - 1
        self.inc = street_convs(channels, widths[0])
        for i, (a, b) in enumerate(zip(widths, widths[1:])):
            self.add_module(f"down{i + 1}", Named("convs", street_convs(a, b)))
        for i, (below, width) in enumerate(zip(widths[:0:-1], widths[-2::-1])):
            self.add_module(f"up{i + 1}", street_convs(width + below, width))
        self.outc = nn.Conv2d(widths[0], classes, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        left, right, top, bottom = self.pad
        seen = [self.inc(F.pad(x, self.pad, "reflect"))]
        for i in range(self.levels):
            seen.append(getattr(self, f"down{i + 1}")(F.max_pool2d(seen[-1], 2)))
        x = self.dropout(seen.pop())
        for i in range(self.levels):
            x = F.interpolate(x, scale_factor=2, mode="bilinear")
            x = getattr(self, f"up{i + 1}")(torch.cat([seen.pop(), x], 1))
        return self.outc(x)[:, :, top:-bottom, left:-right]


class SegNet(nn.Module):
    """An encoder with pools and a decoder that goes up in one of four ways; `up` is `unpool`, `nearest`, `nails` or `transposed`."""

    def __init__(self, colors, classes, widths, up, pad, dropout):
        super().__init__()
        self.up, self.pad, self.levels = up, pad, len(widths) - 1
        self.inc = street_convs(colors, widths[0])
        for i, (a, b) in enumerate(zip(widths, widths[1:])):
            self.add_module(f"down{i + 1}", street_convs(a, b))
        below = [*widths[-2::-1][1:], widths[0]]
        for i, (a, b) in enumerate(zip(widths[-2::-1], below)):
            if up == "transposed":
                self.add_module(f"wide{i + 1}", nn.ConvTranspose2d(a, a, 2, 2))
            self.add_module(f"up{i + 1}", street_convs(a, b))
        self.outc = nn.Conv2d(widths[0], classes, 1)
        self.dropout = nn.Dropout(dropout)

    def wider(self, i, x, places):
        if self.up == "unpool":
            # F.max_unpool2d, which is not deterministic.
            wide = x.new_zeros(*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3])
            return wide.flatten(2).scatter(2, places.flatten(2), x.flatten(2)).view_as(wide)
        if self.up == "nails":
            wide = x.new_zeros(*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3])
            wide[:, :, ::2, ::2] = x
            return wide
        return F.interpolate(x, scale_factor=2) if self.up == "nearest" else getattr(self, f"wide{i + 1}")(x)

    def forward(self, x):
        left, right, top, bottom = self.pad
        size = x.shape[2:]
        x, places = self.inc(F.pad(x, self.pad, "reflect")), []
        for i in range(self.levels):
            x, place = F.max_pool2d(x, 2, return_indices=True)
            places.append(place)
            x = getattr(self, f"down{i + 1}")(x)
        x = self.dropout(x)
        for i in range(self.levels):
            x = getattr(self, f"up{i + 1}")(self.wider(i, x, places.pop()))
        return self.outc(x)[:, :, top:top + size[0], left:left + size[1]]


def street_fcn(width, classes):
    layers = {"inc": street_convs(3, width)}
    for i, dilation in enumerate((2, 4, 8, 4, 2)):
        layers[f"wide{i + 1}"] = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation, bias=False)
        layers[f"norm{i + 1}"] = nn.BatchNorm2d(width)
        layers[f"relu{i + 1}"] = nn.ReLU()
    return chain(**layers, up=street_convs(width, width), outc=nn.Conv2d(width, classes, 1))


def normalized(a, b, kernel, stride=1):
    return chain(conv=nn.Conv2d(a, b, kernel, stride, kernel // 2, bias=False), norm=nn.BatchNorm2d(b), relu=nn.ReLU())


class DigitLocalizer(nn.Module):
    """Convolutions, and a head for the class and one for the box."""

    def __init__(self, channels, widths, flat, hidden, classes):
        super().__init__()
        self.stages = len(widths)
        for i, (a, b) in enumerate(zip([channels, *widths], widths)):
            self.add_module(f"conv{i + 1}", normalized(a, b, 3) if i else normalized(a, b, 5, 2))
        self.scores = nn.Linear(widths[-1], classes)
        self.fc = nn.Linear(flat, hidden)
        self.offsets = nn.Linear(hidden, 4)

    def forward(self, x):
        x = self.conv2(self.conv1(x))
        for i in range(3, self.stages + 1):
            x = getattr(self, f"conv{i}")(F.max_pool2d(x, 2))
        return self.scores(x.amax((2, 3))), self.offsets(F.relu(self.fc(x.flatten(1))))


def cell_localizer(widths, flat, hidden):
    layers = {}
    for i, (a, b) in enumerate(zip([3, *widths], widths)):
        layers |= {f"pool{i}": nn.MaxPool2d(2)} if i else {}
        layers[f"conv{i + 1}"] = normalized(a, b, 3)
    return chain(**layers, flatten=nn.Flatten(), fc=nn.Linear(flat, hidden), relu=nn.ReLU(), offsets=nn.Linear(hidden, 4))


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
