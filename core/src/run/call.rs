//! One forward pass over a graph without custom layers: what a backend is given, and what it gives back.

use std::rc::Rc;

use dfdx::tensor::NoneTape;
use dfdx::tensor_ops::Device;
use layercake_engine::{Engine, Mode};
use layercake_ir::Graph;

use super::tables::{AnyTables, Tables};
use super::value::Value;
use crate::{Scalar, random};

/// What a pass begins with.
#[derive(Debug)]
pub(crate) struct Pass<E: Scalar, D: Device<E>> {
    /// All tensors of the graph, in its order.
    pub tensors: Vec<Value<E, D>>,
    /// The inputs, with their batch axes.
    pub inputs: Vec<Value<E, D>>,
    /// Inference or training.
    pub mode: Mode,
    /// Whether the backward pass computes gradients of the inputs.
    pub input_grad: bool,
}

/// One forward pass.
#[derive(Debug)]
pub struct Call<'a, E: Scalar, D: Device<E>> {
    /// The graph.
    pub graph: &'a Graph,
    /// The engine's plans and buffers for the graph.
    pub engine: &'a Engine,
    /// The tables that the portable path keeps for the graph.
    pub tables: Rc<Tables<E, D>>,
    /// All tensors of all nodes, in graph order.
    pub tensors: Vec<Value<E, D>>,
    /// The inputs, with their batch axes.
    pub inputs: Vec<Value<E, D>>,
    /// Inference or training.
    pub mode: Mode,
    /// Whether the backward pass computes gradients of the inputs.
    pub input_grad: bool,
    /// Seeds the dropout masks.
    pub seed: u64,
}

impl<'a, E: Scalar, D: Device<E>> Call<'a, E, D> {
    /// A pass over a graph. Only a graph that needs random numbers draws a seed: the others leave the device's generator as it was.
    pub(crate) fn new(graph: &'a Graph, engine: &'a Engine, tables: &AnyTables, pass: Pass<E, D>) -> Self {
        let Pass { tensors, inputs, mode, input_grad } = pass;
        let random = mode == Mode::Train && graph.nodes().iter().any(|node| node.op.is_random());
        let seed = if random { random::seed_of(inputs[0].device()) } else { 0 };
        Self { graph, engine, tables: tables.of(), tensors, inputs, mode, input_grad, seed }
    }
}

/// The result of a forward pass.
#[derive(Debug)]
pub struct Done<E: Scalar, D: Device<E>, T> {
    /// The outputs, with their batch axes.
    pub outputs: Vec<Value<E, D>>,
    /// The tape, with the pass recorded.
    pub tape: T,
    /// New values of tensors: the number in graph order, and the value.
    pub updates: Vec<(usize, Value<E, D>)>,
    /// The path that ran it.
    pub path: Path,
}

impl<E: Scalar, D: Device<E>, T> Done<E, D, T> {
    /// The rest, and the tape.
    pub(crate) fn split_tape(self) -> (Done<E, D, NoneTape>, T) {
        let Self { outputs, tape, updates, path } = self;
        (Done { outputs, tape: NoneTape, updates, path }, tape)
    }
}

/// The two ways to run a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// As one operation, by the engine of the device.
    Engine,
    /// As dfdx operations, one after the other.
    Portable,
}
