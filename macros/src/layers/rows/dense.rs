//! Matrix products.

use layercake_ir::ops::{DropConnect, Linear, Maxout};
use layercake_ir::{Op, Part};

use super::BIAS;
use crate::layers::{Axes, Choice, Default, Field, Kind, Outline, Positions, Row};

const PIECES: Choice = Choice { name: "pieces", kind: Kind::Size, default: Default::Required, part: Some(Part::Pieces) };

/// Matrix products.
pub const ROWS: &[Row] = &[
    Row {
        kind: "Linear",
        prefix: "linear",
        variant: "Linear",
        positions: Positions::InOut { input: "in_features", output: "out_features", what: "features" },
        options: &[BIAS],
        build: |s| Op::Linear(Linear { in_features: s.size("in_features"), out_features: s.size("out_features"), bias: s.bool("bias") }),
        outline: Outline::Last("out_features"),
        field: Some(Field { layer: "Linear", axes: Axes::Of(&[(0, 1), (0, 0)]), given: &[], switch: Some("bias") }),
        example: "Linear(120)",
    },
    Row {
        kind: "DropConnect",
        prefix: "drop_connect",
        variant: "DropConnect",
        positions: Positions::InOut { input: "in_features", output: "out_features", what: "features" },
        options: &[super::regular::P, BIAS],
        build: |s| {
            Op::DropConnect(DropConnect {
                in_features: s.size("in_features"),
                out_features: s.size("out_features"),
                p: s.float("p"),
                bias: s.bool("bias"),
            })
        },
        outline: Outline::Last("out_features"),
        field: Some(Field { layer: "Linear", axes: Axes::Of(&[(0, 1), (0, 0)]), given: &[], switch: Some("bias") }),
        example: "DropConnect(120, p = 0.5)",
    },
    Row {
        kind: "Maxout",
        prefix: "maxout",
        variant: "Maxout",
        positions: Positions::InOut { input: "in_features", output: "out_features", what: "features" },
        options: &[PIECES, BIAS],
        build: |s| {
            Op::Maxout(Maxout {
                in_features: s.size("in_features"),
                out_features: s.size("out_features"),
                pieces: s.size("pieces"),
                bias: s.bool("bias"),
            })
        },
        outline: Outline::Last("out_features"),
        field: Some(Field { layer: "Linear", axes: Axes::Of(&[(0, 1), (0, 0)]), given: &[], switch: Some("bias") }),
        example: "Maxout(16, pieces = 2)",
    },
];
