//! Initial values of the tensors of a graph.

use dfdx::shapes::Shape;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;
use layercake_ir::{Node, Op, Param, is_bias, is_weight, spec};

use crate::Scalar;
use crate::init::{self, Init};
use crate::layers::embedding;

/// The initial value of a tensor: PyTorch's default, as for the typed layers ([`crate::layers`]), or the rule that the graph states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Initial {
    Default(spec::Initial),
    Stated(layercake_ir::Init),
}

impl Default for Initial {
    fn default() -> Self {
        Self::Default(spec::Initial::Zeros)
    }
}

impl Initial {
    pub(super) fn fill<S: Shape, E: Scalar, D: Device<E>>(self, tensor: &mut Tensor<S, E, D>) -> Result<(), D::Err> {
        let initial = match self {
            Initial::Stated(rule) => return init::try_fill(tensor, rule),
            Initial::Default(initial) => initial,
        };
        match initial {
            spec::Initial::Zeros => tensor.try_fill_with_zeros(),
            spec::Initial::Ones => tensor.try_fill_with_ones(),
            spec::Initial::Constant(number) => init::try_fill(tensor, Init::Constant { value: number }),
            spec::Initial::Uniform { fan_in } => init::default_uniform(tensor, fan_in),
            spec::Initial::Table { padding, features } => embedding::begin(tensor, padding, features),
            spec::Initial::XavierUniform => init::try_fill(tensor, Init::XavierUniform { gain: 1.0 }),
        }
    }
}

/// The initial value of each tensor of a node, in order. `None` for a custom layer, whose tensors are not in the graph.
pub(super) fn initial(node: &Node) -> Option<Vec<Initial>> {
    if matches!(node.op, Op::Custom(_)) {
        return None;
    }
    let begins = |param: &Param| match node.init {
        Some(rule) if is_weight(param) => Initial::Stated(rule),
        Some(_) if is_bias(param) => Initial::Default(spec::Initial::Zeros),
        _ => Initial::Default(node.op.initial(param.name)),
    };
    Some(node.op.params().as_slice().iter().map(begins).collect())
}
