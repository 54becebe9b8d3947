//! A network as far as it can be worked out while expanding.

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

/// A network with everything worked out that can be while expanding.
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
    /// Layers that are applied again, by number, whose tensors are left to the compiler to compare.
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
    /// Its field in the struct, where it may own tensors.
    pub field: Option<Ident>,
    pub docs: Vec<Attribute>,
    pub what: What,
    /// For each input of a join, the tokens that stand for it.
    pub operands: Vec<TokenStream>,
    pub settings: Settings,
    pub state: State,
    /// The values it takes: first the network's inputs are counted, then the nodes.
    pub inputs: Vec<usize>,
    /// The earlier node whose tensors it uses.
    pub shares: Option<usize>,
    /// Of one that is applied again, the first node that the same `reuse` gave.
    pub again: Option<usize>,
    /// How its weights begin, where the user says so.
    pub init: Option<Stated>,
    pub output: Flow,
    /// Lines to be added to messages.
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

/// How far an operation is decided.
pub enum State {
    /// Nothing left to infer.
    Decided(Op),
    /// The same, with the numbers of the first round in the place of generic parameters.
    Generic(Op),
    /// The compiler decides.
    Rule(Box<Rule>),
    /// What it gives is stated by the user, and checked by its type.
    Custom,
    /// A mistake.
    Lost,
}

/// A shape rule for the compiler to apply.
pub struct Rule {
    /// The constant that holds what came of it, an `ir::Attempt`.
    pub attempt: Ident,
    pub inputs: Vec<Flow>,
    /// For each input, the layer that gives it; empty for the network's only one.
    pub sources: Vec<String>,
    /// The shape that the first source flattened.
    pub flattened: Option<Flow>,
}

/// A stated output for the compiler to compare.
pub struct OutputRule {
    /// [`crate::flow::Dim::Unknown`] where `_` stands.
    pub declared: Flow,
    pub found: Flow,
    pub layer: String,
    pub tokens: TokenStream,
    pub note: String,
}
