//! The transforms of Winograd's convolutions (Lavin and Gray, 2016), on maps `[channels, height, width, images]`.
//!
//! A tile of `OUT x OUT` outputs is computed from `SIDE x SIDE` inputs, `SIDE = OUT + TAPS - 1`, with `SIDE * SIDE` products per pair of
//! channels instead of `TAPS TAPS OUT OUT`: with weights `U = G w G'`, data `V = B' x B`, and sums `M` of `U V` over the channels, `y = A'
//! M A`. The result of a transform is `[SIDE * SIDE, channels, tiles, images]`: one matrix per position in a tile, [`apart`] from each
//! other, in the layout that [`super::product::outer`] reads. The gradient of the weights uses the same products: `dw = G' (sum of (A dy
//! A') V) G`.

pub mod bounds;
mod corner;
mod data;
mod lanes;
mod matrices;
pub mod places;
pub mod singly;
mod sums;
mod taps;
mod tiles;

pub use data::{data, spread};
pub use matrices::{Algorithm, Four, Kernel, Pairs, Two};
pub use sums::{Begin, sums};
pub use taps::{Taps, weight_grads, weights};
pub use tiles::Tiles;

/// The distance between matrices. It keeps the elements at one position of all matrices out of the same cache sets.
pub fn apart(len: usize) -> usize {
    len.next_multiple_of(16) + 16
}
