"""Small networks of points, maxout units, and networks of sequences, as PyTorch has them."""

import torch
from torch import nn

from gallery_classifiers import chain


def mlp(*widths, activation=nn.ReLU):
    """Linear layers fc1, fc2, .. with activations between them; a single one is fc."""
    if len(widths) == 2:
        return chain(fc=nn.Linear(*widths))
    layers = {}
    for i, (inputs, outputs) in enumerate(zip(widths, widths[1:]), 1):
        layers[f"fc{i}"] = nn.Linear(inputs, outputs)
        if i < len(widths) - 1:
            layers[f"act{i}"] = activation()
    return chain(**layers)


class Pieces(nn.Linear):
    """The largest of several linear functions for each feature."""

    def __init__(self, inputs, features, pieces):
        super().__init__(inputs, features * pieces)
        self.pieces = pieces

    def forward(self, x):
        return super().forward(x).unflatten(-1, (-1, self.pieces)).amax(-1)


def maxout(inputs, features, pieces, classes):
    return chain(
        flatten=nn.Flatten(),
        fc1=Pieces(inputs, features, pieces),
        fc2=Pieces(features, features, pieces),
        fc3=nn.Linear(features, classes),
    )


class Rows(nn.Module):
    """The last state of a recurrent layer over the rows of an image."""

    def __init__(self, cell, width, hidden, classes):
        super().__init__()
        self.rnn = cell(width, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, classes)

    def forward(self, image):
        return self.fc(self.rnn(image.squeeze(1))[0][:, -1])


class Encoder(nn.Module):
    def __init__(self, tokens, features, hidden):
        super().__init__()
        self.embedding = nn.Embedding(tokens, features)
        self.lstm = nn.LSTM(features, hidden, batch_first=True)

    def forward(self, tokens):
        return self.lstm(self.embedding(tokens))


class Decoder(nn.Module):
    """With attention it has Luong's "general" score, whose matrix is `keys`, and `combine` for the context and the state."""

    def __init__(self, tokens, features, hidden, attention):
        super().__init__()
        if attention:
            self.keys = nn.Linear(hidden, hidden, bias=False)
        self.embedding = nn.Embedding(tokens, features)
        self.lstm = nn.LSTM(features, hidden, batch_first=True)
        if attention:
            self.combine = nn.Linear(2 * hidden, hidden)
        self.fc = nn.Linear(hidden, tokens)
        self.attention = attention

    def forward(self, tokens, state, memory, mask):
        y, _ = self.lstm(self.embedding(tokens), state)
        if self.attention:
            weights = (y @ self.keys(memory).transpose(1, 2) + mask).softmax(-1)
            y = torch.tanh(self.combine(torch.cat([weights @ memory, y], -1)))
        return self.fc(y)


class Seq2Seq(nn.Module):
    def __init__(self, tokens, features, hidden, attention):
        super().__init__()
        self.encoder = Encoder(tokens, features, hidden)
        self.decoder = Decoder(tokens, features, hidden, attention)

    def forward(self, source, target, mask=None):
        memory, state = self.encoder(source)
        return self.decoder(target, state, memory, mask)


def stages(channels):
    """By name, stages of a convolution and a normalization that halve the sides."""
    for i, (of, to) in enumerate(zip((1, *channels), channels), 1):
        conv = nn.Conv2d(of, to, 3, padding=1, bias=False)
        yield f"stage{i}", chain(conv=conv, norm=nn.BatchNorm2d(to), relu=nn.ReLU(), pool=nn.MaxPool2d(2))


def frame_features(channels, features):
    return chain(**dict(stages(channels)), flatten=nn.Flatten(), fc=nn.Linear(channels[-1] * 4 * 4, features), act=nn.ReLU())


class FrameLabels(nn.Module):
    def __init__(self, features, hidden, labels):
        super().__init__()
        self.alone = nn.Linear(features, labels)
        self.lstm = nn.LSTM(features, hidden, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(2 * hidden, labels)

    def forward(self, features):
        return self.fc(self.lstm(features)[0]), self.alone(features)


class StripEncoder(nn.Module):
    """The features become the first state of a decoder."""

    def __init__(self, channels, features, hidden):
        super().__init__()
        for name, stage in stages(channels):
            self.add_module(name, stage)
        self.features = nn.Linear(channels[-1] * 3 * 14, features)
        self.to_h = nn.Linear(features, hidden)
        self.to_c = nn.Linear(features, hidden)

    def forward(self, picture):
        x = self.stage3(self.stage2(self.stage1(picture)))
        x = self.features(x.flatten(1)).relu()
        return self.to_h(x).tanh().unsqueeze(0), self.to_c(x).unsqueeze(0)


class Captioner(nn.Module):
    def __init__(self, channels, features, tokens, embedded, hidden):
        super().__init__()
        self.encoder = StripEncoder(channels, features, hidden)
        self.decoder = Decoder(tokens, embedded, hidden, False)

    def forward(self, picture, words):
        return self.decoder(words, self.encoder(picture), None, None)


class CharTransformer(nn.Module):
    """Layers of PyTorch's encoder with the normalizations first and the decoder's mask."""

    def __init__(self, characters, context, width, heads, hidden, layers):
        super().__init__()
        self.embed = nn.ModuleDict({"position": nn.Embedding(context, width), "embedding": nn.Embedding(characters, width)})
        options = {"dropout": 0.0, "activation": "gelu", "batch_first": True, "norm_first": True}
        self.layers = nn.ModuleList(nn.TransformerEncoderLayer(width, heads, hidden, **options) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.fc = nn.Linear(width, characters)

    def forward(self, characters, positions):
        length = characters.shape[1]
        mask = torch.ones(length, length, dtype=torch.bool, device=characters.device).triu(1)
        x = self.embed["embedding"](characters) + self.embed["position"](positions)
        for layer in self.layers:
            x = layer(x, src_mask=mask, is_causal=True)
        return self.fc(self.norm(x))
