//! The graph of a Layercake network, and everything that can be known of it before it runs.
//!
//! An [`Op`] is one operation with all its options. For each there is, in one file under `ops/`, its *shape rule* (what it
//! accepts and what it yields), the *parameters* it owns, and its *cost*. All of these are `const fn`s without dependencies, so the
//! same rule is called
//!
//! - by the `network!` macro while it expands, where every size is a number;
//! - by generated code in a const context, where a size is a named constant;
//! - by the engine, the exporter and whoever builds a graph at run time.
//!
//! With the feature `serde`, an operation and its options can be serialised.
//!
//! Shapes never include the batch axis. A rule that refuses its input explains itself in a [`Mistake`]: one text, whoever called.

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

/// Stands for a size that the user left out and the shape rule fills in from the input.
pub const INFER: usize = usize::MAX;

/// In generated code: a size that the user stated by a constant. One that happens to be [`INFER`] must not pass for a size left out:
/// it becomes one that every rule refuses as it would any absurd size.
pub const fn stated(size: usize) -> usize {
    if size == INFER { INFER - 1 } else { size }
}
