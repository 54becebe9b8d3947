//! The graph of a Layercake network, and all facts about it that are known before it runs.
//!
//! An [`Op`] is one operation with all its options. A file under `ops/` defines its *shape rule* (the input shapes it accepts and its output shape),
//! its *parameters*, and its *cost*. All of these are `const fn`s without dependencies, so the same rule is called
//!
//! - by the `network!` macro during expansion, if every size is a number;
//! - by generated code in a const context, if a size is a named constant;
//! - by the engine, the exporter and code that builds a graph at run time.
//!
//! With the feature `serde`, operations and their options can be serialized.
//!
//! Shapes never include the batch axis. The error of a shape rule is a [`Mistake`], with the same text for every caller.

mod attempt;
mod builder;
mod facts;
mod gain;
mod graph;
mod init;
mod inline;
mod mistake;
pub mod ops;
mod params;
mod resize;
mod rules;
mod shape;
mod shared;
pub mod spec;
mod splice;
mod text;
mod verify;

pub use attempt::{Attempt, broadcast};
pub use builder::Builder;
pub use facts::MAX_VALUES;
pub use gain::Nonlinearity;
pub use graph::{Graph, Node, Port, check_input, check_output};
pub use init::{Fan, Init, is_bias, is_weight};
pub use mistake::{Mistake, Part, Site, blame, blame_all, blame_in};
pub use ops::{Op, Param, Params};
pub use resize::RUNTIME_LENGTH;
pub use shape::{MAX_RANK, Shape};
pub use shared::check_shared;
pub use spec::Spec;
pub use text::{Text, grouped};

/// A size that was left out, which the shape rule infers from the input.
pub const INFER: usize = usize::MAX;

/// For generated code: a size given by a constant. If the constant happens to equal [`INFER`], it must not count as a size left out, so it becomes
/// a size that every rule refuses as too large.
pub const fn stated(size: usize) -> usize {
    if size == INFER { INFER - 1 } else { size }
}
