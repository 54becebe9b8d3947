"""The networks of the gallery that make something, in PyTorch: images, at once or pixel by pixel; letters; a state. For `gallery.py`."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from catalogue import MaskedConv2d
from gallery_classifiers import Named, chain


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
    """Both halves, the decoder at the mean: what every variational autoencoder gives at inference."""

    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, x):
        mean, logvar = self.encoder(x)
        return self.decoder(mean), mean, logvar


def vae(shape, hidden, latent):
    return Vae(VaeEncoder(int(np.prod(shape)), hidden, latent), VaeDecoder(latent, hidden, shape))


class Encoder(nn.Module):
    """Mean and log variance of what the layers of `body` give."""

    def __init__(self, features, latent, **body):
        super().__init__()
        for name, layer in body.items():
            self.add_module(name, layer)
        self.body = list(body)
        self.mean, self.logvar = nn.Linear(features, latent), nn.Linear(features, latent)

    def forward(self, x):
        for name in self.body:
            x = getattr(self, name)(x)
        return self.mean(x), self.logvar(x)


def code_encoder(pixels, hidden, code):
    return chain(
        flatten=nn.Flatten(), fc1=nn.Linear(pixels, hidden), relu1=nn.ReLU(), fc2=nn.Linear(hidden, hidden), relu2=nn.ReLU(),
        fc3=nn.Linear(hidden, code), relu3=nn.ReLU(),
    )


def autoencoder(shape, hidden, code):
    pixels = int(np.prod(shape))
    decoder = chain(fc1=nn.Linear(code, hidden), relu=nn.ReLU(), fc2=nn.Linear(hidden, pixels), image=nn.Unflatten(1, shape))
    return chain(encoder=code_encoder(pixels, hidden, code), decoder=decoder)


def mlp_encoder(pixels, hidden, latent):
    layers = {"fc1": nn.Linear(pixels, hidden), "relu1": nn.ReLU(), "fc2": nn.Linear(hidden, hidden), "relu2": nn.ReLU()}
    return Encoder(hidden, latent, flatten=nn.Flatten(), **layers)


def mlp_decoder(latent, hidden, shape):
    return chain(
        fc1=nn.Linear(latent, hidden), relu1=nn.ReLU(), fc2=nn.Linear(hidden, hidden), relu2=nn.ReLU(),
        fc3=nn.Linear(hidden, int(np.prod(shape))), image=nn.Unflatten(1, shape),
    )


def conv_encoder(widths, lowest, latent):
    """`lowest` are the sizes of the smallest maps, a quarter of the image's."""
    first, second = widths
    conv1, conv2 = nn.Conv2d(1, first, 3, 2, 1), nn.Conv2d(first, second, 3, 2, 1)
    features = second * int(np.prod(lowest))
    return Encoder(features, latent, conv1=conv1, relu1=nn.ReLU(), conv2=conv2, relu2=nn.ReLU(), flatten=nn.Flatten())


def conv_decoder(latent, widths, lowest):
    first, second = widths
    return chain(
        fc=nn.Linear(latent, second * int(np.prod(lowest))), relu1=nn.ReLU(), maps=nn.Unflatten(1, (second, *lowest)),
        conv1=nn.ConvTranspose2d(second, first, 4, 2, 1), relu2=nn.ReLU(), conv2=nn.ConvTranspose2d(first, 1, 4, 2, 1),
    )


def mlp_vae(shape, hidden, latent):
    return Vae(mlp_encoder(int(np.prod(shape)), hidden, latent), mlp_decoder(latent, hidden, shape))


class GaussianDecoder(nn.Module):
    def __init__(self, latent, hidden, shape, least):
        super().__init__()
        self.shape, self.least = shape, least
        self.fc1, self.fc2 = nn.Linear(latent, hidden), nn.Linear(hidden, hidden)
        self.mean, self.logvar = nn.Linear(hidden, int(np.prod(shape))), nn.Linear(hidden, int(np.prod(shape)))

    def forward(self, x):
        x = F.relu(self.fc2(F.relu(self.fc1(x))))
        mean, logvar = torch.sigmoid(self.mean(x)), F.softplus(self.logvar(x)) + self.least
        return mean.unflatten(1, self.shape), logvar.unflatten(1, self.shape)


class GaussianVae(nn.Module):
    def __init__(self, shape, hidden, latent, least):
        super().__init__()
        self.encoder = mlp_encoder(int(np.prod(shape)), hidden, latent)
        self.decoder = GaussianDecoder(latent, hidden, shape, least)

    def forward(self, x):
        mean, logvar = self.encoder(x)
        return *self.decoder(mean), mean, logvar


def conv_vae(widths, lowest, latent):
    return Vae(conv_encoder(widths, lowest, latent), conv_decoder(latent, widths, lowest))


def dcgan_generator(noise, widths, lowest):
    first, second = widths
    return chain(
        fc=nn.Linear(noise, first * int(np.prod(lowest)), bias=False), maps=nn.Unflatten(1, (first, *lowest)),
        bn1=nn.BatchNorm2d(first), relu1=nn.ReLU(),
        conv1=nn.ConvTranspose2d(first, second, 4, 2, 1, bias=False), bn2=nn.BatchNorm2d(second), relu2=nn.ReLU(),
        conv2=nn.ConvTranspose2d(second, 1, 4, 2, 1), image=nn.Tanh(),
    )


def dcgan_discriminator(widths, lowest):
    first, second = widths
    return chain(
        conv1=nn.Conv2d(1, first, 4, 2, 1), relu1=nn.LeakyReLU(0.2),
        conv2=nn.Conv2d(first, second, 4, 2, 1, bias=False), bn=nn.BatchNorm2d(second), relu2=nn.LeakyReLU(0.2),
        flatten=nn.Flatten(), fc=nn.Linear(second * int(np.prod(lowest)), 1),
    )


class Dcgan(nn.Module):
    def __init__(self, noise, made, told, lowest):
        super().__init__()
        self.generator, self.discriminator = dcgan_generator(noise, made, lowest), dcgan_discriminator(told, lowest)

    def forward(self, z):
        image = self.generator(z)
        return image, self.discriminator(image)


class PixelBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.narrow = nn.Conv2d(2 * width, width, 1)
        self.conv = MaskedConv2d(width, width, 3, "B")
        self.widen = nn.Conv2d(width, 2 * width, 1)

    def forward(self, x):
        return x + self.widen(F.relu(self.conv(F.relu(self.narrow(F.relu(x))))))


class PixelCnn(nn.Module):
    def __init__(self, width, blocks, head, kernel):
        super().__init__()
        self.conv1 = MaskedConv2d(1, 2 * width, kernel, "A")
        self.blocks = nn.Sequential(*[Named("residual_1", PixelBlock(width)) for _ in range(blocks)])
        self.head1, self.head2 = nn.Conv2d(2 * width, head, 1), nn.Conv2d(head, 1, 1)

    def forward(self, x):
        return self.head2(F.relu(self.head1(F.relu(self.blocks(self.conv1(x))))))


def gate(x):
    features, gates = x.chunk(2, 1)
    return torch.tanh(features) * torch.sigmoid(gates)


def shade(classes, width):
    """What a class adds in front of a gate."""
    return Named("linear_1", nn.Linear(classes, 2 * width, bias=False)) if classes else None


class GatedBlock(nn.Module):
    def __init__(self, width, classes=0):
        super().__init__()
        self.conv_vertical = MaskedConv2d(width, 2 * width, 3, "B", stack="vertical")
        self.class_vertical = shade(classes, width)
        self.conv_horizontal = MaskedConv2d(width, 2 * width, (1, 3), "B", stack="horizontal")
        self.link = nn.Conv2d(2 * width, 2 * width, 1)
        self.class_horizontal = shade(classes, width)
        self.mix = nn.Conv2d(width, width, 1)

    def forward(self, vertical, horizontal, label=None):
        shaded = lambda x, layer: x if label is None else x + layer(label)[:, :, None, None]
        rows = self.conv_vertical(vertical)
        sum = shaded(self.conv_horizontal(horizontal) + self.link(rows), self.class_horizontal)
        return gate(shaded(rows, self.class_vertical)), horizontal + self.mix(gate(sum))


class GatedPixelCnn(nn.Module):
    def __init__(self, width, blocks, head, kernel, classes=0):
        super().__init__()
        self.first_vertical = MaskedConv2d(1, 2 * width, kernel, "A", stack="vertical")
        self.first_horizontal = MaskedConv2d(1, 2 * width, (1, kernel), "A", stack="horizontal")
        self.first_link = nn.Conv2d(2 * width, 2 * width, 1)
        self.first_mix = nn.Conv2d(width, width, 1)
        for i in range(blocks):
            self.add_module(f"block{i + 1}", GatedBlock(width, classes))
        self.head1, self.head2 = nn.Conv2d(width, head, 1), nn.Conv2d(head, 1, 1)
        self.blocks = blocks

    def forward(self, image, label=None):
        rows = self.first_vertical(image)
        horizontal = self.first_mix(gate(self.first_horizontal(image) + self.first_link(rows)))
        vertical = gate(rows)
        for i in range(self.blocks):
            vertical, horizontal = getattr(self, f"block{i + 1}")(vertical, horizontal, label)
        return self.head2(F.relu(self.head1(F.relu(horizontal))))


class CharLstm(nn.Module):
    """As PyTorch has it, but for the states: the batch is their first axis, not their second."""

    def __init__(self, letters, features, hidden, dropout):
        super().__init__()
        self.embedding = nn.Embedding(letters, features)
        self.lstm = nn.LSTM(features, hidden, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(hidden, letters)

    def forward(self, letters, h, c):
        turned = lambda state: state.transpose(0, 1).contiguous()
        y, (h, c) = self.lstm(self.embedding(letters), (turned(h), turned(c)))
        return self.fc(self.dropout(y)), turned(h), turned(c)


class GruCell(nn.Module):
    """PyTorch's own, its two matrices as layers."""

    def __init__(self, inputs, hidden):
        super().__init__()
        self.ih, self.hh = nn.Linear(inputs, 3 * hidden), nn.Linear(hidden, 3 * hidden)

    def forward(self, x, h):
        return torch.gru_cell(x, h, self.ih.weight, self.hh.weight, self.ih.bias, self.hh.bias)
