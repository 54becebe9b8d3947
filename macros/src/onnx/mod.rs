//! Networks that are read from ONNX files: the model of such a network is that of a declared one.

mod fields;
#[cfg(feature = "onnx")]
mod read;
#[cfg(all(test, feature = "onnx"))]
mod tests;
#[cfg(any(test, not(feature = "onnx")))]
mod without;
mod written;

pub use fields::Fields;
use layercake_ir::{self as ir, Graph};
use proc_macro2::TokenStream;

use crate::ast::{File, Layer, Network};
use crate::flow::Flow;
use crate::lower::What;
use crate::report::Report;
use crate::settings::{Num, Setting, Settings, Symbols, Value};
use crate::shape::{Model, Node, Port, State};

/// The model of a network that a file has. What is wrong with the file is reported at its path.
pub fn model<'a>(network: &'a Network, file: &File, report: &mut Report) -> Model<'a> {
    let (graph, files) = graph(file, report).unzip();
    let mut fields = Fields::default();
    let (inputs, outputs) = match &graph {
        Some(graph) => (ports(graph.inputs()), ports(graph.outputs())),
        None => {
            let lost = |name: &str| Port { name: name.to_owned(), flow: Flow::UNKNOWN, value: 0, tokens: TokenStream::new() };
            (vec![lost("input")], vec![lost("output")])
        }
    };
    let nodes = graph.iter().flat_map(Graph::nodes).map(|node| self::node(node, file, &mut fields)).collect();
    Model {
        network,
        params: Vec::new(),
        inputs,
        outputs,
        nodes,
        symbols: Symbols::new(&network.name),
        input_rules: Vec::new(),
        stated: Vec::new(),
        shared: Vec::new(),
        words: Vec::new(),
        files: files.unwrap_or_default(),
    }
}

/// A graph, and the files beside that of the graph that have numbers of it.
type Found = (Graph, Vec<String>);

#[cfg(feature = "onnx")]
fn graph(file: &File, report: &mut Report) -> Option<Found> {
    read::graph(file, report)
}

#[cfg(not(feature = "onnx"))]
fn graph(file: &File, report: &mut Report) -> Option<Found> {
    without::graph(file, report)
}

fn ports(ports: &[ir::Port]) -> Vec<Port> {
    let port =
        |port: &ir::Port| Port { name: port.name().to_owned(), flow: Flow::of(&port.shape), value: port.value, tokens: TokenStream::new() };
    ports.iter().map(port).collect()
}

fn node(node: &ir::Node, file: &File, fields: &mut Fields) -> Node {
    let row = node.op.spec();
    let place = file.path.as_ref().map_or_else(|| file.kind.span(), syn::LitStr::span);
    let tokens = written::layer(&node.op, place);
    let layer = Layer { kind: proc_macro2::Ident::new(row.kind, place), args: Vec::new(), illegible_args: false, tokens };
    let settings = row.fields.iter().zip(node.op.values());
    let settings = settings.map(|(field, value)| Setting { name: field.name, value: Some(known(value)), tokens: None });
    Node {
        name: node.name().to_owned(),
        field: (row.module.is_some() && node.shares.is_none()).then(|| fields.field(node.name(), place)),
        docs: Vec::new(),
        what: What::Layer { row, layer, outputs: node.outputs() },
        operands: Vec::new(),
        settings: Settings { list: settings.collect() },
        state: State::Decided(node.op),
        inputs: node.inputs().to_vec(),
        shares: node.shares,
        again: None,
        init: None,
        value: node.value,
        outputs: node.shapes().map(Flow::of).collect(),
        note: String::new(),
        copies: None,
    }
}

/// The value of an option, as that of an argument.
fn known(value: ir::spec::Value) -> Value {
    match value {
        ir::spec::Value::Size(size) => Value::Size(Num::Known(size)),
        ir::spec::Value::Pair(pair) => Value::Pair(pair.map(Num::Known)),
        ir::spec::Value::Float(number) => Value::Float(Num::Known(number)),
        ir::spec::Value::Bool(on) => Value::Bool(Num::Known(on)),
        ir::spec::Value::Word(word) => Value::Word(word),
        ir::spec::Value::List(list) => Value::List(list.as_slice().iter().copied().map(Num::Known).collect()),
    }
}
