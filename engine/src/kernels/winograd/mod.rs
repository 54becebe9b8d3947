//! The transforms of Winograd's convolutions (Lavin and Gray, 2016), on maps `[channels, height, width, images]`.
//!
//! A tile of `OUT x OUT` outputs is worked out from `SIDE x SIDE` inputs, `SIDE = OUT + TAPS - 1`, by `SIDE * SIDE` products a pair of
//! channels instead of `TAPS TAPS OUT OUT`: with weights `U = G w G'`, data `V = B' x B` and sums `M` of `U V` over the channels, `y = A' M A`. What comes
//! out of a transform is `[SIDE * SIDE, channels, tiles, images]`: a matrix for each position in a tile, [`apart`] from each other, ready
//! for [`super::product::outer`]. The gradient of the weights is the same products the other way round: `dw = G' (sum of (A dy A') V) G`.

pub mod bounds;
mod corner;
mod data;
mod lanes;
mod matrices;
pub mod singly;
mod sums;
mod taps;
mod tiles;

pub use data::{data, spread};
pub use matrices::{Algorithm, Four, Kernel, Pairs, Two};
pub use sums::{Begin, sums};
pub use taps::{Taps, weight_grads, weights};
pub use tiles::Tiles;

/// From one matrix to the next, so that what belongs to one element of all of them does not fall on the same lines of a cache.
pub fn apart(len: usize) -> usize {
    len.next_multiple_of(16) + 16
}
