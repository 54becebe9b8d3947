//! What hovering shows: documentation of the struct and its fields.

use layercake_ir::{Graph, Op, Port, grouped};
use proc_macro2::TokenStream;
use quote::quote;

use crate::flow::Flow;
use crate::names;
use crate::shape::{Model, Node, State};
use crate::text;

/// The network's layers as a table, and its totals.
pub fn network(model: &Model) -> TokenStream {
    let mut lines = vec![String::new()];
    lines.push(format!("`{}` -> `{}`", model.input.text(), model.output.text()));
    lines.push(String::new());
    if !model.nodes.is_empty() {
        lines.push("| layer | operation | output | parameters |".to_owned());
        lines.push("|---|---|---|--:|".to_owned());
        lines.extend(model.nodes.iter().map(row));
        lines.push(String::new());
    }
    lines.push(totals(model));
    let text = lines.join("\n");
    quote!(#[doc = #text])
}

/// What a layer takes and gives.
pub fn field(node: &Node, input: &Flow) -> TokenStream {
    let params = match parameters(node).as_deref() {
        Some("1") => ", 1 parameter".to_owned(),
        Some(count) => format!(", {count} parameters"),
        None => String::new(),
    };
    let text = format!("`{}`: `{}` -> `{}`{params}", cell(&text::of(&node.layer.tokens)), input.text(), node.output.text());
    quote!(#[doc = #text])
}

fn row(node: &Node) -> String {
    let operation = cell(&text::of(&node.layer.tokens));
    let params = parameters(node).unwrap_or_else(|| "_".to_owned());
    format!("| `{}` | `{operation}` | `{}` | {params} |", names::plain(&node.name), cell(&node.output.text()))
}

/// A bar would end the table's cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The number of trained parameters, in groups of three digits; None where only the compiler knows.
fn parameters(node: &Node) -> Option<String> {
    decided(node).map(|op| grouped(op.params().count() as u64))
}

fn decided<'a>(node: &'a Node<'_>) -> Option<&'a Op> {
    match &node.state {
        State::Decided(op) => Some(op),
        _ => None,
    }
}

fn totals(model: &Model) -> String {
    match graph(model) {
        Some(graph) => {
            let [height, width] = graph.receptive_field();
            format!(
                "{} parameters; for one sample, {} floating-point operations and {} activations; receptive field {height} x {width}.",
                grouped(graph.params() as u64),
                grouped(graph.flops()),
                grouped(graph.activations() as u64),
            )
        }
        None => "Totals: `PARAMS`, `FLOPS`, `ACTIVATIONS` and `RECEPTIVE_FIELD`, since some sizes are named constants.".to_owned(),
    }
}

/// The graph as the macro knows it; None if it does not know all of it.
pub fn graph(model: &Model) -> Option<Graph> {
    let port = |flow: &Flow, value| Some(Port { name: "".into(), shape: flow.known()?, value });
    let nodes: Option<Vec<_>> = model
        .nodes
        .iter()
        .map(|node| {
            let (op, output) = (*decided(node)?, node.output.known()?);
            Some(layercake_ir::Node { name: names::plain(&node.name).into(), op, inputs: node.inputs.clone().into(), output, shares: None })
        })
        .collect();
    Some(Graph {
        name: names::plain(&model.network.name).into(),
        inputs: vec![port(&model.input, 0)?].into(),
        nodes: nodes?.into(),
        outputs: vec![port(&model.output, model.nodes.len())?].into(),
    })
}
