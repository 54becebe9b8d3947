//! From nodes to steps whose values have their channels innermost, for inference: normalizations, sums and functions go to the layers before them,
//! and a value is rearranged where an operation needs another order.

use std::sync::Arc;

use layercake_ir::{Graph, Op, Shape, each_operation};

use super::{
    At, Key, Runnable, Step,
    steps::{Listed, function, is_used, step},
};
use crate::{
    EngineError,
    layers::{
        Layer,
        channels::{Fold, Form, Fuses, Next, Order, Rearrange},
    },
};

/// Lists the steps of a graph.
pub fn list(graph: &Graph, key: Key) -> Result<Listed, EngineError> {
    let mut lister = Lister::new(graph, key);
    for index in 0..graph.nodes().len() {
        if !lister.taken[index] {
            lister.node(index)?;
        }
    }
    // Outputs are read batch-major, or transposed from images innermost.
    for port in graph.outputs() {
        let order = lister.listed.orders[port.value];
        let value = if order == Order::Channels { lister.in_order(port.value, Order::Batch) } else { port.value };
        lister.listed.outputs.push(value);
    }
    Ok(lister.listed)
}

struct Lister<'a> {
    graph: &'a Graph,
    key: Key,
    listed: Listed,
    first_tensors: Vec<usize>,
    /// Nodes that layers before them have taken over.
    taken: Vec<bool>,
    /// Values that are computed so far.
    ready: Vec<bool>,
    /// Values in another order: what, how, and the value's number.
    rearranged: Vec<(usize, Order, usize)>,
}

impl<'a> Lister<'a> {
    fn new(graph: &'a Graph, key: Key) -> Self {
        let mut listed = Listed { orders: vec![Order::Images; graph.values()], ..Listed::default() };
        let mut ready = vec![false; graph.values()];
        for (value, port) in graph.inputs().iter().enumerate() {
            ready[value] = true;
            // Token ids are stored with the images innermost.
            let order = if port.shape.is_ids() { Order::Images } else { Order::Batch };
            listed.orders[value] = order.plain(&port.shape, key.batch);
        }
        let first_tensors = graph.first_tensors();
        Self { graph, key, listed, first_tensors, taken: vec![false; graph.nodes().len()], ready, rearranged: Vec::new() }
    }

    fn node(&mut self, index: usize) -> Result<(), EngineError> {
        let (graph, node) = (self.graph, &self.graph.nodes()[index]);
        let (first_param, tensors) = (self.first_tensors[index], node.op.params().as_slice().len());
        let orders: Vec<Order> = node.inputs().iter().map(|&input| self.listed.orders[input]).collect();
        let at = &mut At { graph, index, key: self.key, norms: &mut self.listed.norms };
        let given = Given { first: first_param, order: orders[0] };
        let form = each_operation!(&node.op, op => op.form(at, given), else None);
        if let Some(form) = form.filter(|_| node.outputs() == 1) {
            match form {
                Form::Alike(layer) => {
                    let order = *orders.iter().find(|&&order| order == Order::Channels).unwrap_or(&orders[0]);
                    let inputs: Vec<usize> = node.inputs().iter().map(|&input| self.in_order(input, order)).collect();
                    self.push(Step { tensors, ..step(index, layer, &inputs, graph.value_of(index), first_param) }, order);
                }
                Form::Ordered { mut layer, from, to } => {
                    let mut inputs: Vec<usize> = node.inputs().iter().map(|&input| self.in_order(input, from)).collect();
                    let output = self.fuse(index, &mut *layer, to, &mut inputs);
                    let layer: Box<dyn Layer> = layer;
                    self.push(Step { tensors, ..step(index, Arc::from(layer), &inputs, output, first_param) }, to);
                }
            }
            return Ok(());
        }
        let unsupported = EngineError::Unsupported { layer: node.name.to_string(), kind: node.op.kind() };
        let layer = each_operation!(&node.op, op => op.layer(at)?, else return Err(unsupported));
        let inputs: Vec<usize> = node.inputs().iter().map(|&input| self.in_order(input, Order::Images)).collect();
        if node.outputs() == 1 {
            let output = graph.value_of(index);
            self.push(Step { tensors, ..step(index, layer, &inputs, output, first_param) }, Order::Images);
            return Ok(());
        }
        let at = &At { graph, index, key: self.key, norms: &mut self.listed.norms };
        let (whole, parts) = each_operation!(
            &node.op,
            op => (op.whole(at), (0..node.outputs()).map(|output| op.part(at, output)).collect::<Vec<_>>()),
            else return Err(unsupported)
        );
        let value = self.value(whole);
        self.push(Step { tensors, ..step(index, layer, &inputs, value, first_param) }, Order::Images);
        for (output, part) in node.values().zip(parts).filter(|(output, _)| is_used(graph, *output)) {
            self.push(step(index, Arc::new(part), &[value], output, first_param), Order::Images);
        }
        Ok(())
    }

    /// Adds a step whose result has an order.
    fn push(&mut self, step: Step, order: Order) {
        self.listed.orders[step.output] = order.plain(&self.shape(step.output), self.key.batch);
        self.ready[step.output] = true;
        self.listed.steps.push(step);
    }

    /// Adds a value that the graph does not have.
    fn value(&mut self, shape: Shape) -> usize {
        self.listed.wholes.push(shape);
        self.listed.orders.push(Order::Images);
        self.ready.push(false);
        self.ready.len() - 1
    }

    fn shape(&self, value: usize) -> Shape {
        value.checked_sub(self.graph.values()).map_or_else(|| *self.graph.shape(value), |extra| self.listed.wholes[extra])
    }

    /// A value in an order: itself, or a copy of it.
    fn in_order(&mut self, value: usize, order: Order) -> usize {
        let (shape, given) = (self.shape(value), self.listed.orders[value]);
        let wanted = order.plain(&shape, self.key.batch);
        if given == wanted {
            return value;
        }
        if let Some(&(.., copy)) = self.rearranged.iter().find(|(of, order, _)| *of == value && *order == wanted) {
            return copy;
        }
        let copy = self.value(shape);
        let node = self.graph.nodes().iter().position(|node| node.values().contains(&value)).unwrap_or(0);
        let layer = Arc::new(Rearrange::new(given, wanted, &shape));
        self.push(step(node, layer, &[value], copy, self.first_tensors[node]), wanted);
        self.rearranged.push((value, wanted, copy));
        copy
    }

    /// Lets a layer take over the nodes after it, as long as each is the only user of the one before. Returns the value that it computes.
    fn fuse(&mut self, index: usize, layer: &mut dyn Fuses, order: Order, inputs: &mut Vec<usize>) -> usize {
        let graph = self.graph;
        let mut value = graph.value_of(index);
        while let Some(next) = only_user(graph, value) {
            let node = &graph.nodes()[next];
            let other = node.inputs().iter().copied().find(|&input| input != value);
            match &node.op {
                Op::Dropout(_) | Op::Dropout2d(_) | Op::StochasticDepth(_) => {}
                Op::BatchNorm1d(_) | Op::BatchNorm2d(_) => {
                    let fold = norm(&node.op, self.first_tensors[next]);
                    if !fold.is_some_and(|fold| layer.take(&Next::Norm(fold))) {
                        break;
                    }
                }
                Op::Add(_) => {
                    let alike = node.inputs().len() == 2 && node.inputs().iter().all(|&input| *graph.shape(input) == node.output);
                    let Some(other) = other.filter(|&other| alike && self.ready[other]) else { break };
                    if !layer.take(&Next::Residual) {
                        break;
                    }
                    inputs.push(self.in_order(other, order));
                }
                op => {
                    if !function(op).is_some_and(|function| layer.take(&Next::Function(function))) {
                        break;
                    }
                }
            }
            self.taken[next] = true;
            value = graph.value_of(next);
        }
        value
    }
}

/// What an operation is told for its form.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    /// The number of its first tensor.
    pub first: usize,
    /// The order of its first input.
    pub order: Order,
}

/// The tensors of a batch normalization.
fn norm(op: &Op, first: usize) -> Option<Fold> {
    match op {
        Op::BatchNorm1d(op) => Some(Fold { first, affine: op.affine, eps: op.eps }),
        Op::BatchNorm2d(op) => Some(Fold { first, affine: op.affine, eps: op.eps }),
        _ => None,
    }
}

/// The only node that uses a value, if it is not an output.
fn only_user(graph: &Graph, value: usize) -> Option<usize> {
    if graph.outputs().iter().any(|port| port.value == value) {
        return None;
    }
    let mut users = (0..graph.nodes().len()).filter(|&node| graph.nodes()[node].inputs().contains(&value));
    users.next().filter(|_| users.next().is_none())
}
