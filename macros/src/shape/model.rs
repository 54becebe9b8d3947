//! A network as far as it can be worked out while expanding.

use layercake_ir::Op;
use proc_macro2::{Ident, TokenStream};

use crate::ast::{Layer, Network, Step};
use crate::flow::Flow;
use crate::layers::Row;
use crate::settings::{Settings, Symbols};

/// A network with everything worked out that can be while expanding.
pub struct Model<'a> {
    pub network: &'a Network,
    pub input: Flow,
    pub output: Flow,
    pub nodes: Vec<Node<'a>>,
    pub symbols: Symbols,
    /// Is the input's shape left to the compiler to check?
    pub input_rule: bool,
    /// Stated outputs that are left to the compiler to compare.
    pub outputs: Vec<OutputRule>,
}

/// A layer in its place.
pub struct Node<'a> {
    pub name: Ident,
    pub step: &'a Step,
    pub layer: &'a Layer,
    pub row: &'static Row,
    pub settings: Settings,
    pub state: State,
    /// The values it takes: the network's input is 0, the first node's output 1.
    pub inputs: Vec<usize>,
    pub output: Flow,
}

/// How far an operation is decided.
pub enum State {
    /// Nothing left to infer.
    Decided(Op),
    /// The compiler decides.
    Rule(Box<Rule>),
    /// A mistake.
    Lost,
}

/// A shape rule for the compiler to apply.
pub struct Rule {
    /// The constant that holds what came of it, an `ir::Attempt`.
    pub attempt: Ident,
    pub input: Flow,
    /// The layer that gives the input; empty for the network's.
    pub source: String,
    /// The shape that the source flattened.
    pub flattened: Option<Flow>,
}

/// A stated output for the compiler to compare.
pub struct OutputRule {
    /// [`Dim::Unknown`] where `_` stands.
    pub declared: Flow,
    pub found: Flow,
    pub layer: String,
    pub tokens: TokenStream,
}
