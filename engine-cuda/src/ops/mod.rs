//! The operations, one file each.

mod batch_norm;
mod chain;
mod convolution;
mod join;
mod linear;
mod pool;
mod product;

use layercake_ir::{Graph, Op};

pub use chain::Chain;

use crate::emit::At;
use crate::plan::Key;

/// What an operation launches.
pub trait Operation {
    /// Whether its launches compute the functions after it: [`At::act`] forward, [`At::pull`] backward. It must not read its own output then.
    fn takes_functions(&self) -> bool {
        true
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
    let shapes = || node.inputs().iter().map(|&value| graph.shape(value));
    Some(match &node.op {
        Op::Linear(op) => Box::new(linear::Linear::new(op, input)),
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
            Box::new(join::Join::new(&node.op, shapes(), key)?)
        }
        _ => return None,
    })
}
