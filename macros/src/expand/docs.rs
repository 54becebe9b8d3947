//! Generated documentation of the struct and its fields.

use layercake_ir::{Graph, Op, grouped};
use proc_macro2::TokenStream;
use quote::quote;

use super::drawing;
use crate::flow::Flow;
use crate::shape::{Model, Node, Port, State};
use crate::text;
use crate::text::plain;

/// The network's layers as a table, its totals, and a drawing.
pub fn network(model: &Model) -> TokenStream {
    let mut lines = vec![String::new()];
    lines.push(format!("{} -> {}", ports(&model.inputs), ports(&model.outputs)));
    lines.push(String::new());
    if !model.nodes.is_empty() {
        lines.push("| layer | operation | output | parameters |".to_owned());
        lines.push("|---|---|---|--:|".to_owned());
        lines.extend(model.nodes.iter().map(row));
        lines.push(String::new());
    }
    lines.push(totals(model));
    if let Some(drawing) = drawing::lines(model) {
        lines.extend([String::new(), "```text".to_owned()]);
        lines.extend(drawing);
        lines.push("```".to_owned());
    }
    let text = lines.join("\n");
    quote!(#[doc = #text])
}

fn ports(ports: &[Port]) -> String {
    match ports {
        [port] if matches!(port.name.as_str(), "input" | "output") => format!("`{}`", port.flow.text()),
        _ => ports.iter().map(|port| format!("{} `{}`", port.name, port.flow.text())).collect::<Vec<_>>().join(", "),
    }
}

/// The shapes of a layer's outputs.
pub fn gives(node: &Node) -> String {
    node.outputs.iter().map(Flow::text).collect::<Vec<_>>().join(", ")
}

/// The inputs and outputs of a layer.
pub fn field(node: &Node, inputs: &[&Flow]) -> TokenStream {
    let params = match parameters(node).as_deref() {
        Some("1") => ", 1 parameter".to_owned(),
        Some(count) => format!(", {count} parameters"),
        None => String::new(),
    };
    let inputs: Vec<String> = inputs.iter().map(|input| format!("`{}`", input.text())).collect();
    let text = format!("`{}`: {} -> `{}`{params}", cell(&text::of(node.what.tokens())), inputs.join(", "), gives(node));
    quote!(#[doc = #text])
}

fn row(node: &Node) -> String {
    let operation = cell(&text::of(node.what.tokens()));
    let params = parameters(node).unwrap_or_else(|| "_".to_owned());
    format!("| `{}` | `{operation}` | `{}` | {params} |", node.name, cell(&gives(node)))
}

/// Escapes bars, which would end the table's cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The number of trained parameters, in groups of three digits; None if only the compiler knows it.
fn parameters(node: &Node) -> Option<String> {
    if node.shares.is_some() {
        return Some("shared".to_owned());
    }
    decided(node).map(|op| grouped(op.params().count() as u64))
}

/// A layer's trained parameters and floating-point operations, if the macro knows them.
pub fn costs(model: &Model, node: &Node) -> Option<(usize, u64)> {
    let op = decided(node)?;
    let inputs: Option<Vec<layercake_ir::Shape>> = node.inputs.iter().map(|&value| model.flow(value).known()).collect();
    Some((op.params().count(), op.multiply_adds(&inputs?, &node.output().known()?).saturating_mul(2)))
}

fn decided(node: &Node) -> Option<&Op> {
    match &node.state {
        State::Decided(op) => Some(op),
        _ => None,
    }
}

fn totals(model: &Model) -> String {
    match graph(model) {
        Some(graph) => {
            let mut text = format!(
                "{} parameters; for one sample, {} floating-point operations and {} activations",
                grouped(graph.params() as u64),
                grouped(graph.flops()),
                grouped(graph.activations() as u64),
            );
            if graph.has_receptive_field() {
                let [height, width] = graph.receptive_field();
                text.push_str(&format!("; receptive field {height} x {width}"));
            }
            text + "."
        }
        None if model.nodes.iter().any(|node| matches!(node.state, State::Custom)) => {
            "Totals: `summary()`, since the parameters of custom layers are known only at run time.".to_owned()
        }
        None => {
            "Totals: `PARAMS`, `FLOPS`, `ACTIVATIONS` and `RECEPTIVE_FIELD`, since some sizes are named constants or parameters.".to_owned()
        }
    }
}

/// The graph, if the macro knows all of it.
pub fn graph(model: &Model) -> Option<Graph> {
    let port = |port: &Port| Some(layercake_ir::Port { name: port.name.clone().into(), shape: port.flow.known()?, value: port.value });
    let nodes: Option<Vec<_>> = model
        .nodes
        .iter()
        .map(|node| {
            let op = *decided(node)?;
            let mut shapes = node.outputs.iter().map(Flow::known).collect::<Option<Vec<_>>>()?;
            let output = shapes.remove(0);
            Some(layercake_ir::Node {
                name: node.name.clone().into(),
                op,
                inputs: node.inputs.clone().into(),
                value: node.value,
                output,
                further: shapes.into(),
                shares: node.shares,
                init: None,
            })
        })
        .collect();
    Some(Graph {
        name: plain(&model.network.name).into(),
        inputs: model.inputs.iter().map(port).collect::<Option<Vec<_>>>()?.into(),
        nodes: nodes?.into(),
        outputs: model.outputs.iter().map(port).collect::<Option<Vec<_>>>()?.into(),
    })
}
