//! The operations, one file each.

mod affine;
mod attention;
mod batch_norm;
mod chain;
mod convolution;
mod drop_connect;
mod embedding;
mod glu;
mod join;
mod linear;
mod masked;
mod matmul;
mod maxout;
mod moves;
mod parameter;
mod picks;
mod pool;
mod prelu;
mod product;
mod recurrent;
mod reduce;
mod reparameterize;
mod repeat;
mod resample;
mod response_norm;
mod row_norm;
mod softmax;

use layercake_engine::Mode;
use layercake_ir::ops::{self, Interpolation, PadMode, Window};
use layercake_ir::{Graph, Op, Shape};

pub use batch_norm::Norm;
pub use chain::Chain;
use row_norm::RowNorm;
use softmax::{Form, Softmax};

use crate::emit::At;
use crate::plan::Key;

/// What an operation launches.
pub trait Operation {
    /// Whether its launches compute the functions after it: [`At::act`] forward, [`At::pull`] backward. It must not read its own output then.
    fn takes_functions(&self) -> bool {
        true
    }

    /// Gives it the batch normalization behind it, in inference; whether its launch computes that too.
    fn takes_norm(&mut self, _: Norm) -> bool {
        false
    }

    /// The forward pass: writes all of the outputs.
    fn forward(&mut self, at: &mut At);

    /// The backward pass: adds to the gradients of the node's trained tensors, and writes those of its inputs that are needed ([`At::dx`]).
    fn backward(&mut self, at: &mut At);
}

/// The operation of a node; none if it is not here.
pub fn of(graph: &Graph, index: usize, key: Key) -> Option<Box<dyn Operation>> {
    let node = &graph.nodes()[index];
    let input = graph.shape(node.inputs()[0]);
    if !is_moderate(&node.op) {
        return None;
    }
    let shapes = || node.inputs().iter().map(|&value| graph.shape(value));
    Some(match &node.op {
        Op::Linear(op) => Box::new(linear::Linear::new(op, input, key.batch)),
        Op::Conv2d(op) => Box::new(convolution::Convolution::new(op, input, &node.output)),
        Op::Conv1d(op) => Box::new(convolution::Convolution::new(&op.as_conv2d(), input, &node.output)),
        Op::ConvTranspose2d(op) => Box::new(convolution::Transposed::new(op, input, &node.output)),
        Op::MaxPool2d(op) => Box::new(pool::Max::new(op.window(), input, &node.output)),
        Op::MaxPool1d(op) => Box::new(pool::Max::new(op.window(), input, &node.output)),
        Op::AvgPool2d(op) => Box::new(pool::Average::new(op.window(), op.count_include_pad, input, &node.output)),
        Op::AvgPool1d(op) => Box::new(pool::Average::new(op.window(), op.count_include_pad, input, &node.output)),
        Op::BatchNorm1d(op) => Box::new(batch_norm::BatchNorm::new(op.eps, op.momentum, op.affine, input)),
        Op::BatchNorm2d(op) => Box::new(batch_norm::BatchNorm::new(op.eps, op.momentum, op.affine, input)),
        Op::Add(_) | Op::Sub(_) | Op::Mul(_) | Op::Div(_) | Op::Maximum(_) | Op::Minimum(_) => {
            Box::new(join::Join::new(&node.op, shapes(), &node.output, key)?)
        }
        Op::GlobalMaxPool2d(_) => Box::new(pool::Max::new(whole(input), input, &maps_of_one(input))),
        Op::GlobalAvgPool2d(_) => Box::new(pool::Average::new(whole(input), false, input, &maps_of_one(input))),
        Op::AdaptiveAvgPool2d(_) => Box::new(resample::Resample::new(&node.op, input, &node.output)?),
        Op::Softmax(op) => Box::new(Softmax::new(Form::Plain, op.axis, input)),
        Op::LogSoftmax(op) => Box::new(Softmax::new(Form::Log, op.axis, input)),
        Op::Softmin(op) => Box::new(Softmax::new(Form::Min, op.axis, input)),
        Op::LayerNorm(op) => Box::new(RowNorm::of_last(op.shape.as_slice(), op.eps, true, if op.affine { 2 } else { 0 })),
        Op::RmsNorm(op) => Box::new(RowNorm::of_last(op.shape.as_slice(), op.eps, false, usize::from(op.affine))),
        Op::GroupNorm(op) => Box::new(RowNorm::of_groups(op.groups, op.eps, op.affine, input)),
        Op::InstanceNorm2d(op) => Box::new(RowNorm::of_groups(input.dim(0), op.eps, op.affine, input)),
        Op::Mean(_) | Op::Sum(_) | Op::Amax(_) | Op::Amin(_) => Box::new(reduce::Reduce::new(&node.op, input)?),
        Op::MultiheadAttention(op) => Box::new(attention::Attention::new(op, &shapes().collect::<Vec<_>>(), index, key)?),
        op if op.recurrent().is_some() => Box::new(recurrent::Recurrent::new(op.recurrent()?, &shapes().collect::<Vec<_>>(), index, key)?),
        Op::DropConnect(op) if key.mode == Mode::Train && op.p > 0.0 => {
            Box::new(drop_connect::DropConnect::new(op, input, key.batch, index))
        }
        Op::DropConnect(op) => {
            let plain = ops::Linear { in_features: op.in_features, out_features: op.out_features, bias: op.bias };
            Box::new(linear::Linear::new(&plain, input, key.batch))
        }
        Op::Maxout(op) => Box::new(maxout::Maxout::new(op, input, key.batch)?),
        Op::MaskedConv2d(op) => Box::new(convolution::Convolution::masked(op, input, &node.output)),
        Op::LocalResponseNorm(op) => Box::new(response_norm::ResponseNorm::new(op, input)),
        Op::Glu(op) => Box::new(glu::Glu::new(op.axis, input)),
        Op::Upsample(op) if matches!(op.mode, Interpolation::Nearest) => Box::new(repeat::Upsample::new(op.scale, input)),
        Op::Upsample(_) => Box::new(resample::Resample::new(&node.op, input, &node.output)?),
        Op::Pad(op) if !matches!(op.mode, PadMode::Zeros) => Box::new(resample::Resample::new(&node.op, input, &node.output)?),
        Op::MatMul(_) => Box::new(matmul::MatMul::new(input, graph.shape(node.inputs()[1]), &node.output, key.batch)?),
        Op::FractionalMaxPool2d(op) => Box::new(picks::Fractional::new(op, index, input, &node.output)),
        Op::MaxUnpool2d(op) => Box::new(picks::Unpool::new(op, input, &node.output)),
        Op::Reparameterize(_) => Box::new(reparameterize::Reparameterize { node: index }),
        Op::Embedding(op) => Box::new(embedding::Embedding::new(op)),
        Op::Parameter(_) => Box::new(parameter::Parameter),
        Op::Prelu(op) => Box::new(prelu::Prelu::new(op.parameters, input)),
        op => Box::new(moves::Moves::new(op, &shapes().collect::<Vec<_>>(), &node.shapes().collect::<Vec<_>>())?),
    })
}

/// Whether the places of a window fit in the kernels' integers, also those that are far outside of the map.
fn is_moderate(op: &Op) -> bool {
    const MOST: usize = 1 << 20;
    let window = match op {
        Op::ConvTranspose2d(op) => Some([op.kernel, op.stride, op.padding, op.dilation]),
        op => op.window().map(|window| [window.kernel, window.stride, window.padding, window.dilation]),
    };
    window.is_none_or(|[kernel, stride, padding, dilation]| {
        let reach = |axis: usize| kernel[axis].saturating_mul(dilation[axis]);
        [stride, padding, [reach(0), reach(1)]].concat().into_iter().all(|size| size <= MOST)
    })
}

/// Whether kernels count so many elements.
fn is_counted(elements: usize) -> bool {
    i32::try_from(elements).is_ok()
}

/// A window that is as large as the map.
fn whole(input: &Shape) -> Window {
    let kernel = convolution::map(input);
    Window { kernel, stride: kernel, padding: [0; 2], dilation: [1; 2], ceil: false }
}

/// Maps of one element.
fn maps_of_one(input: &Shape) -> Shape {
    Shape::new(&[input.dim(0), 1, 1])
}

/// Threads of a block for a sum of so many elements: the next power of two, between a warp and the most that such sums have.
fn threads(elements: usize) -> usize {
    elements.next_power_of_two().clamp(32, 256)
}
