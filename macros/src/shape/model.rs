//! The model of a network: everything known during expansion.

use layercake_ir::Op;
use proc_macro2::{Ident, TokenStream};
use syn::Attribute;

use crate::ast::Network;
use crate::flow::Flow;
use crate::init::Stated;
use crate::layers::Row;
use crate::lower::{What, Word};
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
    /// Tags and inputs, for editors.
    pub words: Vec<Word>,
    /// The files beside the one that the network is read from.
    pub files: Vec<String>,
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
    /// The number of its first output.
    pub value: usize,
    /// The shapes of its outputs; most layers have one.
    pub outputs: Vec<Flow>,
    /// Lines to append to messages.
    pub note: String,
    /// In a repetition, the same layer's node in the first.
    pub copies: Option<usize>,
}

impl Model<'_> {
    /// The shape of a value.
    pub fn flow(&self, value: usize) -> &Flow {
        flow(&self.inputs, &self.nodes, value)
    }
}

/// The shape of a value.
pub(super) fn flow<'a>(inputs: &'a [Port], nodes: &'a [Node], value: usize) -> &'a Flow {
    match producer(inputs.len(), nodes, value) {
        None => &inputs[value].flow,
        Some(node) => &nodes[node].outputs[value - nodes[node].value],
    }
}

/// The index of the node that produces a value; None for an input.
pub fn producer(inputs: usize, nodes: &[Node], value: usize) -> Option<usize> {
    (value >= inputs).then(|| nodes.partition_point(|node| node.value <= value) - 1)
}

impl Node {
    /// The shape of its first output.
    pub fn output(&self) -> &Flow {
        &self.outputs[0]
    }

    /// The name of output `index`: the node's name, followed by the output's name or number if there are several.
    pub fn output_name(&self, index: usize) -> String {
        match (self.row(), self.outputs.len()) {
            (_, 1) => self.name.clone(),
            (Some(row), _) => format!("{}.{}", self.name, row.output_name(index)),
            (None, _) => format!("{}.{index}", self.name),
        }
    }

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
    /// Whether joined inputs must have one shape.
    pub exact: bool,
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
