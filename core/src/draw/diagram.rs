//! What a picture shows: a graph folded into boxes, and the links between them.

use std::collections::HashMap;

use layercake_ir::{Graph, Op};

use super::family::Family;
use super::layers::{self, Row};
use super::text;

/// Boxes in an order in which data can flow through them, and what links them.
#[derive(Clone, Debug)]
pub(super) struct Diagram {
    pub name: String,
    /// `61,706 parameters, 833 kFLOPs`
    pub totals: String,
    pub blocks: Vec<Block>,
    pub links: Vec<Link>,
}

/// The most layers in one box, slim ones not counted.
const MOST_MAINS: usize = 4;

/// What one box stands for.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub form: Form,
    /// The layers in it, each acting on what the one before gives. An input or output has one row too.
    pub rows: Vec<Row>,
    /// What leaves it.
    pub exits: Vec<Exit>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Form {
    Input,
    Output,
    Layers,
    /// A sign in a circle; whether the order of what comes in matters.
    Join(&'static str, bool),
    Concat,
}

/// A value on its way out of a block.
#[derive(Clone, Debug)]
pub(super) struct Exit {
    /// Its shape, after its name where a block has several.
    pub label: String,
}

/// A value on its way from one block to another.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub value: usize,
    pub from: usize,
    /// Which of the exits there.
    pub exit: usize,
    pub to: usize,
    /// Which of the inputs there.
    pub entry: usize,
    /// The value made of it, or the name of the output.
    pub target: String,
}

impl Diagram {
    pub fn of(graph: &Graph) -> Self {
        let mut fold = Fold { graph, uses: uses(graph), blocks: Vec::new(), links: Vec::new(), homes: HashMap::new() };
        for (value, port) in graph.inputs().iter().enumerate() {
            let row = port_row(value, &port.name, &port.shape.to_string());
            fold.open(Form::Input, row, value, port.shape.to_string());
        }
        for index in 0..graph.nodes().len() {
            fold.node(index);
        }
        for port in graph.outputs() {
            let block = fold.blocks.len();
            let row = port_row(port.value, &port.name, &port.shape.to_string());
            fold.blocks.push(Block { form: Form::Output, rows: vec![row], exits: Vec::new() });
            fold.link(port.value, block, 0, port.name.to_string());
        }
        let (params, flops) = (layercake_ir::grouped(graph.params() as u64), layers::joined(text::rounded(graph.flops())));
        let totals = format!("{params} parameters, {flops}FLOPs");
        Self { name: graph.name.to_string(), totals, blocks: fold.blocks, links: fold.links }
    }
}

fn port_row(value: usize, name: &str, shape: &str) -> Row {
    let (name, tip) = (text::cut(name, 36), format!("{name}: {shape}"));
    Row { value, family: Family::Port, name, what: String::new(), note: String::new(), tip, slim: true }
}

/// How often each value is used, as an output too.
fn uses(graph: &Graph) -> Vec<usize> {
    let mut uses = vec![0; graph.inputs().len() + graph.nodes().len()];
    let inner = graph.nodes().iter().flat_map(|node| node.inputs().iter().copied());
    for value in inner.chain(graph.outputs().iter().map(|port| port.value)) {
        uses[value] += 1;
    }
    uses
}

struct Fold<'a> {
    graph: &'a Graph,
    uses: Vec<usize>,
    blocks: Vec<Block>,
    links: Vec<Link>,
    /// The block and exit that each value leaves from.
    homes: HashMap<usize, (usize, usize)>,
}

impl Fold<'_> {
    fn node(&mut self, index: usize) {
        let node = &self.graph.nodes()[index];
        let (value, label) = (self.graph.value_of(index), node.output.to_string());
        if self.further_output(index) {
            return;
        }
        let row = Row::of(self.graph, index);
        if let Some(block) = self.host(index, &row) {
            self.blocks[block].rows.push(row);
            self.blocks[block].exits = vec![Exit { label }];
            self.homes.insert(value, (block, 0));
            return;
        }
        let form = match node.op {
            Op::Add => Form::Join("+", false),
            Op::Sub => Form::Join("−", true),
            Op::Mul => Form::Join("×", false),
            Op::Max => Form::Join("max", false),
            Op::Concat(_) => Form::Concat,
            _ => Form::Layers,
        };
        let block = self.open(form, row, value, label);
        for (entry, &from) in node.inputs().iter().enumerate() {
            self.link(from, block, entry, value.to_string());
        }
    }

    /// The block that a layer joins: that of the layer before it, if nobody else uses what that one gives. Slim layers do, and others if the
    /// shape stays, so that an arrow would say nothing.
    fn host(&self, index: usize, row: &Row) -> Option<usize> {
        let node = &self.graph.nodes()[index];
        let &[from] = node.inputs() else { return None };
        if self.uses[from] != 1 || matches!(node.op, Op::Split(_)) {
            return None;
        }
        let (block, _) = *self.homes.get(&from)?;
        let host = &self.blocks[block];
        if host.form != Form::Layers || host.exits.len() != 1 {
            return None;
        }
        let mains = host.rows.iter().filter(|row| !row.slim).count();
        let plain = matches!(row.family, Family::Convolution | Family::Dense) && host.rows[0].family != Family::Network;
        let goes_on = plain && (1..MOST_MAINS).contains(&mains) && node.output == *self.graph.shape(from);
        (row.slim || goes_on).then_some(block)
    }

    /// A further output of a network that stands already is another exit of its box.
    fn further_output(&mut self, index: usize) -> bool {
        let nodes = self.graph.nodes();
        let Op::Subgraph(op) = nodes[index].op else { return false };
        let same = |other: &usize| {
            let (other, node) = (&nodes[*other], &nodes[index]);
            matches!(other.op, Op::Subgraph(first) if first.output == 0) && other.name == node.name && other.inputs == node.inputs
        };
        let Some(first) = (0..index).rev().find(same).filter(|_| op.output > 0) else { return false };
        let (block, _) = self.homes[&self.graph.value_of(first)];
        if self.blocks[block].rows.len() > 1 {
            return false;
        }
        let named = |node: usize, output: usize| format!("{} {}", text::cut(&op.graph.outputs()[output].name, 36), nodes[node].output);
        let exits = &mut self.blocks[block].exits;
        if exits.len() == 1 {
            exits[0].label = named(first, 0);
        }
        exits.push(Exit { label: named(index, op.output) });
        self.homes.insert(self.graph.value_of(index), (block, exits.len() - 1));
        true
    }

    fn open(&mut self, form: Form, row: Row, value: usize, label: String) -> usize {
        let block = self.blocks.len();
        self.blocks.push(Block { form, rows: vec![row], exits: vec![Exit { label }] });
        self.homes.insert(value, (block, 0));
        block
    }

    fn link(&mut self, value: usize, to: usize, entry: usize, target: String) {
        let (from, exit) = self.homes[&value];
        self.links.push(Link { value, from, exit, to, entry, target });
    }
}
