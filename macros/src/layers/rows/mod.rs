//! The table, a file for each family of layers.

mod activation;
mod conv;
mod dense;
mod join;
mod norm;
mod pool;
mod regular;
mod sequence;
mod shape;

use layercake_ir::{Op, Part};
pub use sequence::{UNPACK, states};

use super::{Choice, Default, Kind, Outline, Positions, Row};
use crate::settings::Known;

/// All layers, in the order in which messages list them.
pub fn all() -> impl Iterator<Item = &'static Row> {
    let first = [dense::ROWS, conv::ROWS, pool::ROWS, shape::ROWS, activation::ROWS, regular::ROWS, norm::ROWS, sequence::ROWS];
    first.into_iter().chain([join::JOINS, join::ROWS]).flatten()
}

/// Is this a layer that joins several values?
pub fn is_join(row: &Row) -> bool {
    join::JOINS.iter().any(|join| join.kind == row.kind)
}

/// A layer without arguments that leaves the shape as it is.
const fn plain(kind: &'static str, prefix: &'static str, variant: &'static str, build: fn(&Known) -> Op) -> Row {
    Row { kind, prefix, variant, positions: Positions::None, options: &[], build, outline: Outline::Same, field: None, example: kind }
}

/// An option of a pair, for a layer of one axis.
const fn one(choice: Choice) -> Choice {
    Choice { kind: Kind::Size, ..choice }
}

/// An option that is a number.
const fn float(name: &'static str, default: f64, part: Part) -> Choice {
    Choice { name, kind: Kind::Float, default: Default::Float(default), part: Some(part) }
}

// Options that several families have.
const KERNEL: Choice = Choice { name: "kernel", kind: Kind::Pair, default: Default::Required, part: Some(Part::Kernel) };
const STRIDE: Choice = Choice { name: "stride", kind: Kind::Pair, default: Default::Size(1), part: Some(Part::Stride) };
const PADDING: Choice = Choice { name: "padding", kind: Kind::Pair, default: Default::Size(0), part: Some(Part::Padding) };
const DILATION: Choice = Choice { name: "dilation", kind: Kind::Pair, default: Default::Size(1), part: Some(Part::Dilation) };
const GROUPS: Choice = Choice { name: "groups", kind: Kind::Size, default: Default::Size(1), part: Some(Part::Groups) };
const BIAS: Choice = Choice { name: "bias", kind: Kind::Bool, default: Default::Bool(true), part: None };
const CEIL: Choice = Choice { name: "ceil_mode", kind: Kind::Bool, default: Default::Bool(false), part: None };
const COUNT_PAD: Choice = Choice { name: "count_include_pad", kind: Kind::Bool, default: Default::Bool(true), part: None };
const AXIS: Choice = Choice { name: "axis", kind: Kind::Size, default: Default::Infer, part: Some(Part::Axis) };
