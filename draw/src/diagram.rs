//! The content of a drawing: a graph folded into boxes, and the links between them.

use std::collections::HashMap;
use std::ops::Range;

use layercake_ir::spec::Inputs;
use layercake_ir::{Node, Op};

use super::family::Family;
use super::layers::{self, Row};
use super::repeats::{self, Repeat};
use super::text;
use crate::shown::Shown;

/// The boxes in an order in which data can flow through them, and their links.
#[derive(Clone, Debug)]
pub(super) struct Diagram {
    pub name: String,
    /// `61,706 parameters, 833 kFLOPs`
    pub totals: String,
    pub blocks: Vec<Block>,
    pub links: Vec<Link>,
    /// Frames around repeated blocks; a frame inside another comes after it.
    pub frames: Vec<Frame>,
}

/// Repeated boxes, drawn once.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub times: usize,
    /// The repeated blocks: `layer1.1 … layer1.3`
    pub what: String,
    /// The names of all of them.
    pub tip: String,
    /// The indices of the boxes, including those of inner frames.
    pub blocks: Vec<usize>,
}

/// If there are more repeated blocks than this, their names are abbreviated.
const TOLD: usize = 12;

/// The maximum number of layers in one box, not counting slim ones.
const MOST_MAINS: usize = 4;

/// A box.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub form: Form,
    /// The layers in it, each of which takes the output of the previous one. An input or output has one row too.
    pub rows: Vec<Row>,
    /// The values that leave it.
    pub exits: Vec<Exit>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Form {
    Input,
    Output,
    Layers,
    /// A sign in a circle, and whether the order of its inputs matters.
    Join(&'static str, bool),
    Concat,
}

/// A value that leaves a block.
#[derive(Clone, Debug)]
pub(super) struct Exit {
    /// Its shape, after its name if the block has several; or the text that it is given.
    pub label: String,
    /// What is written below that, or nothing.
    pub below: String,
}

impl Exit {
    fn of(shown: &Shown<'_>, value: usize, shape: String) -> Self {
        match shown.value(value) {
            Some([label, below]) => Self { label: label.clone(), below: below.clone() },
            None => Self { label: shape, below: String::new() },
        }
    }

    /// Both in one line, with a sign between them.
    pub fn line(&self, between: &str) -> String {
        if self.below.is_empty() { self.label.clone() } else { format!("{}{between}{}", self.label, self.below) }
    }
}

/// A link between two blocks.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub value: usize,
    pub from: usize,
    /// The index of the exit of the first block.
    pub exit: usize,
    pub to: usize,
    /// The index of the input of the second block.
    pub entry: usize,
    /// The value that is computed from it, or the name of the output.
    pub target: String,
}

impl Diagram {
    /// The diagram of a graph, with repeated blocks folded.
    pub fn of(shown: &Shown<'_>, repeats: &[Repeat]) -> Self {
        let graph = shown.graph;
        let drawn = repeats::drawn(graph.nodes().len(), repeats);
        let mut fold = Fold { shown, repeats, uses: Vec::new(), drawn, blocks: Vec::new(), links: Vec::new(), homes: HashMap::new() };
        fold.uses = fold.count_uses();
        for (value, port) in graph.inputs().iter().enumerate() {
            let row = port_row(value, &port.name, &port.shape.to_string());
            fold.open(Form::Input, row, value..value + 1, vec![Exit::of(shown, value, port.shape.to_string())]);
        }
        for index in 0..graph.nodes().len() {
            if fold.drawn[index] == index {
                fold.node(index);
            }
        }
        for port in graph.outputs() {
            let block = fold.blocks.len();
            let row = port_row(port.value, &port.name, &port.shape.to_string());
            fold.blocks.push(Block { form: Form::Output, rows: vec![row], exits: Vec::new() });
            fold.link(port.value, block, 0, port.name.to_string());
        }
        let (params, flops) = (layercake_ir::grouped(shown.total() as u64), layers::joined(text::rounded(graph.flops())));
        let totals = format!("{params} parameters, {flops}FLOPs");
        let frames = repeats.iter().map(|repeat| fold.frame(repeat)).collect();
        Self { name: graph.name.to_string(), totals, blocks: fold.blocks, links: fold.links, frames }
    }
}

/// The values that a node computes with: none for a learned tensor, whose input only tells the number of samples.
fn taken(node: &Node) -> &[usize] {
    if node.op.spec().inputs == Inputs::Batch { &[] } else { node.inputs() }
}

fn port_row(value: usize, name: &str, shape: &str) -> Row {
    let (name, tip) = (text::cut(name, 36), format!("{name}: {shape}"));
    Row { value, family: Family::Port, name, what: String::new(), note: String::new(), tip, slim: true }
}

struct Fold<'a> {
    shown: &'a Shown<'a>,
    repeats: &'a [Repeat],
    /// For each node, the node that is drawn for it.
    drawn: Vec<usize>,
    /// The number of uses of each value in the diagram, including those as an output.
    uses: Vec<usize>,
    blocks: Vec<Block>,
    links: Vec<Link>,
    /// The block and exit that each value leaves from.
    homes: HashMap<usize, (usize, usize)>,
}

impl Fold<'_> {
    /// The value that is drawn for a value.
    fn value(&self, value: usize) -> usize {
        let graph = self.shown.graph;
        graph.producer(value).map_or(value, |(index, output)| graph.value_of(self.drawn[index]) + output)
    }

    fn count_uses(&self) -> Vec<usize> {
        let graph = self.shown.graph;
        let mut uses = vec![0; graph.values()];
        let inner = graph.nodes().iter().enumerate().filter(|(index, _)| self.drawn[*index] == *index);
        let inner = inner.flat_map(|(_, node)| taken(node).iter().copied());
        for value in inner.chain(graph.outputs().iter().map(|port| port.value)) {
            uses[self.value(value)] += 1;
        }
        uses
    }

    /// The innermost frame that contains a node.
    fn frame_of(&self, index: usize) -> Option<usize> {
        self.repeats.iter().rposition(|repeat| repeat.shows(index))
    }

    fn frame(&self, repeat: &Repeat) -> Frame {
        let graph = self.shown.graph;
        let names = repeat.names(graph);
        let values = graph.value_of(repeat.begin)..graph.nodes()[repeat.begin + repeat.length - 1].values().end;
        let within = |block: &Block| block.form != Form::Output && values.contains(&block.rows[0].value);
        let blocks = self.blocks.iter().enumerate().filter(|(_, block)| within(block)).map(|(number, _)| number).collect();
        let (first, last) = (&names[0], &names[names.len() - 1]);
        // `layer1.1 … 3`
        let parent = |name: &str| name.rfind('.').map_or(0, |dot| dot + 1);
        let same = parent(first) > 0 && first[..parent(first)] == last[..parent(last)];
        let what = format!("{} … {}", text::cut(first, 36), text::cut(if same { &last[parent(last)..] } else { last }, 36));
        let told = if names.len() > TOLD { format!("{}, …, {last}", names[..3].join(", ")) } else { names.join(", ") };
        Frame { times: repeat.times, what, tip: format!("{} times: {told}", repeat.times), blocks }
    }

    fn node(&mut self, index: usize) {
        let graph = self.shown.graph;
        let node = &graph.nodes()[index];
        let (value, exits) = (node.value, exits(self.shown, node));
        let row = Row::of(self.shown, index);
        if let Some(block) = self.host(index, &row) {
            self.blocks[block].rows.push(row);
            self.blocks[block].exits = exits;
            self.homes.extend(node.values().enumerate().map(|(exit, value)| (value, (block, exit))));
            return;
        }
        let spec = node.op.spec();
        let form = match node.op {
            _ if !spec.sign.is_empty() => Form::Join(spec.sign, !spec.two.is_empty()),
            Op::Concat(_) => Form::Concat,
            _ => Form::Layers,
        };
        let block = self.open(form, row, node.values(), exits);
        for (entry, &from) in taken(node).iter().enumerate() {
            self.link(from, block, entry, value.to_string());
        }
    }

    /// The block that a layer is added to: that of the layer before it, if that layer's output has no other user. Slim layers are added,
    /// and others if the shape stays the same, so that an arrow would carry no information.
    fn host(&self, index: usize, row: &Row) -> Option<usize> {
        let graph = self.shown.graph;
        let node = &graph.nodes()[index];
        // A value inside a box would have no arrow.
        if self.shown.has_values() {
            return None;
        }
        let &[from] = taken(node) else { return None };
        let from = self.value(from);
        if self.uses[from] != 1 {
            return None;
        }
        let (before, _) = graph.producer(from)?;
        if self.frame_of(before) != self.frame_of(index) {
            return None;
        }
        let (block, _) = *self.homes.get(&from)?;
        let host = &self.blocks[block];
        if host.form != Form::Layers || host.exits.len() != 1 {
            return None;
        }
        let mains = host.rows.iter().filter(|row| !row.slim).count();
        let plain = row.family.is_weighty() && !host.rows[0].family.is_network();
        let goes_on = plain && (1..MOST_MAINS).contains(&mains) && node.output == *graph.shape(from);
        (row.slim || goes_on).then_some(block)
    }

    fn open(&mut self, form: Form, row: Row, values: Range<usize>, exits: Vec<Exit>) -> usize {
        let block = self.blocks.len();
        self.blocks.push(Block { form, rows: vec![row], exits });
        self.homes.extend(values.enumerate().map(|(exit, value)| (value, (block, exit))));
        block
    }

    fn link(&mut self, value: usize, to: usize, entry: usize, target: String) {
        let value = self.value(value);
        let (from, exit) = self.homes[&value];
        self.links.push(Link { value, from, exit, to, entry, target });
    }
}

/// One exit per output of a node, labeled with its shape, and with its name if there are several.
fn exits(shown: &Shown<'_>, node: &Node) -> Vec<Exit> {
    if node.outputs() == 1 {
        return vec![Exit::of(shown, node.value, node.output.to_string())];
    }
    let label = |(index, shape)| format!("{} {shape}", text::cut(&node.op.output_name(index), 36));
    node.shapes().enumerate().map(|output| Exit::of(shown, node.value + output.0, label(output))).collect()
}
