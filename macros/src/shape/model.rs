//! The model of a network: everything known during expansion.

use layercake_ir::Op;
use proc_macro2::{Ident, TokenStream};
use syn::Attribute;

use crate::ast::Network;
use crate::flow::Flow;
use crate::init::Stated;
use crate::layers::Row;
use crate::lower::What;
use crate::params::Param;
use crate::settings::{Settings, Symbols};

/// A network with all facts that are known during expansion.
pub struct Model<'a> {
    pub network: &'a Network,
    pub params: Vec<Param>,
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
    pub nodes: Vec<Node>,
    pub symbols: Symbols,
    /// The inputs whose shapes are left to the compiler to check.
    pub input_rules: Vec<usize>,
    /// Stated outputs that are left to the compiler to compare.
    pub stated: Vec<OutputRule>,
    /// Reused layers, by number, whose tensors the compiler compares.
    pub shared: Vec<usize>,
}

/// An input or output.
pub struct Port {
    pub name: String,
    pub flow: Flow,
    pub value: usize,
    /// The shape as the user wrote it.
    pub tokens: TokenStream,
}

/// A layer in its place.
pub struct Node {
    /// Its path: `layer1.0.conv1`.
    pub name: String,
    /// Its field in the struct, if it may own tensors.
    pub field: Option<Ident>,
    pub docs: Vec<Attribute>,
    pub what: What,
    /// The tokens of each input of a join.
    pub operands: Vec<TokenStream>,
    pub settings: Settings,
    pub state: State,
    /// Its input values: numbered from the network's inputs to the nodes.
    pub inputs: Vec<usize>,
    /// The earlier node whose tensors it uses.
    pub shares: Option<usize>,
    /// For a reused layer, the first node of the same `reuse`.
    pub again: Option<usize>,
    /// The initialization of its weights, if the user states it.
    pub init: Option<Stated>,
    pub output: Flow,
    /// Lines to append to messages.
    pub note: String,
}

impl Node {
    /// The row of a built-in layer.
    pub fn row(&self) -> Option<&'static Row> {
        match &self.what {
            What::Layer { row, .. } => Some(row),
            _ => None,
        }
    }
}

/// How much of an operation is known.
pub enum State {
    /// Fully inferred.
    Decided(Op),
    /// Fully inferred, with the stand-ins of the first round for generic parameters.
    Generic(Op),
    /// Left to the compiler.
    Rule(Box<Rule>),
    /// A custom layer: its output is stated by the user and checked by its type.
    Custom,
    /// A mistake.
    Lost,
}

/// A shape rule for the compiler to evaluate.
pub struct Rule {
    /// The constant that holds its result, an `ir::Attempt`.
    pub attempt: Ident,
    pub inputs: Vec<Flow>,
    /// The layer of each input; empty for the network's only input.
    pub sources: Vec<String>,
    /// The input's shape of the first source, if that is a `Flatten`.
    pub flattened: Option<Flow>,
}

/// A stated output for the compiler to compare.
pub struct OutputRule {
    /// [`crate::flow::Dim::Unknown`] for `_`.
    pub declared: Flow,
    pub found: Flow,
    pub layer: String,
    pub tokens: TokenStream,
    pub note: String,
}
