//! Weights of matrix products, whose gradients can be computed by all threads together.

use super::Site;

/// The weight and optional bias of a layer. Each lane computes a small gradient by itself. A large one is computed by all threads, each a
/// part of it, over all lanes in order ([`crate::plan::Phase::Weights`]).
pub trait Weights: Send + Sync {
    /// The number of rows that one thread computes at a time, and the number of elements of a row.
    fn part(&self) -> [usize; 2];

    /// Whether it has a bias.
    fn has_bias(&self) -> bool;

    /// Stores in the scratch memory what [`Weights::rows`] reads.
    fn prepare(&self, at: &mut Site, dy: &[f32]);

    /// The gradient of all rows, over the images of a lane that computes it by itself.
    fn alone(&self, at: &mut Site, dy: &[f32], to: &mut [f32], add: bool) {
        self.prepare(at, dy);
        self.rows(Held { images: at.images(), x: at.x(0), dy, scratch: at.scratch, kept: at.kept }, 0, to, add);
    }

    /// The gradient of the rows from `first` on, as many as fit into `to`, over one lane's images.
    fn rows(&self, from: Held, first: usize, to: &mut [f32], add: bool);

    /// The gradient of the bias, over one lane's images.
    fn bias(&self, from: Held, to: &mut [f32], add: bool);
}

/// The data of a lane after its part of the backward pass.
#[derive(Clone, Copy)]
pub struct Held<'a> {
    /// The number of images.
    pub images: usize,
    /// The input.
    pub x: &'a [f32],
    /// The gradient of the output.
    pub dy: &'a [f32],
    /// The data that [`Weights::prepare`] stored.
    pub scratch: &'a [f32],
    /// The step's data ([`Site::kept`]).
    pub kept: &'a [f32],
}
