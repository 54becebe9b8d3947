//! Weights of matrix products, whose gradients are worth sharing out.

use super::Site;

/// The weight and perhaps a bias of a layer. Each lane works out a small gradient by itself; a large one is worked out by all threads, each a
/// part of it for all lanes in their order ([`crate::plan::Phase::Weights`]).
pub trait Weights: Send + Sync {
    /// Rows of the weight that one thread works out at a time, and elements of a row.
    fn part(&self) -> [usize; 2];

    /// Is there a bias?
    fn has_bias(&self) -> bool;

    /// Leaves in the scratch what [`Weights::rows`] reads.
    fn prepare(&self, at: &mut Site, dy: &[f32]);

    /// The gradient of all rows, over one lane's images, where a lane works it out by itself.
    fn alone(&self, at: &mut Site, dy: &[f32], to: &mut [f32], add: bool) {
        self.prepare(at, dy);
        self.rows(Held { images: at.images(), x: at.x(0), dy, scratch: at.scratch, kept: at.kept }, 0, to, add);
    }

    /// The gradient of the rows from `first` on that fit into `to`, over one lane's images.
    fn rows(&self, from: Held, first: usize, to: &mut [f32], add: bool);

    /// The gradient of the bias, over one lane's images.
    fn bias(&self, from: Held, to: &mut [f32], add: bool);
}

/// What a lane holds after its part of the backward pass.
#[derive(Clone, Copy)]
pub struct Held<'a> {
    /// The number of images.
    pub images: usize,
    /// The input.
    pub x: &'a [f32],
    /// The gradient of the output.
    pub dy: &'a [f32],
    /// What [`Weights::prepare`] left.
    pub scratch: &'a [f32],
    /// The step's own ([`Site::kept`]).
    pub kept: &'a [f32],
}
