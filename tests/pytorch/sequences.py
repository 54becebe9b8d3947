"""More cases: token ids, recurrent layers, attention. PyTorch's modules, told to give one tensor, the batch in front."""

import torch
from torch import nn

from cases import case


def ids(rows):
    """Whole numbers below `rows`, each of them at least once where there is room."""

    def draw(rng, shape):
        values = rng.randint(0, rows, shape).astype(float)
        values.flat[: min(rows, values.size)] = range(min(rows, values.size))
        return values

    return draw


class Embedding(nn.Embedding):
    def forward(self, x):
        return super().forward(x.long())


def recurrent(base, hidden, **options):
    """A recurrent layer that gives `what`: its steps, the final state of its last layer, or all that there is. With `given` the first rows of the
    input are the initial states."""
    what, given = options.pop("what", "steps"), options.pop("given", False)
    features = options.pop("features", 3)

    class Layer(base):
        def forward(self, x):
            directions = 2 if self.bidirectional else 1
            rows, state = self.num_layers * directions, None
            if given:
                states = [x[:, i * rows : (i + 1) * rows].transpose(0, 1).contiguous() for i in range(2 if base is nn.LSTM else 1)]
                x = x[:, len(states) * rows :]
                state = tuple(states) if base is nn.LSTM else states[0]
            y, final = super().forward(x, state)
            finals = final if base is nn.LSTM else (final,)
            if what == "last":
                return finals[0][-directions:].transpose(0, 1).flatten(1)
            if what == "all":
                return torch.cat([y.flatten(1), *(state.transpose(0, 1).flatten(1) for state in finals)], 1)
            return y

    return Layer(features, hidden, batch_first=True, **options)


class Attention(nn.MultiheadAttention):
    """Self-attention."""

    def __init__(self, features, heads, causal=False, **options):
        super().__init__(features, heads, batch_first=True, **options)
        self.causal = causal

    def forward(self, x):
        length = x.shape[1]
        mask = torch.ones(length, length, dtype=torch.bool).triu(1) if self.causal else None
        return super().forward(x, x, x, need_weights=False, attn_mask=mask)[0]


class Cross(nn.MultiheadAttention):
    """Attention of the first `length` steps to the others, whose values may follow; behind them a mask that is added to the scores."""

    def __init__(self, features, heads, length, steps, value=False, mask=False, **options):
        super().__init__(features, heads, batch_first=True, **options)
        self.sizes = [length, steps] + [steps] * value + [length] * mask
        self.steps, self.masked = steps, mask

    def forward(self, x):
        x, key, *rest = x.split(self.sizes, 1)
        # One mask for each head of each sample.
        mask = rest.pop()[:, :, : self.steps].repeat_interleave(self.num_heads, 0) if self.masked else None
        value = rest[0] if rest else key
        return super().forward(x, key, value, need_weights=False, attn_mask=mask)[0]


class Masked(nn.MultiheadAttention):
    """Self-attention of the first half of the steps, with the other half as a mask."""

    def __init__(self, features, heads):
        super().__init__(features, heads, batch_first=True)

    def forward(self, x):
        x, mask = x.chunk(2, 1)
        mask = mask[:, :, : x.shape[1]].repeat_interleave(self.num_heads, 0)
        return super().forward(x, x, x, need_weights=False, attn_mask=mask)[0]


def kind(base):
    """The cases that every recurrent layer has."""
    make = lambda *sizes, **options: recurrent(base, *sizes, **options)
    return [
        case("steps", (5, 3), r=make(4)),
        case("no_bias", (5, 3), r=make(4, bias=False)),
        case("square", (3, 3), r=make(3)),
        case("one_of_all", (1, 1), batch=1, r=make(1, features=1)),
        case("one_step", (1, 3), r=make(5)),
        case("batch_of_one", (4, 3), batch=1, r=make(6)),
        case("wide", (3, 17), batch=2, r=make(19, features=17)),
        case("many", (2, 3), batch=35, r=make(2)),
        case("layers", (4, 3), r=make(5, num_layers=3)),
        case("bidirectional", (4, 3), r=make(5, bidirectional=True)),
        case("bidirectional_layers", (4, 3), r=make(4, num_layers=2, bidirectional=True)),
        case("last", (4, 3), r=make(5, what="last")),
        case("last_of_both", (4, 3), r=make(4, num_layers=2, bidirectional=True, what="last")),
        case("dropout", (4, 3), eval_only=True, r=make(5, num_layers=2, dropout=0.5)),
        case("final_states", (4, 3), r=make(5, num_layers=2, what="all")),
        case("states", (9, 4), r=make(4, features=4, num_layers=2, given=True)),
        case("states_both_ways", (9, 4), r=make(4, features=4, bidirectional=True, given=True, what="all")),
        case("between", (4, 6), fc1=nn.Linear(6, 3), r=make(4), fc2=nn.Linear(4, 2)),
    ]


CASES = {
    "embedding": [
        case("line", (5,), data=ids(7), table=Embedding(7, 3)),
        case("padding", (6,), data=ids(4), table=Embedding(4, 3, padding_idx=1)),
        case("one_row", (3,), data=ids(1), table=Embedding(1, 4)),
        case("one_id", (1,), batch=1, data=ids(5), table=Embedding(5, 2)),
        case("map", (2, 3), data=ids(9), table=Embedding(9, 4)),
        case("many", (4,), batch=40, data=ids(33), table=Embedding(33, 5)),
        case("model", (6,), data=ids(7), table=Embedding(7, 5), r=recurrent(nn.LSTM, 4, features=5), fc=nn.Linear(4, 7)),
    ],
    "rnn": kind(nn.RNN) + [case("relu", (5, 3), r=recurrent(nn.RNN, 4, nonlinearity="relu"))],
    "lstm": kind(nn.LSTM),
    "gru": kind(nn.GRU),
    "attention": [
        case("one_head", (4, 3), a=Attention(3, 1)),
        case("heads", (5, 6), a=Attention(6, 3)),
        case("heads_of_one", (3, 4), a=Attention(4, 4)),
        case("square", (4, 4), batch=4, a=Attention(4, 2)),
        case("causal", (5, 6), a=Attention(6, 2, causal=True)),
        case("no_bias", (4, 6), a=Attention(6, 2, bias=False)),
        case("causal_no_bias", (4, 6), a=Attention(6, 3, causal=True, bias=False)),
        case("one_step", (1, 4), a=Attention(4, 2, causal=True)),
        case("one_of_all", (1, 1), batch=1, a=Attention(1, 1)),
        case("many", (3, 4), batch=33, a=Attention(4, 2)),
        case("dropout", (4, 6), eval_only=True, a=Attention(6, 2, dropout=0.5)),
        case("memory", (5, 6), a=Cross(6, 3, 3, 2)),
        case("memory_no_bias", (7, 4), batch=1, a=Cross(4, 2, 2, 5, bias=False)),
        case("values", (7, 6), a=Cross(6, 2, 1, 3, value=True)),
        case("mask", (6, 4), a=Masked(4, 2)),
        case("all", (10, 4), batch=17, a=Cross(4, 2, 2, 3, value=True, mask=True)),
        case("between", (4, 5), fc1=nn.Linear(5, 6), a=Attention(6, 2, causal=True), norm=nn.LayerNorm(6), fc2=nn.Linear(6, 2)),
    ],
}
