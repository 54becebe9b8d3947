//! Layers of several inputs, and the one of several outputs.

use layercake_ir::Op;
use layercake_ir::ops::{Concat, Split};

use super::plain;
use crate::layers::{Choice, Default, Kind, Outline, Positions, Row};

/// The first axis, channels or features, unless another is stated.
const AXIS: Choice = Choice { default: Default::Size(0), ..super::AXIS };
const PARTS: Choice = Choice { name: "parts", kind: Kind::Size, default: Default::Required, part: Some(layercake_ir::Part::Out) };

/// Joins.
pub const JOINS: &[Row] = &[
    Row { example: "Add(skip)", ..plain("Add", "add", "Add", |_| Op::Add) },
    Row { example: "Sub(skip)", ..plain("Sub", "sub", "Sub", |_| Op::Sub) },
    Row { example: "Mul(gate)", ..plain("Mul", "mul", "Mul", |_| Op::Mul) },
    Row { example: "Max(skip)", ..plain("Max", "max", "Max", |_| Op::Max) },
    Row { example: "Reparameterize(logvar)", ..plain("Reparameterize", "reparameterize", "Reparameterize", |_| Op::Reparameterize) },
    Row {
        options: &[AXIS],
        outline: Outline::Rank,
        example: "Concat(skip)",
        ..plain("Concat", "concat", "Concat", |s| Op::Concat(Concat { axis: s.size("axis") }))
    },
];

/// `Split(2) as (a, b)`: `index` is the number of the part, which the macro counts.
pub const ROWS: &[Row] = &[Row {
    positions: Positions::Option("parts"),
    options: &[PARTS, AXIS],
    outline: Outline::Rank,
    example: "Split(2) as (a, b)",
    ..plain("Split", "split", "Split", |s| Op::Split(Split { parts: s.size("parts"), index: s.size("index"), axis: s.size("axis") }))
}];
