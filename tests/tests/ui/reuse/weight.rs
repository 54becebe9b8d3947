//! `weight = layer`, which gives a `Linear` the weight of another layer.
use layercake::prelude::*;

network! {
    Unknown: usize[3] -> [3, 7] { embedding: Embedding(7, 4), Linear(7, bias = false, weight = embeding) }

    NotALayer: usize[3] -> [3, 7] { embedding: Embedding(7, 4), Linear(7, bias = false, weight = embedding.weight) }

    NoWeight: usize[3] -> [3, 7] { Embedding(7, 4), squash: Tanh, Linear(7, bias = false, weight = squash) }

    Bias: usize[3] -> [3, 7] { embedding: Embedding(7, 4), head: Linear(7, weight = embedding) }

    Shape: usize[3] -> [3, 7] { embedding: Embedding(7, 4), Linear(5), head: Linear(7, bias = false, weight = embedding) }

    Init: usize[3] -> [3, 7] { embedding: Embedding(7, 4), Linear(7, bias = false, weight = embedding, init = xavier_uniform) }

    NoUse: [4] -> [7] { wide: Linear(7) as y, from input, Linear(7, bias = false, weight = wide), Add(y) }
}

fn main() {}
