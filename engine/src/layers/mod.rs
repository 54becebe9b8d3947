//! The operations as the engine runs them, one file each: what a plan has to know of one, and what it does on the buffers of a lane.
//! The arithmetic is in `kernels/`, the order of things in `plan/`, and who waits for whom in `exec/`.
//!
//! An operation is added by a file here that implements [`Layer`], and [`Runnable`](crate::plan::Runnable) for the operation; the README of this package
//! shows one.

mod activation;
mod alias;
mod attention;
mod batch_norm;
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
mod maxout;
mod moves;
mod phases;
mod picks;
mod pool2d;
mod recurrent;
mod response_norm;
mod rrelu;
mod sample_norm;
mod site;
mod softmax;
mod split;
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
pub use weights::{Held, Weights};
pub use winograd::Tiled;

use crate::kernels::layout;

/// An operation with all its sizes.
///
/// Every value is `[shape.., images]`: the images of one element lie side by side.
pub trait Layer: Debug + Send + Sync {
    /// Where the output is.
    fn place(&self) -> Place {
        Place::Apart
    }

    /// What the backward pass looks at besides gradients.
    fn reads(&self) -> Reads;

    /// Elements of [`Site::scratch`] and [`Site::spare`] that it needs for so many images.
    fn scratch(&self, _images: usize, _backward: bool) -> [usize; 2] {
        [0; 2]
    }

    /// Elements of [`Site::kept`] that it needs for so many images.
    fn keeps(&self, _images: usize) -> usize {
        0
    }

    /// May an activation be applied to its output right away? Its own backward pass must not need what was there before.
    fn takes_activation(&self) -> bool {
        false
    }

    /// Works out the output. With [`Place::Over`], `y` may hold an input already ([`Site::held`]).
    fn forward(&self, at: &mut Site, y: &mut [f32]);

    /// Works out the gradients of the trained tensors over this lane's images, in the order of [`Site::params`]: added to `grads` if
    /// `add`, in their place otherwise. It comes before [`Layer::input_grad`], which finds the scratch as it was left.
    fn param_grads(&self, _at: &mut Site, _dy: &[f32], _grads: &mut [Vec<f32>], _add: bool) {}

    /// Works out the gradient of one input: added to `dx` if `add`, in its place otherwise.
    fn input_grad(&self, input: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        by_moving(self, input, at, dy, dx, add);
    }

    /// Turns the gradient of the output into that of one input, in place. Asked of every input of [`Place::Over`] and [`Place::Alias`].
    fn through(&self, _input: usize, _at: &mut Site, _grad: &mut [f32]) {
        unreachable!("{self:?} does not work in place");
    }

    /// Its weight, where all threads can work out the gradient of a large one together. [`Layer::param_grads`] is not called then.
    fn weights(&self) -> Option<&dyn Weights> {
        None
    }

    /// The batch normalization that this is: lanes wait for each other in its middle.
    fn normalization(&self) -> Option<&Normalization> {
        None
    }
}

/// Height and width of maps `[channels, height, width]`; a sequence `[channels, length]` is a map one row high.
pub fn map_size(shape: &Shape) -> [usize; 2] {
    if shape.rank() == 3 { [shape.dim(1), shape.dim(2)] } else { [1, shape.dim(1)] }
}

/// Where the output of a layer is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// In a buffer of its own.
    Apart,
    /// In a buffer of its own, or in that of one of so many first inputs. The layer works element by element, or nearly so.
    Over(usize),
    /// In the input's buffer: nothing is done.
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

/// [`Layer::input_grad`] by way of [`Layer::through`].
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
