//! What moves elements and changes none.

use layercake_ir::ops::{Flatten, Permute, Reshape};
use layercake_ir::{Op, Part};

use super::plain;
use crate::layers::{Choice, Default, Kind, Outline, Positions, Row};

const SHAPE: Choice = Choice { name: "shape", kind: Kind::List { inferred: true }, default: Default::Required, part: Some(Part::Shape) };
const AXES: Choice = Choice { name: "axes", kind: Kind::List { inferred: false }, default: Default::Required, part: Some(Part::Axes) };

/// What moves elements and changes none.
pub const ROWS: &[Row] = &[
    Row { outline: Outline::Flat, ..plain("Flatten", "flatten", "Flatten", |_| Op::Flatten(Flatten {})) },
    Row {
        positions: Positions::List("shape"),
        options: &[SHAPE],
        outline: Outline::List("shape"),
        example: "Reshape(16, _)",
        ..plain("Reshape", "reshape", "Reshape", |s| Op::Reshape(Reshape { shape: s.sizes("shape") }))
    },
    Row {
        positions: Positions::List("axes"),
        options: &[AXES],
        outline: Outline::Rank,
        example: "Permute(2, 0, 1)",
        ..plain("Permute", "permute", "Permute", |s| Op::Permute(Permute { axes: s.sizes("axes") }))
    },
];
