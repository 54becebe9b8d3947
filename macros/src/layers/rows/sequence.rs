//! Sequences: tables of token ids, recurrent layers, attention.

use layercake_ir::ops::{Embedding, Gru, Lstm, MultiHeadAttention, Nonlinearity, Rnn, Steps, Unpack};
use layercake_ir::{Op, Part};

use super::{BIAS, float};
use crate::layers::{Axes, Choice, Default, Field, Kind, Outline, Positions, Row};
use crate::settings::Known;

const DROPOUT: Choice = float("dropout", 0.0, Part::Dropout);
const LAYERS: Choice = Choice { name: "layers", kind: Kind::Size, default: Default::Size(1), part: Some(Part::Layers) };
const BIDIRECTIONAL: Choice = Choice { name: "bidirectional", kind: Kind::Bool, default: Default::Bool(false), part: None };
const STEPS: Choice = Choice { name: "output", kind: Kind::Word(&Steps::WORDS), default: Default::Word("all"), part: None };
const NONLINEARITY: Choice =
    Choice { name: "nonlinearity", kind: Kind::Word(&Nonlinearity::WORDS), default: Default::Word("tanh"), part: None };

fn steps(s: &Known) -> Steps {
    Steps::named(s.word("output")).unwrap_or(Steps::All)
}

/// A recurrent layer.
const fn recurrent(
    kind: &'static str,
    prefix: &'static str,
    options: &'static [Choice],
    build: fn(&Known) -> Op,
    example: &'static str,
) -> Row {
    Row {
        kind,
        prefix,
        variant: kind,
        positions: Positions::InOut { input: "in_features", output: "hidden", what: "features" },
        options,
        build,
        outline: Outline::Steps,
        field: Some(Field {
            layer: "Recurrent",
            // Features in, of the state, gate by gate, and those that further layers take.
            axes: Axes::Named(&[("weight_ih_l0", 1), ("weight_hh_l0", 1), ("weight_hh_l0", 0), ("weight_ih_l1", 1)]),
            given: &["layers", "bidirectional"],
            switch: Some("bias"),
        }),
        example,
    }
}

/// Sequences.
pub const ROWS: &[Row] = &[
    Row {
        kind: "Embedding",
        prefix: "embedding",
        variant: "Embedding",
        positions: Positions::InOut { input: "num_embeddings", output: "embedding_dim", what: "features" },
        options: &[Choice { name: "padding_idx", kind: Kind::Size, default: Default::Infer, part: Some(Part::PaddingIdx) }],
        build: |s| {
            Op::Embedding(Embedding {
                num_embeddings: s.size("num_embeddings"),
                embedding_dim: s.size("embedding_dim"),
                padding_idx: s.size("padding_idx"),
            })
        },
        outline: Outline::Embedded,
        field: Some(Field { layer: "Embedding", axes: Axes::Of(&[(0, 0), (0, 1)]), given: &["padding_idx"], switch: None }),
        example: "Embedding(65 -> 64)",
    },
    recurrent(
        "Rnn",
        "rnn",
        &[LAYERS, BIDIRECTIONAL, DROPOUT, BIAS, STEPS, NONLINEARITY],
        |s| {
            Op::Rnn(Rnn {
                in_features: s.size("in_features"),
                hidden: s.size("hidden"),
                layers: s.size("layers"),
                bidirectional: s.bool("bidirectional"),
                dropout: s.float("dropout"),
                bias: s.bool("bias"),
                output: steps(s),
                nonlinearity: Nonlinearity::named(s.word("nonlinearity")).unwrap_or(Nonlinearity::Tanh),
                packed: s.bool("packed"),
            })
        },
        "Rnn(256, nonlinearity = relu)",
    ),
    recurrent(
        "Lstm",
        "lstm",
        &[LAYERS, BIDIRECTIONAL, DROPOUT, BIAS, STEPS],
        |s| {
            Op::Lstm(Lstm {
                in_features: s.size("in_features"),
                hidden: s.size("hidden"),
                layers: s.size("layers"),
                bidirectional: s.bool("bidirectional"),
                dropout: s.float("dropout"),
                bias: s.bool("bias"),
                output: steps(s),
                packed: s.bool("packed"),
            })
        },
        "Lstm(256, layers = 2, dropout = 0.2)",
    ),
    recurrent(
        "Gru",
        "gru",
        &[LAYERS, BIDIRECTIONAL, DROPOUT, BIAS, STEPS],
        |s| {
            Op::Gru(Gru {
                in_features: s.size("in_features"),
                hidden: s.size("hidden"),
                layers: s.size("layers"),
                bidirectional: s.bool("bidirectional"),
                dropout: s.float("dropout"),
                bias: s.bool("bias"),
                output: steps(s),
                packed: s.bool("packed"),
            })
        },
        "Gru(256, bidirectional = true, output = last)",
    ),
    Row {
        kind: "MultiHeadAttention",
        prefix: "multi_head_attention",
        variant: "MultiHeadAttention",
        positions: Positions::Option("heads"),
        options: &[
            Choice { name: "heads", kind: Kind::Size, default: Default::Required, part: Some(Part::Heads) },
            Choice { name: "features", kind: Kind::Size, default: Default::Infer, part: Some(Part::Features) },
            Choice { name: "causal", kind: Kind::Bool, default: Default::Bool(false), part: None },
            DROPOUT,
            BIAS,
        ],
        build: |s| {
            Op::MultiHeadAttention(MultiHeadAttention {
                features: s.size("features"),
                heads: s.size("heads"),
                causal: s.bool("causal"),
                dropout: s.float("dropout"),
                bias: s.bool("bias"),
            })
        },
        outline: Outline::Same,
        field: Some(Field { layer: "MultiHeadAttention", axes: Axes::Of(&[(0, 1), (0, 0)]), given: &[], switch: Some("bias") }),
        example: "MultiHeadAttention(4, causal = true)",
    },
];

/// What stands behind a recurrent layer for each tensor that it gives, where it gives several. Users do not write it.
pub const UNPACK: Row = Row {
    kind: "Unpack",
    prefix: "unpack",
    variant: "Unpack",
    positions: Positions::None,
    options: &[STEPS],
    build: |s| {
        Op::Unpack(Unpack {
            which: s.size("which"),
            states: s.size("states"),
            layers: s.size("layers"),
            bidirectional: s.bool("bidirectional"),
            output: steps(s),
        })
    },
    outline: Outline::Unpacked,
    field: None,
    example: "Unpack",
};

/// What the final states of a recurrent layer are called behind its name; none for other layers.
pub fn states(row: &Row) -> Option<&'static [&'static str]> {
    match row.kind {
        "Lstm" => Some(&["hidden", "cell"]),
        "Rnn" | "Gru" => Some(&["hidden"]),
        _ => None,
    }
}
