//! The numbers that the tensors of a graph begin with.

use dfdx::shapes::Shape;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::{Device, TryMul};
use layercake_ir::{Node, Op, is_bias, is_weight};

use crate::Scalar;
use crate::init::{self, Init};
use crate::layers::embedding;

/// What a tensor holds when it is built: what the typed layers ([`crate::layers`]) put into theirs, which is PyTorch's default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Initial {
    #[default]
    Zeros,
    Ones,
    /// PReLU's slope.
    Quarter,
    /// [`init::default_uniform`]
    Uniform {
        fan_in: usize,
    },
    /// What the graph says.
    Stated(layercake_ir::Init),
    /// [`embedding::begin`]
    Table {
        padding: usize,
        features: usize,
    },
    /// [`Init::XavierUniform`] with a gain of 1.
    Xavier,
}

impl Initial {
    pub(super) fn fill<S: Shape, E: Scalar, D: Device<E>>(self, tensor: &mut Tensor<S, E, D>) -> Result<(), D::Err> {
        match self {
            Initial::Zeros => tensor.try_fill_with_zeros(),
            Initial::Ones => tensor.try_fill_with_ones(),
            Initial::Quarter => {
                tensor.try_fill_with_ones()?;
                *tensor = tensor.clone().try_mul(E::from_f64(0.25).expect("a number"))?;
                Ok(())
            }
            Initial::Uniform { fan_in } => init::default_uniform(tensor, fan_in),
            Initial::Stated(rule) => init::fill(rule, tensor),
            Initial::Table { padding, features } => embedding::begin(tensor, padding, features),
            Initial::Xavier => Init::XavierUniform { gain: 1.0 }.try_fill(tensor),
        }
    }
}

/// For each tensor of a node, in order, how it begins: by its rule, else by PyTorch's default.
pub(super) fn initial(node: &Node) -> Option<Vec<Initial>> {
    let defaults = of_default(&node.op)?;
    let Some(rule) = node.init else { return Some(defaults) };
    let params = node.op.params();
    let begins = |(param, default)| match param {
        param if is_weight(param) => Initial::Stated(rule),
        param if is_bias(param) => Initial::Zeros,
        _ => default,
    };
    Some(params.as_slice().iter().zip(defaults).map(begins).collect())
}

/// For each tensor of an operation, in order, how it begins. None for an operation whose tensors are not known here: a guess would
/// train, only worse. A layer with tensors has an arm here.
fn of_default(op: &Op) -> Option<Vec<Initial>> {
    let params = op.params();
    let params = params.as_slice();
    Some(match op {
        Op::Linear(_)
        | Op::DropConnect(_)
        | Op::Maxout(_)
        | Op::Conv1d(_)
        | Op::Conv2d(_)
        | Op::MaskedConv2d(_)
        | Op::ConvTranspose2d(_) => {
            // All axes of the weight but the first; of a transposed convolution, too, PyTorch takes these.
            let fan_in = params[0].shape.dims()[1..].iter().product();
            vec![Initial::Uniform { fan_in }; params.len()]
        }
        Op::BatchNorm1d(_) | Op::BatchNorm2d(_) | Op::LayerNorm(_) | Op::GroupNorm(_) | Op::InstanceNorm2d(_) => {
            let begins = |name| if matches!(name, "weight" | "running_var") { Initial::Ones } else { Initial::Zeros };
            params.iter().map(|param| begins(param.name)).collect()
        }
        Op::PRelu(_) => vec![Initial::Quarter],
        Op::Embedding(op) => vec![Initial::Table { padding: op.padding_idx, features: op.embedding_dim }],
        Op::Rnn(_) | Op::Lstm(_) | Op::Gru(_) => {
            let fan_in = op.recurrent().map_or(1, |op| op.hidden);
            vec![Initial::Uniform { fan_in }; params.len()]
        }
        Op::MultiHeadAttention(op) => {
            let begins = |name| match name {
                "in_proj_weight" => Initial::Xavier,
                "out_proj.weight" => Initial::Uniform { fan_in: op.features },
                _ => Initial::Zeros,
            };
            params.iter().map(|param| begins(param.name)).collect()
        }
        // Its tensors are the user's.
        Op::Custom(_) => return None,
        _ if params.is_empty() => Vec::new(),
        _ => return None,
    })
}
