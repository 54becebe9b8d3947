//! The operations of the engine, one per file: what a plan needs to know, and the forward and backward pass on the buffers of a lane. The
//! arithmetic is in `kernels/`, the order of steps in `plan/`, synchronization in `exec/`.
//!
//! A new operation is a file here that implements [`Layer`], and [`Runnable`](crate::plan::Runnable) for the operation; the README of this
//! package explains it.

mod activation;
mod alias;
mod attention;
mod batch_norm;
mod broadcast;
pub mod channels;
mod concat;
mod conv2d;
mod conv_transpose2d;
mod convolution;
mod drop_connect;
mod dropout;
mod embedding;
mod frame;
mod gaussian;
mod glu;
mod join;
mod linear;
mod masked_conv2d;
mod matmul;
mod maxout;
mod moves;
mod parameter;
mod phases;
mod picks;
mod pool2d;
mod recurrent;
mod response_norm;
mod rrelu;
mod sample_norm;
mod site;
mod softmax;
mod strips;
mod weights;
mod winograd;

use std::fmt::Debug;

pub use activation::Pointwise;
pub use alias::Alias;
pub use batch_norm::{Norm, Normalization};
pub use convolution::{Back, Convolution, windows};
pub use frame::{Axis, Frame};
use layercake_ir::Shape;
pub use linear::Dense;
pub use phases::Phased;
pub use site::{Buffers, Shared, Site};
pub use strips::Strips;
pub use weights::{Held, Weights};
pub use winograd::Tiled;

use crate::kernels::layout;

/// An operation with all its sizes.
///
/// Every value is `[shape.., images]`: the images of one element are adjacent.
pub trait Layer: Debug + Send + Sync {
    /// The place of the output.
    fn place(&self) -> Place {
        Place::Apart
    }

    /// What the backward pass reads besides gradients.
    fn reads(&self) -> Reads;

    /// The number of elements of [`Site::scratch`] and [`Site::spare`] for this number of images.
    fn scratch(&self, _images: usize, _backward: bool) -> [usize; 2] {
        [0; 2]
    }

    /// The number of elements of [`Site::packed`].
    fn packs(&self) -> usize {
        0
    }

    /// Writes [`Site::packed`] from the tensors of all nodes: once for each change to them.
    fn pack(&self, _params: &[Vec<f32>], _to: &mut [f32]) {}

    /// The number of elements of [`Site::kept`] for this number of images.
    fn keeps(&self, _images: usize) -> usize {
        0
    }

    /// Whether an activation may be applied to the output directly. The layer's backward pass must not read its own output then.
    fn takes_activation(&self) -> bool {
        false
    }

    /// Computes the output. With [`Place::Over`], `y` may already hold an input ([`Site::held`]).
    fn forward(&self, at: &mut Site, y: &mut [f32]);

    /// Computes the gradients of the trained tensors over this lane's images, in the order of [`Site::params`]: adds to `grads` if `add`,
    /// and overwrites it otherwise. Runs before [`Layer::input_grad`], which finds the scratch memory unchanged.
    fn param_grads(&self, _at: &mut Site, _dy: &[f32], _grads: &mut [Vec<f32>], _add: bool) {}

    /// Computes the gradient of one input: adds to `dx` if `add`, and overwrites it otherwise.
    fn input_grad(&self, input: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        by_moving(self, input, at, dy, dx, add);
    }

    /// Turns the gradient of the output into the gradient of one input, in place. Called for inputs of [`Place::Over`] and
    /// [`Place::Alias`].
    fn through(&self, _input: usize, _at: &mut Site, _grad: &mut [f32]) {
        unreachable!("{self:?} does not work in place");
    }

    /// The layer's weight, if all threads can compute the gradient of a large one together. [`Layer::param_grads`] is not called then.
    fn weights(&self) -> Option<&dyn Weights> {
        None
    }

    /// The batch normalization, if the layer is one: lanes wait for each other within it.
    fn normalization(&self) -> Option<&Normalization> {
        None
    }
}

/// Height and width of maps `[channels, height, width]`; a sequence `[channels, length]` is a map of height 1.
pub fn map_size(shape: &Shape) -> [usize; 2] {
    if shape.rank() == 3 { [shape.dim(1), shape.dim(2)] } else { [1, shape.dim(1)] }
}

/// The place of a layer's output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// In a buffer of its own.
    Apart,
    /// In a buffer of its own, or in that of one of the first inputs, by their number. The layer is elementwise, or nearly so.
    Over(usize),
    /// In the input's buffer: nothing is computed.
    Alias,
}

/// What a backward pass reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reads {
    /// Gradients only.
    Nothing,
    /// The inputs.
    Inputs,
    /// The output.
    Output,
}

/// [`Layer::input_grad`] by means of [`Layer::through`].
fn by_moving<L: Layer + ?Sized>(layer: &L, input: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
    if !add {
        dx.copy_from_slice(dy);
        return layer.through(input, at, dx);
    }
    let spare = std::mem::take(&mut at.spare);
    let moved = &mut spare[..dy.len()];
    moved.copy_from_slice(dy);
    layer.through(input, at, moved);
    layout::put(moved, dx, true);
    at.spare = spare;
}
