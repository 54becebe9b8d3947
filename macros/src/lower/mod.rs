//! From steps to a graph: templates and repetitions are expanded, branches and tags become value numbers, and every layer gets its
//! path. Shapes are not used here.
//!
//! Values are numbered as in `layercake_ir::Graph`: first the inputs, then the outputs of each node.

mod apply;
mod control;
mod finish;
mod inputs;
mod joins;
mod names;
mod parts;
mod recurrent;
mod relocate;
mod reuse;
mod scope;
mod template;
mod templates;
#[cfg(test)]
mod tests;
mod twice;
mod unpool;
mod walk;

use std::collections::{HashMap, HashSet};

use layercake_ir::MAX_VALUES;
use proc_macro2::{Ident, TokenStream};
use syn::Attribute;

/// Steps that templates and repetitions may open up to, whether they give values or not.
const MAX_STEPS: usize = 16 * MAX_VALUES;

/// Templates may be nested so deep.
const MAX_DEPTH: usize = 32;

pub use names::{RUNTIME, snake};
pub use templates::Templates;

use crate::ast::{Layer, Network, PathLayer, Ports, ShapeExpr, Step};
use crate::layers::Row;
use crate::report::Report;
use crate::text::plain;

/// A network's graph, without shapes.
#[derive(Debug, Default)]
pub struct Plan {
    /// The names of the inputs; `input` for the only one, which has none.
    pub inputs: Vec<String>,
    pub nodes: Vec<Node>,
    /// The names of the outputs and their values; None where a value is lacking, which is reported.
    pub outputs: Vec<(String, Option<usize>)>,
    /// The words that stand for values, and where they are used, for editors.
    pub words: Vec<Word>,
}

/// A tag or an input.
#[derive(Clone, Debug)]
pub struct Word {
    pub name: Ident,
    pub value: usize,
    pub uses: Vec<Ident>,
}

/// A layer in its place.
#[derive(Debug)]
pub struct Node {
    /// Its path, `layer1.0.conv1`: the first part of its tensors' names.
    pub path: String,
    /// Its field in the struct, where it may own tensors.
    pub field: Option<Ident>,
    /// The user's documentation.
    pub docs: Vec<Attribute>,
    pub what: What,
    /// The values it takes.
    pub inputs: Vec<usize>,
    /// The number of its first output; the other outputs have the next numbers.
    pub value: usize,
    /// For each input of a join, the tokens that stand for it; empty for other layers.
    pub operands: Vec<TokenStream>,
    /// Whether its inputs must have one shape: the sum of a residual connection.
    pub exact: bool,
    /// The earlier node whose tensors it uses.
    pub shares: Option<usize>,
    /// Of one that is applied again, the first node that the same `reuse` gave.
    pub again: Option<usize>,
    /// In a repetition, the same layer's node in the first.
    pub copies: Option<usize>,
    /// The output that the user states.
    pub output: Option<ShapeExpr>,
    /// Lines to be added to messages: in which template the layer stands.
    pub note: String,
}

/// What a node does.
#[derive(Clone, Debug)]
pub enum What {
    /// A built-in layer, and the number of its outputs.
    Layer { row: &'static Row, layer: Layer, outputs: usize },
    /// A nested network, and the number of its outputs that are used.
    Network { network: PathLayer, outputs: usize },
    /// A module of the user's or of dfdx.
    Custom(PathLayer),
    /// A mistake, which is reported; its tokens.
    Lost(TokenStream),
}

impl Node {
    /// The numbers of its outputs.
    pub fn values(&self) -> std::ops::Range<usize> {
        self.value..self.value + self.what.outputs()
    }
}

impl What {
    /// A built-in layer with one output.
    pub fn layer(row: &'static Row, layer: Layer) -> Self {
        What::Layer { row, layer, outputs: 1 }
    }

    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        match self {
            What::Layer { outputs, .. } | What::Network { outputs, .. } => *outputs,
            What::Custom(_) | What::Lost(_) => 1,
        }
    }

    /// The layer as the user wrote it.
    pub fn tokens(&self) -> &TokenStream {
        match self {
            What::Layer { layer, .. } => &layer.tokens,
            What::Network { network, .. } => &network.tokens,
            What::Custom(layer) => &layer.tokens,
            What::Lost(tokens) => tokens,
        }
    }

    /// What to underline where a mistake is about the layer as a whole.
    pub fn head(&self) -> TokenStream {
        use quote::ToTokens;
        match self {
            What::Layer { layer, .. } => layer.kind.to_token_stream(),
            What::Network { network: path, .. } | What::Custom(path) => path.kind.to_token_stream(),
            What::Lost(tokens) => tokens.clone(),
        }
    }
}

/// A network of the block, as the others see it.
#[derive(Clone, Debug)]
pub struct Peer {
    pub name: Ident,
    /// The sizes that it is given between `<` and `>`.
    pub sizes: Vec<Ident>,
}

impl Peer {
    /// All networks of a block.
    pub fn all<'a>(networks: impl IntoIterator<Item = &'a Network>) -> Vec<Peer> {
        let sizes = |network: &Network| {
            let sizes = network.generics.iter().filter(|generic| !generic.runtime);
            sizes.map(|generic| generic.name.clone()).collect()
        };
        networks.into_iter().map(|network| Peer { name: network.name.clone(), sizes: sizes(network) }).collect()
    }
}

/// The graph of a network. `networks` are those of its block.
pub fn network(network: &Network, templates: &Templates, networks: &[Peer], report: &mut Report) -> Plan {
    let inputs = match &network.inputs {
        Some(Ports::Named(ports)) => ports.iter().map(|port| (plain(&port.name), Some(port.name.clone()))).collect(),
        _ => vec![("input".to_owned(), None)],
    };
    let outputs = match &network.outputs {
        Some(Ports::Named(ports)) => Some(ports.iter().map(|port| port.name.clone()).collect()),
        _ => None,
    };
    let others = networks.iter().filter(|other| other.name != network.name).cloned().collect();
    let mut lowering = Lowering::new(templates, others, inputs, outputs, report);
    lowering.itself = Some(network.name.clone());
    lowering.foresee(&network.steps);
    lowering.whole(&network.steps);
    lowering.finish()
}

/// The work on one network.
struct Lowering<'a, 'r> {
    templates: &'a Templates,
    /// The other networks of the block.
    networks: Vec<Peer>,
    /// This one.
    itself: Option<Ident>,
    report: &'r mut Report,
    /// The inputs, with the user's names.
    inputs: Vec<(String, Option<Ident>)>,
    /// The declared outputs, where they have names.
    outputs: Option<Vec<Ident>>,
    /// The outputs there are so far, where they have names.
    produced: Vec<(Ident, usize)>,
    nodes: Vec<Node>,
    /// The current value.
    current: usize,
    /// The values that something is made from.
    used: Vec<bool>,
    /// The tags and inputs so far.
    words: Vec<Word>,
    scopes: Vec<scope::Scope>,
    /// Tags and names that some step will define.
    foreseen: scope::Foreseen,
    /// Prefix of all paths: empty, or with a `.` at its end.
    prefix: String,
    /// In a `Sequential`: the prefix directly below it, and the index of its next step.
    numbering: Option<(String, usize)>,
    /// The length of the prefix where the innermost template begins: names further out are not seen in it.
    floor: usize,
    names: names::Names,
    /// What can be applied again, by path.
    applied: HashMap<String, reuse::Applied>,
    /// Where tensors come from while something is applied again.
    sharing: Option<reuse::Sharing>,
    /// The templates around the current step.
    within: Vec<Ident>,
    /// The block of the innermost template.
    home: usize,
    /// Only a template is looked at, with its arguments open.
    definition: bool,
    /// These arguments, and the words of loops whose list is one of them.
    open_words: Vec<String>,
    /// A mistake has been reported that may leave tensors and tags unused.
    unsound: bool,
    /// Tags of repetitions that have ended.
    ended: Vec<String>,
    /// Values with several tags behind them where there should be one, which is reported.
    vague: HashSet<usize>,
    /// The steps so far, those of templates and repetitions each time that they are opened up.
    opened: usize,
    /// There were more nodes than a network may have, which is reported.
    overflow: bool,
}

impl<'a, 'r> Lowering<'a, 'r> {
    fn new(
        templates: &'a Templates,
        networks: Vec<Peer>,
        inputs: Vec<(String, Option<Ident>)>,
        outputs: Option<Vec<Ident>>,
        report: &'r mut Report,
    ) -> Self {
        let used = vec![false; inputs.len()];
        let named = |(value, (_, name)): (usize, &(String, Option<Ident>))| Some(Word { name: name.clone()?, value, uses: Vec::new() });
        let words = inputs.iter().enumerate().filter_map(named).collect();
        Self {
            templates,
            networks,
            itself: None,
            report,
            inputs,
            outputs,
            produced: Vec::new(),
            nodes: Vec::new(),
            current: 0,
            used,
            words,
            scopes: vec![scope::Scope::default()],
            foreseen: scope::Foreseen::default(),
            prefix: String::new(),
            numbering: None,
            floor: 0,
            names: names::Names::default(),
            applied: HashMap::new(),
            sharing: None,
            within: Vec::new(),
            home: 0,
            definition: false,
            open_words: Vec::new(),
            unsound: false,
            ended: Vec::new(),
            vague: HashSet::new(),
            opened: 0,
            overflow: false,
        }
    }

    /// Adds a node on the current value, which becomes the current one.
    fn push(&mut self, step: &Step, path: String, what: What) {
        self.push_join(step, path, what, vec![self.current], Vec::new());
    }

    /// Adds a node on several values.
    fn push_join(&mut self, step: &Step, path: String, what: What, inputs: Vec<usize>, operands: Vec<TokenStream>) {
        let value = self.used.len();
        if value + what.outputs() > MAX_VALUES {
            if !std::mem::replace(&mut self.overflow, true) {
                self.unsound = true;
                self.report.add(what.head(), format_args!("a network has at most {MAX_VALUES} values; this layer is one too many"));
            }
            return;
        }
        for &value in &inputs {
            self.used[value] = true;
        }
        let shares = self.sharing.as_ref().map(|sharing| {
            let owner = sharing.first + self.nodes.len() - sharing.begin;
            self.nodes[owner].shares.unwrap_or(owner)
        });
        let again = self.sharing.as_ref().map(|sharing| sharing.begin);
        let field = self.owns(&what).then(|| {
            self.check_field(step, &path, &what);
            self.names.field(&path, step.name.as_ref(), &what)
        });
        let note = self.note(&what);
        self.nodes.push(Node {
            path,
            field,
            docs: step.docs.clone(),
            what,
            inputs,
            value,
            operands,
            exact: false,
            shares,
            again,
            copies: None,
            output: step.output.clone(),
            note,
        });
        self.used.resize(self.nodes[self.nodes.len() - 1].values().end, false);
        self.current = value;
    }

    /// The index of the node that produces a value; None for an input.
    fn producer(&self, value: usize) -> Option<usize> {
        (value >= self.inputs.len()).then(|| self.nodes.partition_point(|node| node.value <= value) - 1)
    }

    /// The layer that produces a value; None for an input.
    fn what(&self, value: usize) -> Option<&What> {
        self.producer(value).map(|node| &self.nodes[node].what)
    }

    /// Where the current step stands, for messages.
    fn note(&self, what: &What) -> String {
        let Some(innermost) = self.within.last() else { return String::new() };
        let around: Vec<String> = self.within[..self.within.len() - 1].iter().rev().map(|name| format!(" in `{name}`")).collect();
        format!("\nnote: this is `{}` in the template `{innermost}`{}", crate::text::of(what.tokens()), around.concat())
    }
}
