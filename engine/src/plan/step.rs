//! One thing to do: a node of the graph with the activation fused to it.

use std::sync::Arc;

use crate::{kernels::elementwise::Function, layers::Layer};

/// A node of the graph, or a node and the activation after it.
#[derive(Clone, Debug)]
pub struct Step {
    /// The node's index.
    pub node: usize,
    /// What is done.
    pub layer: Arc<dyn Layer>,
    /// The values it takes; one may be there more than once.
    pub inputs: Vec<usize>,
    /// The value it gives: after the activation, where one is fused.
    pub output: usize,
    /// The first of its tensors, or of those it shares.
    pub first_param: usize,
    /// What is applied to the result.
    pub activation: Option<Arc<dyn Function>>,
    /// The input that the output overwrites.
    pub in_place: Option<usize>,
    /// What backward does with the gradient of each input.
    pub writes: Vec<Writes>,
    /// Does a gradient arrive at the output, and is something done with it?
    pub backward: bool,
    /// Are its parameters' gradients worked out by all threads together?
    pub wide: bool,
    /// Are its parameters' gradients added to those of a step that uses the same tensors?
    pub adds: bool,
}

/// What backward does with the gradient of a step's input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Writes {
    /// It is not wanted.
    Nothing,
    /// It takes the place of the output's, in the same buffer.
    InPlace,
    /// It is the first to be written.
    Set,
    /// It is added to what other users of the value have written.
    Add,
}
