//! A step: a node of the graph with the activation that is fused to it, or one output of a node with several.

use std::sync::Arc;

use crate::{kernels::elementwise::Function, layers::Layer};

/// A node of the graph, or a node and the activation after it. A node with several outputs has one step that computes all of them, and one step
/// per output that is used.
#[derive(Clone, Debug)]
pub struct Step {
    /// The node's index.
    pub node: usize,
    /// The layer.
    pub layer: Arc<dyn Layer>,
    /// The input values; one value may occur more than once.
    pub inputs: Vec<usize>,
    /// The output value: after the activation, if one is fused.
    pub output: usize,
    /// The index of its first tensor, or of the first tensor of the node whose tensors it shares.
    pub first_param: usize,
    /// The number of its tensors.
    pub tensors: usize,
    /// The fused activation.
    pub activation: Option<Arc<dyn Function>>,
    /// The input that the output overwrites.
    pub in_place: Option<usize>,
    /// How the backward pass writes the gradient of each input.
    pub writes: Vec<Writes>,
    /// Whether the step has a backward pass: the output has a gradient, and it is needed.
    pub backward: bool,
    /// Whether all threads together compute the gradients of its parameters.
    pub wide: bool,
    /// Whether the gradients of its parameters are added to those of a later step with the same tensors.
    pub adds: bool,
}

/// How the backward pass writes the gradient of an input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Writes {
    /// It is not needed.
    Nothing,
    /// It replaces the gradient of the output, in the same buffer.
    InPlace,
    /// It is written first: it overwrites the buffer.
    Set,
    /// It is added to what other users of the value have written.
    Add,
}
